//! `switchboard ledger`: where every tenant's messages stand, and whether that adds up.

use clap::Args;
use serde_json::Value;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Which accounts.
#[derive(Debug, Args)]
pub(in crate::cli) struct LedgerOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Of that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// Count all stored messages anew first, instead of showing what the last count came to
    #[arg(long)]
    recount: bool,
}

const COLUMNS: [&str; 9] =
    ["accepted", "submitted", "rejected", "suppressed", "expired", "failed", "in_flight", "queued", "difference"];

/// Whether something does not add up.
pub(super) async fn run(options: &LedgerOptions, remote: &Remote) -> Result<bool, Trouble> {
    let mut query = Vec::new();
    query.extend(options.tenant.as_deref().map(|tenant| ("tenant", tenant)));
    query.extend(options.recount.then_some(("recount", "now")));
    let said = remote.get("/api/ledger", &query).await?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (tenants, differences) = (list(&said["tenants"]), list(&said["recount"]["differences"]));
    let off = tenants.iter().any(|tenant| tenant["difference"] != 0) || !differences.is_empty();
    if options.gateway.json {
        outln!("{said}");
        return Ok(off);
    }
    let heads: Vec<&str> = ["tenant"].into_iter().chain(COLUMNS).collect();
    let row = |tenant: &Value| -> Vec<String> {
        std::iter::once("tenant").chain(COLUMNS).map(|column| text(&tenant[column])).collect()
    };
    table(&heads, &tenants.iter().map(row).collect::<Vec<_>>());
    match said["recount"]["at"].as_str() {
        None => outln!("not counted anew yet: --recount does it now"),
        Some(at) if differences.is_empty() => outln!("counted anew {at}: every message is where the ledger has it"),
        Some(at) => outln!("counted anew {at}: the ledger is wrong"),
    }
    for difference in &differences {
        for column in &COLUMNS[..8] {
            let (told, counted) = (&difference["told"][column], &difference["counted"][column]);
            if told != counted {
                outln!("  {}: {column}: the ledger says {told}, there are {counted}", text(&difference["tenant"]));
            }
        }
    }
    Ok(off)
}
