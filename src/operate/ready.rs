//! `/readyz`: whether messages can be taken, and how the configuration stands.
//!
//! A broken file makes nothing unready: its last good text is served, and whoever restarts or drains a gateway for it makes
//! things worse. It stands in the details.

use serde_json::{Value, json};

use super::api::briefly;
use super::standing::{Standing, file};
use super::{Desk, JSON, reply};
use crate::diagnostic::Diagnostic;
use crate::model::wire::Reply;
use crate::store::Node;

impl Desk {
    pub(super) async fn ready(&self) -> Reply {
        let store = self.writable().await;
        let standing = self.standing();
        let store = match &store {
            Ok(()) => json!({ "writable": true }),
            Err(problem) => json!({ "writable": false, "problem": problem }),
        };
        let ready = store["writable"] == true;
        let mut body = json!({ "ready": ready, "store": store, "configuration": configuration(&standing) });
        let paused = self.flow.store.paused();
        if !paused.is_empty() {
            body["paused"] = paused.iter().map(briefly).collect();
        }
        let nodes = self.flow.store.nodes();
        if !nodes.is_empty() {
            body["nodes"] = nodes.iter().map(node).collect();
        }
        reply(if ready { 200 } else { 503 }, JSON, body.to_string())
    }
}

/// A gateway that shares the store.
fn node(node: &Node) -> Value {
    json!({
        "id": node.id,
        "own": node.own,
        "program": node.program,
        "configuration": node.configuration,
        "parts": node.parts,
    })
}

fn configuration(standing: &Standing) -> Value {
    let loaded = jiff::Timestamp::from_millisecond(standing.at.millis()).map(|at| at.to_string());
    let [mappings, tenants] = standing.files;
    json!({
        "version": standing.version,
        "loaded_at": loaded.ok(),
        "failure": standing.failure,
        "files": { "mappings": mappings, "tenants": tenants },
        "problems": standing.problems.iter().map(|found| problem(found, standing)).collect::<Vec<_>>(),
        "last_good": standing.last_good.iter().map(|file| &**file).collect::<Vec<_>>(),
    })
}

/// As `check --json` has it, with what is served in the meantime.
fn problem(found: &Diagnostic, standing: &Standing) -> Value {
    let mut problem = serde_json::to_value(found).unwrap_or_default();
    if let Some(file) = file(found).filter(|_| found.is_error()) {
        problem["served"] = json!(if standing.last_good.contains(&file) { "last good" } else { "nothing" });
    }
    problem
}
