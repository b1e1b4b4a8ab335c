//! Where a sample is tried: a configuration without a secret in it, and a request as a tenant's parties would make it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{Tried, private_keys};
use crate::config::{self, Files, NoSecret, Reference, Snapshot, Tenant};
use crate::diagnostic::Diagnostic;
use crate::model::Secret;
use crate::yaml::{self, Node};

/// What a placeholder for a secret begins with.
const PLACEHOLDER: &str = "placeholder-for-";

/// The name under which a request's body is read.
pub const BODY: &str = "body.json";
/// The person who writes, where a text is all there is.
const PERSON: &str = "14155550123";

/// The configuration with placeholders for secrets; where a call is signed with a private key, it is that one.
#[must_use]
pub fn without_secrets(files: &Files, private_key: &dyn Fn() -> String) -> (Arc<Snapshot>, Vec<Diagnostic>) {
    let keys = key_references(files);
    let pem = if keys.is_empty() { String::new() } else { private_key() };
    build(files, &keys, &pem)
}

fn build(files: &Files, keys: &BTreeSet<String>, pem: &str) -> (Arc<Snapshot>, Vec<Diagnostic>) {
    let resolve = |reference: &Reference| -> Result<Secret, NoSecret> {
        let (Reference::Env(name) | Reference::File(name)) = reference;
        Ok(Secret::new(if keys.contains(name) { pem.to_owned() } else { format!("{PLACEHOLDER}{name}") }))
    };
    let (snapshot, problems) = config::build(files, None, &resolve, [0; 32]);
    (Arc::new(snapshot), problems)
}

/// What credentials refer to that calls are signed with.
fn key_references(files: &Files) -> BTreeSet<String> {
    let names = private_keys(&build(files, &BTreeSet::new(), "").0);
    let mut found = BTreeSet::new();
    for source in &files.tenants {
        if let Some(credentials) =
            yaml::parse(source, &mut Vec::new()).as_ref().and_then(|node| node.get("credentials"))
        {
            references(credentials, &names, false, &mut found);
        }
    }
    files.defaults.accounts.credentials().for_each(|node| references(node, &names, false, &mut found));
    found
}

fn references(node: &Node, names: &[String], wanted: bool, found: &mut BTreeSet<String>) {
    for (key, value) in node.as_map().unwrap_or_default() {
        references(value, names, names.iter().any(|name| **name == *key.text), found);
    }
    for item in node.as_list().unwrap_or_default() {
        references(item, names, wanted, found);
    }
    let inside = node.as_text().and_then(|text| text.strip_prefix("${")?.strip_suffix('}')?.split_once(':'));
    if let Some((_, name)) = inside.filter(|_| wanted) {
        found.insert(name.to_owned());
    }
}

/// A request as a case has it, whose body is the sample called [`BODY`].
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Where it goes; `None`: to the first route of the platform that has no names in its path.
    pub path: Option<String>,
    /// `None`: the first method of that route.
    pub method: Option<String>,
    /// Names and values.
    pub headers: Map<String, Json>,
    /// Names and values.
    pub query: Map<String, Json>,
}

impl Asking {
    /// Its text; nothing where it is not known where it goes.
    #[must_use]
    pub fn written(self, tenant: &Tenant) -> Option<String> {
        let sections = tenant.platform.sections().chain(tenant.provider.sections());
        let mut paths = sections.flat_map(|section| &section.routes).flat_map(|route| &route.paths);
        let path = self.path.or_else(|| paths.find(|path| !path.contains('{')).cloned())?;
        let Self { headers, query, method, .. } = self;
        let mut request = json!({"path": path, "headers": headers, "query": query, "body": {"$file": BODY}});
        if let (Some(method), Some(members)) = (method, request.as_object_mut()) {
            members.insert("method".to_owned(), method.into());
        }
        Some(request.to_string())
    }
}

/// A request as it came, whose body is the sample called [`BODY`].
#[must_use]
pub fn request(path: &str, method: &str, headers: &Map<String, Json>, query: &Map<String, Json>) -> String {
    json!({"path": path, "method": method, "headers": headers, "query": query, "body": {"$file": BODY}}).to_string()
}

/// What a person writes to a tenant's first number, as an inbound message of the model.
#[must_use]
pub fn said(tenant: &Tenant, text: &str) -> String {
    let to = tenant.numbers.first().map_or("", |number| number.number.as_str());
    json!({"from": PERSON, "to": to, "content": {"kind": "text", "text": text}}).to_string()
}

impl Tried {
    /// For other programs.
    #[must_use]
    pub fn json(&self) -> Json {
        let trace: Vec<Json> = self.trace.iter().map(super::Line::json).collect();
        json!({
            "leg": self.leg, "mapping": self.party, "outcome": self.masked(), "why": self.why, "notes": self.notes,
            "findings": self.findings.iter().map(super::Finding::json).collect::<Vec<_>>(), "trace": trace,
        })
    }

    /// The outcome without the proofs of calls: made with placeholders, they say nothing.
    #[must_use]
    pub fn masked(&self) -> Json {
        let mut outcome = Json::Object(self.outcome.clone());
        for call in outcome.get_mut("calls").and_then(Json::as_array_mut).into_iter().flatten() {
            for (name, value) in call.get_mut("headers").and_then(Json::as_object_mut).into_iter().flatten() {
                if name.eq_ignore_ascii_case("authorization")
                    || value.as_str().is_some_and(|text| text.contains(PLACEHOLDER))
                {
                    *value = "***".into();
                }
            }
        }
        outcome
    }
}
