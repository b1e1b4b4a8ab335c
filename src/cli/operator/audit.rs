//! `switchboard audit`: who changed what at a running gateway, and who was shown personal data.

use clap::Args;
use serde_json::Value;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Which lines.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuditOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Of that tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Of that token
    #[arg(long, value_name = "TOKEN")]
    who: Option<String>,
    /// Of that kind: redrive, release, forget, send, doctor, reveal, token make, token revoke, pause, resume, cancel, suppressions add, lift, import, export
    #[arg(long, value_name = "WORD")]
    what: Option<String>,
    /// Since that time, or for no longer than so long: 2026-11-04T09:14:06Z, 24h
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    limit: String,
}

const COLUMNS: [&str; 5] = ["at", "who", "what", "tenant", "about"];

pub(super) async fn run(options: &AuditOptions, remote: &Remote) -> Result<bool, Trouble> {
    let AuditOptions { gateway, tenant, who, what, since, limit } = options;
    let filters = [("tenant", tenant), ("who", who), ("what", what), ("since", since)];
    let mut query: Vec<(&str, &str)> =
        filters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    query.push(("limit", limit));
    let said = remote.get("/api/audit", &query).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    let row = |line: &Value| COLUMNS.iter().map(|column| text(&line[*column])).collect();
    let rows: Vec<Vec<String>> = said["audit"].as_array().into_iter().flatten().map(row).collect();
    table(&COLUMNS, &rows);
    Ok(false)
}
