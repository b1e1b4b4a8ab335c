//! How the configuration stands: what was read last, what came of it, and which files are served by an earlier text.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Files, Snapshot};
use crate::diagnostic::{Diagnostic, Severity};
use crate::value::Timestamp;

/// The configuration as it was read last.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Of all that is served, in one short hash.
    pub version: String,
    /// When it was put in place.
    pub at: Timestamp,
    /// From the settled change to the swap.
    pub took: Duration,
    /// How often the files were read and put in place, the start included.
    pub loads: u64,
    /// How often the folders could not be read, so that nothing was put in place.
    pub failures: u64,
    /// Why they could not be read at the last try.
    pub failure: Option<String>,
    /// How many mapping and tenant files there are.
    pub files: [usize; 2],
    /// Every problem of every file.
    pub problems: Vec<Diagnostic>,
    /// Files with an error, or gone, that an earlier text of them stands in for.
    pub last_good: BTreeSet<Arc<str>>,
}

impl Standing {
    /// Of a configuration that was just put in place.
    #[must_use]
    pub fn of(snapshot: &Snapshot, files: &Files, problems: Vec<Diagnostic>) -> Self {
        let broken = problems.iter().filter(|problem| problem.is_error()).filter_map(file);
        let served = |file: &Arc<str>| snapshot.by_file.contains_key(file) || snapshot.of_file(file).is_some();
        let removed = snapshot.tenants.iter().filter(|tenant| tenant.removed).map(|tenant| tenant.source.name.clone());
        let last_good = broken.filter(served).chain(removed).collect();
        let files = [files.mappings.len(), files.tenants.len()];
        Self { version: snapshot.version(), files, last_good, problems, ..Self::default() }
    }

    /// How many problems are that bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }
}

/// The file that a problem is in.
pub(super) fn file(problem: &Diagnostic) -> Option<Arc<str>> {
    problem.place.as_ref().map(|(source, _)| source.name.clone())
}
