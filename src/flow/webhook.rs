//! A provider's webhook: every event of it is made durable, what cannot be used is kept raw; then it is acknowledged.

use std::collections::HashMap;

use futures_util::future::join_all;
use tracing::warn;

use super::Flow;
use super::event::Used;
use super::request::{Passage, Way};
use crate::auth::Verified;
use crate::faults::{self, Point};
use crate::legs::{News, Told, Webhook};
use crate::mapping::Leg;
use crate::model::wire::Reply;
use crate::model::{Name, Refusal};
use crate::store::{DeadLetter, StoreError};

/// So many events of a webhook are settled at once: each waits for the disk.
const AT_ONCE: usize = 32;

/// So many reasons of one dead letter are written down.
const REASONS: usize = 10;

/// Something that cannot be used.
struct Unusable {
    /// Whose it is.
    tenant: Option<usize>,
    /// Its place in the webhook, and why.
    why: Why,
}

type Why = (Option<usize>, Refusal);

impl Flow {
    /// Nothing is parked before the rest is durable: a webhook that comes again does not fill the dead letters.
    pub(super) async fn take(&self, passage: &Passage, way: Way<'_>, webhooks: Vec<Webhook>, reply: Reply) -> Reply {
        faults::reached(Point::WebhookDecided);
        let mut letters = Vec::new();
        for Webhook { leg, verified, told } in webhooks {
            match self.all(passage, &verified, told).await {
                Ok(unusable) => letters.extend(self.letters(passage, way, leg, &verified, unusable)),
                Err(problem) => return self.not_durable(passage, way, None, &problem),
            }
        }
        faults::reached(Point::WebhookStored);
        for letter in letters {
            if let Err(problem) = self.store.park(letter).await {
                return self.not_durable(passage, way, None, &problem);
            }
        }
        faults::reached(Point::WebhookDone);
        reply
    }

    /// What is about one message or person goes in its order, the rest at once.
    async fn all(&self, passage: &Passage, verified: &Verified, told: Vec<Told>) -> Result<Vec<Unusable>, StoreError> {
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
        let mut unusable = Vec::new();
        let mut groups = groups.into_iter();
        loop {
            let some = groups.by_ref().take(AT_ONCE).map(|group| self.in_order(passage, verified, group));
            let done = join_all(some).await;
            if done.is_empty() {
                return Ok(unusable);
            }
            for done in done {
                unusable.extend(done?);
            }
        }
    }

    async fn in_order(
        &self,
        passage: &Passage,
        verified: &Verified,
        group: Vec<Told>,
    ) -> Result<Vec<Unusable>, StoreError> {
        let mut unusable = Vec::new();
        for Told { tenant, index, news } in group {
            let (whose, used): (_, Used) = match news {
                Err(refused) => (tenant, Err(refused.refusal)),
                Ok(News::Status(event)) => {
                    let first = verified.tenants.first().copied();
                    (tenant.or(first), self.status(passage, verified, *event).await?)
                }
                Ok(News::Inbound(inbound)) => (tenant, self.inbound(passage, *inbound, tenant).await?),
            };
            unusable.extend(used.err().map(|refusal| Unusable { tenant: whose, why: (index, refusal) }));
        }
        Ok(unusable)
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
        let letter = |(whose, mut all): (Option<usize>, Vec<Why>)| {
            all.sort_by_key(|(index, _)| *index);
            let tenant = passage.tenant(whose).map(|tenant| tenant.name.clone());
            let why = why(&all);
            warn!(id = %passage.id, tenant = tenant.as_ref().map(Name::as_str), leg = leg.as_str(), why, "webhook parked");
            DeadLetter {
                id: 0,
                tenant,
                kind: leg.as_str().to_owned(),
                name: way.shown(passage).into_owned(),
                message: None,
                why,
                content: passage.incoming.body.clone(),
                at: passage.now,
                call: None,
                came: Some(passage.came(way, verified)),
            }
        };
        by_tenant.into_iter().map(letter).collect()
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
fn why(all: &[Why]) -> String {
    let one = |(index, Refusal { reason, text, .. }): &Why| {
        let place = index.map(|index| format!("item {index}: ")).unwrap_or_default();
        text.as_ref().map_or_else(|| format!("{place}{reason}"), |text| format!("{place}{reason}: {text}"))
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
