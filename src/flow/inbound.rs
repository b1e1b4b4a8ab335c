//! The inbound leg: a person's message meets the keyword rules; what they do is stored in one write, then acknowledged.

use std::time::Duration;

use tracing::{error, info};

use super::accept::born;
use super::event::Used;
use super::facts::suppressed;
use super::request::Passage;
use super::{Flow, Work};
use crate::codec::{self, Format};
use crate::config::{SuppressionScope, Tenant};
use crate::functions::NoFacts;
use crate::legs::body;
use crate::legs::inbound::{Action, Around, Ruled, reply as reply_value, rule};
use crate::model::{Address, Class, Inbound, Reason, Ref, Refusal};
use crate::store::{Lane, Message, NewMessage, Origin, StoreError, Suppression, Taken};
use crate::value::{Arena, Timestamp, Value};

/// A text that nobody understood is answered once in this time.
pub(super) const SPARING: Duration = Duration::from_secs(600);

impl Flow {
    pub(super) async fn inbound(
        &self,
        passage: &Passage,
        inbound: Inbound,
        tenant: Option<usize>,
    ) -> Result<Used, StoreError> {
        let Some(tenant) = passage.tenant(tenant) else { return Ok(Err(Reason::UnknownTenant.into())) };
        let around = self.around(tenant, &inbound).await?;
        let ruled = match ruled(tenant, &inbound, &around, passage.now) {
            Ok(ruled) => ruled,
            Err(refusal) => return Ok(Err(refusal)),
        };
        info!(id = %passage.id, tenant = %tenant.name, from = %Address::from(inbound.from.as_str()), kind = inbound.content.kind, rule = ruled.rule.as_deref(), "inbound received");
        let taken = self.effects(tenant, &inbound, &ruled, passage.now);
        let replies = taken.replies.clone();
        let stored = self.store.take(taken).await;
        if stored == Ok(true) {
            replies.into_iter().for_each(|reply| self.hand_over(reply));
            self.tell(Work::Calls);
        }
        if stored.is_err() {
            // The provider sends it again, and then it must be answered.
            self.replied.invalidate(&replied_key(tenant, &inbound));
        }
        stored.map(|_| Ok(()))
    }

    /// The messages that an inbound message may be an answer to.
    async fn around(&self, tenant: &Tenant, inbound: &Inbound) -> Result<[Option<Message>; 2], StoreError> {
        let quoted = match &inbound.quotes {
            Some(id) => {
                self.store.by_provider_id(id).await?.filter(|message| message.message.lane.tenant == tenant.name)
            }
            None => None,
        };
        let lane = Lane { tenant: tenant.name.clone(), from: inbound.to.as_str().into() };
        let last = self.store.last_to(&lane, &addresses(inbound)).await?;
        Ok([quoted.filter(|message| message.message.origin == Origin::Platform), last])
    }

    /// What the rule's actions come to.
    fn effects(&self, tenant: &Tenant, inbound: &Inbound, ruled: &Ruled, now: Timestamp) -> Taken {
        let mut taken = Taken {
            tenant: tenant.name.clone(),
            id: inbound.id.clone(),
            addresses: addresses(inbound),
            suppressions: Vec::new(),
            replies: Vec::new(),
            calls: Vec::new(),
            at: now,
        };
        let consent = ruled.actions.iter().any(|action| matches!(action, Action::Suppress | Action::Release));
        for action in &ruled.actions {
            match action {
                Action::Suppress | Action::Release => taken.suppressions.push(Suppression {
                    tenant: tenant.name.clone(),
                    sender: (tenant.delivery.suppression == SuppressionScope::Number)
                        .then(|| inbound.to.as_str().into()),
                    address: inbound.from.as_str().into(),
                    on: *action == Action::Suppress,
                }),
                Action::Reply { text, sparing } => {
                    if self.may_reply(tenant, inbound, *sparing, consent) {
                        taken.replies.extend(self.reply(tenant, inbound, text, now));
                    }
                }
                Action::Call { name, context } => {
                    taken.calls.push(self.new_call(tenant, name.clone(), None, context.clone(), now));
                }
            }
        }
        taken
    }

    /// Opt-in and opt-out are answered even to someone just suppressed; anything else is not, and a text that nobody
    /// understood is answered once in ten minutes: a robot may be answering.
    fn may_reply(&self, tenant: &Tenant, inbound: &Inbound, sparing: bool, consent: bool) -> bool {
        let (from, to) = (Address::from(inbound.from.as_str()), Address::from(inbound.to.as_str()));
        if !consent && suppressed(self, tenant, &to, &from) {
            return false;
        }
        if !sparing {
            return true;
        }
        let now = self.ambient.now();
        let long_ago = |last: &Timestamp| now.since(*last) >= SPARING;
        self.replied.entry(replied_key(tenant, inbound)).or_insert_with_if(|| now, long_ago).is_fresh()
    }

    fn reply(&self, tenant: &Tenant, inbound: &Inbound, text: &str, now: Timestamp) -> Option<NewMessage> {
        let reference = Ref::from_number(self.ids.next(&*self.ambient));
        let arena = Arena::new();
        let body = body(reference, reply_value(inbound, text, &arena), &arena);
        if let Err(refusal) = &body {
            error!(id = %reference, tenant = %tenant.name, why = refusal.text.as_deref(), "the reply cannot be written");
        }
        Some(NewMessage {
            reference,
            lane: Lane { tenant: tenant.name.clone(), from: inbound.to.as_str().into() },
            to: inbound.from.as_str().into(),
            class: Class::Transactional,
            origin: Origin::Reply,
            platform_id: String::new(),
            dedupe: Some(format!("reply/{}", inbound.id)),
            body: body.ok()?,
            version: tenant.platform.version.clone(),
            life: born(now, tenant),
            at: now,
        })
    }
}

/// Who was told that nothing was understood, and from which number.
fn replied_key(tenant: &Tenant, inbound: &Inbound) -> String {
    format!("{}/{}/{}", tenant.name, inbound.to, inbound.from)
}

fn addresses(inbound: &Inbound) -> Vec<Address> {
    let user = inbound.user.as_deref().filter(|user| *user != inbound.from);
    std::iter::once(inbound.from.as_str()).chain(user).map(Address::from).collect()
}

fn ruled(tenant: &Tenant, inbound: &Inbound, around: &[Option<Message>; 2], now: Timestamp) -> Result<Ruled, Refusal> {
    let arena = Arena::new();
    let value = |message: &Option<Message>| -> Option<Value<'_>> {
        let bytes: &[u8] = arena.alloc_slice_copy(&message.as_ref()?.message.body);
        codec::decode(Format::Json, bytes, &arena).ok()
    };
    let around = Around { quoted: value(&around[0]), last: value(&around[1]) };
    rule(tenant, inbound, around, &arena, &NoFacts, now)
}
