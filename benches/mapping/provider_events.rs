//! The provider's webhooks to what the platform is told, by the very steps that the gateway takes.

use switchboard::codec::json;
use switchboard::functions::NoFacts;
use switchboard::language::{Frame, World};
use switchboard::legs::inbound::{Action, Around};
use switchboard::legs::{self, report};
use switchboard::mapping::{Call, Makes, Party, Section};
use switchboard::model::{Event, Inbound};
use switchboard::value::{Arena, Value};

use super::shipped::{NOW, Sender, Shipped, platform, provider, refused};
use super::{PLATFORM_ID, STATUS, TAP, Trouble};

const TENANT: &str = "travel";

/// Status webhook → event → what is to be said → the call's context, stored and read again → the report.
pub(super) fn report(shipped: &Shipped) -> Result<Vec<u8>, Trouble> {
    let tenant = shipped.tenant(TENANT)?;
    let section = provider(tenant)?.status.as_ref().ok_or("no status")?;
    let event = read(shipped, section, STATUS, |value| Event::read(value).map_err(refused))?;
    let members = [("id", Value::Text(PLATFORM_ID))];
    let message = Value::Map(&members);
    let arena = Arena::new();
    let sayings = report::sayings(tenant, message, &event, &[], &arena, &NoFacts, NOW).map_err(refused)?;
    let (name, context) = sayings.words.first().and_then(|saying| saying.calls.first()).ok_or("nothing is said")?;
    call(shipped, &platform(tenant)?.status_calls, name, message, context)
}

/// Inbound webhook → inbound message → the rule that fires → the call's context, stored and read again → the post.
pub(super) fn post(shipped: &Shipped) -> Result<Vec<u8>, Trouble> {
    let tenant = shipped.tenant(TENANT)?;
    let section = provider(tenant)?.inbound.as_ref().ok_or("no inbound")?;
    let inbound = read(shipped, section, TAP, |value| Inbound::read(value).map_err(refused))?;
    let arena = Arena::new();
    let ruled = legs::inbound::rule(tenant, &inbound, Around::default(), &arena, &NoFacts, NOW).map_err(refused)?;
    let posts = ruled.actions.into_iter().find_map(|action| match action {
        Action::Call { name, context } => Some((name, context)),
        _ => None,
    });
    let (name, context) = posts.ok_or("nothing is posted")?;
    call(shipped, &platform(tenant)?.inbound_calls, &name, Value::Null, &context)
}

/// What a webhook's section makes of a body.
fn read<T>(
    shipped: &Shipped,
    section: &Section,
    body: &str,
    finish: impl FnOnce(Value<'_>) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let tenant = shipped.tenant(TENANT)?;
    let Makes::Value(program) = &section.makes else { return Err("no event".into()) };
    let arena = Arena::new();
    let mut world = World::new(&arena, &tenant.provider.module, &Sender, NOW);
    tenant.enter(Party::Provider, false, &mut world);
    let frame = Frame::new(&world, &section.layout);
    frame.set("body", json::read(body.as_bytes(), &arena)?);
    finish(program.value(&frame).map_err(refused)?.ok_or("no event")?)
}

/// The body of a queued call.
fn call(shipped: &Shipped, plans: &[Call], name: &str, message: Value<'_>, context: &[u8]) -> Result<Vec<u8>, Trouble> {
    let tenant = shipped.tenant(TENANT)?;
    let plan = plans.iter().find(|plan| plan.name == name).ok_or("no such call")?;
    let arena = Arena::new();
    let context = json::read(context, &arena)?;
    let outcall = report::request(plan, tenant, message, context, "1", &arena, &NoFacts, NOW).map_err(refused)?;
    Ok(outcall.prepared.body.into())
}
