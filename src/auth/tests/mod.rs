//! Who gets in and who does not. The keys beside this file were made for these tests and open nothing.

mod client_credentials;
mod incoming;
mod key_sets;
mod outgoing;
mod signatures;
mod tokens;

use bytes::Bytes;

use super::*;
use crate::model::wire;

const NOW: Timestamp = Timestamp::from_millis(1_793_783_000_000);

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new((*text).to_owned())).collect()
}

fn request(headers: &[(&str, &str)], query: &str, body: &str) -> wire::Incoming {
    wire::Incoming {
        method: "POST".to_owned(),
        path: "/webhooks/status".to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: None,
    }
}

/// Claims with some changed; null takes one away.
fn changed(mut claims: serde_json::Value, changes: &serde_json::Value) -> serde_json::Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

/// The tenants, or the cause; `nobody` is said with it.
type Outcome<Tenants> = Result<Tenants, (Cause, bool)>;

fn outcome(index: &Index, request: &wire::Incoming) -> Outcome<Vec<usize>> {
    outcome_at(index, request, &[], NOW)
}

fn outcome_at(
    index: &Index,
    incoming: &wire::Incoming,
    path: &[(&str, String)],
    now: Timestamp,
) -> Outcome<Vec<usize>> {
    let verified = index
        .verify(&Request { incoming, path, public_url: Some("https://mycompany.com"), keys: &KeyRing::default() }, now)
        .map_err(|failure| (failure.cause, failure.nobody))?;
    Ok(verified.tenants)
}
