//! The provider's side of a send: message to request, answer to outcome.

use std::num::NonZeroU32;

use super::call::{self, Judged, NoCall, Outcall};
use crate::config::Tenant;
use crate::delivery::Outcome;
use crate::functions::Facts;
use crate::language::Frame;
use crate::mapping::{Party, SendLeg, Turn};
use crate::model::wire::Answer;
use crate::model::{ClientRef, Failure, Reason, Refusal};
use crate::value::{Arena, Timestamp, Value};

/// What came of an attempt.
#[derive(Debug)]
pub enum Sent {
    /// To be settled.
    Settled {
        /// For the message's life.
        outcome: Outcome,
        /// The provider's id, where it gave one.
        provider_id: Option<String>,
    },
    /// Once more, with fresh credentials.
    Renew,
}

/// A stored message with what the provider is to echo of this attempt as its `ref`.
pub fn as_attempt<'v>(message: Value<'v>, id: ClientRef, arena: &'v Arena) -> Value<'v> {
    let (Some(members), true) = (message.as_map(), id.attempt > NonZeroU32::MIN) else { return message };
    let id = Value::Text(arena.alloc_str(&id.to_string()));
    let members = members.iter().map(|(name, value)| (*name, if *name == "ref" { id } else { *value }));
    Value::Map(bumpalo::collections::Vec::from_iter_in(members, arena).into_bump_slice())
}

/// The request for a message. `message` is the stored model message; `facts` are those of this moment.
///
/// # Errors
/// [`NoCall`].
pub fn request<'v>(
    leg: &'v SendLeg,
    tenant: &'v Tenant,
    message: Value<'v>,
    facts: &'v dyn Facts,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    let world = arena.alloc(call::world(tenant, Party::Provider, arena, facts, now));
    let frame = frame(leg, tenant, message, world);
    call::build(&leg.call, tenant, Party::Provider, &frame, tenant.delivery.timeout)
}

fn frame<'v>(
    leg: &'v SendLeg,
    tenant: &'v Tenant,
    message: Value<'v>,
    world: &'v crate::language::World<'v>,
) -> Frame<'v> {
    let frame = Frame::new(world, &leg.call.layout);
    frame.set("message", message);
    let sender = message.text("from").and_then(|from| tenant.number(from));
    frame.set("number", sender.map_or(Value::Null, |number| number.view(world.arena)));
    frame.set("credentials", world.credentials);
    frame
}

/// What an answer means. `renewed`: this attempt already had fresh credentials.
#[must_use]
pub fn outcome<'v>(
    leg: &'v SendLeg,
    tenant: &'v Tenant,
    message: Value<'v>,
    (answer, renewed): (&'v Answer, bool),
    facts: &'v dyn Facts,
    arena: &'v Arena,
    now: Timestamp,
) -> Sent {
    let world = arena.alloc(call::world(tenant, Party::Provider, arena, facts, now));
    let frame = frame(leg, tenant, message, world);
    frame.set("answer", call::view(answer, leg.call.decode, arena));
    let turn = match call::judge(&leg.call, answer, renewed, &frame) {
        Ok(Judged::Good) => return taken(leg, &frame),
        Ok(Judged::Bad(turn)) => turn,
        // An answer that the mapping cannot judge: perhaps sent.
        Err(refusal) => return settled(Outcome::Doubt { failure: Failure::ours(refusal.reason, refusal.text) }, None),
    };
    let failure = failure(leg, answer, &frame);
    match turn {
        Turn::Renew => Sent::Renew,
        Turn::Again => settled(Outcome::Again { after: answer.retry_after(now), failure }, None),
        Turn::InDoubt => settled(Outcome::Doubt { failure }, None),
        Turn::Hold => settled(Outcome::Hold { failure }, None),
        Turn::Final => settled(Outcome::Refused { failure }, None),
    }
}

const fn settled(outcome: Outcome, provider_id: Option<String>) -> Sent {
    Sent::Settled { outcome, provider_id }
}

fn taken<'v>(leg: &'v SendLeg, frame: &Frame<'v>) -> Sent {
    let values = leg.call.take.as_ref().and_then(|take| take.value(frame).ok().flatten());
    let id = values.and_then(|values| values.text("provider_id")).map(str::to_owned);
    settled(Outcome::Taken, id)
}

/// A bad answer in the model's terms. A `failed` that faults does not hide the failure itself.
fn failure<'v>(leg: &'v SendLeg, answer: &'v Answer, frame: &Frame<'v>) -> Failure {
    let said = leg.call.failed.as_ref().map(|plan| plan.failure.value(frame));
    let read = match said {
        Some(Ok(Some(value))) => Failure::read(value),
        Some(Err(fault)) => Err(Refusal::from(fault)),
        Some(Ok(None)) | None => Err(Reason::Unknown.into()),
    };
    read.unwrap_or_else(|_| Failure {
        code: answer.http.map(|http| http.to_string()),
        ..Failure::ours(Reason::Unknown, answer.trouble.clone())
    })
}
