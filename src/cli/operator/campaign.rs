//! `switchboard campaign`: where a campaign's messages stand at a running gateway, and which they are.

use clap::Args;
use serde_json::Value;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Which campaign.
#[derive(Debug, Args)]
pub(in crate::cli) struct CampaignOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Whose
    tenant: String,
    /// The platform's campaign, as its mapping reads it
    campaign: String,
    /// How many messages are listed
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: u16,
    /// Those before that message: the last one of the list before
    #[arg(long, value_name = "ID")]
    before: Option<String>,
}

/// In the order of a message's life.
const STANDS: [&str; 11] = [
    "queued",
    "sending",
    "in_doubt",
    "submitted",
    "delivered",
    "read",
    "undelivered",
    "rejected",
    "failed",
    "expired",
    "suppressed",
];

pub(super) async fn run(options: &CampaignOptions, remote: &Remote) -> Result<bool, Trouble> {
    let CampaignOptions { gateway, tenant, campaign, limit, before } = options;
    let limit = limit.to_string();
    let mut query = vec![("tenant", tenant.as_str()), ("campaign", campaign), ("limit", &limit)];
    query.extend(before.as_deref().map(|before| ("before", before)));
    let said = remote.get("/api/campaign", &query).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    outln!("{}", funnel(&said));
    let stands = STANDS.iter().filter(|word| said["stands"][**word] != 0);
    table(
        &["stands", ""],
        &stands.map(|word| vec![word.replace('_', " "), text(&said["stands"][*word])]).collect::<Vec<_>>(),
    );
    if said["whole"] != true {
        outln!("older messages are not counted: there are more than could be in the time of one answer");
    }
    outln!("");
    let columns = ["id", "accepted", "sender", "to", "stands"];
    let rows = said["messages"].as_array().cloned().unwrap_or_default();
    table(&columns, &rows.iter().map(|row| columns.map(|name| text(&row[name])).to_vec()).collect::<Vec<_>>());
    if let Some(next) = said["next"].as_str() {
        outln!("\nand older ones: --before {next}");
    }
    Ok(false)
}

/// How far they came: who read it had it delivered, and what was delivered the provider had taken.
fn funnel(said: &Value) -> String {
    let sum = |words: &[&str]| words.iter().filter_map(|word| said["stands"][*word].as_u64()).sum::<u64>();
    let (read, delivered) = (sum(&["read"]), sum(&["read", "delivered"]));
    let taken = delivered + sum(&["submitted", "undelivered"]);
    let accepted = &said["accepted"];
    format!("{accepted} accepted, {taken} taken by the provider, {delivered} delivered, {read} read")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_was_delivered_and_taken() {
        let stands = json!({ "read": 3, "delivered": 4, "submitted": 2, "undelivered": 1, "queued": 5 });
        let said = json!({ "accepted": 15, "stands": stands });
        assert_eq!(funnel(&said), "15 accepted, 10 taken by the provider, 7 delivered, 3 read");
    }
}
