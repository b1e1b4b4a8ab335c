//! What the language may ask about a tenant, answered from memory.

use super::Flow;
use super::templates::Synced;
use crate::config::{SuppressionScope, Tenant};
use crate::functions::Facts;
use crate::mapping::Party;
use crate::model::{Address, Known, Message, Template};
use crate::value::{Arena, Timestamp, Value};
use std::sync::Arc;

/// A tenant's facts at one moment: its synced templates are taken once, so that one request sees one list.
pub(super) struct TenantFacts<'f> {
    flow: &'f Flow,
    tenant: &'f Tenant,
    synced: Vec<(Address, Arc<Synced>)>,
}

/// An unknown template is refused only by a list younger than this.
const FRESH: std::time::Duration = std::time::Duration::from_secs(60);

impl<'f> TenantFacts<'f> {
    pub(super) fn new(flow: &'f Flow, tenant: &'f Tenant) -> Self {
        let synced = tenant.numbers.iter().filter_map(|number| {
            let synced = flow.templates.view(tenant, number)?;
            Some((number.number.clone(), synced))
        });
        Self { flow, tenant, synced: synced.collect() }
    }

    /// The message with its sender as the tenant writes it, however the platform did.
    pub(super) fn sent_as_written<'v>(&'v self, message: Message<'v>, arena: &'v Arena) -> Message<'v> {
        let number = self.tenant.sender(message.from).map(|number| number.number.as_str());
        number.map_or(message, |number| message.sent_from(number, arena))
    }

    fn synced(&self, sender: &str) -> Option<&Synced> {
        let number = self.tenant.sender(sender)?;
        self.synced.iter().find(|(known, _)| *known == number.number).map(|(_, synced)| &**synced)
    }

    /// What is known of a message's template.
    pub(super) fn known(&self, name: &str, language: &str, sender: &str, now: Timestamp) -> Known<'_> {
        let Some(synced) = self.synced(sender) else { return Known::Unsynced };
        match synced.find(name, language) {
            Some(template) => Known::Synced(template),
            None if now.since(synced.at) < FRESH => Known::Missing,
            None => Known::Unsynced,
        }
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

/// Whether a tenant may not send to someone. `off`: the tenant takes the responsibility.
pub(super) fn suppressed(flow: &Flow, tenant: &Tenant, sender: &Address, address: &Address) -> bool {
    tenant.delivery.suppression != SuppressionScope::Off && flow.store.is_suppressed(&tenant.name, sender, address)
}
