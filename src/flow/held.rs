//! What is held, for whoever asks: lanes of messages and lanes of calls. The dispatcher writes it down as it happens;
//! recipients are remembered where their limits are.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::Flow;
use crate::store::{CallLane, Lane};
use crate::value::Timestamp;

/// What may be held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The messages of one sender of one tenant.
    Messages(Lane),
    /// One kind of call of one tenant.
    Calls(CallLane),
}

/// Since when, and until when nothing is tried. Over is a hold only when a try went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// When one is tried.
    pub probe: Timestamp,
}

/// Everything that is held.
#[derive(Debug, Default)]
pub struct Held(Mutex<BTreeMap<Holding, Hold>>);

impl Held {
    /// From now on it is held so, or no longer.
    pub fn set(&self, what: Holding, hold: Option<Hold>) {
        match hold {
            Some(hold) => self.all_of_it().insert(what, hold),
            None => self.all_of_it().remove(&what),
        };
    }

    /// All that is held.
    pub fn all(&self) -> Vec<(Holding, Hold)> {
        self.all_of_it().iter().map(|(what, hold)| (what.clone(), *hold)).collect()
    }

    /// What is meant is tried at once; what would have waited.
    pub(super) fn release(&self, means: impl Fn(&Holding) -> bool, now: Timestamp) -> Vec<Holding> {
        let mut all = self.all_of_it();
        let waiting = all.iter_mut().filter(|(what, hold)| hold.probe > now && means(what));
        let mut released = Vec::new();
        for (what, hold) in waiting {
            hold.probe = now;
            released.push(what.clone());
        }
        released
    }

    fn all_of_it(&self) -> MutexGuard<'_, BTreeMap<Holding, Hold>> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flow {
    /// A hold by the dispatcher's clock, since when and until when, by the calendar.
    pub fn hold_of(&self, (since, probe): (Instant, Instant)) -> Hold {
        let (now, instant) = (self.ambient.now(), Instant::now());
        let by_calendar = |at: Instant| {
            let ago = i64::try_from(instant.saturating_duration_since(at).as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(now.millis().saturating_sub(ago)).after(at.saturating_duration_since(instant))
        };
        Hold { since: by_calendar(since), probe: by_calendar(probe) }
    }
}
