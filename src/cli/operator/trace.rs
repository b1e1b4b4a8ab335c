//! `switchboard trace`: everything that is known of a message, by any of its ids.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, bundle, table, text};
use crate::app::Remote;
use crate::cli::out::{out, outln};

/// Which message.
#[derive(Debug, Args)]
pub(in crate::cli) struct TraceOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// The gateway's own id (m-…), the provider's, the platform's, the recipient's number (the newest message from each sender), or the platform's campaign
    id: String,
    /// Of that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// What a vendor's support wants to know of it, masked, as Markdown: the fields of its form, the trace, the call as the mapping makes it, and which line made what
    #[arg(long)]
    bundle: bool,
    /// Whom the support answers
    #[arg(long, value_name = "EMAIL", requires = "bundle")]
    contact: Option<String>,
    /// What it is about [default: what the trace says first]
    #[arg(long, value_name = "TEXT", requires = "bundle")]
    subject: Option<String>,
    /// The campaign's name in the platform's dashboard
    #[arg(long, value_name = "NAME", requires = "bundle")]
    campaign: Option<String>,
}

/// What is asked of a message first, in this order.
pub(super) const ABOUT: [&str; 15] = [
    "found_by",
    "tenant",
    "platform",
    "provider",
    "sender",
    "to",
    "platform_id",
    "campaign",
    "provider_id",
    "origin",
    "class",
    "cost",
    "mapping",
    "accepted",
    "expires",
];

pub(super) async fn run(options: &TraceOptions, remote: &Remote) -> Result<bool, Trouble> {
    let TraceOptions { gateway, id, tenant, contact, subject, campaign, .. } = options;
    let ticket = options.bundle.then(|| json!({ "contact": contact, "subject": subject, "campaign": campaign }));
    let said = remote.post("/api/trace", &json!({ "id": id, "tenant": tenant, "bundle": ticket })).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    if options.bundle {
        out!("{}", bundle::markdown(&said));
        return Ok(false);
    }
    let messages = list(&said["messages"]);
    if let Some(first) = messages.first().filter(|first| first["found_by"] == "campaign") {
        outln!(
            "a campaign; all of it: `switchboard campaign {} {}`\n",
            text(&first["tenant"]),
            text(&first["campaign"])
        );
    }
    for (place, message) in messages.iter().enumerate() {
        if place > 0 {
            outln!("");
        }
        show(message);
    }
    if said["more"] != 0 {
        outln!("\nand {} older messages of that id: name the one you mean by its own id, m-…", text(&said["more"]));
    }
    Ok(false)
}

/// A message, for people.
pub(super) fn show(message: &Value) {
    outln!("{}: {}", text(&message["id"]), text(&message["verdict"]));
    let about = ABOUT.iter().filter(|name| !message[**name].is_null());
    table(&["", ""], &about.map(|name| vec![name.replace('_', " "), text(&message[*name])]).collect::<Vec<_>>());
    outln!("content {}", message["content"]);
    outln!("");
    let cells = |value: &Value, names: &[&str]| names.iter().map(|name| text(&value[*name])).collect::<Vec<_>>();
    let rows = |name: &str, columns: &[&str]| -> Vec<Vec<String>> {
        list(&message[name]).iter().map(|row| cells(row, columns)).collect()
    };
    let timeline = ["at", "leg", "what"];
    table(&timeline, &rows("timeline", &timeline));
    let waiting = ["call", "since", "attempts", "due"];
    let calls = rows("waiting", &waiting);
    if !calls.is_empty() {
        outln!("\nwaiting to be told:");
        table(&waiting, &calls);
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
