//! Chance that repeats: the same seed and the same requests give the same faults, whatever the order of arrival.
//!
//! Every decision is drawn from a generator seeded by the simulator's seed, the key (a recipient) and how often that
//! key was met. Identifiers are not drawn here: they must differ between two runs with one seed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// Hands out one generator per occasion.
#[derive(Debug)]
pub(super) struct Dice {
    seed: u64,
    met: Mutex<HashMap<String, u64>>,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, met: Mutex::default() }
    }

    /// The generator for the next occasion of `key`.
    pub(super) fn next(&self, key: &str) -> StdRng {
        let occasion = {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            let count = met.entry(key.to_owned()).or_default();
            *count += 1;
            *count
        };
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(occasion.to_le_bytes());
        hash.update(key.as_bytes());
        StdRng::from_seed(hash.finalize().into())
    }
}

/// Whether an event that happens to `share` of all cases happens now; nonsense shares are taken as never or always.
pub(super) fn happens(dice: &mut StdRng, share: f64) -> bool {
    dice.random::<f64>() < share
}

/// Picks at most one of several exclusive outcomes by their shares of the whole.
pub(super) fn pick<T: Copy>(dice: &mut StdRng, outcomes: &[(f64, T)]) -> Option<T> {
    let mut left: f64 = dice.random();
    for (share, outcome) in outcomes {
        if left < *share {
            return Some(*outcome);
        }
        left -= share.max(0.0);
    }
    None
}

/// A span of time to draw from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delay {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Delay {
    /// From `least` to `most` milliseconds.
    #[must_use]
    pub const fn millis(least: u64, most: u64) -> Self {
        Self { least: Duration::from_millis(least), most: Duration::from_millis(most) }
    }

    pub(super) fn draw(self, dice: &mut StdRng) -> Duration {
        if self.most <= self.least { self.least } else { dice.random_range(self.least..=self.most) }
    }
}

/// A random identifier in the form of a UUID, version 4.
pub(super) fn uuid() -> String {
    let random: u128 = rand::random();
    let bits = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_occasion_draw_the_same() {
        let (one, two) = (Dice::new(7), Dice::new(7));
        two.next("another");
        let drawn: u64 = one.next("6598114720").random();
        assert_eq!(drawn, two.next("6598114720").random::<u64>());
        assert_ne!(drawn, one.next("6598114720").random::<u64>(), "the second occasion is another one");
        assert_ne!(drawn, Dice::new(8).next("6598114720").random::<u64>());
    }

    #[test]
    fn exclusive_outcomes_come_in_their_shares() {
        let dice = Dice::new(1);
        let outcomes = [(0.2, 'a'), (0.3, 'b')];
        let drawn: Vec<_> = (0..2000).map(|n: i32| pick(&mut dice.next(&n.to_string()), &outcomes)).collect();
        let share = |of: Option<char>| drawn.iter().filter(|one| **one == of).count();
        assert!((320..480).contains(&share(Some('a'))), "{}", share(Some('a')));
        assert!((500..700).contains(&share(Some('b'))), "{}", share(Some('b')));
        assert_eq!(pick(&mut dice.next("x"), &[(1.0, 'c')]), Some('c'));
        assert_eq!(pick(&mut dice.next("x"), &[(0.0, 'c')]), None);
    }

    #[test]
    fn identifiers_have_the_form_of_version_4() {
        let form = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").unwrap();
        for _ in 0..100 {
            let id = uuid();
            assert!(form.is_match(&id), "{id}");
        }
    }
}
