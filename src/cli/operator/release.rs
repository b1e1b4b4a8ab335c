//! `switchboard release`: held lanes try again at once.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;

/// Which lanes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Of that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// Of that sender alone
    #[arg(long, value_name = "NUMBER")]
    sender: Option<String>,
}

pub(super) async fn run(options: &ReleaseOptions, remote: &Remote) -> Result<bool, Trouble> {
    let body = json!({ "tenant": options.tenant, "sender": options.sender });
    let said = remote.post("/api/release", &body).await?;
    if options.gateway.json {
        println!("{said}");
        return Ok(false);
    }
    let lanes = said["released"].as_array().cloned().unwrap_or_default();
    if lanes.is_empty() {
        println!("no lane is held");
        return Ok(false);
    }
    let row = |lane: &Value| vec![text(&lane["tenant"]), text(&lane["sender"])];
    table(&["tenant", "sender"], &lanes.iter().map(row).collect::<Vec<_>>());
    println!("each sends one message now; the rest follows if that goes well");
    Ok(false)
}
