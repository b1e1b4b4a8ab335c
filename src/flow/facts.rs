//! What the language may ask about a tenant, answered from memory.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use super::Flow;
use super::templates::Synced;
use crate::config::{SuppressionScope, Tenant};
use crate::functions::Facts;
use crate::legs::{Gateway, Knowledge, Refused};
use crate::limits::{Speed, Verdict, keys};
use crate::mapping::Party;
use crate::model::{Address, Known, Name, Reason, Ref, Template};
use crate::value::{Arena, Timestamp, Value};

/// A tenant's facts at one moment: its synced templates are taken when they are first asked for, and once, so that one
/// request sees one list.
pub(super) struct TenantFacts<'f> {
    flow: &'f Flow,
    tenant: &'f Tenant,
    /// Of the sender that was asked for first: mostly no other is.
    synced: OnceCell<(Address, Option<Arc<Synced>>)>,
    /// Of all senders.
    others: OnceCell<Vec<(Address, Arc<Synced>)>>,
    now: Timestamp,
}

/// An unknown template is refused only by a list younger than this.
const FRESH: std::time::Duration = std::time::Duration::from_secs(60);

impl<'f> TenantFacts<'f> {
    pub(super) const fn new(flow: &'f Flow, tenant: &'f Tenant, now: Timestamp) -> Self {
        Self { flow, tenant, synced: OnceCell::new(), others: OnceCell::new(), now }
    }

    fn lists(&self) -> Vec<(Address, Arc<Synced>)> {
        let synced = self.tenant.numbers.iter().filter_map(|number| {
            let synced = self.flow.templates.view(self.tenant, number)?;
            Some((number.number.clone(), synced))
        });
        synced.collect()
    }

    fn synced(&self, sender: &str) -> Option<&Synced> {
        let number = self.tenant.sender(sender)?;
        let first = || (number.number.clone(), self.flow.templates.view(self.tenant, number));
        let (known, synced) = self.synced.get_or_init(first);
        if *known == number.number {
            return synced.as_deref();
        }
        self.others
            .get_or_init(|| self.lists())
            .iter()
            .find(|(known, _)| *known == number.number)
            .map(|(_, synced)| &**synced)
    }

    fn template_of(&self, name: &str, language: &str, sender: &str) -> Option<&Template> {
        self.synced(sender)?.find(name, language)
    }
}

impl Facts for TenantFacts<'_> {
    fn template<'v>(&'v self, name: &str, language: &str, sender: &str, arena: &'v Arena) -> Option<Value<'v>> {
        self.template_of(name, language, sender).map(|template| template.view(arena))
    }

    fn is_sender(&self, address: &str) -> bool {
        self.tenant.sender(address).is_some()
    }

    fn sender_with(&self, member: &str, value: &str) -> Option<&str> {
        self.tenant.sender_with(member, value)
    }

    fn is_suppressed(&self, address: &str, sender: &str) -> bool {
        let sender = self.tenant.sender(sender).map_or_else(|| Address::from(sender), |number| number.number.clone());
        suppressed(self.flow, self.tenant, &sender, &Address::plain(address))
    }

    fn is_allowed_url(&self, url: &str) -> bool {
        let url = url::Url::parse(url);
        url.is_ok_and(|url| self.flow.outbound.allows(&url) && self.tenant.lists_host(Party::Platform, &url))
    }
}

impl Knowledge for TenantFacts<'_> {
    fn known(&self, name: &str, language: &str, sender: &str) -> Known<'_> {
        let Some(synced) = self.synced(sender) else { return Known::Unsynced };
        match synced.find(name, language) {
            Some(template) => Known::Synced(template),
            None if self.now.since(synced.at) < FRESH => Known::Missing,
            None => Known::Unsynced,
        }
    }
}

/// What one request asks of the gateway.
pub(super) struct Door<'f> {
    pub(super) flow: &'f Flow,
    pub(super) now: Timestamp,
    /// The request's own id is that of its first message.
    pub(super) id: Cell<Option<Ref>>,
}

impl Gateway for Door<'_> {
    type Knowledge<'g>
        = TenantFacts<'g>
    where
        Self: 'g;

    fn about<'g>(&'g self, tenant: &'g Tenant) -> TenantFacts<'g> {
        TenantFacts::new(self.flow, tenant, self.now)
    }

    /// The limits at the door: a rate where the tenant set one, and the backlog.
    fn admit(&self, tenant: &Tenant, before: u64) -> Result<(), Refused> {
        let Flow { limits, store, .. } = self.flow;
        if let Some(rate) = tenant.limits.accept
            && let Verdict::Wait(wait) = limits.check(&keys::accept(tenant.name.as_str()), rate, tenant.limits.burst)
        {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(Refused { retry_after: Some(seconds), ..Reason::Throttled.into() });
        }
        if store.backlog(&tenant.name).saturating_add(before) >= tenant.limits.backlog {
            return Err(Refused { retry_after: Some(60), ..Reason::Overloaded.into() });
        }
        Ok(())
    }

    fn reference(&self) -> Ref {
        self.id.take().unwrap_or_else(|| Ref::from_number(self.flow.next_id()))
    }
}

impl Flow {
    /// Other gateways over the same store accepted so many messages: a tenant's limit at the door is one, wherever they come in.
    pub fn accepted_beside(&self, accepted: &[(Name, u64)]) {
        let snapshot = self.snapshot.load();
        for (name, count) in accepted {
            let limits = snapshot.tenant(name.as_str()).map(|tenant| &tenant.limits);
            if let Some((rate, burst)) = limits.and_then(|limits| Some((limits.accept?, limits.burst))) {
                self.limits.owe(&keys::accept(name.as_str()), Speed::new(rate, burst), *count);
            }
        }
    }
}

/// Whether a tenant may not send to someone. `off`: the tenant takes the responsibility.
pub(super) fn suppressed(flow: &Flow, tenant: &Tenant, sender: &Address, address: &Address) -> bool {
    tenant.delivery.suppression != SuppressionScope::Off && flow.store.is_suppressed(&tenant.name, sender, address)
}
