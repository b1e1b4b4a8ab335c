//! What passed through a store, as samples for a comparison, and what its gateway serves. Read beside the gateway; nothing is
//! written, and nothing is kept a second time.
//!
//! A message is a sample of its sending and of the report of how far it came. Webhooks are kept whole where they could not be
//! used; of what else parties posted there are samples, masked.

use serde_json::{Map, Value as Json, json};

use super::upkeep::reading;
use super::{Storage, UpkeepError};
use crate::cases::{Sample, Trying, stand};
use crate::config::{Defaults, Files, Own};
use crate::diagnostic::Source;
use crate::model::Ref;
use crate::store::transfer::{self, Passed, Traffic, Unused};
use crate::store::{self, Came, TextKind};
use crate::value::Timestamp;

/// Names of texts that no file has now begin with it.
const SERVED: &str = "served";

/// Traffic of a store.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Oldest first.
    pub samples: Vec<Sample>,
    /// Older messages that were left out.
    pub left_out: u64,
    /// What is sealed with a key that is not given.
    pub closed: u64,
}

/// The newest `most` messages accepted since then, and unused webhooks and samples as old.
///
/// # Errors
/// [`UpkeepError`]: the store cannot be read.
pub async fn recorded(storage: &Storage, own: &Own, since: Timestamp, most: usize) -> Result<Recorded, UpkeepError> {
    let (mut raw, keys) = reading(storage, own).await?;
    let Traffic { messages, webhooks, samples, left_out, closed } =
        transfer::traffic(&mut *raw, &keys, since, most).await?;
    let all = messages.iter().flat_map(of_message).chain(webhooks.iter().map(of_webhook));
    let all = all.chain(samples.iter().map(of_sample));
    Ok(Recorded { samples: all.collect(), left_out, closed })
}

/// What the gateway of a store serves now: the last good text of every file. It has no schemas.
///
/// # Errors
/// [`UpkeepError`].
pub async fn served_files(storage: &Storage, own: &Own) -> Result<Files, UpkeepError> {
    let (mut raw, keys) = reading(storage, own).await?;
    let mut files = Files::default();
    for (kind, file, content) in transfer::served(&mut *raw, &keys).await? {
        let source = Source::new(format!("{SERVED}/{file}"), content);
        match kind {
            TextKind::Mapping => files.mappings.push(source),
            TextKind::Tenant => files.tenants.push(source),
            TextKind::Gateway => files.defaults = defaults(&source),
        }
    }
    Ok(files)
}

/// What the gateway's file said for all tenants: it was good when it was kept.
fn defaults(source: &Source) -> Defaults {
    Own::read(source, &mut Vec::new()).map(|own| own.defaults).unwrap_or_default()
}

fn of_message(message: &Passed) -> Vec<Sample> {
    let Passed { reference, tenant, at, body, best, reported } = message;
    let body = String::from_utf8_lossy(body).into_owned();
    let sample = |sort, trying: Trying, given: String| {
        let (tenant, id) = (tenant.clone(), reference.to_string());
        Sample { tenant, id, sort, trying, body: None, given, at: *at }
    };
    let report = best.filter(|_| *reported).map(|best| {
        let event = json!({ "status": best.as_str(), "at": at.calendar().map(|at| at.to_string()) });
        sample("reports", Trying::Event(event.to_string()), format!("{{\"message\": {body}}}"))
    });
    [sample("messages", Trying::Message(body.clone()), "{}".to_owned())].into_iter().chain(report).collect()
}

fn of_webhook(webhook: &Unused) -> Sample {
    let Unused { id, tenant, path, at, body, came } = webhook;
    Sample {
        tenant: tenant.clone(),
        id: format!("letter {id}"),
        sort: "dead letters",
        trying: Trying::Request(request(path, came)),
        body: Some(body.as_ref().into()),
        given: "{}".to_owned(),
        at: *at,
    }
}

fn of_sample(sample: &store::Sample) -> Sample {
    let store::Sample { id, tenant, leg, path, content, came, at, .. } = sample;
    let sort = match leg.as_str() {
        "send" => "requests to send",
        "status" => "statuses",
        _ => "inbound messages",
    };
    Sample {
        tenant: tenant.to_string(),
        id: format!("request {}", Ref::from_number(*id)),
        sort,
        trying: Trying::Request(request(path, came)),
        body: Some(content.as_ref().into()),
        given: "{}".to_owned(),
        at: *at,
    }
}

/// A request as it came, as a case has it.
fn request(path: &str, came: &Came) -> String {
    let texts = |pairs: Vec<(String, String)>| -> Map<String, Json> {
        pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let query = url::form_urlencoded::parse(came.query.as_bytes()).into_owned().collect();
    stand::request(path, &came.method, &texts(came.headers.clone()), &texts(query))
}
