//! `switchboard pause`, `resume` and `cancel`: a tenant's messages at a running gateway stand still, go on, or end.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// What stands still.
#[derive(Debug, Args)]
pub(in crate::cli) struct PauseOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Whose messages
    tenant: String,
    /// From that number alone
    #[arg(long, value_name = "NUMBER", conflicts_with = "campaign")]
    sender: Option<String>,
    /// Of that campaign of the platform alone
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Why, in one line: it is shown beside the pause
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What goes on.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResumeOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Whose messages
    tenant: String,
    /// From that number alone; without it and --campaign, all that is paused of the tenant
    #[arg(long, value_name = "NUMBER", conflicts_with = "campaign")]
    sender: Option<String>,
    /// Of that campaign of the platform alone
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
}

/// What ends.
#[derive(Debug, Args)]
pub(in crate::cli) struct CancelOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Whose messages
    tenant: String,
    /// From that number alone
    #[arg(long, value_name = "NUMBER", conflicts_with = "campaign")]
    sender: Option<String>,
    /// Of that campaign of the platform alone
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Only says how many are queued or in doubt
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn pause(options: &PauseOptions, remote: &Remote) -> Result<bool, Trouble> {
    let PauseOptions { gateway, tenant, sender, campaign, reason } = options;
    let asked = json!({ "tenant": tenant, "sender": sender, "campaign": campaign, "reason": reason });
    let said = remote.post("/api/pause", &asked).await?;
    if gateway.json {
        outln!("{said}");
    } else if said["changed"] == true {
        let part = campaign.as_ref().map_or_else(String::new, |campaign| format!(" --campaign {campaign}"));
        outln!("paused: messages are accepted, and none goes out until `switchboard resume {tenant}{part}`");
    } else {
        outln!("it was paused before");
    }
    Ok(false)
}

pub(super) async fn resume(options: &ResumeOptions, remote: &Remote) -> Result<bool, Trouble> {
    let ResumeOptions { gateway, tenant, sender, campaign } = options;
    let asked = json!({ "tenant": tenant, "sender": sender, "campaign": campaign });
    let said = remote.post("/api/resume", &asked).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    outln!("{}", if said["changed"] == true { "what was queued goes on" } else { "nothing was paused" });
    if said["paused"] == true {
        outln!("but all of the tenant is paused still: `switchboard resume {tenant}` alone");
    }
    Ok(false)
}

/// A piece at a time, until all that was there when it began has ended.
pub(super) async fn cancel(options: &CancelOptions, remote: &Remote) -> Result<bool, Trouble> {
    let CancelOptions { gateway, tenant, sender, campaign, dry_run } = options;
    let (mut upto, mut messages) = (Value::Null, 0);
    loop {
        let asked = json!({
            "tenant": tenant, "sender": sender, "campaign": campaign, "dry_run": dry_run, "upto": upto,
        });
        let said = remote.post("/api/cancel", &asked).await?;
        messages += said["messages"].as_u64().unwrap_or_default();
        upto = said["upto"].clone();
        if said["more"] != true {
            break;
        }
        if !gateway.json {
            outln!("{messages} so far");
        }
    }
    match (gateway.json, dry_run) {
        (true, _) => outln!("{}", json!({ "messages": messages, "upto": text(&upto), "dry_run": dry_run })),
        (false, true) => outln!("{messages} messages are queued or in doubt; nothing was cancelled"),
        (false, false) => outln!("{messages} messages were cancelled; the platform is told that they failed"),
    }
    Ok(false)
}
