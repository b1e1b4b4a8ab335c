//! A message's support bundle: what a vendor's form for help asks for, in the form's words, the call to the provider as the
//! mappings of now make it, and which line made each of its fields. Masked like the trace, so that it can be passed on.
//!
//! The request that a message came by is not kept: of the platform's mapping, `origins` tells what it tells by itself.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::mask;
use super::playground::{Sample, tried};
use super::words::Words;
use crate::auth::Scheme;
use crate::cases::{Line, Tried, Trying};
use crate::config::{Number, Tenant, incoming};
use crate::mapping::Party;
use crate::store::Message;
use crate::value::Tree;

/// Where the lines of a provider's call stand in its mapping.
const CALL: &str = "send.call.";

/// What only a person knows.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ticket {
    /// Whom to answer.
    contact: Option<String>,
    /// What it is about, if not what the trace says first.
    subject: Option<String>,
    /// The campaign's name in the platform's dashboard.
    campaign: Option<String>,
}

/// What the fields of a form are filled from.
struct Form<'f> {
    tenant: &'f Tenant,
    message: &'f Message,
    /// The message's trace.
    traced: &'f Value,
    ticket: &'f Ticket,
}

impl Desk {
    pub(super) async fn bundle(
        &self,
        message: &Message,
        traced: &Value,
        ticket: &Ticket,
        words: &Words,
    ) -> Result<Value, Fault> {
        let snapshot = self.flow.snapshot.load_full();
        let name = message.message.lane.tenant.as_str();
        let tenant = snapshot.tenant(name);
        let tenant = tenant.ok_or_else(|| Fault::NotFound(format!("the tenant `{name}` has no file now")))?;
        let (call, origins) = self.made(tenant, message, words).await?;
        let form = Form { tenant, message, traced, ticket };
        let support: Vec<Value> =
            [Party::Provider, Party::Platform].into_iter().filter_map(|party| form.filled(party)).collect();
        let version = |party| {
            let mapping = tenant.mapping(party);
            format!("{}@{}", mapping.name, mapping.version)
        };
        Ok(json!({
            "support": support, "request": self.origins(tenant, message, words), "call": call, "origins": origins,
            "versions": {
                "switchboard": env!("CARGO_PKG_VERSION"), "configuration": self.standing().version,
                "platform": version(Party::Platform), "provider": version(Party::Provider),
            },
        }))
    }

    /// The call to the provider, and which line made each of its fields. By the provider's mapping of now, as any attempt is;
    /// without secrets. Samples are tried one at a time.
    async fn made(&self, tenant: &Arc<Tenant>, message: &Message, words: &Words) -> Result<(Value, Vec<Value>), Fault> {
        if message.message.is_forgotten() {
            return Ok((Value::Null, Vec::new()));
        }
        let files = self.flow.snapshot.load().files_of(tenant);
        let (name, now) = (tenant.name.to_string(), self.flow.ambient.now());
        let text = String::from_utf8_lossy(&message.message.body).into_owned();
        let given = self.given(tenant, message);
        let turn = self.trying.clone().lock_owned().await;
        let legs = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let sample = Sample { body: "", given: &given, now };
            tried(&files, &name, &sample, |_| Ok(Trying::Message(text)))
        });
        let legs = legs.await.map_err(|_| Fault::Unavailable("the trial broke off".to_owned()))??;
        let Some(leg) = legs.first() else { return Ok((Value::Null, Vec::new())) };
        Ok((call(leg, words), leg.trace.iter().filter_map(|line| origin(line, words)).collect()))
    }

    /// The message's template, which a mapping may ask for.
    fn given(&self, tenant: &Tenant, message: &Message) -> String {
        let content: Value = serde_json::from_slice(&message.message.body).unwrap_or_default();
        let template = &content["template"];
        let (name, language) = (template["name"].as_str(), template["language"]["code"].as_str());
        let synced = number(tenant, message).and_then(|number| self.flow.listed(tenant, number));
        let found = synced.as_ref().and_then(|synced| synced.find(name?, language?));
        let values: Vec<&Tree> = found.map(|template| &template.value).into_iter().collect();
        json!({ "templates": values }).to_string()
    }
}

fn number<'t>(tenant: &'t Tenant, message: &Message) -> Option<&'t Number> {
    tenant.number(message.message.lane.from.as_str())
}

fn call(leg: &Tried, words: &Words) -> Value {
    let made = &leg.masked()["calls"][0];
    if made.is_null() {
        return json!({ "why": leg.why.as_deref().map(mask::words) });
    }
    let body = mask::masked(made["body"].to_string().as_bytes(), words);
    json!({ "method": made["method"], "url": made["url"].as_str().map(mask::words), "body": body })
}

fn origin(line: &Line, words: &Words) -> Option<Value> {
    let field = line.what.strip_prefix(CALL)?;
    let value = mask::masked(line.came.as_bytes(), words);
    Some(json!({ "field": field, "line": line.place, "value": value, "by": line.by }))
}

impl Form<'_> {
    /// The fields of a party's form, in its own words; none where its mapping has no form.
    fn filled(&self, party: Party) -> Option<Value> {
        let mapping = self.tenant.mapping(party);
        let form = mapping.onboard.support.as_ref()?;
        let fields = form.filled(|name| self.value(party, name));
        let fields: Vec<Value> = fields.map(|(field, value)| json!({ "field": field, "value": value })).collect();
        Some(json!({ "party": mapping.name.as_str(), "at": form.at, "fields": fields }))
    }

    fn value(&self, party: Party, name: &str) -> String {
        let of_trace = |name: &str| self.traced[name].as_str().map(str::to_owned);
        let said = |said: &Option<String>, otherwise: &str| Some(said.clone().unwrap_or_else(|| otherwise.to_owned()));
        let mapping = self.tenant.mapping(party);
        let value = match name {
            "tenant" | "id" | "platform_id" | "provider_id" | "accepted" => of_trace(name),
            "number" => of_trace("sender"),
            "waba" => number(self.tenant, self.message).and_then(|number| number.waba.clone()),
            "contact" => said(&self.ticket.contact, "(enter yours)"),
            "subject" => self.ticket.subject.clone().or_else(|| of_trace("verdict")),
            "campaign" => self.campaign(),
            "description" => Some(self.description()),
            "attachments" => {
                Some("this bundle: the trace, the call to the provider, and the lines that made it".to_owned())
            }
            _ if mapping.onboard.credentials.iter().any(|(known, _)| known == name) => Some(
                self.claimed(party, name)
                    .unwrap_or_else(|| format!("`credentials: {}: {name}` of the tenant's file", mapping.name)),
            ),
            _ => self.tenant.side(party).setting(name).map(|value| match value {
                Tree::Text(text) => text.to_string(),
                other => serde_json::to_string(other).unwrap_or_default(),
            }),
        };
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| "(none)".to_owned())
    }

    fn campaign(&self) -> Option<String> {
        let content: Value = serde_json::from_slice(&self.message.message.body).unwrap_or_default();
        let own = content["campaign"].as_str().map(mask::words);
        Some(self.ticket.campaign.clone().or(own).unwrap_or_else(|| "(enter its name)".to_owned()))
    }

    /// The verdict and what happened, in lines.
    fn description(&self) -> String {
        let none = Vec::new();
        let lines = self.traced["timeline"].as_array().unwrap_or(&none).iter();
        let word = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let lines = lines.map(|line| ["at", "leg", "what"].map(|name| word(line, name)).join("  "));
        let verdict = time(self.message.message.at).map(|at| format!("accepted {at}")).unwrap_or_default();
        [self.traced["verdict"].as_str().map_or(verdict, str::to_owned)]
            .into_iter()
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// A credential that the party's own tokens carry in plain, to say whose they are: an account's name, and no secret.
    fn claimed(&self, party: Party, name: &str) -> Option<String> {
        let (mapping, side) = (self.tenant.mapping(party), self.tenant.side(party));
        let own = mapping.sections().filter_map(|section| section.auth.as_ref());
        let schemes = std::iter::once(&mapping.auth_in).chain(own);
        let mut schemes = schemes.flat_map(|schemes| incoming(mapping, schemes, self.tenant.name.as_str(), side));
        schemes.find_map(|scheme| {
            let (Scheme::JwtHs256 { claims, .. } | Scheme::JwtRs256 { claims, .. }) = scheme else { return None };
            let claim = claims.into_iter().find(|claim| claim.identity && claim.name == name)?;
            Some(claim.expected.first()?.expose().to_owned())
        })
    }
}
