//! One key's cell: a direct `governor` limiter over a state that can be read, and so handed on to another rate.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::Verdict;
use crate::model::Rate;

/// A rate as GCRA sees it. No product of its two members overflows the limiter's 64 bits of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Nanoseconds between two; rounded up, since a rate is a ceiling.
    interval: u64,
    burst: NonZeroU32,
}

/// 36 years: a longer interval or a longer time to refill is as good as this one.
const LONGEST: u64 = 1 << 60;
/// So much more, in nanoseconds, may be owed for what others used up.
const LEEWAY: u64 = 60_000_000_000;

impl Pace {
    pub(super) fn new(rate: Rate, burst: NonZeroU32) -> Self {
        let interval = rate.period().as_nanos().div_ceil(u128::from(rate.cells().get()));
        let interval = u64::try_from(interval).unwrap_or(LONGEST).clamp(1, LONGEST);
        let most = u32::try_from(LONGEST / interval).unwrap_or(u32::MAX);
        let burst = NonZeroU32::new(burst.get().min(most)).unwrap_or(NonZeroU32::MIN);
        Self { interval, burst }
    }

    /// So many hundredths of it, in rate and burst alike; at least one at once.
    pub(super) fn slowed(self, percent: u32) -> Self {
        let part = u64::from(percent.clamp(1, 100));
        let burst = u64::from(self.burst.get()) * part / 100;
        let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        Self { interval: self.interval.saturating_mul(100).div_ceil(part).min(LONGEST), burst }
    }

    fn quota(self) -> Quota {
        Quota::with_period(Duration::from_nanos(self.interval))
            .unwrap_or_else(|| Quota::per_second(self.burst))
            .allow_burst(self.burst)
    }

    /// The time in which so many hundredths of the burst become free.
    pub(super) fn refill(self, percent: u64) -> Duration {
        Duration::from_nanos(self.deepest_debt() / 100 * percent)
    }

    /// What is left of the deepest debt after that time.
    fn left_of(self, ago: Duration) -> u64 {
        self.deepest_debt().saturating_sub(u64::try_from(ago.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The debt of a cell whose burst is used up.
    fn deepest_debt(self) -> u64 {
        self.interval.saturating_mul(u64::from(self.burst.get()))
    }
}

/// What one key has used up, and the limiter that says what is left.
#[derive(Debug)]
pub(super) struct Cell<C: Clock> {
    pace: Pace,
    limiter: RateLimiter<NotKeyed, Arrival, C, NoOpMiddleware<C::Instant>>,
    /// The limiter's state: it does not show its own.
    arrival: Arrival,
    /// When the limiter began to count; never before it really did.
    born: C::Instant,
}

impl<C: Clock> Cell<C> {
    pub(super) fn new(pace: Pace, clock: C) -> Self {
        Self::in_debt(pace, 0, clock)
    }

    fn in_debt(pace: Pace, debt: u64, clock: C) -> Self {
        let arrival = Arrival(Arc::new(AtomicU64::new(debt)));
        let limiter = RateLimiter::new(pace.quota(), arrival.clone(), clock);
        let born = limiter.clock().now();
        Self { pace, limiter, arrival, born }
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    pub(super) fn check(&self) -> Verdict {
        match self.limiter.check() {
            Ok(()) => Verdict::Go,
            Err(not_until) => Verdict::Wait(not_until.wait_time_from(self.limiter.clock().now())),
        }
    }

    /// What [`Cell::check`] would say; counts nothing.
    pub(super) fn peek(&self, now: C::Instant) -> Verdict {
        let most = self.pace.deepest_debt().saturating_sub(self.pace.interval);
        match self.debt(now).saturating_sub(most) {
            0 => Verdict::Go,
            wait => Verdict::Wait(Duration::from_nanos(wait)),
        }
    }

    /// The same number of sends used up, counted at another pace. Where the burst is smaller now, the excess is let off:
    /// paying it at a much lower rate could hold the key for hours.
    pub(super) fn at_pace(&self, pace: Pace, clock: C) -> Self {
        let debt = u128::from(self.debt(clock.now())) * u128::from(pace.interval) / u128::from(self.pace.interval);
        let debt = u64::try_from(debt).unwrap_or(u64::MAX).min(pace.deepest_debt());
        Self::in_debt(pace, debt, clock)
    }

    /// One whose burst was used up so long ago.
    pub(super) fn spent(pace: Pace, ago: Duration, clock: C) -> Self {
        Self::in_debt(pace, pace.left_of(ago), clock)
    }

    /// At least as much is used up as if the burst had been, so long ago.
    pub(super) fn spend(&self, ago: Duration, now: C::Instant) {
        let debt = self.pace.left_of(ago).max(self.debt(now));
        self.arrival.0.store(now.duration_since(self.born).as_u64().saturating_add(debt), Ordering::Relaxed);
    }

    /// Somebody else used up so many of the same. Who did not know of each other may owe more together than one alone ever does;
    /// how much more is bounded, so that a rate which was lowered just now holds nobody for long.
    pub(super) fn owe(&self, count: u64, now: C::Instant) {
        let most = self.pace.deepest_debt().saturating_mul(2).saturating_add(LEEWAY);
        let debt = self.debt(now);
        let more = debt.saturating_add(self.pace.interval.saturating_mul(count)).min(most.max(debt));
        self.arrival.0.store(now.duration_since(self.born).as_u64().saturating_add(more), Ordering::Relaxed);
    }

    /// Would a new cell give the same verdicts?
    pub(super) fn is_fresh(&self, now: C::Instant) -> bool {
        self.debt(now) == 0
    }

    /// The time, in nanoseconds, until all that was sent is paid off.
    fn debt(&self, now: C::Instant) -> u64 {
        self.arrival.0.load(Ordering::Relaxed).saturating_sub(now.duration_since(self.born).as_u64())
    }
}

/// GCRA's theoretical arrival time in nanoseconds since the limiter began. A shard's lock orders all access; the atomic
/// only makes the cell shareable.
#[derive(Clone, Debug)]
struct Arrival(Arc<AtomicU64>);

impl StateStore for Arrival {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (outcome, next) = decide(Some(Nanos::new(self.0.load(Ordering::Relaxed))))?;
        self.0.store(next.as_u64(), Ordering::Relaxed);
        Ok(outcome)
    }
}
