//! Plain settings structs.

use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Source};

/// Reads a plain struct.
pub fn settings<T: DeserializeOwned>(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<T> {
    serde_yaml::from_str(&source.text).map_err(|e| problems.push(Diagnostic::error("SB0120", e.to_string()))).ok()
}
