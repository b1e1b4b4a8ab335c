//! `switchboard store …`: what is done to the store of a gateway that does not run. All other commands ask the gateway.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::options::{gateway_file, store_path};
use super::{fail, operator, runtime};
use crate::app::{Forgotten, Offline, OfflineError};

/// What is done.
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Erase a person, as `forget` does at a running gateway
    Forget(ForgetOptions),
}

/// Who, and where.
#[derive(Debug, Args)]
pub(super) struct ForgetOptions {
    /// The person's number with the country code, however it is written, or the provider's id of the person
    number: String,
    /// By that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// The store [default: that of the gateway file, or sqlite:data/switchboard.db]
    #[arg(long, env = "SWITCHBOARD_STORE", value_name = "sqlite:PATH")]
    store: Option<String>,
    /// The gateway file: where the store is, and which keys seal it [default: switchboard.yaml, if it is there]
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &StoreCommand) -> ExitCode {
    let StoreCommand::Forget(options) = command;
    let usage = |problem: &dyn std::fmt::Display| {
        fail(problem);
        ExitCode::from(2)
    };
    let own = match gateway_file(options.config.as_deref()) {
        Ok(own) => own,
        Err(problem) => return usage(&problem),
    };
    let path = match store_path(options.store.as_deref().or(own.file.store.as_deref())) {
        Ok(path) => path,
        Err(problem) => return usage(&problem),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => return fail(&problem),
    };
    let forgotten = Offline::open(&path, &own)
        .and_then(|store| runtime.block_on(store.forget(&options.number, options.tenant.as_deref())));
    match forgotten {
        Ok(gone) => {
            shown(gone, options.json);
            ExitCode::SUCCESS
        }
        Err(problem @ OfflineError::Person(_)) => usage(&problem),
        Err(problem) => fail(&problem),
    }
}

fn shown(gone: Forgotten, as_json: bool) {
    let Forgotten { messages, unfinished, calls, letters, addresses, suppressions } = gone;
    let said = serde_json::json!({
        "messages": messages, "unfinished": unfinished, "calls": calls, "dead_letters": letters,
        "addresses": addresses, "suppressions": suppressions,
    });
    if as_json { println!("{said}") } else { operator::show_forgotten(&said) }
}
