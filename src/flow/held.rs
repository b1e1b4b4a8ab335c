//! What is held, for whoever asks: lanes of messages and lanes of calls. The dispatcher writes it down as it happens;
//! recipients are remembered where their limits are. Other gateways over the same store tell what they hold by way of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::Flow;
use crate::store::{Hold, Holding, Holds};
use crate::value::Timestamp;

/// Everything that is held here.
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

    /// What is meant is tried at once.
    pub(super) fn release(&self, means: impl Fn(&Holding) -> bool, now: Timestamp) {
        for (_, hold) in self.all_of_it().iter_mut().filter(|(what, hold)| hold.probe > now && means(what)) {
            hold.probe = now;
        }
    }

    fn all_of_it(&self) -> MutexGuard<'_, BTreeMap<Holding, Hold>> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flow {
    /// Everything that is held, by this gateway and by the others.
    pub fn all_held(&self) -> Holds {
        self.held_here().and(self.store.held_beside())
    }

    /// Tells the others what is held here.
    pub fn tell_held(&self) {
        if self.store.nodes().len() > 1 {
            self.store.hold(self.held_here());
        }
    }

    fn held_here(&self) -> Holds {
        Holds { lanes: self.held.all().into_iter().collect(), people: self.limits.held_recipients() }
    }

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
