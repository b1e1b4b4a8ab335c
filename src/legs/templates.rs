//! The templates leg: the provider's listing page by page, and the platform's question answered from it.

use std::sync::Arc;

use url::Url;

use super::call::{self, Judged, NoCall, Outcall};
use super::decide::{Asked, Decision, Reading, Return, Step, world};
use super::gateway::Gateway;
use super::request::{Checks, Stopped};
use crate::config::{Number, Tenant};
use crate::functions::NoFacts;
use crate::language::Frame;
use crate::mapping::{Leg, Makes, PagePlan, Party, TemplatesLeg, Turn};
use crate::model::wire::Answer;
use crate::model::{Reason, Refusal, Template};
use crate::value::{Arena, Number as Count, Timestamp, Value};

/// The request for the first page of a number's templates, or for the `next` one.
///
/// # Errors
/// [`NoCall`]; a next page on another host is refused.
pub fn request<'v>(
    leg: &'v TemplatesLeg,
    tenant: &'v Tenant,
    number: &'v Number,
    next: Option<&Url>,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    let mut outcall = call::question(&leg.call, tenant, number, arena, now)?;
    if let Some(next) = next {
        if next.origin() != outcall.prepared.url.origin() {
            return Err(Refusal::new(Reason::Forbidden, "the next page is on another host").into());
        }
        outcall.prepared.url = next.clone();
    }
    Ok(outcall)
}

/// One page of a listing.
#[derive(Debug)]
pub enum Listed {
    /// Its templates, how many of its items could not be read, and where the next page is.
    Page {
        /// Those that could be read.
        templates: Vec<Template>,
        /// Items that could not.
        unreadable: usize,
        /// The next page.
        next: Option<Url>,
    },
    /// Not an answer to work with.
    Failed(Turn),
}

/// Reads one page.
///
/// # Errors
/// What the mapping faults with.
pub fn page<'v>(
    leg: &'v TemplatesLeg,
    tenant: &'v Tenant,
    number: &'v Number,
    answer: &'v Answer,
    renewed: bool,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Listed, Refusal> {
    let world = arena.alloc(call::world(tenant, Party::Provider, arena, &NoFacts, now));
    let view = call::view(answer, leg.call.decode, arena);
    let frame = call::heard(world, &leg.call.layout, number, view);
    if let Judged::Bad(turn) = call::judge(&leg.call, answer, renewed, &frame)? {
        return Ok(Listed::Failed(turn));
    }
    let next = leg.call.next.as_ref().map(|next| next.value(&frame)).transpose()?.flatten();
    let next = next.and_then(Value::as_text).map(Url::parse).transpose();
    let next = next.map_err(|_| Refusal::new(Reason::Malformed, "the next page is no URL"))?;
    let items = call::heard(world, &leg.layout, number, view);
    let listed = leg.each.value(&items)?.and_then(Value::as_list).unwrap_or_default();
    let mut templates = Vec::with_capacity(listed.len());
    for item in listed {
        let frame = call::heard(world, &leg.layout, number, view);
        frame.set("item", *item);
        let made = leg.template.value(&frame).ok().flatten();
        templates.extend(made.and_then(|value| Template::read(value).ok()));
    }
    Ok(Listed::Page { unreadable: listed.len() - templates.len(), templates, next })
}

/// What a platform is told that asked for templates: coming back with what was fetched, or why nothing was.
pub fn list<G: Gateway>(asked: Asked<'_, G>, back: &Return, fetched: Result<&[Arc<Template>], &Refusal>) -> Decision {
    let arena = Arena::new();
    let Some(tenant) = asked.snapshot.tenants.get(back.tenant) else { return Decision::bare(500) };
    let Some(request) = asked.request(back.hit) else { return Decision::bare(500) };
    let Makes::Page(plan) = &request.section.makes else { return Decision::bare(500) };
    let Ok(document) = request.decode(&arena) else { return Decision::bare(500) };
    let reading = Reading { asked, place: back.hit, request, document, verified: &back.verified, arena: &arena };
    let knowledge = asked.gateway.about(tenant);
    let world = world(&request, Some(tenant), &knowledge, &arena, asked.now);
    let request = reading.request;
    let frame = request.frame(&world, &document, back.verified.claims.as_ref());
    let answered = fetched.map_err(|refusal| Stopped::from(refusal.clone())).and_then(|templates| {
        request.check(Checks::All, &frame)?;
        let page = answer(plan, &frame, templates, &arena)?;
        frame.set("page", page);
        Ok(request.answer(&frame, false)?)
    });
    let decision = match answered {
        Ok(reply) | Err(Stopped::Answered(reply)) => Decision::of(Leg::Templates, Step::Answer(reply)),
        Err(Stopped::Refused(refused)) => reading.refuse(Some(tenant), refused),
    };
    Decision { tenant: Some(back.tenant), misses: world.take_misses(), ..decision }
}

/// The page that a platform asked for, as `$.page`. `frame`: the request's names.
///
/// # Errors
/// What the mapping faults with; `malformed` for a cursor that is none of ours.
fn answer<'v>(
    plan: &'v PagePlan,
    frame: &Frame<'v>,
    templates: &'v [Arc<Template>],
    arena: &'v Arena,
) -> Result<Value<'v>, Refusal> {
    let views: Vec<Value<'v>> = templates.iter().map(|template| template.value.view(arena)).collect();
    frame.set("templates", Value::List(arena.alloc_slice_copy(&views)));
    let all = plan.of.value(frame)?.and_then(Value::as_list).unwrap_or_default();
    let size = plan.size.as_ref().map(|size| size.value(frame)).transpose()?.flatten();
    let size = match size {
        Some(Value::Number(size)) => size.as_i64().and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0),
        _ => None,
    };
    let after = plan.after.as_ref().map(|after| after.value(frame)).transpose()?.flatten();
    let start = match after {
        None => 0,
        Some(Value::Text("")) => 0,
        Some(Value::Text(cursor)) => {
            cursor.parse().map_err(|_| Refusal::new(Reason::Malformed, "the cursor is none of ours"))?
        }
        Some(Value::Number(Count::Int(cursor))) => usize::try_from(cursor).unwrap_or_default(),
        Some(_) => return Err(Refusal::new(Reason::Malformed, "the cursor is none of ours")),
    };
    let start = start.min(all.len());
    let end = size.map_or(all.len(), |size| start.saturating_add(size).min(all.len()));
    let cursor = |place: usize| Value::Text(arena.alloc_str(&place.to_string()));
    let before = if start > 0 { cursor(start) } else { Value::Null };
    let after = if end < all.len() { cursor(end) } else { Value::Null };
    let members = [("items", Value::List(&all[start..end])), ("before", before), ("after", after)];
    Ok(Value::Map(arena.alloc_slice_copy(&members)))
}
