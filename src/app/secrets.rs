//! Where secrets come from: environment variables and files.

use std::collections::BTreeMap;

use crate::config::{NoSecret, Reference};
use crate::model::Secret;

/// Resolves secrets. Values given here go before the process's environment: a program that starts a gateway inside
/// itself cannot change its own.
#[derive(Clone, Debug, Default)]
pub struct Secrets(pub BTreeMap<String, Secret>);

impl Secrets {
    /// The value of a reference.
    ///
    /// # Errors
    /// [`NoSecret`]; never with the value.
    pub fn resolve(&self, reference: &Reference) -> Result<Secret, NoSecret> {
        match reference {
            Reference::Env(name) => {
                let given = self.0.get(name).cloned();
                let value = given.or_else(|| std::env::var(name).ok().map(Secret::new));
                value.filter(|secret| !secret.expose().is_empty()).ok_or_else(|| NoSecret::Env(name.clone()))
            }
            Reference::File(path) => {
                let read = std::fs::read_to_string(path);
                let read =
                    read.map_err(|problem| NoSecret::File { path: path.clone(), problem: problem.to_string() })?;
                let text = read.strip_suffix('\n').unwrap_or(&read);
                Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
            }
        }
    }
}
