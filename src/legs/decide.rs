//! A request from its route to a decision, without waiting: whose it is, what it says, what it is told.
//!
//! Start at [`decide`]. What has to be waited for comes back as a [`Step`]; coming back from there are [`super::retell`]
//! and [`super::list`].

use super::answer::{self, Refused};
use super::document::Document;
use super::events::Webhook;
use super::gateway::Gateway;
use super::request::{Checks, Request, Stopped};
use super::sends::Accepting;
use crate::auth::{Cause, Unverified, Verified};
use crate::config::{Hit, Snapshot, Tenant};
use crate::functions::{Facts, NoFacts};
use crate::language::{Frame, Miss, World};
use crate::mapping::{Leg, Party};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Print, Reason, Refusal};
use crate::value::{Arena, Timestamp};

/// A request on its way, with everything that its steps are given.
#[derive(Debug)]
pub struct Asked<'r, G> {
    /// What only the gateway knows.
    pub gateway: &'r G,
    /// The configuration of this moment.
    pub snapshot: &'r Snapshot,
    /// The request.
    pub incoming: &'r Incoming,
    /// The sections of its route.
    pub hits: &'r [Hit],
    /// Values of `{name}` segments.
    pub path: &'r [(&'r str, String)],
    /// When it was taken in.
    pub now: Timestamp,
}

impl<G> Clone for Asked<'_, G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G> Copy for Asked<'_, G> {}

/// What a request comes to.
#[derive(Debug)]
pub struct Decision {
    /// Whose leg decided; none where the request reached no section.
    pub leg: Option<Leg>,
    /// Whose request it is, where that is known.
    pub tenant: Option<usize>,
    /// Every no: to the request, or to items of it.
    pub refused: Vec<Refused>,
    /// Look-ups that fell to `else`.
    pub misses: Vec<Miss>,
    /// What comes next.
    pub step: Step,
    /// What tells the credential from others, right or wrong.
    pub print: Option<Print>,
}

/// What comes next of a request.
#[derive(Debug)]
pub enum Step {
    /// It is answered; nothing is stored.
    Answer(Reply),
    /// Messages are stored, then it is answered.
    Accept(Box<Accepting>),
    /// Events are made durable, then it is answered.
    Take(Vec<Webhook>, Reply),
    /// Templates are fetched, then it is answered from them.
    List(Return),
}

/// What it takes to come back to a request once something was waited for.
#[derive(Debug)]
pub struct Return {
    /// Its section's place among the hits.
    pub(super) hit: usize,
    pub(super) verified: Verified,
    /// Whose request it is.
    pub tenant: usize,
}

impl Decision {
    /// Whether the request is a stranger's.
    #[must_use]
    pub fn is_strangers(&self) -> bool {
        self.refused.iter().any(|refused| refused.cause.is_some())
    }

    pub(super) fn of(leg: Leg, step: Step) -> Self {
        Self { leg: Some(leg), tenant: None, refused: Vec::new(), misses: Vec::new(), step, print: None }
    }

    pub(super) fn bare(http: u16) -> Self {
        let step = Step::Answer(status(http));
        Self { leg: None, tenant: None, refused: Vec::new(), misses: Vec::new(), step, print: None }
    }
}

/// A bare status, for callers that no mapping speaks for.
#[must_use]
pub const fn status(http: u16) -> Reply {
    Reply { http, headers: Vec::new(), body: bytes::Bytes::new() }
}

/// Whether a route takes the request: it may be of one content type only.
#[must_use]
pub fn takes(hit: &Hit, incoming: &Incoming) -> bool {
    let wanted = hit.route().and_then(|route| route.content_type.as_deref());
    let given = incoming.header("content-type").unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(given))
}

/// Everything of a request that needs no waiting.
pub fn decide<G: Gateway>(asked: Asked<'_, G>) -> Decision {
    let takes = |place: &usize| asked.hits.get(*place).is_some_and(|hit| takes(hit, asked.incoming));
    let mut taking = (0..asked.hits.len()).filter(takes);
    match (taking.next(), taking.next()) {
        (None, _) => Decision::bare(415),
        (Some(one), None) => match asked.verify(one) {
            None => Decision::bare(500),
            Some(Err(unverified)) => asked.unverified(one, unverified),
            Some(Ok(verified)) => Decision { print: verified.print, ..asked.section(one, &verified).into_decision() },
        },
        (Some(first), Some(second)) => {
            let places: Vec<usize> = [first, second].into_iter().chain(taking).collect();
            super::shared::decide(asked, &places)
        }
    }
}

/// What one section makes of a request.
pub(super) enum Came {
    /// Its `when` leaves the request out: its answer.
    LeftOut(Decision),
    /// The body cannot be read.
    Unread(Decision),
    Decided(Decision),
}

impl Came {
    fn into_decision(self) -> Decision {
        let (Self::LeftOut(decision) | Self::Unread(decision) | Self::Decided(decision)) = self;
        decision
    }
}

impl<'r, G: Gateway> Asked<'r, G> {
    pub(super) fn verify(&self, place: usize) -> Option<Result<Verified, Unverified>> {
        let hit = self.hits.get(place)?;
        let index = self.snapshot.credentials.get(hit.credentials)?;
        Some(index.verify(&self.snapshot.asked(self.incoming, self.path), self.now))
    }

    pub(super) fn request(&self, place: usize) -> Option<Request<'r>> {
        let hit = self.hits.get(place)?;
        let (section, route) = (hit.section()?, hit.route()?);
        Some(Request { incoming: self.incoming, mapping: &hit.mapping, section, route, path: self.path })
    }

    /// One section's decision for a verified request.
    pub(super) fn section(self, place: usize, verified: &Verified) -> Came {
        let Some(request) = self.request(place) else { return Came::Unread(Decision::bare(500)) };
        let leg = request.section.leg;
        let arena = Arena::new();
        let document = match request.decode(&arena) {
            Ok(document) => document,
            Err(refusal) => return Came::Unread(self.unread(&request, verified, refusal)),
        };
        let nobody = World::new(&arena, &request.mapping.module, &NoFacts, self.now);
        let frame = request.frame(&nobody, &document, verified.claims.as_ref());
        let reading = Reading { asked: self, place, request, document, verified, arena: &arena };
        match request.applies(&frame) {
            Ok(true) => Came::Decided(reading.decide(&frame)),
            Ok(false) => {
                let reply = request.answer(&frame, false).unwrap_or_else(|_| status(200));
                Came::LeftOut(Decision::of(leg, Step::Answer(reply)))
            }
            Err(refusal) => Came::Decided(reading.refuse(None, refusal.into())),
        }
    }

    /// Whether a section certainly leaves out a request whose credentials it does not know.
    pub(super) fn leaves_out(&self, place: usize) -> bool {
        let Some(request) = self.request(place) else { return false };
        let arena = Arena::new();
        let Ok(document) = request.decode(&arena) else { return false };
        let nobody = World::new(&arena, &request.mapping.module, &NoFacts, self.now);
        let applies = request.applies(&request.frame(&nobody, &document, None));
        matches!(applies, Ok(false))
    }

    /// A body that cannot be read: a platform is told; a webhook that was verified is kept.
    fn unread(&self, request: &Request<'_>, verified: &Verified, refusal: Refusal) -> Decision {
        let leg = request.section.leg;
        if matches!(leg, Leg::Status | Leg::Inbound) {
            let webhook = Webhook::unusable(leg, verified.clone(), verified.tenants.first().copied(), refusal.into());
            let refused = webhook.refused();
            return Decision { refused, ..Decision::of(leg, Step::Take(vec![webhook], status(200))) };
        }
        self.refuse(request, None, refusal.into())
    }

    pub(super) fn unverified(&self, place: usize, unverified: Unverified) -> Decision {
        let cause = match unverified.cause {
            Cause::Missing => "missing",
            Cause::Stale => "stale",
            Cause::Wrong => "wrong",
        };
        let reason = if unverified.nobody { Reason::UnknownTenant } else { Reason::Unauthenticated };
        let refused = Refused { cause: Some(cause), ..reason.into() };
        let decision =
            self.request(place).map_or_else(|| Decision::bare(500), |request| self.refuse(&request, None, refused));
        Decision { print: unverified.print, ..decision }
    }

    fn refuse(&self, request: &Request<'_>, tenant: Option<&Tenant>, refused: Refused) -> Decision {
        let reply = told_no(request, tenant, &refused, self.now);
        Decision { refused: vec![refused], ..Decision::of(request.section.leg, Step::Answer(reply)) }
    }
}

/// Tells a party no whose request was not read, or not by anybody who still knows it.
fn told_no(request: &Request<'_>, tenant: Option<&Tenant>, refused: &Refused, now: Timestamp) -> Reply {
    let arena = Arena::new();
    let world = world(request, tenant, &NoFacts, &arena, now);
    answer::refuse(&world, request.mapping, &[refused], Some(&request.head(&arena)))
}

/// Tells no to whoever called the first of these sections: before the body is read, or when something was waited for in
/// vain.
#[must_use]
pub fn refuse(
    hits: &[Hit],
    path: &[(&str, String)],
    incoming: &Incoming,
    tenant: Option<&Tenant>,
    refused: &Refused,
    now: Timestamp,
) -> Reply {
    let Some((section, route, mapping)) =
        hits.first().and_then(|hit| Some((hit.section()?, hit.route()?, &hit.mapping)))
    else {
        return status(500);
    };
    told_no(&Request { incoming, mapping, section, route, path }, tenant, refused, now)
}

pub(super) fn world<'v>(
    request: &Request<'v>,
    tenant: Option<&'v Tenant>,
    facts: &'v dyn Facts,
    arena: &'v Arena,
    now: Timestamp,
) -> World<'v> {
    let mut world = World::new(arena, &request.mapping.module, facts, now);
    if let Some(tenant) = tenant {
        tenant.enter(request.mapping.party, false, &mut world);
    }
    world
}

/// A verified request, decoded.
pub(super) struct Reading<'r, G> {
    pub(super) asked: Asked<'r, G>,
    /// The section's place among the hits.
    pub(super) place: usize,
    pub(super) request: Request<'r>,
    pub(super) document: Document<'r>,
    pub(super) verified: &'r Verified,
    pub(super) arena: &'r Arena,
}

impl<'r, G: Gateway> Reading<'r, G> {
    /// `nobody`: the section's names in a world without a tenant.
    fn decide(&self, nobody: &Frame<'r>) -> Decision {
        let Self { asked, request, verified, .. } = self;
        let leg = request.section.leg;
        if matches!(leg, Leg::Status | Leg::Inbound) {
            return self.events(nobody);
        }
        let place = request.tenant(nobody, asked.snapshot, &verified.tenants);
        let tenant = place.as_ref().ok().and_then(|place| asked.snapshot.tenants.get(*place));
        let of_platform = request.mapping.party == Party::Platform;
        match (tenant, place) {
            (None, Err(refusal)) if leg != Leg::Local || request.section.reads_tenant => {
                self.refuse(None, refusal.into())
            }
            (Some(tenant), _) if of_platform && !tenant.allows(asked.incoming.peer) => {
                self.refuse(Some(tenant), Reason::SourceNotAllowed.into())
            }
            (tenant, _) if leg == Leg::Local => self.local(tenant.map(|tenant| &**tenant)),
            (Some(_), Ok(place)) if leg == Leg::Templates => {
                let step = Step::List(self.coming_back(place));
                Decision { tenant: Some(place), ..Decision::of(leg, step) }
            }
            (Some(tenant), _) if !tenant.enabled => self.refuse(Some(tenant), Reason::Forbidden.into()),
            (Some(tenant), Ok(place)) => Decision { tenant: Some(place), ..self.send(tenant, place) },
            _ => Decision::bare(500),
        }
    }

    pub(super) fn coming_back(&self, tenant: usize) -> Return {
        Return { hit: self.place, verified: self.verified.clone(), tenant }
    }

    /// Answered here: a handshake, a validation.
    fn local(&self, tenant: Option<&Tenant>) -> Decision {
        let knowledge = tenant.map(|tenant| self.asked.gateway.about(tenant));
        let facts: &dyn Facts = knowledge.as_ref().map_or(&NoFacts, |knowledge| knowledge);
        let world = world(&self.request, tenant, facts, self.arena, self.asked.now);
        let request = self.request;
        let frame = request.frame(&world, &self.document, self.verified.claims.as_ref());
        let said = request.check(Checks::All, &frame).and_then(|()| Ok(request.answer(&frame, false)?));
        let decision = match said {
            Ok(reply) | Err(Stopped::Answered(reply)) => Decision::of(Leg::Local, Step::Answer(reply)),
            Err(Stopped::Refused(refused)) => self.refuse(tenant, refused),
        };
        Decision { misses: world.take_misses(), ..decision }
    }

    /// Tells the party no, with what was read.
    pub(super) fn refuse(&self, tenant: Option<&Tenant>, refused: Refused) -> Decision {
        let world = world(&self.request, tenant, &NoFacts, self.arena, self.asked.now);
        let reply = answer::refuse(&world, self.request.mapping, &[&refused], Some(&self.document));
        let tenant = tenant.and_then(|tenant| self.asked.snapshot.index_of(tenant.name.as_str()));
        let step = Step::Answer(reply);
        Decision { tenant, refused: vec![refused], ..Decision::of(self.request.section.leg, step) }
    }
}
