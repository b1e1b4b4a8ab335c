//! What a platform is told of a message's fate: its words, each once, and the calls that say them.

use super::answer::content_type;
use super::call::{self, Judged, NoCall, Outcall};
use crate::codec::{self, Format};
use crate::config::Tenant;
use crate::functions::Facts;
use crate::language::{Frame, Program};
use crate::mapping::{Call, Party, StatusLeg};
use crate::model::wire::Answer;
use crate::model::{Event, Refusal, Status};
use crate::value::{Arena, Timestamp, Value};

/// A word that is to be said, with the calls that say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// The platform's word.
    pub word: String,
    /// Call names with what they read besides the message, as JSON.
    pub calls: Vec<(String, Vec<u8>)>,
}

/// What is to be said of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sayings {
    /// Words, in order.
    pub words: Vec<Saying>,
    /// States whose word had to be said first, and why the mapping cannot say it: nobody else's word waits for that.
    pub unsaid: Vec<(Status, Refusal)>,
}

/// The words for an event that are to be said now, in order; `said` were said before.
///
/// # Errors
/// What the mapping faults with at the event's own word or its calls.
pub fn sayings<'v>(
    tenant: &'v Tenant,
    message: Value<'v>,
    event: &'v Event,
    said: &[String],
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Result<Sayings, Refusal> {
    let Some((leg, status)) = tenant.platform.platform().and_then(|legs| legs.status.as_ref()).zip(event.status) else {
        return Ok(Sayings::default());
    };
    let world = arena.alloc(call::world(tenant, Party::Platform, arena, facts, now));
    let frame = Frame::new(world, &leg.layout);
    frame.set("message", message);
    let event = event.view(tenant.provider.name.as_str(), arena);
    frame.set("event", event);
    let Some(word) = word(leg, status, &frame)? else { return Ok(Sayings::default()) };
    let (mut words, unsaid) =
        if status == Status::Failed { Default::default() } else { fill(leg, status, said, &frame) };
    words.retain(|fill| *fill != word);
    words.push(word);
    words.retain(|word| !said.iter().any(|known| known == word));
    let words = not_outranked(leg, words, status, said, &frame);
    let names = calls(&leg.actions, &frame)?;
    let words = words.into_iter().map(|word| saying(word, &names, event, arena)).collect::<Result<_, _>>()?;
    Ok(Sayings { words, unsaid })
}

fn saying(word: &str, names: &[&str], event: Value<'_>, arena: &Arena) -> Result<Saying, Refusal> {
    let word_in = arena.alloc_str(word);
    let members = [("event", event), ("word", Value::Text(word_in))];
    let mut context = Vec::new();
    codec::encode(Format::Json, Value::Map(arena.alloc_slice_copy(&members)), &mut context)
        .map_err(|problem| Refusal::new(crate::model::Reason::Malformed, problem.to_string()))?;
    let calls = names.iter().map(|name| ((*name).to_owned(), context.clone())).collect();
    Ok(Saying { word: word.to_owned(), calls })
}

fn word<'v>(leg: &'v StatusLeg, status: Status, frame: &Frame<'v>) -> Result<Option<&'v str>, Refusal> {
    let program = leg.words.iter().find(|(known, _)| *known == status).map(|(_, program)| program);
    let value = program.map(|program| program.value(frame)).transpose()?.flatten();
    Ok(value.and_then(Value::as_text))
}

/// Leaves out what comes too late: a lower word after a higher one, and a failure after a word that, for this platform,
/// says delivered or more. (One word may stand for two states; it counts as the higher.)
fn not_outranked<'v>(
    leg: &'v StatusLeg,
    words: Vec<&'v str>,
    status: Status,
    said: &[String],
    frame: &Frame<'v>,
) -> Vec<&'v str> {
    let highest = said.iter().filter_map(|word| rank(leg, word, frame)).max();
    if status == Status::Failed {
        return if highest >= Some(Status::Delivered) { Vec::new() } else { words };
    }
    words.into_iter().filter(|word| rank(leg, word, frame) >= highest).collect()
}

/// The highest good state that a word stands for. A state whose own program faults on this event stands for none: what is
/// wrong with one word is told when that word is to be said.
fn rank<'v>(leg: &'v StatusLeg, said: &str, frame: &Frame<'v>) -> Option<Status> {
    let stands = |status: &Status| word(leg, *status, frame).is_ok_and(|word| word == Some(said));
    [Status::Read, Status::Delivered, Status::Submitted].into_iter().find(stands)
}

/// The words of lower states that must be said first if they never were, and those that the mapping cannot say.
fn fill<'v>(
    leg: &'v StatusLeg,
    status: Status,
    said: &[String],
    frame: &Frame<'v>,
) -> (Vec<&'v str>, Vec<(Status, Refusal)>) {
    let (mut words, mut unsaid) = (Vec::new(), Vec::new());
    let wanted = |word: &str| leg.fill.iter().any(|fill| fill == word);
    if leg.fill.iter().all(|fill| said.contains(fill)) {
        return (words, unsaid);
    }
    let highest = said.iter().filter_map(|word| rank(leg, word, frame)).max();
    for lower in [Status::Submitted, Status::Delivered].into_iter().filter(|lower| *lower < status) {
        match word(leg, lower, frame) {
            Ok(Some(word)) if wanted(word) && !words.contains(&word) => words.push(word),
            // After a higher one it would not be said any more.
            Err(refusal) if Some(lower) > highest => unsaid.push((lower, refusal)),
            Ok(_) | Err(_) => {}
        }
    }
    (words, unsaid)
}

/// The calls that a `do` comes to.
fn calls<'v>(program: &'v Program, frame: &Frame<'v>) -> Result<Vec<&'v str>, Refusal> {
    Ok(actions(program, frame)?.iter().filter_map(|item| item.as_text()).collect())
}

/// The actions that a `do` comes to: one, a list, or lists inside of it where a condition chooses several.
pub(super) fn actions<'v>(program: &'v Program, frame: &Frame<'v>) -> Result<Vec<Value<'v>>, Refusal> {
    let mut all = Vec::new();
    flat(program.value(frame)?.unwrap_or(Value::Null), &mut all);
    Ok(all)
}

fn flat<'v>(value: Value<'v>, all: &mut Vec<Value<'v>>) {
    match value.as_list() {
        Some(items) => items.iter().for_each(|item| flat(*item, all)),
        None => all.push(value),
    }
}

/// The request for a call that reports a status. `context`: as [`Saying::calls`] made it, decoded.
///
/// # Errors
/// [`NoCall`].
#[expect(clippy::too_many_arguments, reason = "each is a name in the call's scope, or where results live")]
pub fn request<'v>(
    plan: &'v Call,
    tenant: &'v Tenant,
    message: Value<'v>,
    context: Value<'v>,
    id: &'v str,
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    let frame = entered(plan, tenant, message, context, id, arena, facts, now);
    call::build(plan, tenant, Party::Platform, &frame, tenant.delivery.timeout)
}

/// The request for such a call with nothing in it: who takes it takes our address and credentials.
///
/// # Errors
/// [`NoCall`]; what reads the message cannot be made.
pub fn probe<'v>(
    plan: &'v Call,
    tenant: &'v Tenant,
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    let frame = entered(plan, tenant, Value::Null, Value::Null, "0", arena, facts, now);
    // A condition that asks the message says nothing of the tenant.
    if let Some(Ok(false)) = plan.when.as_ref().map(|when| when.holds(&frame)) {
        return Err(NoCall::NotWanted);
    }
    let mut outcall = call::bare(plan, tenant, Party::Platform, &frame, tenant.delivery.timeout)?;
    if plan.body.is_some() && plan.encode == Format::Json {
        outcall.prepared.body = "{}".into();
        content_type(&mut outcall.prepared.headers, plan.encode);
    }
    Ok(outcall)
}

/// What the platform's answer to such a call means. `renewed`: it had fresh credentials already.
///
/// # Errors
/// What the mapping faults with.
#[expect(clippy::too_many_arguments, reason = "each is a name in the call's scope, or where results live")]
pub fn judged<'v>(
    plan: &'v Call,
    tenant: &'v Tenant,
    message: Value<'v>,
    context: Value<'v>,
    id: &'v str,
    (answer, renewed): (&'v Answer, bool),
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Result<Judged, Refusal> {
    let frame = entered(plan, tenant, message, context, id, arena, facts, now);
    frame.set("answer", call::view(answer, plan.decode, arena));
    call::judge(plan, answer, renewed, &frame)
}

/// A call's frame with its names: the context's own, and those of every call.
#[expect(clippy::too_many_arguments, reason = "each is a name in the call's scope, or where results live")]
fn entered<'v>(
    plan: &'v Call,
    tenant: &'v Tenant,
    message: Value<'v>,
    context: Value<'v>,
    id: &'v str,
    arena: &'v Arena,
    facts: &'v dyn Facts,
    now: Timestamp,
) -> Frame<'v> {
    let world = arena.alloc(call::world(tenant, Party::Platform, arena, facts, now));
    let frame = Frame::new(world, &plan.layout);
    for (name, value) in context.as_map().unwrap_or_default() {
        frame.set(name, revived(*value, arena));
    }
    frame.set("message", message);
    frame.set("call", Value::Map(arena.alloc_slice_copy(&[("id", Value::Text(id))])));
    frame.set("credentials", world.credentials);
    frame
}

/// A stored event or inbound message with its `at` a time again: JSON has none.
fn revived<'v>(value: Value<'v>, arena: &'v Arena) -> Value<'v> {
    let Some(members) = value.as_map() else { return value };
    let time = |value: Value<'v>| {
        let time = value.as_text()?.parse::<jiff::Timestamp>().ok()?;
        Some(Value::Time(Timestamp::from_millis(time.as_millisecond())))
    };
    let member = |(name, value): &(&'v str, Value<'v>)| match (*name, time(*value)) {
        ("at", Some(time)) => (*name, time),
        _ => (*name, *value),
    };
    Value::Map(arena.alloc_slice_fill_iter(members.iter().map(member)))
}
