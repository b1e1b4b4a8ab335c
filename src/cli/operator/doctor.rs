//! `switchboard doctor`: everything that is known to go wrong with a tenant, looked at now; what is found comes first, with
//! what to do.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, text};
use crate::app::{Remote, RemoteError};
use crate::cli::out::outln;

/// A gateway that watches the folder has read a new file within this.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(200);

/// Whose.
#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// The tenant
    tenant: String,
}

pub(super) async fn run(options: &DoctorOptions, remote: &Remote) -> Result<bool, Trouble> {
    let said = remote.post("/api/doctor", &json!({ "tenant": options.tenant })).await?;
    if options.gateway.json {
        outln!("{said}");
    } else {
        show(&said);
    }
    Ok(said["findings"] != 0)
}

/// The same of a tenant whose file was just written: it is served within moments.
pub(super) async fn newcomer(tenant: &str, remote: &Remote) -> Result<bool, Trouble> {
    let began = Instant::now();
    let said = loop {
        match remote.post("/api/doctor", &json!({ "tenant": tenant })).await {
            Err(RemoteError::Refused(_)) if began.elapsed() < PATIENCE => tokio::time::sleep(LOOK).await,
            said => break said?,
        }
    };
    show(&said);
    Ok(said["findings"] != 0)
}

/// What was found, for people.
fn show(said: &Value) {
    let none = Vec::new();
    let checks = said["checks"].as_array().unwrap_or(&none);
    let first = checks.iter().find(|check| check["state"] == "finding");
    let findings = match said["findings"].as_u64().unwrap_or_default() {
        0 => "nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    let first = first.map(|check| format!(": {}", text(&check["says"]))).unwrap_or_default();
    outln!("{}: {findings}{first}", text(&said["tenant"]));
    for check in checks {
        let mark = match check["state"].as_str() {
            Some("finding") => "FOUND",
            Some("unseen") => "look ",
            _ => "ok   ",
        };
        outln!("{mark}  {}: {}", text(&check["check"]), clean(&text(&check["says"])));
        if let Some(fix) = check["fix"].as_str() {
            outln!("       → {}", clean(fix));
        }
    }
}

/// What others made up must not move the cursor.
fn clean(text: &str) -> String {
    text.replace(char::is_control, "?")
}
