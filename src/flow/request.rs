//! A request from outside, from route to answer. What needs no waiting is decided by `legs`; here it is carried out.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use tracing::{error, info, warn};

use super::facts::Door;
use super::{Fact, Flow, Whose, versions};
use crate::auth::Verified;
use crate::config::{Found, Hit, Snapshot, Tenant};
use crate::legs::{self, Asked, Decision, Refused, Return, Step, status};
use crate::mapping::Leg;
use crate::model::wire::{Incoming, Reply};
use crate::model::{Reason, Ref, Refusal, Template};
use crate::store::Came;
use crate::value::Timestamp;

/// One request on its way through the steps.
pub(super) struct Passage {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) incoming: Incoming,
    pub(super) now: Timestamp,
    /// The message's id where this becomes one, and what logs carry until then.
    pub(super) id: Ref,
}

/// The sections of a request's route, and the values of its path.
#[derive(Clone, Copy)]
pub(super) struct Way<'p> {
    pub(super) hits: &'p [Hit],
    pub(super) path: &'p [(&'p str, String)],
}

impl Way<'_> {
    /// The path without what is secret in it.
    pub(super) fn shown<'i>(&self, passage: &'i Passage) -> Cow<'i, str> {
        self.hits.first().map(|hit| hit.shown(&passage.incoming.path)).unwrap_or_default()
    }
}

impl Passage {
    /// What is kept of a webhook beside its body: no credential.
    pub(super) fn came(&self, way: Way<'_>, verified: &Verified) -> Came {
        let names = verified.tenants.iter().filter_map(|place| self.tenant(Some(*place)));
        Came {
            method: self.incoming.method.clone(),
            query: way.hits.first().map(|hit| hit.shown_query(&self.incoming.query)).unwrap_or_default(),
            headers: kept(way.hits, &self.incoming.headers),
            verified: names.map(|tenant| tenant.name.to_string()).collect(),
        }
    }

    pub(super) fn asked<'p>(&'p self, way: Way<'p>, door: &'p Door<'p>) -> Asked<'p, Door<'p>> {
        let Self { snapshot, incoming, now, .. } = self;
        Asked { gateway: door, snapshot, incoming, hits: way.hits, path: way.path, now: *now }
    }

    pub(super) fn tenant(&self, place: Option<usize>) -> Option<&Tenant> {
        self.snapshot.tenants.get(place?).map(|tenant| &**tenant)
    }
}

impl Flow {
    /// Answers a request. Never fails: whoever called is told something.
    pub async fn request(&self, incoming: Incoming) -> Reply {
        let passage = self.passage(incoming);
        let (hits, path) = match passage.snapshot.routes.find(&passage.incoming.method, &passage.incoming.path) {
            Found::Sections(hits, path) => (hits, path),
            Found::WrongMethod => return status(405),
            Found::Unknown => return status(404),
        };
        let way = Way { hits, path: &path };
        let asked = passage.snapshot.asked(&passage.incoming, &path);
        if let Some(reply) = self.barred(&passage, way, &asked) {
            return reply;
        }
        info!(id = %passage.id, path = %way.shown(&passage), bytes = passage.incoming.body.len(), "received");
        // Boxed, as whatever platforms' messages have no need of: a request's future is moved, and each of its bytes with it.
        if let Some(refused) = self.without_keys(&passage.snapshot, hits, &asked, passage.now).await {
            return self.refuse(&passage, way, None, &refused);
        }
        let way = Way { hits: versions::own(&passage.snapshot, hits, &asked, passage.now), path: &path };
        let decision = legs::decide(passage.asked(way, &self.door(&passage, Some(passage.id))));
        if let Some(reply) = self.proved(&passage, way, &decision) {
            return reply;
        }
        self.told(&passage, way, &decision);
        self.shapes.offer(&passage, way, &decision);
        self.samples.offer(&passage, way, &decision);
        match decision.step {
            Step::Answer(reply) => reply,
            Step::Accept(accepting) => self.accept(&passage, way, *accepting).await,
            Step::Take(webhooks, reply) => Box::pin(self.take(&passage, way, webhooks, reply)).await,
            Step::List(back) => Box::pin(self.list(&passage, way, &back)).await,
        }
    }

    /// A request that was refused before its body was read: in the words of its route's party.
    pub fn refuse_unread(&self, incoming: &Incoming, refusal: Refusal) -> Reply {
        let passage = self.passage(incoming.clone());
        match passage.snapshot.routes.find(&incoming.method, &incoming.path) {
            Found::Sections(hits, path) => self.refuse(&passage, Way { hits, path: &path }, None, &refusal.into()),
            _ => status(404),
        }
    }

    fn passage(&self, incoming: Incoming) -> Passage {
        Passage {
            snapshot: self.snapshot.load_full(),
            incoming,
            now: self.ambient.now(),
            id: Ref::from_number(self.next_id()),
        }
    }

    /// What a request asks the gateway; `id`: for its first message.
    pub(super) fn door(&self, passage: &Passage, id: Option<Ref>) -> Door<'_> {
        Door { flow: self, now: passage.now, id: Cell::new(id) }
    }

    /// Tells the party no, in its own words, of a request that is not read again for that.
    pub(super) fn refuse(&self, passage: &Passage, way: Way<'_>, tenant: Option<&Tenant>, refused: &Refused) -> Reply {
        refusal(passage, way, tenant, refused);
        legs::refuse(way.hits, way.path, &passage.incoming, tenant, refused, passage.now)
    }

    /// What could not be stored is not acknowledged: the party's own words for "later".
    pub(super) fn not_durable(
        &self,
        passage: &Passage,
        way: Way<'_>,
        tenant: Option<&Tenant>,
        problem: &crate::store::StoreError,
    ) -> Reply {
        error!(id = %passage.id, %problem, "could not be stored, so it is not acknowledged");
        self.refuse(passage, way, tenant, &Refused { retry_after: Some(5), ..Reason::Overloaded.into() })
    }

    /// A platform's question for templates.
    async fn list(&self, passage: &Passage, way: Way<'_>, back: &Return) -> Reply {
        let Some(tenant) = passage.tenant(Some(back.tenant)) else { return status(500) };
        self.lately.note(Whose::Tenant(tenant.name.clone()), Fact::Listed, passage.now);
        let fetched = self.templates_of(tenant).await;
        let fetched = fetched.as_ref().map(Vec::as_slice);
        let decision = legs::list(passage.asked(way, &self.door(passage, None)), back, fetched);
        self.told(passage, way, &decision);
        if let Step::Answer(reply) = decision.step { reply } else { status(500) }
    }

    /// The templates of every account that the tenant's numbers are of.
    async fn templates_of(&self, tenant: &Tenant) -> Result<Vec<Arc<Template>>, Refusal> {
        let mut templates: Vec<Arc<Template>> = Vec::new();
        let mut seen = Vec::new();
        for number in tenant.numbers.iter().filter(|number| number.waba.is_some()) {
            if seen.contains(&&number.waba) {
                continue;
            }
            seen.push(&number.waba);
            let synced = match self.sync(tenant, number, false).await {
                Ok(synced) => synced,
                // An older list is better than none; an empty one would unpublish the brand's templates.
                Err(refusal) => self.templates.view(tenant, number).ok_or(refusal)?,
            };
            templates.extend(synced.templates.iter().cloned());
        }
        Ok(templates)
    }

    fn note_refused(
        &self,
        (passage, way): (&Passage, Way<'_>),
        hit: &Hit,
        (tenant, leg): (Option<&Tenant>, Option<Leg>),
        refused: &Refused,
    ) {
        let noted = match (tenant, refused.cause) {
            (None, Some(cause)) => {
                let path = way.shown(passage).into_owned();
                Some((Whose::Mapping(hit.mapping.name.clone()), Fact::Stranger(path, cause)))
            }
            (Some(tenant), None) if leg == Some(Leg::Send) => {
                Some((Whose::Tenant(tenant.name.clone()), Fact::Refused(refused.refusal.reason.as_str())))
            }
            _ => None,
        };
        if let Some((whose, fact)) = noted {
            self.lately.note(whose, fact, passage.now);
        }
    }

    /// Says what was decided: each no, and each gap of a table.
    pub(super) fn told(&self, passage: &Passage, way: Way<'_>, decision: &Decision) {
        let tenant = passage.tenant(decision.tenant);
        decision.refused.iter().for_each(|refused| refusal(passage, way, tenant, refused));
        let Some(hit) = way.hits.first() else { return };
        for refused in &decision.refused {
            self.note_refused((passage, way), hit, (tenant, decision.leg), refused);
        }
        for miss in &decision.misses {
            self.misses.count(&hit.mapping, &miss.table, self.ambient.now());
            warn!(id = %passage.id, mapping = %hit.mapping.name, table = %miss.table, key = %miss.key, "no row in the table: add one");
        }
    }
}

fn refusal(passage: &Passage, way: Way<'_>, tenant: Option<&Tenant>, refused: &Refused) {
    let Refusal { reason, text, .. } = &refused.refusal;
    let tenant = tenant.map(|tenant| tenant.name.as_str());
    let item = refused.item.as_ref().map(|item| item.1);
    if let Some(cause) = refused.cause {
        warn!(id = %passage.id, path = %way.shown(passage), cause, "credentials refused");
    }
    if *reason == Reason::SourceNotAllowed {
        let source = passage.incoming.peer.map(tracing::field::display);
        warn!(id = %passage.id, tenant, source, "the caller's address is in none of the tenant's sources");
    }
    let part = refused.refusal.misfit.as_ref().map(|misfit| &*misfit.part);
    info!(id = %passage.id, tenant, %reason, text = text.as_deref(), part, item, "refused");
}

/// The headers that a webhook's sections read, without what is a credential of any of them.
pub(super) fn kept(hits: &[Hit], headers: &[(String, String)]) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| {
        hits.iter().any(|hit| hit.reads_header(name)) && !hits.iter().any(|hit| hit.is_credential(name))
    });
    kept.cloned().collect()
}
