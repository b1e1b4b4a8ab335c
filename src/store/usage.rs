//! What was used: what each message's attempts cost, and what that comes to by sender, month and category. The totals are all
//! that is left when a message is gone; there is nothing of a person in them.
//!
//! A message is in one place of the totals at a time. Who changes it computes where it was and where it is now, from the copy
//! that the change is made from; engines only add. Start at [`Message::billed`].

use std::collections::BTreeMap;

use super::{Lane, Message, key};
use crate::delivery::{Life, Phase};
use crate::model::{Amount, Cost, Currency, Event, NANOS, Name};
use crate::value::{Month, Timestamp};

/// Of so many attempts it is kept what they cost; no tenant's policy makes as many.
const ATTEMPTS: usize = 32;

/// What one attempt of a message cost, as the provider said last.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Charge {
    /// A hash of the provider's id, or else the number that our id has for it.
    attempt: i64,
    /// The provider's time of what is known: what is older says nothing new.
    at: Timestamp,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<(Amount, Currency)>,
    /// As what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Charge {
    /// What an event says of its attempt's cost.
    #[must_use]
    pub fn of(event: &Event, Cost { price, category }: Cost) -> Self {
        let by_number = || event.reference.map_or(0, |id| i64::from(id.attempt.get()));
        let attempt = event.provider_id.as_deref().map_or_else(by_number, key::provider);
        Self { attempt, at: event.at, price, category }
    }
}

/// What a message's attempts cost. Where several were made, the last one says where the message counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bill {
    /// The provider took an attempt before the one that the message waits for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    taken: bool,
    /// By attempt, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<Charge>,
}

impl Bill {
    /// What its attempts cost.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// What is said of an attempt takes the place of what was said of it before, part by part; of another one it is added.
    fn charge(&mut self, said: &Charge) {
        let Some(known) = self.charges.iter_mut().find(|known| known.attempt == said.attempt) else {
            if self.charges.len() < ATTEMPTS {
                self.charges.push(said.clone());
            }
            return;
        };
        if said.at < known.at {
            return;
        }
        known.at = said.at;
        known.price = said.price.or(known.price);
        known.category = said.category.clone().or_else(|| known.category.take());
    }

    /// Where it counts, and for how much: a message that was taken is one in all.
    fn sums(&self, is_taken: bool, sums: &mut BTreeMap<Place, Sums>, times: i64) {
        let priced = is_taken && self.charges.iter().any(|charge| charge.price.is_some());
        let one = sums.entry(self.charges.last().map(place).unwrap_or_default()).or_default();
        one.messages += i64::from(is_taken) * times;
        one.priced += i64::from(priced) * times;
        for charge in &self.charges {
            if let Some((amount, _)) = charge.price {
                sums.entry(place(charge)).or_default().add(amount, times);
            }
        }
    }
}

/// Category and currency; empty where nobody said.
type Place = (String, String);

fn place(charge: &Charge) -> Place {
    let currency = charge.price.map(|(_, currency)| currency.into()).unwrap_or_default();
    (charge.category.clone().unwrap_or_default(), currency)
}

/// What totals are added up by, besides tenant and sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// In which the message was accepted, UTC.
    pub month: Month,
    /// As what the provider charges it; empty where it did not say.
    pub category: String,
    /// Its currency; empty where the provider said no price.
    pub currency: String,
}

/// By how much a total changes. Money is in whole units and billionths, so that neither grows too large to be added exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) messages: i64,
    pub(super) priced: i64,
    pub(super) units: i64,
    pub(super) nanos: i64,
}

impl Sums {
    fn add(&mut self, amount: Amount, times: i64) {
        self.units += amount.nanos() / NANOS * times;
        self.nanos += amount.nanos() % NANOS * times;
    }

    /// Those of both.
    pub(super) fn and(&mut self, other: Self) {
        self.messages += other.messages;
        self.priced += other.priced;
        self.units += other.units;
        self.nanos += other.nanos;
    }
}

/// What a change does to a message's bill and to the totals. By default nothing.
#[derive(Clone, Debug, Default)]
pub struct Billed {
    /// The bill, if it changed.
    pub(super) bill: Option<Bill>,
    /// What is added to the totals of the message's sender.
    pub(super) usage: Vec<(Item, Sums)>,
}

impl Billed {
    /// The bill, if it changed.
    #[must_use]
    pub const fn bill(&self) -> Option<&Bill> {
        self.bill.as_ref()
    }
}

impl Message {
    /// What comes of it that the message goes on like that, and of what its provider says of an attempt's cost.
    #[must_use]
    pub fn billed(&self, after: &Life, said: Option<&Charge>) -> Billed {
        let was_taken = self.bill.taken || self.message.life.phase == Phase::Submitted;
        let is_taken = was_taken || after.phase == Phase::Submitted;
        // It waits for another attempt, and looks like one that was never taken.
        let leaves = was_taken && after.phase != Phase::Submitted && !self.bill.taken;
        if said.is_none() && was_taken == is_taken && !leaves {
            return Billed::default();
        }
        let mut bill = self.bill.clone();
        bill.taken |= leaves;
        said.into_iter().for_each(|said| bill.charge(said));
        let mut sums = BTreeMap::new();
        self.bill.sums(was_taken, &mut sums, -1);
        bill.sums(is_taken, &mut sums, 1);
        let month = Month::of(self.message.at);
        let item = |(category, currency)| Item { month, category, currency };
        let changed = sums.into_iter().filter(|(_, sums)| *sums != Sums::default());
        let usage = changed.map(|(place, sums)| (item(place), sums)).collect();
        Billed { bill: Some(bill).filter(|bill| *bill != self.bill), usage }
    }
}

/// Which totals are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Months {
    /// Of that tenant alone.
    pub tenant: Option<Name>,
    /// The first month.
    pub from: Month,
    /// The last one.
    pub to: Month,
}

/// A total: what one sender's messages of one month, category and currency come to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// Month, category and currency.
    pub item: Item,
    /// Whose.
    pub lane: Lane,
    /// Messages that the provider took, each once.
    pub messages: i64,
    /// Those of them that it said a price of.
    pub priced: i64,
    /// What all attempts cost, in billionths of the currency.
    pub cost: i128,
}

impl Usage {
    /// A total as an engine keeps it.
    pub(super) fn of(lane: Lane, item: Item, Sums { messages, priced, units, nanos }: Sums) -> Self {
        Self { item, lane, messages, priced, cost: i128::from(units) * i128::from(NANOS) + i128::from(nanos) }
    }

    /// Whether it says anything: one that all messages have left is there still.
    pub(super) const fn is_empty(&self) -> bool {
        self.messages == 0 && self.priced == 0 && self.cost == 0
    }
}

/// The column for a bill; none for an empty one.
pub(super) fn bill_text(bill: &Bill) -> Option<String> {
    Some(bill).filter(|bill| **bill != Bill::default()).and_then(|bill| serde_json::to_string(bill).ok())
}

#[cfg(test)]
mod tests;
