//! The shipped mappings read a stand-in as they read what came: the same legs, the same answer, the same members.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::written;
use super::*;
use crate::cases::{Trial, Tried, Trying, stand};
use crate::codec::Format;
use crate::config::{Files, Snapshot};
use crate::diagnostic::{self, Source};

const PEM: &str = include_str!("../../../auth/tests/pkcs8.pem");
/// 2026-11-04T09:14:06Z.
const AT: i64 = 1_793_783_646_000;

/// What is read otherwise: a word that no file says, quoted by the refusal, and members that no file has.
const OTHERWISE: [&str; 4] = [
    "moengage.send.invalid.unknown-header-type.json",
    "moengage.send.template-phone-button.json",
    "vonage.inbound.contacts.json",
    "webengage.send.invalid.unknown-type.json",
];

fn tenant(name: &str, platform: &str, numbers: &str, credentials: &str) -> Source {
    let text = format!(
        "tenant: {name}\nplatform: {platform}\nprovider: vonage\nnumbers: [ {numbers} ]
credentials:\n  {platform}: {{ {credentials} }}
  vonage: {{ application_id: \"${{env:A}}\", private_key: \"${{env:K}}\", api_key: \"${{env:B}}\", signature_secret: \"${{env:C}}\" }}
settings: {{ report_url: \"https://platform.example/report\" }}\n"
    );
    Source::new(format!("{name}.yaml"), text)
}

fn texts(folder: &str, takes: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = files.into_iter().filter(|path| path.is_file() && takes(&name(path)));
    files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

fn snapshot() -> Arc<Snapshot> {
    let is_mapping = |name: &str| name.ends_with(".yaml") && !name.contains("cases") && !name.starts_with("mutants");
    let mappings = texts("mappings", is_mapping).into_iter().map(|(name, text)| Source::new(name, text)).collect();
    let schemas = texts("mappings/schemas", |name| name.ends_with(".json"));
    let schemas = schemas.into_iter().map(|(name, text)| (name.clone(), Source::new(name, text))).collect();
    let files = Files {
        mappings,
        tenants: vec![
            tenant(
                "acme",
                "moengage",
                r#""442079460123", "6531290044", "14155550100""#,
                r#"api_key: "${env:D}", api_secret: "${env:E}""#,
            ),
            tenant(
                "shop",
                "webengage",
                r#""919845013377""#,
                r#"username: "${env:F}", password: "${env:G}", report_token: "${env:H}""#,
            ),
        ],
        schemas: Some(schemas),
        ..Files::default()
    };
    let (snapshot, problems) = stand::without_secrets(&files, &|| PEM.to_owned());
    assert!(snapshot.tenants.len() == 2, "{}", diagnostic::render(&problems));
    snapshot
}

/// What there is, without what it says.
fn form(value: &Json) -> Json {
    match value {
        Json::Null | Json::Bool(_) => value.clone(),
        Json::Number(number) => number.to_string().len().into(),
        Json::String(text) => format!("{} characters", text.chars().count()).into(),
        Json::Array(items) => items.iter().map(form).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), form(value))).collect(),
    }
}

fn came(snapshot: &Arc<Snapshot>, tenant: &Tenant, request: &str, body: &[u8]) -> Vec<(String, Json, Option<String>)> {
    let body: Arc<[u8]> = body.into();
    let sample = |_: &str| Some(Arc::clone(&body));
    let now = Timestamp::from_millis(AT);
    let trial = Trial { snapshot, sample: &sample, given: "{}", answers: "[]", rsa_key_pem: PEM, now };
    let legs = trial.run(tenant, &Trying::Request(request.to_owned())).unwrap();
    let told =
        |tried: Tried| (format!("{} of {}", tried.leg, tried.party), form(&Json::Object(tried.outcome)), tried.why);
    legs.into_iter().map(told).collect()
}

#[test]
fn a_stand_in_is_read_as_what_came() {
    let snapshot = snapshot();
    let known = Known::of(&snapshot);
    let (mut read, mut wrong) = (BTreeSet::new(), Vec::new());
    for (name, body) in texts("mappings/samples", |name| name.ends_with(".json")) {
        let mut parts = name.split('.');
        let (tenant, path) = match (parts.next(), parts.next()) {
            (Some("moengage"), Some("send")) => ("acme", None),
            (Some("webengage"), Some("send")) => ("shop", None),
            (Some("vonage"), Some(leg @ ("status" | "inbound"))) => ("acme", Some(format!("/webhooks/vonage/{leg}"))),
            _ => continue,
        };
        let tenant = snapshot.tenant(tenant).unwrap();
        let request = stand::Asking { path, ..Default::default() }.written(tenant).unwrap();
        let stand_ins = StandIns { known: &known, tenant, key: [9; 32], at: Timestamp::from_millis(AT) };
        let masked = written(Format::Json, body.as_bytes(), &stand_ins).unwrap();
        let (before, after) =
            (came(&snapshot, tenant, &request, body.as_bytes()), came(&snapshot, tenant, &request, &masked));
        read.extend(before.iter().map(|(leg, ..)| leg.clone()));
        if before != after {
            wrong.push((name, [before, after]));
        }
    }
    assert_eq!(read.len(), 7, "{read:?}");
    let names: Vec<&str> = wrong.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, OTHERWISE, "{wrong:#?}");
}
