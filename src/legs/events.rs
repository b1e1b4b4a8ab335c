//! A provider's webhook: the events it tells of, each with the tenant it is of.

use super::answer::Refused;
use super::decide::{Decision, Reading, Step, status, world};
use super::gateway::Gateway;
use super::request::{Checks, Item, Stopped};
use crate::auth::Verified;
use crate::config::Tenant;
use crate::language::{Frame, Miss};
use crate::mapping::{Leg, TenantRule};
use crate::model::wire::Reply;
use crate::model::{Event, Inbound, Reason, Refusal};
use crate::value::Tree;

/// What a provider tells.
#[derive(Clone, Debug)]
pub enum News {
    /// What became of a message.
    Status(Box<Event>),
    /// What a person wrote.
    Inbound(Box<Inbound>),
}

/// One thing that a webhook tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whose it is, where the mapping says.
    pub tenant: Option<usize>,
    /// Its place in the webhook, where that tells several things.
    pub index: Option<usize>,
    /// What it is, or why it cannot be used.
    pub news: Result<News, Refused>,
}

/// What one section reads in a webhook.
#[derive(Debug)]
pub struct Webhook {
    /// Which section.
    pub leg: Leg,
    /// Who may have sent it.
    pub verified: Verified,
    /// In their order.
    pub told: Vec<Told>,
}

impl Webhook {
    pub(super) fn unusable(leg: Leg, verified: Verified, tenant: Option<usize>, refused: Refused) -> Self {
        Self { leg, verified, told: vec![Told { tenant, index: None, news: Err(refused) }] }
    }

    /// What cannot be used of it.
    pub(super) fn refused(&self) -> Vec<Refused> {
        self.told.iter().filter_map(|told| told.news.as_ref().err().cloned()).collect()
    }
}

/// The items of one tenant.
type OfTenant<'r> = (Option<usize>, Vec<Item<'r>>);

/// What is read in one tenant's world.
struct Found {
    reply: Reply,
    /// A check answered: nothing else happens.
    answered: bool,
    told: Vec<Told>,
    misses: Vec<Miss>,
}

impl<'r, G: Gateway> Reading<'r, G> {
    /// Every event in the world of its tenant. `nobody`: the section's names in a world without one.
    pub(super) fn events(&self, nobody: &Frame<'r>) -> Decision {
        let leg = self.request.section.leg;
        let mut webhook = Webhook { leg, verified: self.verified.clone(), told: Vec::new() };
        let mut misses = Vec::new();
        let mut reply = None;
        let owners = match self.owners(nobody) {
            Ok(owners) => owners,
            Err(refusal) => {
                webhook = Webhook::unusable(leg, webhook.verified, None, refusal.into());
                vec![(None, Vec::new())]
            }
        };
        let tenant = owners.first().and_then(|(tenant, _)| *tenant);
        for (place, items) in owners {
            let of = place.or_else(|| self.verified.tenants.first().copied());
            let Some(tenant) = of.and_then(|place| self.asked.snapshot.tenants.get(place)) else {
                return Decision::bare(500);
            };
            let found = self.of_tenant(tenant, place, &items);
            misses.extend(found.misses);
            if found.answered {
                let step = Step::Answer(found.reply);
                return Decision { tenant: place, misses, ..Decision::of(leg, step) };
            }
            webhook.told.extend(found.told);
            reply.get_or_insert(found.reply);
        }
        webhook.told.sort_by_key(|told| told.index);
        let refused = webhook.refused();
        let step = Step::Take(vec![webhook], reply.unwrap_or_else(|| status(200)));
        Decision { tenant, refused, misses, ..Decision::of(leg, step) }
    }

    /// The items by tenant; of a webhook without items there is one, and nobody's where nobody is named.
    fn owners(&self, nobody: &Frame<'r>) -> Result<Vec<OfTenant<'r>>, Refusal> {
        let Self { request, asked, verified, .. } = self;
        let items = request.items(nobody)?;
        let owner = || request.tenant(nobody, asked.snapshot, &verified.tenants).ok();
        if !request.section.tenant.as_ref().is_some_and(|rule| TenantRule::program(rule).varies()) {
            return Ok(vec![(owner(), items)]);
        }
        let mut owners: Vec<OfTenant<'r>> = Vec::new();
        for item in items {
            item.enter(nobody);
            let place = owner();
            match owners.iter_mut().find(|(known, _)| *known == place) {
                Some((_, items)) => items.push(item),
                None => owners.push((place, vec![item])),
            }
        }
        if owners.is_empty() {
            owners.push((None, Vec::new()));
        }
        Ok(owners)
    }

    fn of_tenant(&self, tenant: &Tenant, place: Option<usize>, items: &[Item<'r>]) -> Found {
        let request = self.request;
        let knowledge = self.asked.gateway.about(tenant);
        let world = world(&request, Some(tenant), &knowledge, self.arena, self.asked.now);
        let frame = request.frame(&world, &self.document, self.verified.claims.as_ref());
        let each = !request.section.each.is_empty();
        let mut found = Found {
            reply: request.answer(&frame, false).unwrap_or_else(|_| status(200)),
            answered: false,
            told: Vec::new(),
            misses: Vec::new(),
        };
        match request.check(if each { Checks::OfRequest } else { Checks::All }, &frame) {
            Ok(()) => {}
            Err(Stopped::Answered(reply)) => return Found { reply, answered: true, ..found },
            Err(Stopped::Refused(refused)) => {
                found.told.push(Told { tenant: place, index: None, news: Err(refused) });
                return found;
            }
        }
        for item in items {
            if each {
                item.enter(&frame);
            }
            let index = each.then_some(item.index);
            let news = match self.news(each, place.map(|_| tenant), &frame) {
                Ok(None) => continue,
                Ok(Some(news)) => Ok(news),
                Err(refused) => {
                    Err(Refused { item: index.map(|index| Box::new((Tree::from(item.item), index))), ..refused })
                }
            };
            found.told.push(Told { tenant: place, index, news });
        }
        found.misses = world.take_misses();
        found
    }

    /// What an item tells; nothing where the mapping ignores it. `owner`: whose it is, where that is known.
    fn news<'v>(&self, each: bool, owner: Option<&Tenant>, frame: &Frame<'v>) -> Result<Option<News>, Refused>
    where
        'r: 'v,
    {
        let request: super::request::Request<'v> = self.request;
        if each {
            match request.check(Checks::OfItem, frame) {
                Ok(()) => {}
                Err(Stopped::Refused(refused)) => return Err(refused),
                // No check of an item answers: refused at load.
                Err(Stopped::Answered(_)) => return Ok(None),
            }
        }
        let Some(value) = request.value(frame)? else { return Ok(None) };
        if request.section.leg == Leg::Status {
            return Ok(Some(News::Status(Box::new(Event::read(value)?))));
        }
        let inbound = Inbound::read(value)?;
        // Also where the section names a tenant by something else, or there is only one: its other numbers, and those of
        // nobody, may be another brand's.
        if !owner.and_then(|tenant| tenant.number(&inbound.to)).is_some_and(|number| number.inbound) {
            let text = "the number is no tenant's whose credential verified this";
            return Err(Refusal::new(Reason::UnknownTenant, text).into());
        }
        Ok(Some(News::Inbound(Box::new(inbound))))
    }
}
