//! What `legs` decides of a request, as a case sees it. What is stored or fetched in traffic is here at once.

use std::sync::Arc;

use super::super::facts::GivenGateway;
use super::super::found::Found;
use super::Scene;
use crate::codec::{self, Format};
use crate::config::Hit;
use crate::legs::{self, Accepting, Answers, Asked, News, Refused, Step, Told, Verdict, Webhook};
use crate::mapping::{Leg, Section};
use crate::model::wire::Reply;
use crate::model::{Event, Inbound, Reason, Refusal, Template};
use crate::value::Value;
use crate::yaml::Node;

/// `sample`: the request's body, if it is one.
pub(super) fn decide<'a>(scene: &Scene<'a>, asked: Asked<'_, GivenGateway<'_>>, sample: Option<&Node>) -> Found<'a> {
    let decision = legs::decide(asked);
    let leg = decision.leg;
    let mut found = Found::of(leg.map_or("", Leg::as_str));
    refused(scene, &decision.refused, &mut found);
    let (reply, made) = match decision.step {
        Step::Answer(reply) => (reply, false),
        Step::Accept(accepting) => {
            let each = of(asked.hits, Leg::Send).is_some_and(|section| !section.each.is_empty());
            accept(scene, *accepting, each, &mut found)
        }
        Step::Take(webhooks, reply) => {
            let taken = webhooks.into_iter().map(|webhook| take(scene, webhook, asked.hits, &mut found));
            (reply, taken.fold(false, |any, made| any | made))
        }
        Step::List(back) => {
            let listed = listed(scene, asked.gateway);
            let decision = legs::list(asked, &back, listed.as_ref().map(Vec::as_slice));
            refused(scene, &decision.refused, &mut found);
            let reply = if let Step::Answer(reply) = decision.step { reply } else { legs::status(500) };
            (reply, false)
        }
    };
    found.reply(&reply, scene.arena);
    if let (Some(sample), Some(leg), true) = (sample, leg, made) {
        schema(scene, &asked, leg, sample, &mut found);
    }
    found
}

/// The section of a leg on this route.
fn of(hits: &[Hit], leg: Leg) -> Option<&Section> {
    hits.iter().filter_map(Hit::section).find(|section| section.leg == leg)
}

/// Every refusal as mappings see it, and the first as the reason why there is not more.
pub(super) fn refused<'a>(scene: &Scene<'a>, refused: &[Refused], found: &mut Found<'a>) {
    let Some(first) = refused.first() else { return };
    found.refused(&first.refusal);
    found.refusals.extend(refused.iter().map(|refused| (refused.refusal.clone(), false)));
    let own: &'a [Refused] = scene.arena.alloc_slice_clone(refused);
    let errors: Vec<Value<'a>> = own.iter().map(|refused| refused.view(scene.arena)).collect();
    found.set("errors", list(scene, &errors));
}

fn list<'a>(scene: &Scene<'a>, items: &[Value<'a>]) -> Value<'a> {
    Value::List(scene.arena.alloc_slice_copy(items))
}

/// The messages that are stored; whether there are any.
fn accept<'a>(scene: &Scene<'a>, accepting: Accepting, each: bool, found: &mut Found<'a>) -> (Reply, bool) {
    let Accepting { verdicts, answers: Answers { accepted, refuses, .. }, .. } = accepting;
    let misfit = |verdict: &Verdict| if let Verdict::New(new) = verdict { new.misfit.clone() } else { None };
    found.refusals.extend(verdicts.iter().filter_map(misfit).map(|misfit| (misfit, true)));
    let message = |verdict: &Verdict| {
        let Verdict::New(new) = verdict else { return None };
        let stored = codec::decode(Format::Json, scene.arena.alloc_slice_copy(&new.body), scene.arena).ok()?;
        // Which id the gateway gives is no promise of the mapping.
        let members = stored.as_map()?.iter().filter(|(name, _)| *name != "ref").copied();
        Some(Value::Map(scene.arena.alloc_slice_fill_iter(members.collect::<Vec<_>>())))
    };
    let messages: Vec<Value<'a>> = verdicts.iter().filter(|_| !refuses).filter_map(message).collect();
    if each {
        found.set("messages", list(scene, &messages));
    }
    if let [message] = messages.as_slice() {
        found.set("message", *message);
    }
    (accepted, !messages.is_empty())
}

/// The events that are made durable; whether there are any.
fn take<'a>(scene: &Scene<'a>, webhook: Webhook, hits: &[Hit], found: &mut Found<'a>) -> bool {
    let each = of(hits, webhook.leg).is_some_and(|section| !section.each.is_empty());
    let view = |Told { news, .. }: Told| match news {
        Ok(News::Status(event)) => {
            let event: &'a Event = scene.arena.alloc(*event);
            Some(event.view(scene.tenant.provider.name.as_str(), scene.arena))
        }
        Ok(News::Inbound(inbound)) => {
            let inbound: &'a Inbound = scene.arena.alloc(*inbound);
            Some(inbound.view(scene.arena))
        }
        Err(_) => None,
    };
    let leg = webhook.leg;
    let events: Vec<Value<'a>> = webhook.told.into_iter().filter_map(view).collect();
    if each {
        found.set("events", list(scene, &events));
    }
    match events.as_slice() {
        [] if !each && found.why.is_none() => found.why = Some("ignored by the mapping".to_owned()),
        [event] => found.set(if leg == Leg::Status { "event" } else { "inbound" }, *event),
        _ => {}
    }
    !events.is_empty()
}

/// What would be fetched.
fn listed(scene: &Scene<'_>, gateway: &GivenGateway<'_>) -> Result<Vec<Arc<Template>>, Refusal> {
    if let Some(refusal) = gateway.refusal() {
        return Err(refusal.clone());
    }
    let synced = scene.tenant.numbers.iter().any(|number| number.waba.is_some());
    match (&scene.facts.templates, synced) {
        (Some(templates), true) => Ok(templates.clone()),
        (None, true) => Err(Reason::ProviderUnavailable.into()),
        (_, false) => Ok(Vec::new()),
    }
}

/// A sample that was accepted must have the shape that the mapping declares.
fn schema(scene: &Scene<'_>, asked: &Asked<'_, GivenGateway<'_>>, leg: Leg, sample: &Node, found: &mut Found<'_>) {
    let Some(hit) = asked.hits.iter().find(|hit| hit.section().is_some_and(|section| section.leg == leg)) else {
        return;
    };
    let (Some(section), Some(route)) = (hit.section(), hit.route()) else { return };
    let format = if route.decode == Format::Query { Format::Form } else { route.decode };
    let arena = crate::value::Arena::new();
    if let Ok(body) = codec::decode(format, &asked.incoming.body, &arena) {
        scene.schemas.check(section.schema.as_ref(), body, "request.body", sample.span, &mut found.notes);
    }
}
