//! A request from outside, from route to answer. The first step that fails answers, in the party's own words.

use std::sync::Arc;

use bytes::Bytes;
use tracing::{debug, error, info, warn};

use super::facts::TenantFacts;
use super::{Flow, versions};
use crate::auth::{Cause, Unverified, Verified};
use crate::config::{Found, Hit, Snapshot, Tenant};
use crate::functions::NoFacts;
use crate::language::World;
use crate::legs::{self, Document, Refused, Request};
use crate::mapping::{Leg, Party};
use crate::model::wire::{Incoming, Reply};
use crate::model::{Event, Inbound, Name, Reason, Ref, Refusal};
use crate::store::{DeadLetter, NewMessage};
use crate::value::{Arena, Timestamp};

/// What the synchronous part of a request decides. Nothing in it borrows from the request's arena.
pub(super) enum Decision {
    /// Answered; nothing to store.
    Answer(Reply),
    /// Refused, unless it was accepted before.
    Refuse(Reply, Box<Repeated>),
    /// To be stored, then answered.
    Accept(Box<Accepting>),
    /// A status of some message.
    Status(Event, Reply),
    /// A person's message to a tenant's number.
    Inbound(Box<Inbound>, Option<usize>, Reply),
    /// A question for templates: lists are fetched first.
    Templates(usize),
    /// Verified, and not understood: kept raw for later.
    Park(Option<usize>, Refusal, Reply),
}

/// A message on its way into the store.
pub(super) struct Accepting {
    pub(super) tenant: usize,
    pub(super) message: NewMessage,
    pub(super) accepted: Reply,
    pub(super) repeat: Reply,
}

/// How a refused request is known if it was accepted before.
pub(super) struct Repeated {
    pub(super) tenant: usize,
    pub(super) platform_id: String,
    pub(super) dedupe: String,
    pub(super) answer: Reply,
}

/// One request on its way through the steps.
pub(super) struct Passage {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) incoming: Incoming,
    pub(super) now: Timestamp,
    /// The message's id where this becomes one, and what logs carry until then.
    pub(super) id: Ref,
}

impl Flow {
    /// Answers a request. Never fails: whoever called is told something.
    pub async fn request(&self, incoming: Incoming) -> Reply {
        let passage = Passage {
            snapshot: self.snapshot.load_full(),
            incoming,
            now: self.ambient.now(),
            id: Ref::from_number(self.ids.next(&*self.ambient)),
        };
        let (hits, path) = match passage.snapshot.routes.find(&passage.incoming.method, &passage.incoming.path) {
            Found::Sections(hits, path) => {
                let asked = passage.snapshot.asked(&passage.incoming, &path);
                (versions::own(&passage.snapshot, hits, &asked, passage.now), path)
            }
            Found::WrongMethod => return status(405),
            Found::Unknown => return status(404),
        };
        let shown = hits.first().map(|hit| hit.shown(&passage.incoming.path)).unwrap_or_default();
        info!(id = %passage.id, path = %shown, bytes = passage.incoming.body.len(), "received");
        let Some(hit) = hits.iter().find(|hit| takes(hit, &passage.incoming)) else { return status(415) };
        let asked = passage.snapshot.asked(&passage.incoming, &path);
        let verified = passage.snapshot.credentials.get(hit.credentials).map(|index| index.verify(&asked, passage.now));
        let verified = match verified {
            Some(Ok(verified)) => verified,
            Some(Err(unverified)) => return self.unverified(&passage, hit, unverified),
            None => return status(500),
        };
        let decision = self.decide(&passage, hit, &path, &verified);
        match decision {
            Decision::Answer(reply) => reply,
            Decision::Refuse(reply, repeated) => self.refuse_unless_repeated(&passage, reply, *repeated).await,
            Decision::Accept(accepting) => self.accept(&passage, hit, *accepting).await,
            Decision::Status(event, reply) => self.status(&passage, hit, &verified, event, reply).await,
            Decision::Inbound(inbound, tenant, reply) => self.inbound(&passage, hit, *inbound, tenant, reply).await,
            Decision::Templates(tenant) => self.list(&passage, hit, &path, &verified, tenant).await,
            Decision::Park(tenant, refusal, reply) => self.park(&passage, hit, tenant, &refusal, reply).await,
        }
    }

    /// A request that was refused before its body was read: in the words of its route's party.
    pub fn refuse_unread(&self, incoming: &Incoming, refusal: Refusal) -> Reply {
        let snapshot = self.snapshot.load_full();
        let Found::Sections(hits, _) = snapshot.routes.find(&incoming.method, &incoming.path) else {
            return status(404);
        };
        let Some(hit) = hits.first() else { return status(404) };
        let passage = Passage {
            snapshot: snapshot.clone(),
            incoming: incoming.clone(),
            now: self.ambient.now(),
            id: Ref::from_number(self.ids.next(&*self.ambient)),
        };
        self.refuse(&passage, hit, None, &refusal.into(), None)
    }

    fn unverified(&self, passage: &Passage, hit: &Hit, unverified: Unverified) -> Reply {
        let cause = match unverified.cause {
            Cause::Missing => "missing",
            Cause::Stale => "stale",
            Cause::Wrong => "wrong",
        };
        let reason = if unverified.nobody { Reason::UnknownTenant } else { Reason::Unauthenticated };
        warn!(id = %passage.id, path = %hit.shown(&passage.incoming.path), cause, "credentials refused");
        self.refuse(passage, hit, None, &Refused { cause: Some(cause), ..reason.into() }, None)
    }

    /// Tells the party no, in its own words. `document`: the request, where it was read; else its head.
    pub(super) fn refuse(
        &self,
        passage: &Passage,
        hit: &Hit,
        tenant: Option<&Tenant>,
        refused: &Refused<'_>,
        document: Option<&Document<'_>>,
    ) -> Reply {
        let arena = Arena::new();
        let mut world = World::new(&arena, &hit.mapping.module, &NoFacts, passage.now);
        if let Some(tenant) = tenant {
            tenant.enter(hit.mapping.party, false, &mut world);
        }
        let Refusal { reason, text } = &refused.refusal;
        info!(id = %passage.id, tenant = tenant.map(|tenant| tenant.name.as_str()), %reason, text = text.as_deref(), "refused");
        let incoming = &passage.incoming;
        let path = match passage.snapshot.routes.find(&incoming.method, &incoming.path) {
            Found::Sections(_, path) => path,
            _ => Vec::new(),
        };
        let (Some(section), Some(route)) = (hit.section(), hit.route()) else { return status(500) };
        let request = Request { incoming, mapping: &hit.mapping, section, route, path: &path };
        let document = document.copied().unwrap_or_else(|| request.head(&arena));
        legs::answer::refuse(&world, &hit.mapping, refused, Some(&document))
    }

    /// Everything that needs no waiting: decode, whose it is, checks, model value, the answers.
    fn decide(&self, passage: &Passage, hit: &Hit, path: &[(&str, String)], verified: &Verified) -> Decision {
        let (Some(section), Some(route)) = (hit.section(), hit.route()) else { return Decision::Answer(status(500)) };
        let request = Request { incoming: &passage.incoming, mapping: &hit.mapping, section, route, path };
        let arena = Arena::new();
        let nobody = World::new(&arena, &hit.mapping.module, &NoFacts, passage.now);
        let refused = |refusal: Refusal, tenant, document: Option<&Document<'_>>| {
            self.refuse(passage, hit, tenant, &refusal.into(), document)
        };
        let document = match request.decode(&arena) {
            Ok(document) => document,
            Err(refusal) => return self.unread(hit, verified, refusal, |refusal| refused(refusal, None, None)),
        };
        let frame = request.frame(&nobody, &document, verified.claims.as_ref());
        match request.applies(&frame) {
            Ok(true) => {}
            Ok(false) => return Decision::Answer(request.answer(&frame, false).unwrap_or_else(|_| status(200))),
            Err(refusal) => return Decision::Answer(refused(refusal, None, Some(&document))),
        }
        let tenant = request.tenant(&frame, &passage.snapshot, &verified.tenants);
        match (section.leg, tenant) {
            (Leg::Status | Leg::Inbound, tenant) => {
                self.decide_event(passage, &request, &document, verified, tenant.ok())
            }
            (_, Err(refusal)) => Decision::Answer(refused(refusal, None, Some(&document))),
            (leg, Ok(place)) => {
                let Some(tenant) = passage.snapshot.tenants.get(place) else { return Decision::Answer(status(500)) };
                if !tenant.allows(passage.incoming.peer) {
                    return Decision::Answer(refused(Reason::SourceNotAllowed.into(), Some(tenant), Some(&document)));
                }
                if leg == Leg::Templates {
                    return Decision::Templates(place);
                }
                if !tenant.enabled {
                    return Decision::Answer(refused(Reason::Forbidden.into(), Some(tenant), Some(&document)));
                }
                self.decide_send(passage, &request, &document, verified, place)
            }
        }
    }

    /// A body that cannot be read: a platform is told; a webhook that was verified is kept.
    fn unread(
        &self,
        hit: &Hit,
        verified: &Verified,
        refusal: Refusal,
        refuse: impl FnOnce(Refusal) -> Reply,
    ) -> Decision {
        if hit.mapping.party == Party::Provider && !verified.tenants.is_empty() {
            return Decision::Park(verified.tenants.first().copied(), refusal, status(200));
        }
        Decision::Answer(refuse(refusal))
    }

    /// A provider's webhook: what it says, and the answer for when that is durable.
    fn decide_event(
        &self,
        passage: &Passage,
        request: &Request<'_>,
        document: &Document<'_>,
        verified: &Verified,
        place: Option<usize>,
    ) -> Decision {
        let tenant =
            place.or_else(|| verified.tenants.first().copied()).and_then(|place| passage.snapshot.tenants.get(place));
        let Some(tenant) = tenant else { return Decision::Answer(status(500)) };
        let arena = Arena::new();
        let facts = TenantFacts::new(self, tenant);
        let mut world = World::new(&arena, &request.mapping.module, &facts, passage.now);
        tenant.enter(Party::Provider, false, &mut world);
        let frame = request.frame(&world, document, verified.claims.as_ref());
        let reply = request.answer(&frame, false).unwrap_or_else(|_| status(200));
        let value = match request.check(&frame).map_err(|refused| refused.refusal).and_then(|()| request.value(&frame))
        {
            Ok(Some(value)) => value,
            Ok(None) => {
                debug!(id = %passage.id, "webhook ignored by the mapping");
                return Decision::Answer(reply);
            }
            Err(refusal) => return Decision::Park(place, refusal, reply),
        };
        for miss in world.take_misses() {
            warn!(id = %passage.id, mapping = %request.mapping.name, table = %miss.table, key = %miss.key, "no row in the table: add one");
            self.misses.count(request.mapping, &miss.table);
        }
        let read = match request.section.leg {
            Leg::Status => Event::read(value).map(|event| Decision::Status(event, reply.clone())),
            _ => Inbound::read(value).map(|inbound| Decision::Inbound(Box::new(inbound), place, reply.clone())),
        };
        read.unwrap_or_else(|refusal| Decision::Park(place, refusal, reply))
    }

    /// Keeps a verified webhook that cannot be used, and acknowledges it once that is durable.
    pub(super) async fn park(
        &self,
        passage: &Passage,
        hit: &Hit,
        tenant: Option<usize>,
        refusal: &Refusal,
        reply: Reply,
    ) -> Reply {
        let tenant = tenant.and_then(|place| passage.snapshot.tenants.get(place)).map(|tenant| tenant.name.clone());
        let leg = hit.section().map_or("status", |section| section.leg.as_str());
        let why = refusal
            .text
            .as_ref()
            .map_or_else(|| refusal.reason.to_string(), |text| format!("{}: {text}", refusal.reason));
        warn!(id = %passage.id, tenant = tenant.as_ref().map(Name::as_str), leg, why, "webhook parked");
        let letter = DeadLetter {
            id: 0,
            tenant,
            kind: leg.to_owned(),
            name: hit.shown(&passage.incoming.path).into_owned(),
            message: None,
            why,
            content: passage.incoming.body.clone(),
            at: passage.now,
        };
        self.durable(passage, hit, self.store.park(letter).await, reply)
    }

    /// The reply once something is durable; else the party's own words for "later".
    pub(super) fn durable<T>(
        &self,
        passage: &Passage,
        hit: &Hit,
        stored: Result<T, crate::store::StoreError>,
        reply: Reply,
    ) -> Reply {
        match stored {
            Ok(_) => reply,
            Err(problem) => {
                error!(id = %passage.id, %problem, "could not be stored, so it is not acknowledged");
                self.refuse(passage, hit, None, &Refused { retry_after: Some(5), ..Reason::Overloaded.into() }, None)
            }
        }
    }

    /// A platform's question for templates.
    async fn list(
        &self,
        passage: &Passage,
        hit: &Hit,
        path: &[(&str, String)],
        verified: &Verified,
        place: usize,
    ) -> Reply {
        let Some(tenant) = passage.snapshot.tenants.get(place) else { return status(500) };
        let mut templates: Vec<Arc<crate::model::Template>> = Vec::new();
        let mut seen = Vec::new();
        for number in tenant.numbers.iter().filter(|number| number.waba.is_some()) {
            if seen.contains(&&number.waba) {
                continue;
            }
            seen.push(&number.waba);
            let synced = match self.sync(tenant, number, false).await {
                Ok(synced) => synced,
                // An older list is better than none; an empty one would unpublish the brand's templates.
                Err(refusal) => match self.templates.view(tenant, number) {
                    Some(synced) => synced,
                    None => return self.refuse(passage, hit, Some(tenant), &refusal.into(), None),
                },
            };
            templates.extend(synced.templates.iter().cloned());
        }
        self.answer_list(passage, hit, path, verified, tenant, &templates)
    }

    fn answer_list(
        &self,
        passage: &Passage,
        hit: &Hit,
        path: &[(&str, String)],
        verified: &Verified,
        tenant: &Tenant,
        templates: &[Arc<crate::model::Template>],
    ) -> Reply {
        let (Some(section), Some(route)) = (hit.section(), hit.route()) else { return status(500) };
        let crate::mapping::Makes::Page(plan) = &section.makes else { return status(500) };
        let arena = Arena::new();
        let facts = TenantFacts::new(self, tenant);
        let mut world = World::new(&arena, &hit.mapping.module, &facts, passage.now);
        tenant.enter(Party::Platform, false, &mut world);
        let request = Request { incoming: &passage.incoming, mapping: &hit.mapping, section, route, path };
        let document = match request.decode(&arena) {
            Ok(document) => document,
            Err(refusal) => return self.refuse(passage, hit, Some(tenant), &refusal.into(), None),
        };
        let frame = request.frame(&world, &document, verified.claims.as_ref());
        let answered = request.check(&frame).and_then(|()| {
            let page = legs::templates::answer(plan, &frame, templates, &arena)?;
            frame.set("page", page);
            Ok(request.answer(&frame, false)?)
        });
        answered.unwrap_or_else(|refused| self.refuse(passage, hit, Some(tenant), &refused, Some(&document)))
    }
}

/// A route may be of one content type only.
fn takes(hit: &Hit, incoming: &Incoming) -> bool {
    let wanted = hit.route().and_then(|route| route.content_type.as_deref());
    let given = incoming.header("content-type").unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(given))
}

/// A bare status, for callers that no mapping speaks for.
pub(super) const fn status(http: u16) -> Reply {
    Reply { http, headers: Vec::new(), body: Bytes::new() }
}
