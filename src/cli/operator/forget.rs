//! `switchboard forget`: a person is erased at a running gateway.

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, text};
use crate::app::Remote;
use crate::cli::out::outln;

/// Who.
#[derive(Debug, Args)]
pub(in crate::cli) struct ForgetOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// The person's number with the country code, however it is written, or the provider's id of the person
    number: String,
    /// By that tenant alone
    #[arg(long)]
    tenant: Option<String>,
}

pub(super) async fn run(options: &ForgetOptions, remote: &Remote) -> Result<bool, Trouble> {
    let ForgetOptions { gateway, number, tenant } = options;
    let said = remote.post("/api/forget", &json!({ "number": number, "tenant": tenant })).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    show(&said);
    Ok(false)
}

/// What was erased, for people.
pub(in crate::cli) fn show(said: &Value) {
    let count = |name: &str| text(&said[name]);
    outln!("forgotten: {} messages, {} of them unfinished", count("messages"), count("unfinished"));
    outln!("           {} calls that waited, {} dead letters", count("calls"), count("dead_letters"));
    outln!("           {} addresses; {} opt-outs hold on", count("addresses"), count("suppressions"));
}
