//! Look-ups that no row of a table has: counted, so that somebody adds the row.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::mapping::Mapping;

/// How often which table of which mapping had no row. The keys are not counted: they come from outside.
#[derive(Debug, Default)]
pub struct Misses(Mutex<BTreeMap<(String, String), u64>>);

impl Misses {
    /// One more.
    pub(super) fn count(&self, mapping: &Mapping, table: &str) {
        let key = (mapping.name.to_string(), table.to_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
    }

    /// By mapping and table, since the start.
    #[must_use]
    pub fn all(&self) -> Vec<((String, String), u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }
}
