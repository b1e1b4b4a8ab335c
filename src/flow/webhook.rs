//! A provider's webhook: every event of it is made durable, what cannot be used is kept raw; then it is acknowledged.

use std::collections::HashMap;

use futures_util::future::join_all;
use tracing::warn;

use super::event::{Used, Vouched};
use super::letters::{letter, told as in_words};
use super::request::{Passage, Way};
use super::{Flow, Work};
use crate::auth::Verified;
use crate::faults::{self, Point};
use crate::legs::{News, Told, Webhook};
use crate::mapping::Leg;
use crate::model::wire::Reply;
use crate::model::{Event, Name, Reason, Refusal};
use crate::store::{DeadLetter, StoreError};

/// So many events of a webhook are settled at once: each waits for the disk.
const AT_ONCE: usize = 32;

/// So many reasons of one dead letter are written down.
const REASONS: usize = 10;

/// Something that cannot be used.
pub(super) struct Unusable {
    /// Whose it is.
    pub(super) tenant: Option<usize>,
    /// Its place in the webhook, and why.
    pub(super) why: Why,
}

pub(super) type Why = (Option<usize>, Refusal);

/// What is left of a webhook once what could be settled is.
#[derive(Default)]
pub(super) struct Left {
    pub(super) unusable: Vec<Unusable>,
    /// Statuses of no known message, with the tenant each is placed with.
    pub(super) unmatched: Vec<(Option<usize>, Event)>,
}

impl Left {
    fn add(&mut self, other: Self) {
        self.unusable.extend(other.unusable);
        self.unmatched.extend(other.unmatched);
    }
}

impl Flow {
    /// Nothing is parked before the rest is durable: a webhook that comes again does not fill the dead letters.
    pub(super) async fn take(&self, passage: &Passage, way: Way<'_>, webhooks: Vec<Webhook>, reply: Reply) -> Reply {
        if self.is_replayed(passage, &webhooks) {
            return self.refuse(passage, way, None, &Reason::Unauthenticated.into());
        }
        faults::reached(Point::WebhookDecided);
        let mut left = Vec::with_capacity(webhooks.len());
        for Webhook { leg, verified, told } in webhooks {
            match self.all(passage, &verified, told).await {
                Ok(of_it) => left.push((leg, verified, of_it)),
                Err(problem) => return self.not_durable(passage, way, None, &problem),
            }
        }
        faults::reached(Point::WebhookStored);
        for (leg, verified, of_it) in left {
            if let Err(problem) = self.keep(passage, way, leg, &verified, of_it).await {
                return self.not_durable(passage, way, None, &problem);
            }
        }
        faults::reached(Point::WebhookDone);
        reply
    }

    /// Keeps what is left of a webhook.
    pub(super) async fn keep(
        &self,
        passage: &Passage,
        way: Way<'_>,
        leg: Leg,
        verified: &Verified,
        left: Left,
    ) -> Result<(), StoreError> {
        let Left { unusable, unmatched } = left;
        let looked_for = !unmatched.is_empty();
        let mut letters = self.letters(passage, way, leg, verified, unusable);
        letters.extend(unmatched.into_iter().map(|event| self.unmatched(passage, way, verified, event)));
        if !letters.is_empty() {
            self.store.park(letters).await?;
        }
        if looked_for {
            self.tell(Work::Unmatched);
        }
        Ok(())
    }

    /// What is about one message or person goes in its order, the rest at once.
    pub(super) async fn all(
        &self,
        passage: &Passage,
        verified: &Verified,
        told: Vec<Told>,
    ) -> Result<Left, StoreError> {
        if told.len() <= 1 {
            return self.in_order(passage, verified, told).await;
        }
        let mut groups: Vec<Vec<Told>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for told in told {
            let place = *places.entry(about(&told)).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(told),
                None => groups.push(vec![told]),
            }
        }
        let mut left = Left::default();
        let mut groups = groups.into_iter();
        loop {
            let some = groups.by_ref().take(AT_ONCE).map(|group| self.in_order(passage, verified, group));
            let done = join_all(some).await;
            if done.is_empty() {
                return Ok(left);
            }
            for done in done {
                left.add(done?);
            }
        }
    }

    async fn in_order(&self, passage: &Passage, verified: &Verified, group: Vec<Told>) -> Result<Left, StoreError> {
        let mut left = Left::default();
        for Told { tenant, index, news } in group {
            let used: Used = match news {
                Err(refused) => Err(refused.refusal),
                Ok(News::Status(event)) => {
                    let event = self.status(&passage.snapshot, Vouched::By(verified), *event, None).await?;
                    let whose = tenant.or(verified.tenants.first().copied());
                    left.unmatched.extend(event.map(|event| (whose, event)));
                    Ok(())
                }
                Ok(News::Inbound(inbound)) => self.inbound(passage, *inbound, tenant).await?,
            };
            left.unusable.extend(used.err().map(|refusal| Unusable { tenant, why: (index, refusal) }));
        }
        Ok(left)
    }

    /// One letter a tenant, with the whole webhook: redriving it does again what was done, which changes nothing, and
    /// then what was not.
    fn letters(
        &self,
        passage: &Passage,
        way: Way<'_>,
        leg: Leg,
        verified: &Verified,
        unusable: Vec<Unusable>,
    ) -> Vec<DeadLetter> {
        let mut by_tenant: Vec<(Option<usize>, Vec<Why>)> = Vec::new();
        for Unusable { tenant, why } in unusable {
            match by_tenant.iter_mut().find(|(known, _)| *known == tenant) {
                Some((_, all)) => all.push(why),
                None => by_tenant.push((tenant, vec![why])),
            }
        }
        let of_tenant = |(whose, mut all): (Option<usize>, Vec<Why>)| {
            all.sort_by_key(|(index, _)| *index);
            let tenant = passage.tenant(whose).map(|tenant| tenant.name.clone());
            let why = why(&all);
            warn!(id = %passage.id, tenant = tenant.as_ref().map(Name::as_str), leg = leg.as_str(), why, "webhook parked");
            let name = way.shown(passage).into_owned();
            let content = passage.incoming.body.clone();
            let came = Some(passage.came(way, verified));
            DeadLetter { came, ..letter(leg.as_str(), tenant, name, why, content, passage.now) }
        };
        by_tenant.into_iter().map(of_tenant).collect()
    }
}

/// What an event is about: its message or person.
fn about(told: &Told) -> String {
    match &told.news {
        Ok(News::Status(event)) => match (&event.provider_id, event.reference) {
            (Some(id), _) => id.clone(),
            (None, reference) => reference.map(|reference| reference.to_string()).unwrap_or_default(),
        },
        Ok(News::Inbound(inbound)) => format!("{} {}", inbound.from, inbound.to),
        Err(_) => String::new(),
    }
}

/// Why, each item by its place.
pub(super) fn why(all: &[Why]) -> String {
    let one = |(index, refusal): &Why| {
        let place = index.map(|index| format!("item {index}: ")).unwrap_or_default();
        format!("{place}{}", in_words(refusal))
    };
    let mut why = all.iter().take(REASONS).map(one).collect::<Vec<_>>().join("; ");
    if all.len() > REASONS {
        why.push_str(&format!("; and {} more", all.len() - REASONS));
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reason;

    #[test]
    fn a_letter_names_its_items_and_is_bounded() {
        let refusal = |text: &str| Refusal::new(Reason::MissingField, text);
        assert_eq!(why(&[(None, Reason::Malformed.into())]), "malformed");
        let two = [(Some(0), refusal("$.item.id")), (Some(7), Reason::Unknown.into())];
        assert_eq!(why(&two), "item 0: missing_field: $.item.id; item 7: unknown");
        let many: Vec<_> = (0..10_000).map(|index| (Some(index), Reason::Unknown.into())).collect();
        assert!(why(&many).ends_with("item 9: unknown; and 9990 more"), "{}", why(&many));
    }
}
