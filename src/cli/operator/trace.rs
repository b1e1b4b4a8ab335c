//! `switchboard trace`: everything that is known of a message, by any of its ids.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;

/// Which message.
#[derive(Debug, Args)]
pub(in crate::cli) struct TraceOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// The gateway's own id (m-…), the provider's, the platform's, or the recipient's number: the newest message from each sender
    id: String,
    /// Of that tenant alone
    #[arg(long)]
    tenant: Option<String>,
}

/// What is asked of a message first, in this order.
const ABOUT: [&str; 13] = [
    "found_by",
    "tenant",
    "platform",
    "provider",
    "sender",
    "to",
    "platform_id",
    "provider_id",
    "origin",
    "class",
    "mapping",
    "accepted",
    "expires",
];

pub(super) async fn run(options: &TraceOptions, remote: &Remote) -> Result<bool, Trouble> {
    let TraceOptions { gateway, id, tenant } = options;
    let said = remote.post("/api/trace", &json!({ "id": id, "tenant": tenant })).await?;
    if gateway.json {
        println!("{said}");
        return Ok(false);
    }
    let messages = list(&said["messages"]);
    for (place, message) in messages.iter().enumerate() {
        if place > 0 {
            println!();
        }
        show(message);
    }
    if said["more"] != 0 {
        println!("\nand {} older messages of that id: name the one you mean by its own id, m-…", text(&said["more"]));
    }
    Ok(false)
}

/// A message, for people.
pub(super) fn show(message: &Value) {
    println!("{}: {}", text(&message["id"]), verdict(message));
    let about = ABOUT.iter().filter(|name| !message[**name].is_null());
    table(&["", ""], &about.map(|name| vec![name.replace('_', " "), text(&message[*name])]).collect::<Vec<_>>());
    println!("content {}", message["content"]);
    println!();
    let cells = |value: &Value, names: &[&str]| names.iter().map(|name| text(&value[*name])).collect::<Vec<_>>();
    let rows = |name: &str, columns: &[&str]| -> Vec<Vec<String>> {
        list(&message[name]).iter().map(|row| cells(row, columns)).collect()
    };
    let timeline = ["at", "leg", "what"];
    table(&timeline, &rows("timeline", &timeline));
    let waiting = ["call", "since", "attempts", "due"];
    let calls = rows("waiting", &waiting);
    if !calls.is_empty() {
        println!("\nwaiting to be told:");
        table(&waiting, &calls);
    }
}

/// Where it stands, in a line: what an operator asks first.
fn verdict(message: &Value) -> String {
    let attempts = message["attempts"].as_u64().unwrap_or_default();
    let mut said = vec![text(&message["phase"]).replace('_', " "), format!("{attempts} attempts")];
    let news = list(&message["timeline"]);
    let failed =
        news.iter().rev().find(|line| line["leg"] == "status").filter(|line| text(&line["what"]).contains("failed"));
    match (message["best"].as_str(), failed) {
        (Some(best), _) => said.push(format!("the provider says {best}")),
        (None, Some(line)) => said.push(format!("the provider says {}", text(&line["what"]))),
        (None, None) => {}
    }
    let told: Vec<String> = list(&message["reported"]).iter().map(text).collect();
    said.push(if told.is_empty() { "nothing reported".to_owned() } else { format!("reported {}", told.join(", ")) });
    if let Some(probe) = message["held"]["probe"].as_str() {
        said.push(format!("its lane is held, tried again {probe}"));
    }
    if let Some(wakes) = message["wakes"].as_str() {
        said.push(format!("looked at again {wakes}"));
    }
    if message["opted_out"] == true {
        said.push("the recipient has opted out".to_owned());
    }
    if message["forgotten"] == true {
        said.push("its recipient was forgotten".to_owned());
    }
    let letters = list(&message["dead_letters"]).len();
    if letters > 0 {
        said.push(format!("{letters} dead letters"));
    }
    said.join("; ")
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
