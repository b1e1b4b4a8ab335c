//! `switchboard release`: what is held tries again at once.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Which lanes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Of that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// Of that sender alone; no calls
    #[arg(long, value_name = "NUMBER", conflicts_with = "call")]
    sender: Option<String>,
    /// Calls of that name alone, such as reports
    #[arg(long, value_name = "NAME")]
    call: Option<String>,
    /// Shows what is held, since when and until when; changes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(options: &ReleaseOptions, remote: &Remote) -> Result<bool, Trouble> {
    let ReleaseOptions { gateway, tenant, sender, call, dry_run } = options;
    let said = if *dry_run {
        let given = [("tenant", tenant), ("sender", sender), ("call", call)];
        let query: Vec<_> = given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        remote.get("/api/held", &query).await?
    } else {
        remote.post("/api/release", &json!({ "tenant": tenant, "sender": sender, "call": call })).await?
    };
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    let listed = |name: &str| said[name].as_array().cloned().unwrap_or_default();
    let (lanes, people) = (listed(if *dry_run { "lanes" } else { "released" }), listed("recipients"));
    for one in listed("paused") {
        let sender = one["sender"].as_str().map(|sender| format!(" from {sender}"));
        let campaign = one["campaign"].as_str().map(|campaign| format!(", campaign {campaign},"));
        outln!(
            "{}{} is paused since {} by {}: {}; `switchboard resume` ends that",
            text(&one["tenant"]),
            sender.or(campaign).unwrap_or_default(),
            text(&one["since"]),
            text(&one["who"]),
            text(&one["reason"])
        );
    }
    if lanes.is_empty() && people.is_empty() {
        outln!("nothing is held");
        return Ok(false);
    }
    if !lanes.is_empty() {
        let columns =
            if *dry_run { &["tenant", "sender", "call", "since", "probe"][..] } else { &["tenant", "sender", "call"] };
        let row = |lane: &Value| columns.iter().map(|column| text(&lane[column])).collect();
        table(columns, &lanes.iter().map(row).collect::<Vec<_>>());
    }
    for one in &people {
        outln!("{} from {}: {} people are left alone", text(&one["tenant"]), text(&one["sender"]), text(&one["count"]));
    }
    if !dry_run {
        outln!("what waited goes on, lanes of messages with one as a probe");
    }
    Ok(false)
}
