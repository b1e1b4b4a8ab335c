//! What the flow takes from outside the program: time and randomness; and ids made of both.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::value::Timestamp;

/// Time and randomness; `app` has the real ones, tests their own.
pub trait Ambient: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// A random number.
    fn random(&self) -> u64;

    /// For retry delays: from 0 to 1000.
    fn jitter(&self) -> u16 {
        u16::try_from(self.random() % 1001).unwrap_or_default()
    }
}

/// Ids that grow with time: milliseconds, then 12 bits that begin at random, so that a restart repeats none, then 6 that no
/// other process has which makes some at the same time.
#[derive(Debug, Default)]
pub struct Ids(AtomicI64);

/// So many processes differ by their ids.
const SLOTS: i64 = 1 << 6;

impl Ids {
    /// From now on ids are larger than this one.
    pub fn pass(&self, id: i64) {
        self.0.fetch_max(id, Ordering::Relaxed);
    }

    /// A new id of that process, larger than any before.
    pub fn next(&self, ambient: &dyn Ambient, slot: u16) -> i64 {
        let random = i64::try_from(ambient.random() % (1 << 11)).unwrap_or_default();
        let fresh = (ambient.now().millis().max(1) << 18) | (random * SLOTS);
        let own = i64::from(slot) % SLOTS;
        let after = |last: i64| fresh.max((last / SLOTS + 1) * SLOTS) + own;
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last)));
        after(last.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct SetBack;

    impl Ambient for SetBack {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1)
        }

        fn random(&self) -> u64 {
            0
        }
    }

    #[test]
    fn ids_grow_where_the_clock_was_set_back() {
        let ids = Ids::default();
        let first = ids.next(&SetBack, 0);
        assert_eq!(ids.next(&SetBack, 0), first + SLOTS);
        assert_eq!(ids.next(&SetBack, 7), first + 2 * SLOTS + 7, "another process makes no such id");
        ids.pass(1 << 40);
        assert_eq!(ids.next(&SetBack, 1), (1 << 40) + SLOTS + 1);
        ids.pass(7);
        assert_eq!(ids.next(&SetBack, 1), (1 << 40) + 2 * SLOTS + 1);
    }
}
