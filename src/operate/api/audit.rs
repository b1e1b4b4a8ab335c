//! The audit log: written before a thing is done or shown, so that nothing is without a line; listed by
//! `GET /api/audit`. It holds no personal data: numbers of letters, names of the configuration, counts.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::letters::{limit, number, since};
use super::token::Bearer;
use crate::model::Name;
use crate::store::{Audit, Audits};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    who: Option<String>,
    what: Option<String>,
    since: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

impl Desk {
    /// Writes down what is about to be done. What cannot be written down is not done.
    pub(super) async fn note(
        &self,
        bearer: &Bearer,
        what: &str,
        tenant: Option<&Name>,
        about: String,
    ) -> Result<(), Fault> {
        let (at, who) = (self.flow.ambient.now(), bearer.name.clone());
        let line = Audit { id: 0, at, who, what: what.to_owned(), tenant: tenant.cloned(), about };
        Ok(self.flow.store.audit(line).await?)
    }

    pub(super) async fn audit(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let Asked { tenant, who, what, since: from, before, limit: most } = asked;
        let tenant = bearer.of(tenant)?.as_deref().map(Name::from);
        let now = self.flow.ambient.now();
        let since = from.as_deref().map(|text| since(text, now)).transpose()?;
        let below = before.as_ref().map(|text| number("before", text)).transpose()?;
        let most = limit(most.as_ref())?;
        let lines = self.flow.store.audits(&Audits { tenant, who, what, since, below }, most).await?;
        let next = lines.last().filter(|_| lines.len() == most).map(|line| line.id);
        let said = lines.iter().map(|line| {
            let Audit { id, at, who, what, tenant, about } = line;
            let tenant = tenant.as_ref().map(Name::as_str);
            json!({ "id": id, "at": time(*at), "who": who, "what": what, "tenant": tenant, "about": about })
        });
        Ok(json!({ "audit": said.collect::<Vec<_>>(), "next": next }))
    }
}
