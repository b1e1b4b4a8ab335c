//! What must hold of every run, judged from the journal and the store alone.

mod calls;
mod ends;
mod rates;
mod sends;

use std::collections::{BTreeMap, BTreeSet};

use super::drive::Played;
use super::files::Brand;
use super::journal::{Entry, Kept, Spoken, What};
use crate::model::Ref;
use crate::store::DeadLetter;

/// All that is wrong with a run; nothing is right.
pub(super) fn judge(played: &Played) -> Vec<String> {
    let mut wrong = played.wrong.clone();
    // What did not come to rest broke off in the middle: the rest would only repeat that.
    if wrong.is_empty() {
        let facts = Facts::of(played);
        sends::judge(&facts, &mut wrong);
        rates::judge(&facts, played.slack, &mut wrong);
        calls::judge(&facts, &mut wrong);
        ends::judge(&facts, played, &mut wrong);
    }
    wrong
}

/// The journal, sorted for those who judge it.
pub(super) struct Facts<'j> {
    pub(super) journal: &'j [Entry],
    pub(super) kept: BTreeMap<Ref, &'j Kept>,
    /// With their times, the first at the start.
    configured: Vec<(i64, &'j [Brand])>,
    /// When the gateway was killed or stopped.
    pub(super) ends: Vec<i64>,
    /// Statuses that lie in the dead letters: the provider's id and word.
    pub(super) parked: BTreeSet<(String, String)>,
}

/// Which statuses are in letters.
fn parked(letters: &[DeadLetter]) -> BTreeSet<(String, String)> {
    let mut parked = BTreeSet::new();
    for letter in letters.iter().filter(|letter| letter.kind == "unmatched") {
        let event: serde_json::Value = serde_json::from_slice(&letter.content).unwrap();
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        parked.insert((text("provider_id"), text("word")));
    }
    parked
}

impl<'j> Facts<'j> {
    fn of(played: &'j Played) -> Self {
        let (kept, parked) = (BTreeMap::new(), parked(&played.letters));
        let mut facts = Self { journal: &played.journal, kept, configured: Vec::new(), ends: Vec::new(), parked };
        for Entry { at, what } in facts.journal {
            match what {
                What::Kept(kept) => drop(facts.kept.insert(kept.of, kept)),
                What::Configured(brands) => facts.configured.push((*at, brands)),
                What::Ended { .. } => facts.ends.push(*at),
                _ => {}
            }
        }
        facts
    }

    pub(super) fn is_parked(&self, spoken: &Spoken) -> bool {
        self.parked.contains(&(spoken.id.clone(), spoken.word.to_owned()))
    }

    /// Whether something was so of a tenant's file at any time in a span: what is under way goes by an earlier file.
    pub(super) fn ever(&self, tenant: &str, from: i64, until: i64, was: impl Fn(&Brand) -> bool) -> bool {
        let last_before = self.configured.iter().rposition(|(at, _)| *at <= from).unwrap_or_default();
        let then = self.configured[last_before..].iter().take_while(|(at, _)| *at <= until);
        then.flat_map(|(_, brands)| *brands).any(|brand| brand.name == tenant && was(brand))
    }
}
