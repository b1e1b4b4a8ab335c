//! Look-ups that no row of a table has: counted, so that somebody adds the row.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::mapping::Mapping;
use crate::value::Timestamp;

/// So long a table that had no row is one that lacks it.
const LATELY: Duration = Duration::from_secs(60 * 60);

/// How often which table of which mapping had no row. The keys are not counted: they come from outside.
#[derive(Debug, Default)]
pub struct Misses(Mutex<BTreeMap<(String, String), (u64, Timestamp)>>);

impl Misses {
    /// One more.
    pub(super) fn count(&self, mapping: &Mapping, table: &str, now: Timestamp) {
        let key = (mapping.name.to_string(), table.to_owned());
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = counts.entry(key).or_default();
        *count += 1;
        *last = now.max(*last);
    }

    /// By mapping and table, since the start.
    #[must_use]
    pub fn all(&self) -> Vec<((String, String), u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(key, (count, _))| (key.clone(), *count)).collect()
    }

    /// Mapping and table of those of the last hour.
    #[must_use]
    pub fn lately(&self, now: Timestamp) -> Vec<(String, String)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let late = counts.iter().filter(|(_, (_, last))| now.since(*last) < LATELY);
        late.map(|(key, _)| key.clone()).collect()
    }
}
