//! How fast: GCRA cells by key; go, or wait until. Used at the door and at dispatch.
//!
//! Does not sleep, knows no store and no tenant file. Each key is asked by one dispatcher only: many waiters on one
//! key would all wake at once. Start at [`Limits`].

mod cell;
#[cfg(test)]
mod tests;
mod timer;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;

use crate::model::Rate;
use cell::{Cell, Pace};
pub use timer::Timer;

/// May this one go?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Now; it has been counted.
    Go,
    /// Not before so long; nothing was counted.
    Wait(Duration),
}

/// Cells by key, each with its own rate.
///
/// The clock is the one that tokio's timer goes by, so that whoever sleeps as long as [`Verdict::Wait`] says is let
/// through afterwards; a clock of another make would leave some microseconds to wait again.
#[derive(Debug)]
pub struct Limits<C: Clock = Timer> {
    clock: C,
    hasher: RandomState,
    /// By the key's hash, so that lanes seldom wait for each other. A lock is held for one decision, never over an await.
    shards: [Mutex<Shard<C>>; SHARDS],
}

type Shard<C> = HashMap<Box<str>, Cell<C>>;

const SHARDS: usize = 16;

/// Below so many keys a shard is not worth sweeping.
const SMALL: usize = 64;

impl Default for Limits<Timer> {
    fn default() -> Self {
        Self::with_clock(Timer)
    }
}

impl<C: Clock + Clone> Limits<C> {
    /// No cells yet; time as `clock` tells it.
    pub fn with_clock(clock: C) -> Self {
        Self { clock, hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Asks for one of `key` at `rate` with `burst` (the rate's own number if `None`).
    ///
    /// A changed rate or burst starts a new cell that takes over what the old one had used up: lowering a rate after a
    /// provider's 429 must not hand out a fresh burst.
    pub fn check(&self, key: &str, rate: Rate, burst: Option<NonZeroU32>) -> Verdict {
        let pace = Pace::new(rate, burst.unwrap_or(rate.cells()));
        let mut shard = self.shard(key);
        if let Some(cell) = shard.get_mut(key) {
            if cell.pace() != pace {
                *cell = cell.at_pace(pace, self.clock.clone());
            }
            return cell.check();
        }
        make_room(&mut shard, &self.clock);
        let cell = Cell::new(pace, self.clock.clone());
        let verdict = cell.check();
        shard.insert(key.into(), cell);
        verdict
    }

    /// Forgets the keys that are as good as new: asking for them again gives the same verdicts.
    ///
    /// Without it memory is still bounded by what is in use (a shard is swept before it grows); a timer that calls it
    /// gives the memory of a burst of keys back.
    pub fn retain_recent(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            sweep(&mut shard, &self.clock);
            shard.shrink_to(SMALL);
        }
    }

    /// How many keys are remembered.
    pub fn keys(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, Shard<C>> {
        // The top bits: the map within the shard uses a hash of its own.
        let at = usize::try_from(self.hasher.hash_one(key) >> 60).unwrap_or_default();
        lock(&self.shards[at % SHARDS])
    }
}

fn lock<C: Clock>(shard: &Mutex<Shard<C>>) -> MutexGuard<'_, Shard<C>> {
    // A cell is whole at every moment, so a shard is usable even if its last user came to grief.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sweep<C: Clock + Clone>(shard: &mut Shard<C>, clock: &C) {
    let now = clock.now();
    shard.retain(|_, cell| !cell.is_fresh(now));
}

/// Before a shard grows, drops what is as good as new. What stays gets as much room again, so that sweeping costs a
/// constant per inserted key.
fn make_room<C: Clock + Clone>(shard: &mut Shard<C>, clock: &C) {
    if shard.len() < SMALL || shard.len() < shard.capacity() {
        return;
    }
    sweep(shard, clock);
    shard.reserve(shard.len().max(SMALL));
}
