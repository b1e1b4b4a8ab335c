//! The accept leg: a message is checked, fitted, stored; only then is its platform told yes.

use tracing::{info, warn};

use super::facts::TenantFacts;
use super::request::{Accepting, Decision, Passage, Repeated};
use super::{Flow, Work};
use crate::auth::Verified;
use crate::codec::{self, Format};
use crate::config::{Hit, Preflight, Tenant};
use crate::delivery::{Life, Phase, Told};
use crate::language::{Frame, World};
use crate::legs::{Document, Refused, Request};
use crate::limits::Verdict;
use crate::mapping::Party;
use crate::model::wire::Reply;
use crate::model::{Dedupe, Known, Message, Reason, Refusal, fit};
use crate::store::{self, Acceptance, Lane, NewMessage, Origin};
use crate::value::{Arena, Timestamp, Value};

impl Flow {
    pub(super) fn decide_send(
        &self,
        passage: &Passage,
        request: &Request<'_>,
        document: &Document<'_>,
        verified: &Verified,
        place: usize,
    ) -> Decision {
        let Some(tenant) = passage.snapshot.tenants.get(place) else {
            return Decision::Answer(super::request::status(500));
        };
        let arena = Arena::new();
        let facts = TenantFacts::new(self, tenant);
        let mut world = World::new(&arena, &request.mapping.module, &facts, passage.now);
        tenant.enter(Party::Platform, false, &mut world);
        let frame = request.frame(&world, document, verified.claims.as_ref());
        let made = request.message(&frame, &arena).and_then(|message| {
            self.admit(tenant)?;
            let message = facts.sent_as_written(message, &arena);
            let message = preflight(&facts, tenant, message, &arena, passage.now)?;
            frame.set("message", message.value);
            let accepted = request.answer(&frame, false)?;
            let repeat = request.answer(&frame, true)?;
            let stored = stored(passage, tenant, &message, &arena)?;
            let template = message.value.get("template").and_then(|template| template.text("name"));
            info!(id = %passage.id, tenant = %tenant.name, to = %stored.to, template, class = stored.class.as_str(), "parsed");
            Ok(Accepting { tenant: place, message: stored, accepted, repeat })
        });
        for miss in world.take_misses() {
            warn!(id = %passage.id, mapping = %request.mapping.name, table = %miss.table, key = %miss.key, "no row in the table: add one");
            self.misses.count(request.mapping, &miss.table);
        }
        match made {
            Ok(accepting) => Decision::Accept(Box::new(accepting)),
            Err(refused) => {
                let Refusal { reason, text } = &refused.refusal;
                info!(id = %passage.id, tenant = %tenant.name, %reason, text = text.as_deref(), "refused");
                let refused = arena.alloc(refused);
                let reply = crate::legs::answer::refuse(&world, request.mapping, refused, Some(document));
                match perhaps_repeated(request, &frame, &arena) {
                    Some(repeated) => Decision::Refuse(reply, Box::new(Repeated { tenant: place, ..repeated })),
                    None => Decision::Answer(reply),
                }
            }
        }
    }

    /// The limits at the door: a rate where the tenant set one, and the backlog.
    fn admit(&self, tenant: &Tenant) -> Result<(), Refused<'static>> {
        if let Some(rate) = tenant.limits.accept
            && let Verdict::Wait(wait) =
                self.limits.check(&format!("accept/{}", tenant.name), rate, tenant.limits.burst)
        {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(Refused { retry_after: Some(seconds), ..Reason::Throttled.into() });
        }
        if self.store.backlog(&tenant.name) >= tenant.limits.backlog {
            return Err(Refused { retry_after: Some(60), ..Reason::Overloaded.into() });
        }
        Ok(())
    }

    /// What is refused now may have been accepted before: then it is a repeat, and gets the first answer again.
    pub(super) async fn refuse_unless_repeated(&self, passage: &Passage, reply: Reply, repeated: Repeated) -> Reply {
        let Some(tenant) = passage.snapshot.tenants.get(repeated.tenant) else { return reply };
        match self.store.by_platform_id(&tenant.name, &repeated.platform_id).await {
            Ok(known) => match known.iter().find(|known| known.message.dedupe.as_ref() == Some(&repeated.dedupe)) {
                Some(first) => {
                    info!(id = %first.message.reference, tenant = %tenant.name, platform_id = repeated.platform_id, "repeated, not sent again");
                    repeated.answer
                }
                None => reply,
            },
            Err(problem) => {
                warn!(id = %passage.id, tenant = %tenant.name, %problem, "not known whether this is a repeat");
                reply
            }
        }
    }

    /// Stores the message, hands it to the dispatcher, answers.
    pub(super) async fn accept(&self, passage: &Passage, hit: &Hit, accepting: Accepting) -> Reply {
        let Accepting { tenant, message, accepted, repeat } = accepting;
        let Some(tenant) = passage.snapshot.tenants.get(tenant) else { return super::request::status(500) };
        match self.store.accept(vec![message.clone()]).await.as_deref() {
            Ok([Acceptance::New]) => {
                info!(id = %passage.id, tenant = %tenant.name, platform_id = message.platform_id, "queued");
                self.hand_over(message);
                accepted
            }
            Ok([Acceptance::Repeat(first)]) => {
                info!(id = %first, tenant = %tenant.name, platform_id = message.platform_id, "repeated, not sent again");
                repeat
            }
            Ok(_) => super::request::status(500),
            Err(problem) => {
                warn!(id = %passage.id, tenant = %tenant.name, %problem, "not stored, so not accepted");
                self.refuse(
                    passage,
                    hit,
                    Some(tenant),
                    &Refused { retry_after: Some(5), ..Reason::Overloaded.into() },
                    None,
                )
            }
        }
    }

    /// Gives a message that was just stored to the dispatcher without reading it back.
    pub(super) fn hand_over(&self, message: NewMessage) {
        self.tell(Work::Message(Box::new(store::Message {
            message,
            provider_id: None,
            said: Vec::new(),
            revision: 0,
        })));
    }
}

/// What a refused request would be known by if it had been accepted before, and what it would be told then.
fn perhaps_repeated<'v>(request: &Request<'v>, frame: &Frame<'v>, arena: &'v Arena) -> Option<Repeated> {
    let value = request.value(frame).ok()??;
    let message = Message::read(value, request.section.dedupe_given, arena).ok()?;
    let Dedupe::Key(key) = message.dedupe else { return None };
    frame.set("message", message.value);
    let answer = request.answer(frame, true).ok()?;
    Some(Repeated { tenant: 0, platform_id: message.id.to_owned(), dedupe: key.to_owned(), answer })
}

/// Fits a template message to its synced definition, as the tenant's `preflight` says.
pub(super) fn preflight<'v>(
    facts: &'v TenantFacts<'_>,
    tenant: &Tenant,
    message: Message<'v>,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Message<'v>, Refusal> {
    let template = message.value.get("template");
    let name = template.and_then(|template| template.text("name"));
    let language = template.and_then(|template| template.get("language")).and_then(|language| language.text("code"));
    let known = match name.zip(language) {
        Some((name, language)) if tenant.delivery.preflight != Preflight::Off => {
            facts.known(name, language, message.from, now)
        }
        _ => Known::Unsynced,
    };
    match (fit(message, known, arena), tenant.delivery.preflight) {
        (Ok(message), _) => Ok(message),
        (Err(refusal), Preflight::Refuse) => Err(refusal),
        (Err(refusal), Preflight::Warn | Preflight::Off) => {
            warn!(tenant = %tenant.name, reason = %refusal.reason, text = refusal.text.as_deref(), "does not fit its template, sent all the same");
            fit(message, Known::Unsynced, arena)
        }
    }
}

fn stored(passage: &Passage, tenant: &Tenant, message: &Message<'_>, arena: &Arena) -> Result<NewMessage, Refusal> {
    let body = body(passage.id, message.value, arena)?;
    Ok(NewMessage {
        reference: passage.id,
        lane: Lane { tenant: tenant.name.clone(), from: message.from.into() },
        to: message.to.into(),
        class: message.class,
        origin: Origin::Platform,
        platform_id: message.id.to_owned(),
        dedupe: match message.dedupe {
            Dedupe::Key(key) => Some(key.to_owned()),
            Dedupe::Exempt => None,
        },
        body,
        version: tenant.platform.version.clone(),
        life: born(passage.now, tenant),
        at: passage.now,
    })
}

/// A message's first state.
pub(super) fn born(now: Timestamp, tenant: &Tenant) -> Life {
    let expires = now.after(tenant.delivery.expire_after);
    Life { phase: Phase::Queued, attempts: 0, resends: 0, wake: None, expires, best: None, told: Told::Nothing }
}

/// The model message as it is stored: with our id.
pub(super) fn body(reference: crate::model::Ref, value: Value<'_>, arena: &Arena) -> Result<bytes::Bytes, Refusal> {
    let reference = arena.alloc_str(&reference.to_string());
    let mut members = vec![("ref", Value::Text(reference))];
    members.extend(value.as_map().unwrap_or_default().iter().filter(|(name, _)| *name != "ref"));
    let mut body = Vec::with_capacity(512);
    codec::encode(Format::Json, Value::Map(&members), &mut body)
        .map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))?;
    Ok(body.into())
}
