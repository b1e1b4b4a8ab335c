//! What the gateway would know, as a case's `given` says it.

use std::cell::Cell;

use super::given::Given;
use crate::config::{SuppressionScope, Tenant};
use crate::functions::Facts;
use crate::legs::{Gateway, Knowledge, Refused};
use crate::mapping::Party;
use crate::model::{Address, Known, Ref, Refusal, Template};
use crate::value::{Arena, Value};

/// A case's facts about its tenant.
pub(super) struct GivenFacts<'t> {
    tenant: &'t Tenant,
    /// `None`: never synced.
    pub(super) templates: Option<Vec<std::sync::Arc<Template>>>,
    /// Everybody who opted out.
    pub(super) suppressed: Vec<String>,
}

impl<'t> GivenFacts<'t> {
    pub(super) const fn new(
        tenant: &'t Tenant,
        templates: Option<Vec<std::sync::Arc<Template>>>,
        suppressed: Vec<String>,
    ) -> Self {
        Self { tenant, templates, suppressed }
    }

    fn find(&self, name: &str, language: &str) -> Option<&Template> {
        let templates = self.templates.as_ref()?;
        templates.iter().find(|template| template.name == name && template.language == language).map(|known| &**known)
    }
}

impl Knowledge for GivenFacts<'_> {
    /// Only a sender with a WABA has any templates.
    fn known(&self, name: &str, language: &str, sender: &str) -> Known<'_> {
        let synced = self.tenant.sender(sender).is_some_and(|number| number.waba.is_some()) && self.templates.is_some();
        match self.find(name, language).filter(|_| synced) {
            Some(template) => Known::Synced(template),
            None if synced => Known::Missing,
            None => Known::Unsynced,
        }
    }
}

/// What a case says instead of the gateway.
pub(super) struct GivenGateway<'c> {
    given: &'c Given,
    /// What comes in is refused with this, after so many messages.
    refuse: Option<&'c (Refused, u64)>,
    refused: Cell<bool>,
    ids: Cell<i64>,
}

impl<'c> GivenGateway<'c> {
    pub(super) const fn new(given: &'c Given, refuse: Option<&'c (Refused, u64)>) -> Self {
        Self { given, refuse, refused: Cell::new(false), ids: Cell::new(0) }
    }

    /// What the case refuses everything with, if it does.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.refused.set(true);
        self.refuse.map(|(refused, _)| &refused.refusal)
    }

    /// A refusal that the case wants, and that nothing was asked for.
    pub(super) fn idle(&self) -> bool {
        self.refuse.is_some() && !self.refused.get()
    }
}

impl Gateway for GivenGateway<'_> {
    type Knowledge<'g>
        = GivenFacts<'g>
    where
        Self: 'g;

    fn about<'g>(&'g self, tenant: &'g Tenant) -> GivenFacts<'g> {
        GivenFacts::new(tenant, self.given.templates.clone(), self.given.suppressed.clone())
    }

    fn admit(&self, _: &Tenant, before: u64) -> Result<(), Refused> {
        match self.refuse {
            Some((refused, after)) if before >= *after => {
                self.refused.set(true);
                Err(refused.clone())
            }
            _ => Ok(()),
        }
    }

    fn reference(&self) -> Ref {
        self.ids.set(self.ids.get() + 1);
        Ref::from_number(self.ids.get())
    }
}

impl Facts for GivenFacts<'_> {
    fn template<'v>(&'v self, name: &str, language: &str, sender: &str, arena: &'v Arena) -> Option<Value<'v>> {
        self.tenant.sender(sender)?.waba.as_ref()?;
        self.find(name, language).map(|template| template.view(arena))
    }

    fn is_sender(&self, address: &str) -> bool {
        self.tenant.sender(address).is_some()
    }

    fn sender_with(&self, member: &str, value: &str) -> Option<&str> {
        self.tenant.sender_with(member, value)
    }

    fn is_suppressed(&self, address: &str, _: &str) -> bool {
        let plain = Address::plain(address);
        let opted_out = self.suppressed.iter().any(|known| known == plain.as_str());
        self.tenant.delivery.suppression != SuppressionScope::Off && opted_out
    }

    fn is_allowed_url(&self, url: &str) -> bool {
        url::Url::parse(url).is_ok_and(|url| self.tenant.lists_host(Party::Platform, &url))
    }
}
