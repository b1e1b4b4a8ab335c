//! Calls that were just stored and go to the dispatcher without being read back, with the message that they speak of.
//!
//! As long as one of these is somewhere, its call counts as fresh: whoever reads the store meanwhile leaves it alone, so nobody
//! makes it twice.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Flow, Work};
use crate::store::{Call, Message, NewCall};

/// The fresh ones.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    all: Arc<Numbers>,
    /// How often the dispatcher was told of calls in the store.
    told: AtomicU64,
}

/// Of calls.
#[derive(Debug, Default)]
struct Numbers(Mutex<HashSet<i64>>);

impl Numbers {
    fn all(&self) -> MutexGuard<'_, HashSet<i64>> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fresh {
    /// Before the dispatcher is told of calls that are not fresh.
    pub(super) fn tell(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }
}

/// A call that is fresh as long as this is there.
#[derive(Debug)]
pub struct FreshCall {
    /// As it is stored.
    pub call: Call,
    /// What it speaks of, as it was when the call was stored.
    pub message: Message,
    /// [`Flow::told_of_calls`] before it was stored: calls that wait behind it are told of later.
    pub before: u64,
    among: Arc<Numbers>,
}

impl Drop for FreshCall {
    fn drop(&mut self) {
        self.among.all().remove(&self.call.call.id);
    }
}

impl Flow {
    /// Before calls are stored: the first of each name, which may go at once if no other of their message waits.
    pub(crate) fn fresh(&self, calls: &[NewCall], message: &Message) -> Vec<FreshCall> {
        let first = |(place, call): &(usize, &NewCall)| !calls[..*place].iter().any(|before| before.name == call.name);
        let firsts = calls.iter().enumerate().filter(first).map(|(_, call)| call);
        let fresh = firsts.map(|call| {
            let (before, among) = (self.told_of_calls(), Arc::clone(&self.fresh.all));
            among.all().insert(call.id);
            let call = Call { attempts: 0, due: call.at, newest: false, call: call.clone() };
            FreshCall { call, message: message.clone(), before, among }
        });
        fresh.collect()
    }

    /// Once they are stored. `all`: there are no others.
    pub(super) fn hand_calls_over(&self, fresh: Vec<FreshCall>, all: bool) {
        fresh.into_iter().for_each(|call| self.tell(Work::Call(Box::new(call))));
        if !all {
            self.tell(Work::Calls);
        }
    }

    /// Whether a call is on its way to the dispatcher, so that it need not look for it in the store.
    #[must_use]
    pub fn is_fresh(&self, call: i64) -> bool {
        self.fresh.all.all().contains(&call)
    }

    /// How often the dispatcher was told that calls are in the store.
    #[must_use]
    pub fn told_of_calls(&self) -> u64 {
        self.fresh.told.load(Ordering::SeqCst)
    }
}
