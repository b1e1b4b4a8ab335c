//! Keys that another process counted before: since when it does not. A cell of such a key begins as if all had been used up
//! then, so that in any time no more goes out than one process alone would have let.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// By key, or by what keys begin with: the taking, and since when.
#[derive(Debug, Default)]
pub(super) struct Heirs {
    any: AtomicBool,
    since: RwLock<HashMap<String, Since>>,
}

#[derive(Clone, Copy, Debug)]
struct Since {
    taking: u64,
    noted: Duration,
    ago: Duration,
}

impl Heirs {
    /// Until so long ago somebody else counted these; those of them that were not said before.
    pub(super) fn note(&self, keys: &[String], taking: u64, noted: Duration, ago: Duration) -> Vec<String> {
        let mut known = self.since.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = |key: &&String| known.get(*key).is_none_or(|before| before.taking != taking);
        let fresh: Vec<String> = keys.iter().filter(is_new).cloned().collect();
        known.extend(fresh.iter().map(|key| (key.clone(), Since { taking, noted, ago })));
        self.any.store(!known.is_empty(), Ordering::Relaxed);
        fresh
    }

    /// How long ago somebody else counted a key, if anybody did.
    pub(super) fn since(&self, key: &str, now: Duration) -> Option<Duration> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let known = self.since.read().unwrap_or_else(PoisonError::into_inner);
        let begins = key.rfind('/').and_then(|end| key.get(..=end));
        let since = known.get(key).or_else(|| known.get(begins?))?;
        Some(now.saturating_sub(since.noted) + since.ago)
    }
}
