//! `POST /api/try`: a sample through a tenant's mappings, and which line of which file made what. What `switchboard try` does, with
//! the texts that are served now. Nothing is stored or sent, and no secret is read: placeholders stand in for them.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::cases::{Trial, Tried, Trying, stand};
use crate::config::{Files, Tenant};
use crate::diagnostic::Diagnostic;
use crate::value::Timestamp;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    what: What,
    /// A request's body, a document of the model, or what a person writes.
    #[serde(default)]
    text: String,
    /// The request's path.
    path: Option<String>,
    method: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// What the text is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum What {
    Request,
    Message,
    Event,
    Inbound,
}

impl Desk {
    pub(super) async fn try_out(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let wanted = bearer.of(asked.tenant.clone())?;
        let snapshot = self.flow.snapshot.load_full();
        let tenant = match &wanted {
            Some(name) => {
                snapshot.tenant(name).ok_or_else(|| Fault::NotFound(format!("there is no tenant `{name}`")))?
            }
            None => return Err(Fault::BadRequest("`tenant`: whose mappings?".to_owned())),
        };
        // A sample may take the processor for a while: one at a time, and beside the messages.
        let Ok(turn) = self.trying.clone().try_lock_owned() else {
            return Err(Fault::Busy("another sample is tried now"));
        };
        let (files, now, name) = (snapshot.files_of(tenant), self.flow.ambient.now(), tenant.name.to_string());
        let legs = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let sample = Sample { body: &asked.text, given: "{}", now };
            tried(&files, &name, &sample, |tenant| trying(tenant, &asked))
        });
        let legs = legs.await.map_err(|_| Fault::Unavailable("the trial broke off".to_owned()))??;
        Ok(json!({ "tenant": wanted, "legs": legs.iter().map(Tried::json).collect::<Vec<_>>() }))
    }
}

/// What a trial is given beside the tenant's files.
pub(super) struct Sample<'s> {
    /// Of a request.
    pub(super) body: &'s str,
    /// As `given` of a case.
    pub(super) given: &'s str,
    pub(super) now: Timestamp,
}

/// What a leg comes to with these files alone, and which line of them said so.
pub(super) fn tried(
    files: &Files,
    name: &str,
    sample: &Sample<'_>,
    trying: impl FnOnce(&Tenant) -> Result<Trying, Fault>,
) -> Result<Vec<Tried>, Fault> {
    let (snapshot, problems) = stand::without_secrets(files, &private_key);
    let Some(tenant) = snapshot.tenant(name).cloned() else {
        let why = problems.into_iter().find(Diagnostic::is_error).map(|problem| problem.to_string());
        return Err(Fault::BadRequest(why.unwrap_or_else(|| "its files cannot be tried by themselves".to_owned())));
    };
    let (body, given, now): (Arc<[u8]>, _, _) = (Arc::from(sample.body.as_bytes()), sample.given, sample.now);
    let rsa_key_pem = if snapshot.key_sets().is_empty() { String::new() } else { private_key() };
    let sample = |name: &str| (name == stand::BODY).then(|| body.clone());
    let trial = Trial { snapshot: &snapshot, sample: &sample, given, answers: "[]", rsa_key_pem: &rsa_key_pem, now };
    let wrong = |problem: Box<Diagnostic>| Fault::BadRequest(problem.to_string());
    trial.run(&tenant, &trying(&tenant)?).map_err(wrong)
}

fn trying(tenant: &Tenant, asked: &Asked) -> Result<Trying, Fault> {
    let text = asked.text.clone();
    Ok(match asked.what {
        What::Message => Trying::Message(text),
        What::Event => Trying::Event(text),
        // A document of the model, or just what somebody writes.
        What::Inbound if text.trim_start().starts_with('{') => Trying::Inbound(text),
        What::Inbound => Trying::Inbound(stand::said(tenant, &text)),
        What::Request => {
            let (path, method, headers) = (asked.path.clone(), asked.method.clone(), asked.headers.clone());
            let asking = stand::Asking { path, method, headers, query: Map::new() };
            let written = asking.written(tenant);
            Trying::Request(written.ok_or_else(|| Fault::BadRequest("`path`: where does the request go?".to_owned()))?)
        }
    })
}

/// A key that signs for nobody, made once; where the library makes none, what is signed with one says so.
fn private_key() -> String {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok();
        let der: Option<Pkcs8V1Der<'static>> = pair.and_then(|pair| pair.as_der().ok());
        let Some(der) = der else { return String::new() };
        let text = STANDARD.encode(der.as_ref());
        // Base64 is ASCII: any place is a border of characters.
        let lines = (0..text.len()).step_by(64).filter_map(|start| text.get(start..text.len().min(start + 64)));
        let lines: String = lines.flat_map(|line| [line, "\n"]).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n")
    })
    .clone()
}
