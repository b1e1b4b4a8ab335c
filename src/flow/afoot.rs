//! Attempts under way in this process: which one of its message each is, and whether something was stored of the message
//! after the attempt was recorded. Not what a restart goes by: that is the store's.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::delivery::Life;
use crate::model::{ClientRef, Ref};

/// All of them; a message has one at most.
#[derive(Debug, Default)]
pub(super) struct Afoot(Mutex<HashMap<Ref, Going>>);

#[derive(Clone, Copy, Debug)]
struct Going {
    attempt: NonZeroU32,
    overtaken: bool,
}

/// One attempt; over when dropped.
#[derive(Debug)]
pub(super) struct Attempting<'a> {
    afoot: &'a Afoot,
    id: ClientRef,
}

impl Afoot {
    /// Before the attempt is recorded, so that nothing stored after that is missed.
    pub(super) fn begin(&self, id: ClientRef) -> Attempting<'_> {
        self.going().insert(id.message, Going { attempt: id.attempt, overtaken: false });
        Attempting { afoot: self, id }
    }

    /// Something was stored of a message.
    pub(super) fn note(&self, message: Ref) {
        if let Some(going) = self.going().get_mut(&message) {
            going.overtaken = true;
        }
    }

    /// Whether an attempt of a message is under way.
    pub(super) fn has(&self, message: Ref) -> bool {
        self.going().contains_key(&message)
    }

    /// The newest attempt that may have reached the provider: the one under way, else the last that was made.
    pub(super) fn newest(&self, message: Ref, life: &Life) -> u32 {
        let going = self.going().get(&message).map(|going| going.attempt.get());
        going.unwrap_or_else(|| number(life))
    }

    fn going(&self) -> MutexGuard<'_, HashMap<Ref, Going>> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempting<'_> {
    /// Whether the message is not what it was any more: what is not sent yet need not be.
    pub(super) fn is_overtaken(&self) -> bool {
        self.afoot.going().get(&self.id.message).is_none_or(|going| going.overtaken)
    }
}

impl Drop for Attempting<'_> {
    fn drop(&mut self) {
        self.afoot.going().remove(&self.id.message);
    }
}

/// The attempt that comes next of a message. Grows with each: a status that was faster than its answer leaves the attempt
/// uncounted, and is counted itself if it has the message sent anew.
pub(super) fn next(message: Ref, life: &Life) -> ClientRef {
    ClientRef { message, attempt: NonZeroU32::MIN.saturating_add(number(life)) }
}

fn number(life: &Life) -> u32 {
    life.attempts.saturating_add(life.resends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Timestamp;

    #[test]
    fn what_is_stored_meanwhile_overtakes_an_attempt() {
        let (afoot, message) = (Afoot::default(), Ref::from_number(1));
        let life = Life { attempts: 2, resends: 1, ..Life::new(Timestamp::from_millis(0)) };
        assert_eq!(afoot.newest(message, &life), 3, "the last that was made");
        afoot.note(message);
        let attempting = afoot.begin(next(message, &life));
        assert_eq!((afoot.newest(message, &life), attempting.is_overtaken()), (4, false));
        assert!(afoot.has(message) && !afoot.has(Ref::from_number(2)));
        afoot.note(Ref::from_number(2));
        assert!(!attempting.is_overtaken(), "that was another one");
        afoot.note(message);
        assert!(attempting.is_overtaken());
        drop(attempting);
        assert_eq!(afoot.newest(message, &life), 3);
        assert!(!afoot.begin(next(message, &life)).is_overtaken(), "it was another attempt");
    }
}
