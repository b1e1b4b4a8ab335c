//! Credentials that were wrong: how often of one source, and when it is not listened to any more.
//!
//! A platform calls for all of its brands from the same few addresses, and one brand's secret may be wrong. So what is
//! counted against a source is how many *different* secrets it tries: a wrong one that comes again and again is one guess.
//! Who guesses too much is not told whether the next guess is right. What was right from there before stays right: nobody
//! is locked out by a neighbour.
//!
//! All tables are bounded. One that is full forgets somebody; then a guess more is possible, and nothing is refused that
//! was right.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use moka::sync::Cache;

use super::cell::{Cell, Pace};
use super::{Source, Timer, Verdict};
use crate::model::{Print, Rate};

/// Different secrets that one source may try at once, and how many more a minute.
const GUESSES: u32 = 20;
/// How often one wrong credential of one source is answered as such, and how often a minute from then on.
const REPEATS: u32 = 100;
/// Entries of each table.
const MOST: u64 = 50_000;
/// Longer than a cell needs to be as new.
const FORGET: Duration = Duration::from_secs(10 * 60);
/// How long it counts that something was right.
const RIGHT: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a source that tries too much is worth a line of the log.
const NOTE: Duration = Duration::from_secs(60);

type Shared<C> = Arc<Mutex<Cell<C>>>;

/// What was wrong lately, and what was right.
pub struct Failures<C: Clock = Timer> {
    clock: C,
    guesses: Cache<Source, Shared<C>>,
    repeats: Cache<(Source, Print), Shared<C>>,
    right: Cache<(Source, Print), ()>,
    noted: Cache<Source, ()>,
    wrong: AtomicU64,
    barred: AtomicU64,
}

/// What becomes of a wrong credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is told so.
    Told,
    /// It was wrong too often: told to come after so long. Whether that is worth a line of the log.
    Later(Duration, bool),
}

impl Default for Failures<Timer> {
    fn default() -> Self {
        Self::with_clock(Timer)
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> Failures<C>
where
    C::Instant: Send + Sync,
{
    /// Nothing yet; time as `clock` tells it.
    pub fn with_clock(clock: C) -> Self {
        // The entries' own ends only bound the memory.
        let cells = || Cache::builder().max_capacity(MOST).time_to_idle(FORGET);
        Self {
            clock,
            guesses: cells().build(),
            repeats: Cache::builder().max_capacity(MOST).time_to_idle(FORGET).build(),
            right: Cache::builder().max_capacity(MOST).time_to_idle(RIGHT).build(),
            noted: Cache::builder().max_capacity(MOST).time_to_live(NOTE).build(),
            wrong: AtomicU64::default(),
            barred: AtomicU64::default(),
        }
    }

    /// Whether a source has tried so many secrets that it matters which one it comes with: a quick look for every request.
    pub fn suspects(&self, source: Source) -> bool {
        self.guesses.get(&source).is_some_and(|cell| self.peek(&cell) != Verdict::Go)
    }

    /// Whether a credential of a source that is suspected is not even looked at, and for how long.
    pub fn bars(&self, source: Source, print: Print) -> Option<Wrong> {
        let cell = self.guesses.get(&source).filter(|_| print.secret && !self.right.contains_key(&(source, print)))?;
        match self.peek(&cell) {
            Verdict::Go => None,
            Verdict::Wait(wait) => {
                self.barred.fetch_add(1, Ordering::Relaxed);
                Some(Wrong::Later(wait, self.note(source)))
            }
        }
    }

    /// A credential was wrong.
    pub fn wrong(&self, source: Source, print: Print) -> Wrong {
        self.wrong.fetch_add(1, Ordering::Relaxed);
        let key = (source, print);
        let known = self.repeats.get(&key);
        if known.is_none() && print.secret {
            // Who waits for the next guess was barred; what came at the same time is let off.
            let _ = self.take(&self.guesses.get_with(source, || self.cell(GUESSES)));
        }
        let cell = known.unwrap_or_else(|| self.repeats.get_with(key, || self.cell(REPEATS)));
        match self.take(&cell) {
            Verdict::Go => Wrong::Told,
            Verdict::Wait(wait) => {
                self.barred.fetch_add(1, Ordering::Relaxed);
                Wrong::Later(wait, self.note(source))
            }
        }
    }

    /// A credential was right.
    pub fn right(&self, source: Source, print: Print) {
        // A look renews it, and costs less than writing.
        if print.secret && self.right.get(&(source, print)).is_none() {
            self.right.insert((source, print), ());
        }
    }

    /// How many were wrong, and how many were told to come later instead.
    pub fn counts(&self) -> (u64, u64) {
        (self.wrong.load(Ordering::Relaxed), self.barred.load(Ordering::Relaxed))
    }

    fn cell(&self, a_minute: u32) -> Shared<C> {
        let most = NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN);
        Arc::new(Mutex::new(Cell::new(Pace::new(Rate::per_minute(most), most), self.clock.clone())))
    }

    fn peek(&self, cell: &Shared<C>) -> Verdict {
        cell.lock().unwrap_or_else(PoisonError::into_inner).peek(self.clock.now())
    }

    fn take(&self, cell: &Shared<C>) -> Verdict {
        cell.lock().unwrap_or_else(PoisonError::into_inner).check()
    }

    fn note(&self, source: Source) -> bool {
        self.noted.entry(source).or_insert(()).is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn failures() -> (FakeRelativeClock, Failures<FakeRelativeClock>) {
        let clock = FakeRelativeClock::default();
        (clock.clone(), Failures::with_clock(clock))
    }

    fn source(last: u8) -> Source {
        std::net::IpAddr::from([192, 0, 2, last]).into()
    }

    const fn secret(value: u64) -> Print {
        Print { value, secret: true }
    }

    fn guess(failures: &Failures<FakeRelativeClock>, source: Source, from: u64) -> u64 {
        let tried = (from..).take_while(|value| failures.bars(source, secret(*value)).is_none());
        let tried = tried.map(|value| failures.wrong(source, secret(value)));
        tried.count().try_into().unwrap()
    }

    #[test]
    fn who_guesses_is_barred_and_nobody_else() {
        let (clock, failures) = failures();
        failures.right(source(1), secret(1));
        assert_eq!(guess(&failures, source(1), 1000), u64::from(GUESSES));
        assert!(failures.suspects(source(1)) && !failures.suspects(source(2)));
        assert_eq!(failures.bars(source(1), secret(1)), None, "what was right from there");
        let barred = failures.bars(source(1), secret(2));
        assert!(matches!(barred, Some(Wrong::Later(_, false))), "right or wrong; one line was enough: {barred:?}");
        assert_eq!(failures.bars(source(2), secret(2)), None, "from elsewhere");
        assert_eq!(failures.bars(source(1), Print { value: 9, secret: false }), None, "what is signed is verified");
        clock.advance(Duration::from_secs(3));
        assert_eq!(guess(&failures, source(1), 2000), 1, "another one in three seconds");
        clock.advance(Duration::from_secs(60));
        assert!(!failures.suspects(source(1)));
        assert_eq!(guess(&failures, source(1), 3000), u64::from(GUESSES));
    }

    #[test]
    fn one_wrong_secret_that_comes_again_is_one_guess() {
        let (clock, failures) = failures();
        for _ in 0..REPEATS {
            assert_eq!(failures.wrong(source(1), secret(1)), Wrong::Told);
        }
        let Wrong::Later(wait, true) = failures.wrong(source(1), secret(1)) else { panic!("told to come later") };
        assert!(!failures.suspects(source(1)), "and costs its neighbours nothing");
        assert_eq!(failures.wrong(source(1), secret(2)), Wrong::Told);
        clock.advance(wait);
        assert_eq!(failures.wrong(source(1), secret(1)), Wrong::Told);
        assert_eq!(failures.counts(), (u64::from(REPEATS) + 3, 1));
    }

    #[test]
    fn the_tables_are_bounded() {
        let (_, failures) = failures();
        for value in 0..MOST + 5000 {
            let address = std::net::Ipv4Addr::from_bits(u32::try_from(value).unwrap());
            failures.wrong(std::net::IpAddr::from(address).into(), secret(value));
        }
        failures.guesses.run_pending_tasks();
        failures.repeats.run_pending_tasks();
        assert!(failures.guesses.entry_count() <= MOST && failures.repeats.entry_count() <= MOST);
    }
}
