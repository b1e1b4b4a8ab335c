//! `switchboard campaign`: where a campaign's messages stand at a running gateway, and which they are.

use clap::Args;
use serde_json::Value;

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;
use crate::operate::STANDS;

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

fn funnel(said: &Value) -> String {
    let (accepted, far) = (&said["accepted"], &said["funnel"]);
    format!(
        "{accepted} accepted, {} taken by the provider, {} delivered, {} read",
        far["taken"], far["delivered"], far["read"]
    )
}
