//! `switchboard usage`: what each number used by month and category at a running gateway, and what the provider said that it
//! costs.

use clap::Args;
use serde_json::Value;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Whose, and when.
#[derive(Debug, Args)]
pub(in crate::cli) struct UsageOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Of that tenant alone
    tenant: Option<String>,
    /// One month, instead of this one
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["from", "to"])]
    month: Option<String>,
    /// The first month of several
    #[arg(long, value_name = "YYYY-MM")]
    from: Option<String>,
    /// The last one; this one, if it is left out
    #[arg(long, value_name = "YYYY-MM")]
    to: Option<String>,
    /// Print lines of comma-separated values, with a head
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

const COLUMNS: [&str; 8] = ["month", "tenant", "sender", "category", "messages", "priced", "currency", "cost"];
const SUMS: [&str; 4] = ["currency", "messages", "priced", "cost"];

pub(super) async fn run(options: &UsageOptions, remote: &Remote) -> Result<bool, Trouble> {
    let UsageOptions { gateway, tenant, month, from, to, csv } = options;
    let asked = [("tenant", tenant), ("month", month), ("from", from), ("to", to)];
    let query: Vec<(&str, &str)> = asked.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let said = remote.get("/api/usage", &query).await?;
    let rows = |name: &str| said[name].as_array().cloned().unwrap_or_default();
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    if *csv {
        outln!("{}", COLUMNS.join(","));
        rows("usage").iter().for_each(|row| outln!("{}", comma_separated(row)));
        return Ok(false);
    }
    let cells = |row: &Value, columns: &[&str]| columns.iter().map(|name| text(&row[*name])).collect::<Vec<_>>();
    let usage: Vec<Vec<String>> = rows("usage").iter().map(|row| cells(row, &COLUMNS)).collect();
    if usage.is_empty() {
        outln!("no provider took a message {}", span(&said));
        return Ok(false);
    }
    table(&COLUMNS, &usage);
    outln!("\nin all, {}:", span(&said));
    table(&SUMS, &rows("totals").iter().map(|row| cells(row, &SUMS)).collect::<Vec<_>>());
    if said["whole"] != true {
        outln!("\nthere is more than is listed: name a tenant, or fewer months");
    }
    Ok(false)
}

fn span(said: &Value) -> String {
    let (from, to) = (text(&said["from"]), text(&said["to"]));
    if from == to { format!("in {from}") } else { format!("from {from} to {to}") }
}

/// A row as RFC 4180 has it. What a sheet would take for a formula is made a text.
fn comma_separated(row: &Value) -> String {
    let cell = |name: &&str| {
        let text = if row[*name].is_null() { String::new() } else { text(&row[*name]) };
        let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_read_back_as_it_was() {
        let row = json!({
            "month": "2026-11", "tenant": "acme", "sender": "14155550100", "category": "a, \"b\"", "messages": 3,
            "priced": 2, "currency": "EUR", "cost": "0.0999",
        });
        assert_eq!(comma_separated(&row), "2026-11,acme,14155550100,\"a, \"\"b\"\"\",3,2,EUR,0.0999");
        let row = json!({ "month": "2026-11", "tenant": "acme", "sender": "1", "category": "=1+1", "messages": 0 });
        assert_eq!(comma_separated(&row), "2026-11,acme,1,'=1+1,0,,,");
    }
}
