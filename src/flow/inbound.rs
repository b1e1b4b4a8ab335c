//! The inbound leg: a person's message meets the keyword rules; what they do is stored in one write, then acknowledged.

use std::time::Duration;

use tracing::{info, warn};

use super::accept::born;
use super::event::Used;
use super::facts::{TenantFacts, suppressed};
use super::request::Passage;
use super::{Fact, Flow, Whose, Work};
use crate::codec::{self, Format};
use crate::config::{SuppressionScope, Tenant};
use crate::legs::inbound::{Action, Answering, Around, Ruled, reply, rule};
use crate::legs::{Knowledge, body};
use crate::model::{Address, Inbound, Reason, Ref, Refusal};
use crate::store::{Cause, Lane, Message, NewMessage, Origin, StoreError, Suppression, Taken};
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
        let facts = TenantFacts::new(self, tenant, passage.now);
        let ruled = match ruled(tenant, &inbound, &around, &facts, passage.now) {
            Ok(ruled) => ruled,
            Err(refusal) => return Ok(Err(refusal)),
        };
        info!(id = %passage.id, tenant = %tenant.name, from = %Address::from(inbound.from.as_str()), kind = inbound.content.kind, rule = ruled.rule.as_deref(), "inbound received");
        self.lately.note(Whose::Tenant(tenant.name.clone()), Fact::Inbound(ruled.rule.clone()), passage.now);
        let (taken, unmade) = self.effects(tenant, &inbound, &ruled, passage.now);
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
        // What the rule says besides is done; a message that it could not make is listed with the dead letters.
        stored.map(|first| unmade.filter(|_| first).map_or(Ok(()), Err))
    }

    /// The messages that an inbound message may be an answer to.
    async fn around(&self, tenant: &Tenant, inbound: &Inbound) -> Result<[Option<Message>; 2], StoreError> {
        let quoted = match &inbound.quotes {
            Some(id) => self
                .store
                .by_provider_id(id)
                .await?
                .filter(|message| message.message.lane.tenant == tenant.name && !message.message.is_forgotten()),
            None => None,
        };
        let lane = Lane { tenant: tenant.name.clone(), from: inbound.to.as_str().into() };
        let last = self.store.last_to(&lane, &addresses(inbound)).await?;
        Ok([quoted.filter(|message| message.message.origin == Origin::Platform), last])
    }

    /// What the rule's actions come to, and why a message that it sends cannot be made.
    fn effects(&self, tenant: &Tenant, inbound: &Inbound, ruled: &Ruled, now: Timestamp) -> (Taken, Option<Refusal>) {
        let mut taken = Taken {
            tenant: tenant.name.clone(),
            id: inbound.id.clone(),
            addresses: addresses(inbound),
            suppressions: Vec::new(),
            replies: Vec::new(),
            calls: Vec::new(),
            at: now,
        };
        let (mut said, mut unmade) = (Vec::new(), None);
        for action in &ruled.actions {
            match action {
                Action::Suppress | Action::Release => taken.suppressions.push(Suppression {
                    tenant: tenant.name.clone(),
                    sender: (tenant.delivery.suppression == SuppressionScope::Number)
                        .then(|| inbound.to.as_str().into()),
                    address: inbound.from.as_str().into(),
                    on: *action == Action::Suppress,
                    at: now,
                    cause: Cause::Said {
                        rule: ruled.rule.clone().unwrap_or_default(),
                        word: ruled.word.clone(),
                        inbound: Some(inbound.id.clone()),
                    },
                }),
                Action::Reply(text) => said.push(reply(inbound, text)),
                Action::Send(Ok(answering)) => said.push(answering.clone()),
                Action::Send(Err(refusal)) => {
                    let rule = ruled.rule.as_deref().unwrap_or_default();
                    let text = refusal.text.as_deref().unwrap_or_default();
                    let text = format!("the message that the rule `{rule}` sends cannot be made: {text}");
                    unmade = unmade.or(Some(Refusal { text: Some(text), ..refusal.clone() }));
                }
                Action::Call { name, context } => {
                    taken.calls.push(self.new_call(tenant, name.clone(), None, context.clone(), now));
                }
            }
        }
        if !said.is_empty() && self.may_answer(tenant, inbound, ruled) {
            let numbered = said.iter().enumerate();
            let origin = if of_consent(ruled) { Origin::Consent } else { Origin::Reply };
            let all = numbered.map(|(number, one)| self.answer(tenant, inbound, (number, one), origin, now));
            for answer in all {
                match answer {
                    Ok(answer) => taken.replies.push(answer),
                    Err(refusal) => unmade = unmade.or(Some(refusal)),
                }
            }
        }
        (taken, unmade)
    }

    /// Opt-in and opt-out are answered even to someone just suppressed; anything else is not, and a text that nobody
    /// understood is answered once in ten minutes: a robot may be answering.
    fn may_answer(&self, tenant: &Tenant, inbound: &Inbound, ruled: &Ruled) -> bool {
        let (from, to) = (Address::from(inbound.from.as_str()), Address::from(inbound.to.as_str()));
        if !of_consent(ruled) && suppressed(self, tenant, &to, &from) {
            return false;
        }
        if !ruled.sparing {
            return true;
        }
        let now = self.ambient.now();
        let long_ago = |last: &Timestamp| now.since(*last) >= SPARING;
        self.replied.entry(replied_key(tenant, inbound)).or_insert_with_if(|| now, long_ago).is_fresh()
    }

    fn answer(
        &self,
        tenant: &Tenant,
        inbound: &Inbound,
        (number, answering): (usize, &Answering),
        origin: Origin,
        now: Timestamp,
    ) -> Result<NewMessage, Refusal> {
        let reference = Ref::from_number(self.next_id());
        let arena = Arena::new();
        if let Some(misfit) = &answering.misfit {
            let part = misfit.misfit.as_ref().map(|misfit| &*misfit.part);
            warn!(id = %reference, tenant = %tenant.name, reason = %misfit.reason, text = misfit.text.as_deref(), part, "does not fit its template, sent all the same");
        }
        let again = if number == 0 { String::new() } else { format!("/{number}") };
        Ok(NewMessage {
            reference,
            lane: Lane { tenant: tenant.name.clone(), from: inbound.to.as_str().into() },
            to: inbound.from.as_str().into(),
            class: answering.class,
            origin,
            platform_id: String::new(),
            campaign: None,
            dedupe: Some(format!("reply/{}{again}", inbound.id)),
            body: body(reference, answering.message.view(&arena), &arena)?,
            version: tenant.platform.version.clone(),
            life: born(now, tenant),
            at: now,
        })
    }
}

/// Whether a rule opts a person out or in.
fn of_consent(ruled: &Ruled) -> bool {
    ruled.actions.iter().any(|action| matches!(action, Action::Suppress | Action::Release))
}

/// Who was told that nothing was understood, and from which number.
fn replied_key(tenant: &Tenant, inbound: &Inbound) -> String {
    format!("{}/{}/{}", tenant.name, inbound.to, inbound.from)
}

fn addresses(inbound: &Inbound) -> Vec<Address> {
    let user = inbound.user.as_deref().filter(|user| *user != inbound.from);
    std::iter::once(inbound.from.as_str()).chain(user).map(Address::from).collect()
}

fn ruled(
    tenant: &Tenant,
    inbound: &Inbound,
    around: &[Option<Message>; 2],
    knowledge: &dyn Knowledge,
    now: Timestamp,
) -> Result<Ruled, Refusal> {
    let arena = Arena::new();
    let value = |message: &Option<Message>| -> Option<Value<'_>> {
        let bytes: &[u8] = arena.alloc_slice_copy(&message.as_ref()?.message.body);
        codec::decode(Format::Json, bytes, &arena).ok()
    };
    let around = Around { quoted: value(&around[0]), last: value(&around[1]) };
    rule(tenant, inbound, around, &arena, knowledge, now)
}
