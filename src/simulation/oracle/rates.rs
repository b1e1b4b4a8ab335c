//! How fast: in any span of time no more than rate × span + burst, of a number, of a tenant, of a pair.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::model::Ref;
use crate::simulation::files::Brand;
use crate::simulation::journal::{Entry, What};

/// Thousandths of a send in a millisecond, and how many at once.
type Rate = (f64, f64);

/// What is counted together, with the file's words for how fast that may be.
type Counted = BTreeMap<(&'static str, String), (Option<Rate>, Vec<i64>)>;

pub(super) fn judge(facts: &Facts<'_>, slack: i64, wrong: &mut Vec<String>) {
    let mut counted = Counted::new();
    let mut calling: BTreeSet<Ref> = BTreeSet::new();
    for Entry { at, what } in facts.journal {
        match what {
            // Once more with a fresh credential is the same attempt.
            What::Called { of, tenant, from, to, .. } if calling.insert(*of) => {
                let mut count = |what, key: String, rate: Option<Rate>| {
                    counted.entry((what, key)).or_insert((rate, Vec::new())).1.push(*at);
                };
                count(
                    "number",
                    from.clone(),
                    facts.rate(tenant, |brand| {
                        let (_, rate) = brand.numbers.iter().find(|(number, _)| number == from)?;
                        Some((f64(*rate), f64(*rate)))
                    }),
                );
                count(
                    "tenant",
                    tenant.clone(),
                    facts.rate(tenant, |brand| brand.send.map(|(rate, burst)| (f64(rate), f64(burst)))),
                );
                count(
                    "pair",
                    format!("{from} {to}"),
                    facts.rate(tenant, |brand| Some((1.0 / f64(brand.pair.0), f64(brand.pair.1)))),
                );
            }
            What::Stored { of, only_time: false, .. } => drop(calling.remove(of)),
            // A new gateway counts from nothing.
            What::Ended { .. } => {
                calling.clear();
                exceeded(&std::mem::take(&mut counted), slack, wrong);
            }
            _ => {}
        }
    }
    exceeded(&counted, slack, wrong);
}

/// A lane may have one more ready that waits for another limit.
const READY: f64 = 1.0;

fn exceeded(counted: &Counted, slack: i64, wrong: &mut Vec<String>) {
    for ((what, key), (rate, times)) in counted {
        let Some((rate, burst)) = rate else { continue };
        let over = |first: usize, last: usize| {
            let span = f64(times[last] - times[first] + slack) / 1000.0;
            f64(i64::try_from(last - first + 1).unwrap()) > rate * span + burst + READY
        };
        let pairs = (0..times.len()).flat_map(|first| (first..times.len()).map(move |last| (first, last)));
        if let Some((first, last)) = pairs.into_iter().find(|(first, last)| over(*first, *last)) {
            let (from, until) = (times[first], times[last]);
            wrong.push(format!(
                "{what} {key}: {} sends from {from} to {until}, at {rate} a second and a burst of {burst}",
                last - first + 1
            ));
        }
    }
}

fn f64(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap())
}

impl Facts<'_> {
    /// The fastest that the tenant's file ever said.
    fn rate(&self, tenant: &str, of: impl Fn(&Brand) -> Option<Rate>) -> Option<Rate> {
        let all = self.configured.iter().flat_map(|(_, brands)| *brands).filter(|brand| brand.name == tenant);
        all.filter_map(of).reduce(|one, other| (one.0.max(other.0), one.1.max(other.1)))
    }
}
