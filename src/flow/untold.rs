//! What the dispatcher's queue had no room for, and what must not wait until it looks into the store by itself. It is
//! bounded: one place for each sender, whatever is told of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Work;
use crate::model::{Class, StopScope};
use crate::store::Lane;

/// What it is to be told yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Lanes that have a transactional message in the store: it goes before those that wait there.
    pub urgent: BTreeSet<Lane>,
    /// Lanes, or their accounts, that must stop. It is written down nowhere else.
    pub stops: BTreeSet<(Lane, StopScope)>,
    /// Calls were queued.
    pub calls: bool,
    /// Something has a new time to wake at.
    pub timers: bool,
    /// Statuses came that no message was found for.
    pub unmatched: bool,
}

/// Kept until the dispatcher takes it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    bell: Notify,
    untold: Mutex<Untold>,
}

impl Notes {
    /// Keeps what did not fit.
    pub(super) fn keep(&self, work: Work) {
        let mut untold = self.untold();
        match work {
            Work::Message(message) if message.message.class == Class::Transactional => {
                untold.urgent.insert(message.message.lane);
            }
            Work::Stop(lane, scope) => drop(untold.stops.insert((lane, scope))),
            Work::Calls => untold.calls = true,
            // Whoever is told looks into the store, where nothing is fresh any more.
            Work::Call(call) => {
                drop(call);
                untold.calls = true;
            }
            Work::Timers => untold.timers = true,
            Work::Unmatched => untold.unmatched = true,
            // The first is found in its turn; whoever says the second waits for room.
            Work::Message(_) | Work::Release(_) => return,
        }
        drop(untold);
        self.bell.notify_one();
    }

    /// What there is, once there is something.
    pub(super) async fn take(&self) -> Untold {
        loop {
            let untold = std::mem::take(&mut *self.untold());
            if untold != Untold::default() {
                return untold;
            }
            self.bell.notified().await;
        }
    }

    fn untold(&self) -> MutexGuard<'_, Untold> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
