//! What happened lately, counted by whose it was: what an operator's check explains. In memory, so since the start, and of
//! one day at most.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::delivery::{Input, Outcome, Step};
use crate::model::{Name, Reason, Status};
use crate::value::Timestamp;

/// Hours of a day, and the one that has begun.
const HOURS: usize = 25;
const HOUR: i64 = 3_600_000;
/// Different facts of one tenant or mapping: a provider may make codes up, a platform templates.
const MOST: usize = 512;

/// Whose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// A tenant's.
    Tenant(Name),
    /// Nobody's: what came to a mapping's routes and proved to be of none of its tenants.
    Mapping(Name),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A send was accepted.
    Accepted,
    /// A template of that name was used.
    Template(String),
    /// A send was refused at the door.
    Refused(&'static str),
    /// The provider took a message.
    Taken,
    /// The provider would not take a message for a reason that is not the message's.
    Held(&'static str, Option<String>),
    /// The provider said something of a message.
    Status,
    /// A message failed, with the provider's code.
    Failed(&'static str, Option<String>),
    /// That call got through to the platform.
    Told(String),
    /// That call did not, and why.
    Untold(String, String),
    /// The platform asked for the templates.
    Listed,
    /// Somebody wrote, and that rule fired.
    Inbound(Option<String>),
    /// A request to that path proved to be nobody's, and what was wrong with its credentials.
    Stranger(String, &'static str),
}

/// How often, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Within the last day.
    pub count: u64,
    /// The last time.
    pub last: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    hours: [u32; HOURS],
    last: Timestamp,
}

/// Everything that happened lately.
#[derive(Debug, Default)]
pub struct Lately(Mutex<HashMap<Whose, BTreeMap<Fact, Tally>>>);

impl Lately {
    /// One more.
    pub(super) fn note(&self, whose: Whose, fact: Fact, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = all.entry(whose).or_default();
        if facts.len() >= MOST && !facts.contains_key(&fact) {
            facts.retain(|_, tally| tally.count(now) > 0);
            if facts.len() >= MOST {
                return;
            }
        }
        facts.entry(fact).or_insert(Tally { hours: [0; HOURS], last: now }).add(now);
    }

    /// What a stored change of a tenant's message says.
    pub(super) fn settled(&self, tenant: &Name, input: &Input, step: &Step, now: Timestamp) {
        let note = |fact| self.note(Whose::Tenant(tenant.clone()), fact, now);
        match input {
            Input::News { .. } => note(Fact::Status),
            Input::Answered(Outcome::Taken) => note(Fact::Taken),
            Input::Answered(Outcome::Hold { failure }) => {
                note(Fact::Held(failure.reason.as_str(), failure.code.clone()));
            }
            _ => {}
        }
        if let Some(report) = step.report.as_ref().filter(|report| report.status == Status::Failed) {
            let failure = report.failure.as_ref();
            let reason = failure.map_or(Reason::Unknown, |failure| failure.reason);
            note(Fact::Failed(reason.as_str(), failure.and_then(|failure| failure.code.clone())));
        }
    }

    /// How often one thing happened, and when last, if it did within the last day.
    pub(super) fn times(&self, whose: &Whose, fact: &Fact, now: Timestamp) -> Option<Times> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.get(whose)?.get(fact)?;
        Some(Times { count: tally.count(now), last: tally.last }).filter(|times| times.count > 0)
    }

    /// What happened to one of them within the last day.
    #[must_use]
    pub fn of(&self, whose: &Whose, now: Timestamp) -> BTreeMap<Fact, Times> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = all.get(whose).into_iter().flatten();
        let times = facts.map(|(fact, tally)| (fact.clone(), Times { count: tally.count(now), last: tally.last }));
        times.filter(|(_, times)| times.count > 0).collect()
    }
}

impl Tally {
    fn add(&mut self, now: Timestamp) {
        let (was, is) = (hour(self.last), hour(now));
        // Hours without anything are empty ones; more than a day of them, and all are.
        for passed in (was + 1..=is).take(HOURS) {
            self.hours[place(passed)] = 0;
        }
        self.last = self.last.max(now);
        let count = &mut self.hours[place(is)];
        *count = count.saturating_add(1);
    }

    fn count(&self, now: Timestamp) -> u64 {
        let (last, now) = (hour(self.last), hour(now));
        let hours = (now.saturating_sub(24)..=last).rev().take(HOURS);
        hours.map(|hour| u64::from(self.hours[place(hour)])).sum()
    }
}

const fn hour(at: Timestamp) -> i64 {
    at.millis().div_euclid(HOUR)
}

fn place(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(25)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 / HOUR * HOUR + hours * HOUR + 60_000)
    }

    #[test]
    fn a_day_is_counted_and_what_is_older_is_gone() {
        let lately = Lately::default();
        let whose = Whose::Tenant("acme".into());
        for hours in [0, 0, 1, 20] {
            lately.note(whose.clone(), Fact::Taken, at(hours));
        }
        let counted = |hours| lately.of(&whose, at(hours)).get(&Fact::Taken).map(|times| times.count);
        for (hours, expected) in
            [(20, Some(4)), (24, Some(4)), (25, Some(2)), (26, Some(1)), (44, Some(1)), (45, None), (400, None)]
        {
            assert_eq!(counted(hours), expected, "after {hours} hours");
        }
        lately.note(whose.clone(), Fact::Taken, at(400));
        assert_eq!(counted(400), Some(1), "after a long silence nothing of before is left");
        assert_eq!(lately.of(&whose, at(400))[&Fact::Taken].last, at(400));
        assert!(lately.of(&Whose::Tenant("other".into()), at(0)).is_empty());
        assert!(lately.of(&Whose::Mapping("acme".into()), at(0)).is_empty());
    }

    #[test]
    fn what_others_make_up_is_bounded_until_it_is_old() {
        let lately = Lately::default();
        let whose = Whose::Tenant("acme".into());
        let code = |number: usize| Fact::Failed("unknown", Some(number.to_string()));
        (0..10 * MOST).for_each(|number| lately.note(whose.clone(), code(number), at(0)));
        assert_eq!(lately.of(&whose, at(0)).len(), MOST);
        lately.note(whose.clone(), code(0), at(1));
        assert_eq!(lately.of(&whose, at(1))[&code(0)].count, 2, "what is known goes on being counted");
        lately.note(whose.clone(), code(99_999), at(100));
        assert_eq!(lately.of(&whose, at(100)).len(), 1);
    }
}
