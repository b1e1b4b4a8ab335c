//! How fast: GCRA cells by key; go, or wait until. Used at the door and at dispatch.
//!
//! Does not sleep, knows no store and no tenant file. Each key is asked by one dispatcher only: many waiters on one
//! key would all wake at once. Start at [`Limits`]; what a provider's "too fast" does is in `slowdown`.

mod cell;
mod failures;
mod heirs;
pub mod keys;
mod recipients;
mod slowdown;
mod source;
#[cfg(test)]
mod tests;
mod timer;
mod traffic;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, Reference};

use crate::model::{Address, Name, Rate};
use cell::{Cell, Pace};
pub use failures::{Failures, Wrong};
use heirs::Heirs;
pub use recipients::Recipient;
use recipients::Recipients;
use slowdown::Slowdown;
pub use slowdown::Turned;
pub use source::Source;
pub use timer::Timer;
pub use traffic::Traffic;

/// May this one go?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Now; it has been counted.
    Go,
    /// Not before so long; nothing was counted.
    Wait(Duration),
}

/// So many in such a time, so many at once, and perhaps less for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(Pace);

impl Speed {
    /// `rate` with `burst` (the rate's own number if `None`).
    #[must_use]
    pub fn new(rate: Rate, burst: Option<NonZeroU32>) -> Self {
        Self(Pace::new(rate, burst.unwrap_or(rate.cells())))
    }

    /// So many hundredths of it.
    #[must_use]
    pub fn slowed(self, percent: u32) -> Self {
        if percent >= slowdown::WHOLE { self } else { Self(self.0.slowed(percent)) }
    }

    /// So long somebody who has to wait can sleep and lose nothing: what was saved up meanwhile goes together.
    #[must_use]
    pub fn nap(self) -> Duration {
        self.0.refill(NAP_PART).min(NAP)
    }
}

/// Nobody wakes for single turns that are less than so far apart: waking costs more than deciding.
const NAP: Duration = Duration::from_millis(4);
/// As long as so much of the burst, in hundredths, is not yet free.
const NAP_PART: u64 = 25;

/// How a key stands that its provider may have called too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowed {
    /// Hundredths of the ceiling that it goes at.
    pub percent: u32,
    /// So long nothing is to be sent at all.
    pub pause: Duration,
    /// Whether it just began to rise, or is over: for the log.
    pub turned: Option<Turned>,
}

const AT_THE_CEILING: Slowed = Slowed { percent: slowdown::WHOLE, pause: Duration::ZERO, turned: None };

/// Cells by key, each with its own rate.
#[derive(Debug)]
pub struct Limits<C: Clock = Timer> {
    clock: C,
    born: C::Instant,
    hasher: RandomState,
    /// Those below their ceiling: mostly none.
    slowed: Mutex<HashMap<Box<str>, Slowdown>>,
    /// Who is left alone: mostly nobody.
    recipients: Mutex<Recipients>,
    /// What was another process's before: mostly nothing.
    heirs: Heirs,
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
        let shards = std::array::from_fn(|_| Mutex::default());
        Self {
            born: clock.now(),
            clock,
            hasher: RandomState::new(),
            slowed: Mutex::default(),
            recipients: Mutex::default(),
            heirs: Heirs::default(),
            shards,
        }
    }

    /// Asks for one of `key` at `rate` with `burst` (the rate's own number if `None`).
    pub fn check(&self, key: &str, rate: Rate, burst: Option<NonZeroU32>) -> Verdict {
        self.take(key, Speed::new(rate, burst))
    }

    /// What [`Limits::take`] would say; counts nothing.
    pub fn peek(&self, key: &str, Speed(pace): Speed) -> Verdict {
        let mut shard = self.shard(key);
        let Some(cell) = shard.get_mut(key) else {
            let heir = self.heirs.since(key, self.now()).map(|ago| Cell::spent(pace, ago, self.clock.clone()));
            return heir.map_or(Verdict::Go, |cell| cell.peek(self.clock.now()));
        };
        if cell.pace() != pace {
            *cell = cell.at_pace(pace, self.clock.clone());
        }
        cell.peek(self.clock.now())
    }

    /// Asks for one of `key`.
    ///
    /// A changed rate or burst starts a new cell that takes over what the old one had used up: lowering a rate after a
    /// provider's 429 must not hand out a fresh burst.
    pub fn take(&self, key: &str, Speed(pace): Speed) -> Verdict {
        let mut shard = self.shard(key);
        if let Some(cell) = shard.get_mut(key) {
            if cell.pace() != pace {
                *cell = cell.at_pace(pace, self.clock.clone());
            }
            return cell.check();
        }
        make_room(&mut shard, &self.clock);
        let cell = match self.heirs.since(key, self.now()) {
            Some(ago) => Cell::spent(pace, ago, self.clock.clone()),
            None => Cell::new(pace, self.clock.clone()),
        };
        let verdict = cell.check();
        shard.insert(key.into(), cell);
        verdict
    }

    /// Another process let so many of `key` go, at the same speed.
    pub fn owe(&self, key: &str, Speed(pace): Speed, count: u64) {
        let mut shard = self.shard(key);
        if !shard.contains_key(key) {
            make_room(&mut shard, &self.clock);
        }
        let cell = shard.entry(key.into()).or_insert_with(|| Cell::new(pace, self.clock.clone()));
        if cell.pace() != pace {
            *cell = cell.at_pace(pace, self.clock.clone());
        }
        cell.owe(count, self.clock.now());
    }

    /// Another process counted these keys until so long ago, and nobody knows what it used up: all. `taking`: which taking of
    /// the keys this is; said twice it is done once. A key that ends in `/` stands for all that begin with it.
    pub fn inherit(&self, keys: &[String], taking: u64, ago: Duration) {
        let fresh = self.heirs.note(keys, taking, self.now(), ago);
        if fresh.is_empty() {
            return;
        }
        let means = |known: &str| fresh.iter().any(|key| key == known || key.ends_with('/') && known.starts_with(key));
        let at = self.clock.now();
        for shard in &self.shards {
            let shard = lock(shard);
            shard.iter().filter(|(key, _)| means(key)).for_each(|(_, cell)| cell.spend(ago, at));
        }
    }

    /// The time by the limits' clock, from any one moment.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.clock.now().duration_since(self.born).as_u64())
    }

    /// The provider called `key` too fast: in answer to what was sent at `sent` ([`Limits::now`] of then), with the wish
    /// to be left alone for `after`. The key's new direction, if it is one.
    pub fn throttled(&self, key: &str, sent: Duration, after: Option<Duration>) -> Option<Turned> {
        let now = self.now();
        self.slowed().entry(key.into()).or_insert(Slowdown::NONE).cut(sent, now, after)
    }

    /// How far `key` is below its ceiling.
    pub fn slowdown(&self, key: &str) -> Slowed {
        let mut slowed = self.slowed();
        let Some(slowdown) = slowed.get_mut(key) else { return AT_THE_CEILING };
        let now = self.now();
        let turned = slowdown.turned(now);
        let found = Slowed { percent: slowdown.percent(now), pause: slowdown.pause(now), turned };
        if turned == Some(Turned::Over) {
            slowed.remove(key);
        }
        found
    }

    /// Hundredths of its ceiling that `key` goes at; for whoever only looks.
    pub fn percent(&self, key: &str) -> u32 {
        let now = self.now();
        self.slowed().get(key).map_or(slowdown::WHOLE, |slowdown| slowdown.percent(now))
    }

    /// The provider wants a recipient left alone, perhaps for a time that it names: for how long it is from now on, where it
    /// was not already.
    pub fn hold(&self, recipient: Recipient, named: Option<Duration>) -> Option<Duration> {
        let now = self.now();
        self.recipients().hold(recipient, named, now)
    }

    /// How much longer a recipient is left alone.
    pub fn held(&self, recipient: &Recipient) -> Option<Duration> {
        let now = self.now();
        self.recipients().held(recipient, now)
    }

    /// Whether anybody may be: mostly nobody is, and then nobody needs to be asked for.
    pub fn holds_any(&self) -> bool {
        !self.recipients().is_empty()
    }

    /// Whoever is meant is left alone no longer; how many were.
    pub fn release(&self, means: impl Fn(&Recipient) -> bool) -> usize {
        let now = self.now();
        self.recipients().release(means, now)
    }

    /// How many are left alone, by tenant and sender.
    pub fn held_recipients(&self) -> BTreeMap<(Name, Address), usize> {
        let now = self.now();
        self.recipients().count(now)
    }

    fn recipients(&self) -> MutexGuard<'_, Recipients> {
        // Each change of it is one step, so it is usable even if its last user came to grief.
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slowed(&self) -> MutexGuard<'_, HashMap<Box<str>, Slowdown>> {
        self.slowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the keys that are as good as new: asking for them again gives the same verdicts.
    ///
    /// Without it memory is still bounded by what is in use (a shard is swept before it grows); a timer that calls it
    /// gives the memory of a burst of keys back.
    pub fn retain_recent(&self) {
        let now = self.now();
        self.slowed().retain(|_, slowdown| slowdown.percent(now) < slowdown::WHOLE);
        self.recipients().sweep(now);
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
