//! What the gateway would know, as a case's `given` says it.

use crate::config::{Number, SuppressionScope, Tenant};
use crate::functions::Facts;
use crate::model::{Known, Template};
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

    fn number(&self, sender: &str) -> Option<&Number> {
        self.tenant.number(sender).or_else(|| self.tenant.number(&plain(sender)))
    }

    fn find(&self, name: &str, language: &str) -> Option<&Template> {
        let templates = self.templates.as_ref()?;
        templates.iter().find(|template| template.name == name && template.language == language).map(|known| &**known)
    }

    /// What is known of a message's template; only a sender with a WABA has any.
    pub(super) fn known(&self, name: &str, language: &str, sender: &str) -> Known<'_> {
        let synced = self.number(sender).is_some_and(|number| number.waba.is_some()) && self.templates.is_some();
        match self.find(name, language).filter(|_| synced) {
            Some(template) => Known::Synced(template),
            None if synced => Known::Missing,
            None => Known::Unsynced,
        }
    }
}

impl Facts for GivenFacts<'_> {
    fn template<'v>(&'v self, name: &str, language: &str, sender: &str, arena: &'v Arena) -> Option<Value<'v>> {
        self.number(sender)?.waba.as_ref()?;
        self.find(name, language).map(|template| template.view(arena))
    }

    fn is_sender(&self, address: &str) -> bool {
        self.number(address).is_some()
    }

    fn is_suppressed(&self, address: &str, _: &str) -> bool {
        let plain = plain(address);
        self.tenant.delivery.suppression != SuppressionScope::Off && self.suppressed.contains(&plain)
    }

    fn is_allowed_url(&self, url: &str) -> bool {
        let Ok(url) = url::Url::parse(url) else { return false };
        let host = url.host_str().unwrap_or_default();
        let with_port = url.port().map(|port| format!("{host}:{port}"));
        let listed = |known: &String| known == host && with_port.is_none() || Some(known) == with_port.as_ref();
        self.tenant.hosts.iter().chain(&self.tenant.platform.hosts).any(listed)
    }
}

/// An address without what people put between its digits.
fn plain(address: &str) -> String {
    address.chars().filter(|c| !"+ ().-".contains(*c)).collect()
}
