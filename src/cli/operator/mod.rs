//! Commands about a running gateway: they speak its admin API, and print what it says.

mod audit;
mod bundle;
mod campaign;
mod doctor;
mod forget;
mod ledger;
mod redrive;
mod release;
mod send;
mod steer;
mod suppressions;
mod token;
mod top;
mod trace;
mod usage;

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use url::Url;

use super::options::admin_token;
use super::{fail, runtime};
use crate::app::{Remote, RemoteError};
use crate::cli::out::outln;

pub(super) use audit::AuditOptions;
pub(super) use campaign::CampaignOptions;
pub(super) use doctor::DoctorOptions;
pub(super) use forget::{ForgetOptions, show as show_forgotten};
pub(super) use ledger::LedgerOptions;
pub(super) use redrive::RedriveOptions;
pub(super) use release::ReleaseOptions;
pub(super) use send::SendOptions;
pub(super) use steer::{CancelOptions, PauseOptions, ResumeOptions};
pub(super) use suppressions::SuppressionsCommand;
pub(super) use token::TokenCommand;
pub(super) use top::TopOptions;
pub(super) use trace::TraceOptions;
pub(super) use usage::UsageOptions;

/// Which gateway. Its token is in `SWITCHBOARD_ADMIN_TOKEN`.
#[derive(Clone, Debug, Args)]
pub(super) struct GatewayOptions {
    /// The gateway's admin listener; its token is read from SWITCHBOARD_ADMIN_TOKEN
    #[arg(long, env = "SWITCHBOARD_ADMIN", value_name = "URL", default_value = "http://127.0.0.1:8081")]
    admin: Url,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Why a command came to no end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
}

pub(super) fn ledger(options: &LedgerOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| ledger::run(options, remote).await))
}

pub(super) fn redrive(options: &RedriveOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| redrive::run(options, remote).await))
}

pub(super) fn release(options: &ReleaseOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| release::run(options, remote).await))
}

pub(super) fn token(command: &TokenCommand) -> ExitCode {
    end(on(command.gateway(), async |remote| token::run(command, remote).await))
}

pub(super) fn audit(options: &AuditOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| audit::run(options, remote).await))
}

pub(super) fn trace(options: &TraceOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| trace::run(options, remote).await))
}

pub(super) fn top(options: &TopOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| top::run(options, remote).await))
}

pub(super) fn campaign(options: &CampaignOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| campaign::run(options, remote).await))
}

pub(super) fn usage(options: &UsageOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| usage::run(options, remote).await))
}

pub(super) fn doctor(options: &DoctorOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| doctor::run(options, remote).await))
}

pub(super) fn send(options: &SendOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| send::run(options, remote).await))
}

pub(super) fn pause(options: &PauseOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| steer::pause(options, remote).await))
}

pub(super) fn resume(options: &ResumeOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| steer::resume(options, remote).await))
}

pub(super) fn cancel(options: &CancelOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| steer::cancel(options, remote).await))
}

pub(super) fn suppressions(command: &SuppressionsCommand) -> ExitCode {
    end(on(command.gateway(), async |remote| suppressions::run(command, remote).await))
}

pub(super) fn forget(options: &ForgetOptions) -> ExitCode {
    end(on(&options.gateway, async |remote| forget::run(options, remote).await))
}

/// What `doctor` says of a tenant whose file was just written, where a gateway runs that may be asked.
pub(super) fn examined(admin: &Url, tenant: &str) -> ExitCode {
    let gateway = GatewayOptions { admin: admin.clone(), json: false };
    match on(&gateway, async |remote| doctor::newcomer(tenant, remote).await) {
        Ok(findings) => ExitCode::from(u8::from(findings)),
        Err(problem) => {
            outln!("no gateway was asked: {problem}");
            outln!("once it runs: switchboard doctor {tenant}");
            ExitCode::SUCCESS
        }
    }
}

/// Runs a command; whether it had findings.
fn on(gateway: &GatewayOptions, command: impl AsyncFnOnce(&Remote) -> Result<bool, Trouble>) -> Result<bool, Trouble> {
    if !matches!(gateway.admin.scheme(), "http" | "https") {
        return Err(Trouble::Usage(format!("--admin: `{}` is no http or https URL", gateway.admin)));
    }
    let token = admin_token().map_err(|problem| Trouble::Usage(problem.to_string()))?;
    let none =
        "SWITCHBOARD_ADMIN_TOKEN is not set: it is the token that `serve` was given, or showed at its first start";
    let token = token.ok_or_else(|| Trouble::Usage(none.to_owned()))?;
    runtime()?.block_on(async { command(&Remote::new(gateway.admin.clone(), token)?).await })
}

fn end(came: Result<bool, Trouble>) -> ExitCode {
    match came {
        Ok(findings) => ExitCode::from(u8::from(findings)),
        Err(problem @ (Trouble::Usage(_) | Trouble::Remote(RemoteError::Misasked(_)))) => {
            fail(&problem);
            ExitCode::from(2)
        }
        Err(problem) => fail(&problem),
    }
}

/// A member as text; nothing where it is null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A table: the first column to the left, numbers to the right. What others made up must not move the cursor.
fn table(heads: &[&str], rows: &[Vec<String>]) {
    let clean = |text: &str| text.replace(char::is_control, "?");
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(place, head)| {
            let cells = rows.iter().filter_map(|row| row.get(place));
            cells.map(|cell| cell.chars().count()).chain([head.chars().count()]).max().unwrap_or_default()
        })
        .collect();
    let numbers: Vec<bool> = (0..heads.len())
        .map(|place| rows.iter().all(|row| row.get(place).is_some_and(|cell| cell.parse::<i64>().is_ok())))
        .collect();
    let print = |cells: &[String]| {
        let padded =
            cells.iter().zip(&widths).zip(&numbers).map(|((cell, width), number)| {
                if *number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
        outln!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(&heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>());
    rows.iter().for_each(|row| print(row));
}
