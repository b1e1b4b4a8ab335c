//! Where the provider posts to, as its own API says. Asked by `doctor`; no message has to do with it.

use super::call::{self, Judged, NoCall, Outcall};
use crate::config::{Number, Tenant};
use crate::functions::NoFacts;
use crate::language::Program;
use crate::mapping::{Party, WebhooksLeg};
use crate::model::Refusal;
use crate::model::wire::Answer;
use crate::value::{Arena, Timestamp, Value};

/// Addresses that the provider has; none where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posts {
    /// Where statuses go.
    pub status: Option<String>,
    /// Where goes what people write.
    pub inbound: Option<String>,
}

/// The question.
///
/// # Errors
/// [`NoCall`].
pub fn request<'v>(
    leg: &'v WebhooksLeg,
    tenant: &'v Tenant,
    number: &'v Number,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    call::question(&leg.call, tenant, number, arena, now)
}

/// Reads its answer; nothing where that is not one to work with.
///
/// # Errors
/// What the mapping faults with.
pub fn read<'v>(
    leg: &'v WebhooksLeg,
    tenant: &'v Tenant,
    number: &'v Number,
    answer: &'v Answer,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Option<Posts>, Refusal> {
    let world = arena.alloc(call::world(tenant, Party::Provider, arena, &NoFacts, now));
    let view = call::view(answer, leg.call.decode, arena);
    let called = call::heard(world, &leg.call.layout, number, view);
    if let Judged::Bad(_) = call::judge(&leg.call, answer, true, &called)? {
        return Ok(None);
    }
    let frame = call::heard(world, &leg.layout, number, view);
    let address = |program: &'v Option<Program>| -> Result<Option<String>, Refusal> {
        let said = program.as_ref().map(|program| program.value(&frame)).transpose()?.flatten();
        Ok(said.and_then(Value::as_text).filter(|address| !address.is_empty()).map(str::to_owned))
    };
    Ok(Some(Posts { status: address(&leg.status)?, inbound: address(&leg.inbound)? }))
}
