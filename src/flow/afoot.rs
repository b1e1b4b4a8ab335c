//! Attempts under way in this process: which one of its message each is, and whether something was stored of the message
//! after the attempt was recorded; and the messages of which a status is being judged, which begin none meanwhile.
//! Not what a restart goes by: that is the store's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::delivery::Life;
use crate::model::{ClientRef, Ref};

/// All of them; a message has one at most.
#[derive(Debug, Default)]
pub(super) struct Afoot(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    going: HashMap<Ref, Going>,
    /// How many statuses of a message are being judged.
    judged: HashMap<Ref, usize>,
}

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

/// While it is there, no attempt of its message begins: which one a status is of stays true until the status is stored.
#[derive(Debug)]
pub(super) struct Judging<'a> {
    afoot: &'a Afoot,
    message: Ref,
}

impl Afoot {
    /// Before the attempt is recorded, so that nothing stored after that is missed. `None` while a status of the message is
    /// judged: then the copy to be sent is as good as stale.
    pub(super) fn begin(&self, id: ClientRef) -> Option<Attempting<'_>> {
        let mut known = self.known();
        if known.judged.contains_key(&id.message) {
            return None;
        }
        known.going.insert(id.message, Going { attempt: id.attempt, overtaken: false });
        Some(Attempting { afoot: self, id })
    }

    /// Before a status is judged.
    pub(super) fn judge(&self, message: Ref) -> Judging<'_> {
        *self.known().judged.entry(message).or_default() += 1;
        Judging { afoot: self, message }
    }

    /// Something was stored of a message.
    pub(super) fn note(&self, message: Ref) {
        if let Some(going) = self.known().going.get_mut(&message) {
            going.overtaken = true;
        }
    }

    /// Whether an attempt of a message is under way.
    pub(super) fn has(&self, message: Ref) -> bool {
        self.known().going.contains_key(&message)
    }

    /// The newest attempt that may have reached the provider: the one under way, else the last that was made.
    /// `elsewhere`: one is under way in another gateway, and so is the one after the last that was counted.
    pub(super) fn newest(&self, message: Ref, life: &Life, elsewhere: bool) -> u32 {
        let going = self.known().going.get(&message).map(|going| going.attempt.get());
        going.unwrap_or_else(|| number(life).saturating_add(u32::from(elsewhere)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempting<'_> {
    /// Whether the message is not what it was any more: what is not sent yet need not be.
    pub(super) fn is_overtaken(&self) -> bool {
        self.afoot.known().going.get(&self.id.message).is_none_or(|going| going.overtaken)
    }
}

impl Judging<'_> {
    /// Whether it is a status of that message.
    pub(super) fn is_of(&self, message: Ref) -> bool {
        self.message == message
    }
}

impl Drop for Attempting<'_> {
    fn drop(&mut self) {
        self.afoot.known().going.remove(&self.id.message);
    }
}

impl Drop for Judging<'_> {
    fn drop(&mut self) {
        let mut known = self.afoot.known();
        if let Entry::Occupied(mut judged) = known.judged.entry(self.message) {
            *judged.get_mut() -= 1;
            if *judged.get() == 0 {
                judged.remove();
            }
        }
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
        assert_eq!(afoot.newest(message, &life, false), 3, "the last that was made");
        assert_eq!(afoot.newest(message, &life, true), 4, "another gateway makes the next one");
        afoot.note(message);
        let attempting = afoot.begin(next(message, &life)).unwrap();
        assert_eq!((afoot.newest(message, &life, true), attempting.is_overtaken()), (4, false));
        assert!(afoot.has(message) && !afoot.has(Ref::from_number(2)));
        afoot.note(Ref::from_number(2));
        assert!(!attempting.is_overtaken(), "that was another one");
        afoot.note(message);
        assert!(attempting.is_overtaken());
        drop(attempting);
        assert_eq!(afoot.newest(message, &life, false), 3);
        assert!(!afoot.begin(next(message, &life)).unwrap().is_overtaken(), "it was another attempt");
    }

    #[test]
    fn none_begins_while_a_status_is_judged() {
        let (afoot, message, other) = (Afoot::default(), Ref::from_number(1), Ref::from_number(2));
        let life = Life::new(Timestamp::from_millis(0));
        let (one, two) = (afoot.judge(message), afoot.judge(message));
        assert!(afoot.begin(next(other, &life)).is_some(), "that is another one");
        drop(one);
        assert!(afoot.begin(next(message, &life)).is_none() && !afoot.has(message));
        drop(two);
        assert!(afoot.begin(next(message, &life)).is_some());
    }
}
