//! `switchboard send`: one message to one number at a running gateway, followed until it is known what became of it.

use std::time::{Duration, Instant};

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::{GatewayOptions, Trouble, text, trace};
use crate::app::Remote;
use crate::cli::out::outln;
use crate::model::parse_duration;

/// To whom, and what.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["template", "text"]))]
pub(in crate::cli) struct SendOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Whose message
    tenant: String,
    /// The person's number with the country code, however it is written
    number: String,
    /// The approved template's name
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// Its language; needed where there are several
    #[arg(long, value_name = "CODE", requires = "template")]
    language: Option<String>,
    /// A placeholder's value, once for each: `1=Asha`, `header.link=https://…`, `button.0=…`, `card.0.1=…`
    #[arg(long = "set", value_name = "PLACEHOLDER=VALUE", requires = "template")]
    values: Vec<String>,
    /// A text instead; the person must have written within 24 hours
    #[arg(long)]
    text: Option<String>,
    /// The sender [default: the tenant's first number]
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// Follow it until it is delivered or failed, but no longer
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "60s")]
    wait: Option<String>,
}

/// How often a message is looked at.
const LOOK: Duration = Duration::from_millis(250);

pub(super) async fn run(options: &SendOptions, remote: &Remote) -> Result<bool, Trouble> {
    let wait = options.wait.as_deref().map(parse_duration).transpose();
    let wait = wait.map_err(|problem| Trouble::Usage(format!("--wait: {problem}")))?;
    let sent = remote.post("/api/send", &asked(options)?).await?;
    let Some(wait) = wait else {
        if options.gateway.json {
            outln!("{sent}");
        } else {
            outln!("{}: queued; `switchboard trace {0}` says what becomes of it", text(&sent["id"]));
        }
        return Ok(false);
    };
    let until = Instant::now() + wait;
    let message = loop {
        let asked = json!({ "id": sent["id"], "tenant": sent["tenant"] });
        let said = remote.post("/api/trace", &asked).await?;
        let message = said["messages"][0].clone();
        if is_final(&message) || Instant::now() >= until {
            break message;
        }
        tokio::time::sleep(LOOK).await;
    };
    if options.gateway.json {
        outln!("{message}");
    } else {
        trace::show(&message);
        if !is_final(&message) {
            outln!("\nno final word within {} s: `switchboard trace {}` goes on", wait.as_secs(), text(&message["id"]));
        }
    }
    Ok(!has_arrived(&message))
}

fn asked(options: &SendOptions) -> Result<Value, Trouble> {
    let SendOptions { tenant, number, template, language, text, from, .. } = options;
    let mut values = Map::new();
    for given in &options.values {
        let (name, value) = given.split_once('=').ok_or_else(|| {
            Trouble::Usage(format!("--set: `{given}` has no `=`: write PLACEHOLDER=VALUE, such as 1=Asha"))
        })?;
        if values.insert(name.to_owned(), json!(value)).is_some() {
            return Err(Trouble::Usage(format!("--set: `{name}` is given twice")));
        }
    }
    Ok(json!({
        "tenant": tenant, "to": number, "from": from, "template": template, "language": language, "values": values,
        "text": text,
    }))
}

fn has_arrived(message: &Value) -> bool {
    matches!(message["best"].as_str(), Some("delivered" | "read"))
}

/// Whether nothing that comes later makes another thing of it; a provider's yes is not that yet.
fn is_final(message: &Value) -> bool {
    let phase = message["phase"].as_str();
    has_arrived(message)
        || message["failed"] == true
        || matches!(phase, Some("rejected" | "failed" | "suppressed" | "expired"))
}
