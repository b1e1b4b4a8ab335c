//! One of two configurations, ready to run samples: without secrets, its mappings watched.

use std::sync::Arc;

use super::super::Trial;
use super::super::trial::{Trace, stand};
use super::{Came, Sample};
use crate::config::{Files, Snapshot};
use crate::diagnostic::Diagnostic;

/// A configuration.
pub struct Side {
    snapshot: Arc<Snapshot>,
    trace: Arc<Trace>,
    key: String,
}

impl Side {
    /// Of these texts; `key`: a private RSA key (PEM) made for the run.
    ///
    /// # Errors
    /// Why some of them are not served: nothing is compared with what is not.
    pub fn new(files: &Files, key: &str) -> Result<Self, Vec<Diagnostic>> {
        let (snapshot, problems) = stand::without_secrets(files, &|| key.to_owned());
        // Some errors leave a file as it is: a schema that is not there is one. What is not served cannot be compared.
        let is_served = |problem: &Diagnostic| {
            let file = problem.place.as_ref().map(|(source, _)| &*source.name);
            file.is_some_and(|file| snapshot.by_file.contains_key(file) || snapshot.of_file(file).is_some())
        };
        let errors: Vec<Diagnostic> =
            problems.into_iter().filter(|problem| problem.is_error() && !is_served(problem)).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let trace = Arc::new(Trace::default());
        for mapping in &snapshot.loaded {
            mapping.module.watch(trace.of_module(mapping));
        }
        Ok(Self { snapshot, trace, key: key.to_owned() })
    }

    /// What is served.
    #[must_use]
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What comes of a sample; nothing where there is no such tenant.
    pub(super) fn run(&self, sample: &Sample) -> Option<Came> {
        let tenant = self.snapshot.tenant(&sample.tenant)?;
        let body = |name: &str| sample.body.clone().filter(|_| name == stand::BODY);
        let trial = Trial {
            snapshot: &self.snapshot,
            sample: &body,
            given: &sample.given,
            answers: "[]",
            rsa_key_pem: &self.key,
            now: sample.at,
        };
        Some(trial.legs(tenant, &sample.trying, &self.trace))
    }
}
