//! `GET /api/templates`: a tenant's templates, as its provider listed them last.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::token::Bearer;
use crate::config::{Number, Preflight, Tenant};
use crate::flow::Synced;
use crate::model::{Button, Definition, Section, Template};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
}

impl Desk {
    pub(super) fn templates(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = bearer.of(asked.tenant)?;
        let snapshot = self.flow.snapshot.load_full();
        let meant = |tenant: &Tenant| asked.as_deref().is_none_or(|asked| asked == tenant.name.as_str());
        let mut lists = Vec::new();
        for tenant in snapshot.tenants.iter().filter(|tenant| meant(tenant)) {
            for number in tenant.numbers.iter().filter(|number| number.waba.is_some()) {
                lists.push(listed(tenant, number, self.flow.listed(tenant, number).as_deref()));
            }
        }
        match asked.filter(|asked| snapshot.tenant(asked).is_none()) {
            Some(asked) => Err(Fault::NotFound(format!("there is no tenant `{asked}`"))),
            None => Ok(json!({ "lists": lists })),
        }
    }
}

/// The list of a number's account, if there ever was one.
fn listed(tenant: &Tenant, number: &Number, synced: Option<&Synced>) -> Value {
    let preflight = match tenant.delivery.preflight {
        Preflight::Refuse => "refuse",
        Preflight::Warn => "warn",
        Preflight::Off => "off",
    };
    json!({
        "tenant": tenant.name.as_str(), "sender": number.number.as_str(), "waba": number.waba, "preflight": preflight,
        "at": synced.and_then(|synced| time(synced.at)),
        "templates": synced.map_or_else(Vec::new, |synced| synced.templates.iter().map(|template| shown(template)).collect()),
    })
}

/// A template with what a message must bring to fit it.
fn shown(template: &Template) -> Value {
    let Template { id, name, language, status, category, definition, .. } = template;
    json!({
        "id": id, "name": name, "language": language, "status": status, "category": category,
        "wants": wants(definition),
    })
}

fn wants(definition: &Definition) -> Value {
    let section =
        |section: &Section| json!({ "format": section.format, "text": section.text, "variables": section.variables });
    let button = |button: &Button| json!({ "kind": button.kind, "dynamic": button.dynamic });
    json!({
        "header": definition.header.as_ref().map(section), "body": definition.body.as_ref().map(section),
        "buttons": definition.buttons.iter().map(button).collect::<Vec<_>>(), "cards": definition.cards.len(),
    })
}
