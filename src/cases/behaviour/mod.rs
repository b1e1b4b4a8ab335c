//! Two configurations on the same traffic: what comes of each sample under both, and where that differs, gathered by the
//! place in the output. The engine is that of [`Trial`] and of cases; nothing is sent.
//!
//! Where the traffic comes from is the caller's affair. Values are as they are: whoever shows them masks them first. Start at
//! [`Comparison::sample`] and [`Comparison::cases`].

mod differ;
mod origin;
mod side;
mod suites;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

pub use side::Side;

use super::{Line, Tried, Trying};
use crate::diagnostic::Diagnostic;
use crate::value::Timestamp;
use differ::{Difference, differences};
use origin::line;

/// The place of an output that is there on one side only.
const WHOLE: &str = "(all of it)";

/// Something that came in, or was to be sent.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Whose.
    pub tenant: String,
    /// What it is found by: our id of the message, the number of a letter.
    pub id: String,
    /// What sort of sample, in the plural: `messages`, `statuses`.
    pub sort: &'static str,
    /// What it is.
    pub trying: Trying,
    /// The body of a request.
    pub body: Option<Arc<[u8]>>,
    /// See [`super::Trial::given`].
    pub given: String,
    /// When.
    pub at: Timestamp,
}

/// What comes out otherwise at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `send`, `status`, `inbound`; empty where no leg was reached.
    pub leg: String,
    /// Whose mapping.
    pub mapping: String,
    /// The place in the output: `calls[0].body.to`.
    pub path: String,
    /// The tenants that it changes for.
    pub tenants: BTreeSet<String>,
    /// How many samples.
    pub count: u64,
    /// The first of them.
    pub example: String,
    /// What came of that one: before and after; nothing where there was nothing.
    pub values: [Option<Json>; 2],
    /// Which line made that, before and after, where one did.
    pub lines: [Option<String>; 2],
}

/// What was compared, and what differs.
#[derive(Default)]
pub struct Comparison {
    changes: BTreeMap<(String, String, String), Change>,
    /// Of all changes together.
    differences: u64,
    /// Samples that were compared.
    pub compared: u64,
    /// The same by their sort.
    pub sorts: BTreeMap<&'static str, u64>,
    /// Samples of which something comes out otherwise.
    pub changed: u64,
    /// Samples that are none: neither side can read them.
    pub unreadable: u64,
}

/// What came of a sample on one side: its legs, or why it cannot be tried.
type Came = Result<Vec<Tried>, Box<Diagnostic>>;

/// Whose a difference is.
struct About<'a> {
    tenant: &'a str,
    id: &'a str,
}

impl Comparison {
    /// Runs a sample on both sides.
    pub fn sample(&mut self, [old, new]: [&Side; 2], sample: &Sample) {
        let about = About { tenant: &sample.tenant, id: &sample.id };
        let before = self.compared;
        match [old.run(sample), new.run(sample)] {
            // Neither has the tenant: it was removed since.
            [None, None] => self.unreadable += 1,
            [Some(old), Some(new)] => self.legs(&about, [old, new]),
            [old, _] => {
                self.compared += 1;
                self.changed += 1;
                let served = |there: bool| there.then(|| Json::from("served"));
                let values = [served(old.is_some()), served(old.is_none())];
                self.add(&about, ["", "", "tenant"], values, [None, None]);
            }
        }
        *self.sorts.entry(sample.sort).or_default() += self.compared - before;
    }

    /// All changes, those of most samples first.
    #[must_use]
    pub fn changes(&self) -> Vec<&Change> {
        let mut all: Vec<&Change> = self.changes.values().collect();
        all.sort_by_key(|change| std::cmp::Reverse(change.count));
        all
    }

    fn legs(&mut self, about: &About<'_>, came: [Came; 2]) {
        let [old, new] = match came {
            [Err(_), Err(_)] => {
                self.unreadable += 1;
                return;
            }
            came => came.map(|came| came.map_err(|why| why.to_string())),
        };
        self.compared += 1;
        let before = self.differences;
        match (old, new) {
            (Ok(old), Ok(new)) => {
                for place in 0..old.len().max(new.len()) {
                    self.leg(about, [old.get(place), new.get(place)]);
                }
            }
            (old, new) => {
                let values = [old, new].map(|side| side.err().map(Json::from));
                self.add(about, ["", "", "why"], values, [None, None]);
            }
        }
        self.changed += u64::from(self.differences > before);
    }

    fn leg(&mut self, about: &About<'_>, tried: [Option<&Tried>; 2]) {
        let [old, new] = match tried {
            [Some(old), Some(new)] if (old.leg, &old.party) == (new.leg, &new.party) => [old, new],
            sides => {
                for (place, side) in sides.into_iter().enumerate() {
                    let Some(side) = side else { continue };
                    let mut values = [None, None];
                    values[place] = Some(side.masked());
                    self.add(about, [side.leg, &side.party, WHOLE], values, [None, None]);
                }
                return;
            }
        };
        let [old_lines, new_lines]: [&[Line]; 2] = [&old.trace, &new.trace];
        for Difference { path, values } in differences(&seen(old), &seen(new)) {
            let lines = [line(old_lines, &path, values[0].as_ref()), line(new_lines, &path, values[1].as_ref())];
            self.add(about, [old.leg, &old.party, &path], values, lines);
        }
    }

    fn add(
        &mut self,
        about: &About<'_>,
        [leg, mapping, path]: [&str; 3],
        values: [Option<Json>; 2],
        lines: [Option<String>; 2],
    ) {
        let [leg, mapping, path] = [leg, mapping, path].map(str::to_owned);
        let change = self.changes.entry((leg.clone(), mapping.clone(), path.clone())).or_insert_with(|| {
            let (tenants, example) = (BTreeSet::new(), about.id.to_owned());
            Change { leg, mapping, path, tenants, count: 0, example, values, lines }
        });
        change.count += 1;
        self.differences += 1;
        if !change.tenants.contains(about.tenant) {
            change.tenants.insert(about.tenant.to_owned());
        }
    }
}

/// What is compared of a leg: what came of it, and why there is not more.
fn seen(tried: &Tried) -> Json {
    let mut outcome = tried.masked();
    if let Some(members) = outcome.as_object_mut() {
        members.extend(tried.why.as_ref().map(|why| ("why".to_owned(), Json::from(why.as_str()))));
        if !tried.notes.is_empty() {
            members.insert("notes".to_owned(), Json::from(tried.notes.clone()));
        }
    }
    outcome
}

#[cfg(test)]
mod tests;
