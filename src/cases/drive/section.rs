//! A verified request in its section: decode, whose it is, checks, model value, answer.

use bytes::Bytes;

use super::super::found::Found;
use super::Scene;
use crate::auth::Verified;
use crate::config::{Hit, Tenant};
use crate::diagnostic::Span;
use crate::functions::NoFacts;
use crate::language::World;
use crate::legs::{self, Document, Refused, Request};
use crate::mapping::{Leg, Makes, Party};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Event, Inbound, Known, Message, Reason, Refusal, fit};

/// A request with all that is known of it.
struct Asked<'a, 's> {
    scene: &'s Scene<'a>,
    request: &'a Request<'a>,
    document: Document<'a>,
    verified: &'a Verified,
    /// Where the body is named, if it is a sample.
    sample: Option<Span>,
}

pub(super) fn decide<'a>(
    scene: &Scene<'a>,
    hit: &'a Hit,
    incoming: &'a Incoming,
    path: &'a [(&'a str, String)],
    verified: &'a Verified,
    sample: Option<Span>,
) -> Found<'a> {
    let (Some(section), Some(route)) = (hit.section(), hit.route()) else { return Found::default() };
    let mut found = Found::of(section.leg.as_str());
    let request = &*scene.arena.alloc(Request { incoming, mapping: &hit.mapping, section, route, path });
    let reply = match request.decode(scene.arena) {
        // A platform is told; a webhook that was verified is kept.
        Err(refusal) if hit.mapping.party == Party::Provider => {
            found.refused(&refusal);
            status(200)
        }
        Err(refusal) => refused(scene, request, None, &refusal.into(), &mut found),
        Ok(document) => Asked { scene, request, document, verified, sample }.decide(&mut found),
    };
    found.reply(&reply, scene.arena);
    found
}

impl<'a> Asked<'a, '_> {
    fn decide(&self, found: &mut Found<'a>) -> Reply {
        let Self { scene, request, verified, .. } = *self;
        let nobody = &*scene.arena.alloc(World::new(scene.arena, &request.mapping.module, &NoFacts, scene.given.now));
        let frame = request.frame(nobody, &self.document, verified.claims.as_ref());
        match request.applies(&frame) {
            Ok(true) => {}
            Ok(false) => return request.answer(&frame, false).unwrap_or_else(|_| status(200)),
            Err(refusal) => return refused(scene, request, None, &refusal.into(), found),
        }
        let tenant = request.tenant(&frame, &scene.given.snapshot, &verified.tenants);
        match (request.section.leg, tenant) {
            (Leg::Status | Leg::Inbound, tenant) => self.event(tenant.is_ok(), found),
            (_, Err(refusal)) => refused(scene, request, None, &refusal.into(), found),
            (Leg::Templates, Ok(_)) => self.templates(found),
            (Leg::Send, Ok(_)) => self.send(found),
        }
    }

    fn world(&self, party: Party) -> &'a World<'a> {
        let Scene { arena, facts, tenant, given, .. } = *self.scene;
        let mut world = World::new(arena, &self.request.mapping.module, facts, given.now);
        tenant.enter(party, false, &mut world);
        arena.alloc(world)
    }

    fn send(&self, found: &mut Found<'a>) -> Reply {
        let Self { scene, request, .. } = *self;
        let world = self.world(Party::Platform);
        let frame = request.frame(world, &self.document, self.verified.claims.as_ref());
        let made = request.message(&frame, scene.arena).and_then(|message| {
            let message = self.fitted(message)?;
            frame.set("message", message.value);
            Ok((message, request.answer(&frame, false)?))
        });
        match made {
            Ok((message, reply)) => {
                found.set("message", message.value);
                self.schema(found);
                reply
            }
            Err(no) => {
                found.refused(&no.refusal);
                legs::answer::refuse(world, request.mapping, scene.arena.alloc(no), Some(&self.document))
            }
        }
    }

    /// Fitted to its synced definition, as a tenant is that says nothing of it.
    fn fitted(&self, message: Message<'a>) -> Result<Message<'a>, Refusal> {
        let template = message.value.get("template");
        let name = template.and_then(|template| template.text("name"));
        let language = template.and_then(|template| template.get("language")).and_then(|code| code.text("code"));
        let known = name
            .zip(language)
            .map_or(Known::Unsynced, |(name, language)| self.scene.facts.known(name, language, message.from));
        fit(message, known, self.scene.arena)
    }

    fn event(&self, own: bool, found: &mut Found<'a>) -> Reply {
        let Self { scene, request, .. } = *self;
        let frame = request.frame(self.world(Party::Provider), &self.document, self.verified.claims.as_ref());
        let reply = request.answer(&frame, false).unwrap_or_else(|_| status(200));
        let made = request.check(&frame).map_err(|no| no.refusal).and_then(|()| request.value(&frame));
        let read = made.and_then(|made| {
            let Some(value) = made else { return Ok(None) };
            if request.section.leg == Leg::Status {
                let event: &'a Event = scene.arena.alloc(Event::read(value)?);
                return Ok(Some(("event", event.view(scene.tenant.provider.name.as_str(), scene.arena))));
            }
            if !own {
                return Err(Refusal::new(Reason::UnknownTenant, "the number is not the tenant's"));
            }
            let inbound: &'a Inbound = scene.arena.alloc(Inbound::read(value)?);
            Ok(Some(("inbound", inbound.view(scene.arena))))
        });
        match read {
            Ok(Some((name, value))) => {
                found.set(name, value);
                self.schema(found);
            }
            Ok(None) => found.why = Some("ignored by the mapping".to_owned()),
            Err(refusal) => found.refused(&refusal),
        }
        reply
    }

    fn templates(&self, found: &mut Found<'a>) -> Reply {
        let Self { scene, request, .. } = *self;
        let Makes::Page(plan) = &request.section.makes else { return status(500) };
        let synced = scene.tenant.numbers.iter().any(|number| number.waba.is_some());
        let listed = match (&scene.facts.templates, synced) {
            (Some(templates), true) => templates.as_slice(),
            (None, true) => {
                let refusal = Refusal::from(Reason::ProviderUnavailable);
                return refused(scene, request, Some(scene.tenant), &refusal.into(), found);
            }
            (_, false) => &[],
        };
        let frame = request.frame(self.world(Party::Platform), &self.document, self.verified.claims.as_ref());
        let answered = request.check(&frame).and_then(|()| {
            let page = legs::templates::answer(plan, &frame, listed, scene.arena)?;
            frame.set("page", page);
            Ok(request.answer(&frame, false)?)
        });
        answered.unwrap_or_else(|no| refused(scene, request, Some(scene.tenant), &no, found))
    }

    /// A sample that was accepted must have the shape that the mapping declares.
    fn schema(&self, found: &mut Found<'a>) {
        let Some(span) = self.sample else { return };
        let schema = self.request.section.schema.as_ref();
        self.scene.schemas.check(schema, self.document.body, "request.body", span, &mut found.notes);
    }
}

/// A party told no before its request's own values could be trusted to be read.
fn refused(
    scene: &Scene<'_>,
    request: &Request<'_>,
    tenant: Option<&Tenant>,
    refused: &Refused<'_>,
    found: &mut Found<'_>,
) -> Reply {
    found.refused(&refused.refusal);
    let arena = crate::value::Arena::new();
    let mut world = World::new(&arena, &request.mapping.module, &NoFacts, scene.given.now);
    if let Some(tenant) = tenant {
        tenant.enter(request.mapping.party, false, &mut world);
    }
    let plain = Refused {
        refusal: refused.refusal.clone(),
        cause: refused.cause,
        retry_after: refused.retry_after,
        with: None,
    };
    legs::answer::refuse(&world, request.mapping, &plain, None)
}

/// A bare status.
pub(super) const fn status(http: u16) -> Reply {
    Reply { http, headers: Vec::new(), body: Bytes::new() }
}
