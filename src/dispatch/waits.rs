//! What kept a lane's messages from going, and for how long: each says it with its attempt.
//!
//! What all wait for is added up once for the lane, with marks of how much it was by when; a message's part is what came since
//! its own mark. What one waits for alone stands by its id. Asks no limit and no clock.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::Ref;
use crate::value::Timestamp;

/// Whoever waited less need not say so.
const LONG: Duration = Duration::from_secs(1);
/// So far apart marks are, at first.
const APART: i64 = 1000;
/// More marks are thinned out: a message in a long queue can do with minutes that are rounded.
const MARKS: usize = 128;

/// What a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The rate of its number, or its provider's wish for a pause of it.
    Number,
    /// The calls under way at its provider account, or its provider's wish for a pause of it.
    Account,
    /// The tenant's own `limits.send`.
    Send,
    /// How much one recipient gets.
    Pair,
    /// The provider's wish to leave the recipient alone.
    Recipient,
}

impl Limit {
    /// Its place among [`NAMES`].
    const fn place(self) -> usize {
        match self {
            Self::Number => 0,
            Self::Account => 1,
            Self::Send => 2,
            Self::Pair => 3,
            Self::Recipient => 4,
        }
    }
}

/// As they are called.
const NAMES: [&str; 5] = ["number", "account", "send", "pair", "recipient"];

type Sums = [Duration; NAMES.len()];

/// What a message waited for by itself.
#[derive(Debug, Default)]
struct Own {
    sums: Sums,
    /// It waits with its lane since then.
    since: Option<Timestamp>,
}

/// Of one lane.
#[derive(Debug, Default)]
pub(super) struct Waits {
    sums: Sums,
    waiting: Option<(Limit, Instant)>,
    /// How much it was by then, the oldest first.
    marks: VecDeque<(Timestamp, Sums)>,
    /// Of messages that do not wait since they were accepted, or not only with their lane.
    own: HashMap<Ref, Own>,
}

impl Waits {
    /// The lane waits for that from now on.
    pub(super) fn begin(&mut self, limit: Limit, now: Instant) {
        self.waiting = Some((limit, now));
    }

    /// It looks again.
    pub(super) fn end(&mut self, now: Instant, at: Timestamp) {
        let Some((limit, since)) = self.waiting.take() else { return };
        self.sums[limit.place()] += now.saturating_duration_since(since);
        if self.marks.back().is_none_or(|(last, _)| at.millis().saturating_sub(last.millis()) >= APART) {
            self.mark(at);
        }
    }

    fn mark(&mut self, at: Timestamp) {
        if self.marks.len() >= MARKS {
            let mut odd = false;
            self.marks.retain(|_| {
                odd = !odd;
                odd
            });
        }
        self.marks.push_back((at, self.sums));
    }

    /// It did not come to its attempt from being accepted: its time with the lane begins now.
    pub(super) fn again(&mut self, message: Ref, at: Timestamp) {
        self.own.entry(message).or_default().since = Some(at);
    }

    /// It waits by itself, for so long.
    pub(super) fn apart(&mut self, message: Ref, accepted: Timestamp, (limit, wait): (Limit, Duration), at: Timestamp) {
        let sums = self.with_lane(message, accepted, at);
        let own = self.own.entry(message).or_default();
        own.sums = sums;
        own.sums[limit.place()] += wait;
        own.since = Some(at.after(wait));
    }

    /// It is this lane's no more.
    pub(super) fn forget(&mut self, message: Ref) {
        self.own.remove(&message);
    }

    /// It goes: what it waited for, if it was long.
    pub(super) fn of(&mut self, message: Ref, accepted: Timestamp, at: Timestamp) -> Option<String> {
        let sums = self.with_lane(message, accepted, at);
        self.forget(message);
        if sums.iter().sum::<Duration>() < LONG {
            return None;
        }
        let mut told: Vec<(Duration, &str)> = sums.into_iter().zip(NAMES).collect();
        told.sort_by_key(|(wait, _)| std::cmp::Reverse(*wait));
        let told = told.into_iter().filter(|(wait, _)| *wait >= LONG / 10);
        Some(told.map(|(wait, name)| format!("{name} {:.1} s", wait.as_secs_f64())).collect::<Vec<_>>().join(", "))
    }

    fn with_lane(&self, message: Ref, accepted: Timestamp, at: Timestamp) -> Sums {
        let own = self.own.get(&message);
        let since = own.and_then(|own| own.since).unwrap_or(accepted);
        let older = self.marks.partition_point(|(mark, _)| *mark <= since);
        let before =
            older.checked_sub(1).and_then(|place| self.marks.get(place)).map(|(_, sums)| *sums).unwrap_or_default();
        let mut sums = own.map(|own| own.sums).unwrap_or_default();
        for ((sum, all), before) in sums.iter_mut().zip(self.sums).zip(before) {
            // A mark may be older than the message.
            *sum += all.saturating_sub(before).min(at.since(since));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_793_783_640_000).after(secs(seconds))
    }

    fn id(number: i64) -> Ref {
        Ref::from_number(number)
    }

    /// The lane waits from second to second.
    fn wait(waits: &mut Waits, start: Instant, limit: Limit, from: u64, to: u64) {
        waits.begin(limit, start + secs(from));
        waits.end(start + secs(to), at(to));
    }

    #[test]
    fn a_message_says_what_its_lane_waited_for_since_it_was_accepted() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        (0..20).for_each(|second| wait(&mut waits, start, Limit::Number, second, second + 1));
        (20..25).for_each(|second| wait(&mut waits, start, Limit::Send, second, second + 1));
        assert_eq!(waits.of(id(1), at(0), at(25)).unwrap(), "number 20.0 s, send 5.0 s");
        assert_eq!(waits.of(id(2), at(22), at(25)).unwrap(), "send 3.0 s");
        assert_eq!(waits.of(id(3), at(25), at(25)), None, "it came when nobody waited any more");
        waits.end(start + secs(99), at(99));
        assert_eq!(waits.of(id(4), at(25), at(99)), None, "a lane that has nothing to send waits for no limit");
    }

    #[test]
    fn what_one_waits_for_alone_is_its_own() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        wait(&mut waits, start, Limit::Number, 0, 2);
        waits.apart(id(1), at(0), (Limit::Pair, secs(6)), at(2));
        (2..8).for_each(|second| wait(&mut waits, start, Limit::Account, second, second + 1));
        wait(&mut waits, start, Limit::Number, 8, 9);
        assert_eq!(waits.of(id(1), at(0), at(9)).unwrap(), "pair 6.0 s, number 3.0 s", "its lane went on meanwhile");
        // Between two attempts it waited for no limit.
        waits.again(id(2), at(9));
        wait(&mut waits, start, Limit::Number, 9, 10);
        assert_eq!(waits.of(id(2), at(0), at(10)).unwrap(), "number 1.0 s");
        assert!(waits.own.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_an_old_message_still_knows() {
        let (mut waits, start) = (Waits::default(), Instant::now());
        (0..10_000).for_each(|second| wait(&mut waits, start, Limit::Number, second, second + 1));
        assert!(waits.marks.len() <= MARKS, "{}", waits.marks.len());
        assert_eq!(waits.of(id(1), at(0), at(10_000)).unwrap(), "number 10000.0 s");
        let told = waits.of(id(2), at(5_000), at(10_000)).unwrap();
        assert_eq!(told, "number 5000.0 s", "never longer than it was there");
    }
}
