//! Recipients who are left alone for a while because their provider said so: one person, written to from one number.
//!
//! A decision over numbers: no clock. Times count from any one moment.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::{Address, Name};

/// The first time where the provider names none; it doubles up to the longest.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(900);
/// A provider's own time is taken as it is, within these.
const NAMED: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(86_400)];
/// Remembered at once. Beyond it nobody more is left alone: the provider says so again with the next message.
const MOST: usize = 100_000;

/// One recipient of one sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipient {
    /// The tenant that writes.
    pub tenant: Name,
    /// The sender.
    pub from: Address,
    /// The person's address.
    pub to: Address,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    until: Duration,
    /// How long it was, where the provider named no time.
    last: Duration,
}

/// Everybody who is left alone, and those who were a short while ago.
#[derive(Debug, Default)]
pub(super) struct Recipients(HashMap<Recipient, Held>);

impl Recipients {
    /// The provider wants the recipient left alone, perhaps for a time that it names. For how long it is from now on;
    /// nothing where it is already, or where there are too many.
    pub(super) fn hold(&mut self, recipient: Recipient, named: Option<Duration>, now: Duration) -> Option<Duration> {
        let known = self.0.get(&recipient).copied();
        // Others were under way when the first of them was refused: they say nothing new.
        if known.is_some_and(|held| held.until > now) {
            return None;
        }
        if known.is_none() && self.0.len() >= MOST {
            self.sweep(now);
            if self.0.len() >= MOST {
                return None;
            }
        }
        let recent = known.filter(|held| now < held.until + held.last);
        let longer = recent.map(|held| held.last * 2).unwrap_or_default().clamp(FIRST, LONGEST);
        let time = named.map_or(longer, |named| named.clamp(NAMED[0], NAMED[1]));
        let last = if named.is_some() { Duration::ZERO } else { longer };
        self.0.insert(recipient, Held { until: now + time, last });
        Some(time)
    }

    /// How much longer a recipient is left alone.
    pub(super) fn held(&self, recipient: &Recipient, now: Duration) -> Option<Duration> {
        let left = self.0.get(recipient)?.until.saturating_sub(now);
        (!left.is_zero()).then_some(left)
    }

    /// Whoever is meant is left alone no longer; how many were.
    pub(super) fn release(&mut self, means: impl Fn(&Recipient) -> bool, now: Duration) -> usize {
        let before = self.0.len();
        self.0.retain(|recipient, held| held.until <= now || !means(recipient));
        before - self.0.len()
    }

    /// How many are left alone, by tenant and sender.
    pub(super) fn count(&self, now: Duration) -> BTreeMap<(Name, Address), usize> {
        let mut count = BTreeMap::new();
        for (recipient, _) in self.0.iter().filter(|(_, held)| held.until > now) {
            *count.entry((recipient.tenant.clone(), recipient.from.clone())).or_default() += 1;
        }
        count
    }

    /// Forgets those whose next hold would be as long as a first one.
    pub(super) fn sweep(&mut self, now: Duration) {
        self.0.retain(|_, held| now < held.until + held.last);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn person(tenant: &str, to: usize) -> Recipient {
        Recipient { tenant: tenant.into(), from: "6531290044".into(), to: to.to_string().as_str().into() }
    }

    #[test]
    fn a_recipient_is_left_alone_as_long_as_named_or_longer_each_time() {
        let mut all = Recipients::default();
        let one = person("acme", 1);
        assert_eq!(all.held(&one, s(0)), None);
        assert_eq!(all.hold(one.clone(), Some(s(600)), s(10)), Some(s(600)));
        assert_eq!(all.hold(one.clone(), Some(s(900)), s(11)), None, "said of what was under way");
        assert_eq!((all.held(&one, s(10)), all.held(&one, s(609))), (Some(s(600)), Some(s(1))));
        assert_eq!((all.held(&one, s(610)), all.held(&person("bolt", 1), s(11))), (None, None));
        assert_eq!(all.hold(one.clone(), Some(s(0)), s(700)), Some(s(1)));
        assert_eq!(all.hold(one.clone(), Some(s(1_000_000)), s(800)), Some(s(86_400)), "a day at most");

        let two = person("acme", 2);
        let mut now = s(0);
        for expected in [60, 120, 240, 480, 900, 900] {
            assert_eq!(all.hold(two.clone(), None, now), Some(s(expected)));
            now += s(expected) + s(30);
        }
        // For as long as it was left alone nothing more was said: it begins anew.
        assert_eq!(all.hold(two, None, now + s(900)), Some(s(60)));
    }

    #[test]
    fn who_is_meant_is_released_and_memory_is_bounded() {
        let mut all = Recipients::default();
        for number in 0..MOST {
            assert_eq!(all.hold(person(if number < 3 { "acme" } else { "bolt" }, number), None, s(0)), Some(FIRST));
        }
        assert_eq!(all.hold(person("acme", MOST), None, s(1)), None, "no room");
        let count = |all: &Recipients, now| all.count(now).into_values().collect::<Vec<_>>();
        assert_eq!(count(&all, s(1)), [3, MOST - 3]);
        assert_eq!(all.release(|recipient| recipient.tenant.as_str() == "acme", s(1)), 3);
        assert_eq!(all.release(|recipient| recipient.tenant.as_str() == "acme", s(1)), 0);
        assert_eq!((count(&all, s(1)), count(&all, s(60))), (vec![MOST - 3], vec![]));
        assert_eq!(all.hold(person("acme", MOST), None, s(1)), Some(FIRST));
        assert_eq!(all.hold(person("acme", MOST + 1), None, s(1)), Some(FIRST));
        assert_eq!(all.hold(person("acme", MOST + 2), None, s(1)), Some(FIRST));
        assert_eq!(all.hold(person("acme", MOST + 3), None, s(1)), None);
        // Those of long ago make room.
        assert_eq!(all.hold(person("acme", MOST + 3), None, s(500)), Some(FIRST));
        all.sweep(s(5000));
        assert!(all.is_empty());
    }
}
