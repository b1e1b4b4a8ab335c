//! `switchboard store …`: what is done to the store of a gateway that does not run, or not yet. All other commands ask the
//! gateway.

mod upkeep;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::options::{BadOption, gateway_file, storage};
use super::{fail, operator, runtime};
use crate::app::{Forgotten, Offline, OfflineError, Storage};
use crate::cli::out::outln;
use crate::config::Own;

/// What is done.
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Erase a person, as `forget` does at a running gateway
    Forget(ForgetOptions),
    /// Bring the tables of a PostgreSQL database to this program's version: once before the first start, and with each newer
    /// program
    Migrate(Place),
    /// Move everything into another store, of whichever kind, without the gateway; what was cut off goes on
    Move(upkeep::MoveOptions),
    /// Is everything right with a store? Changes nothing, beside a running gateway too
    Check(upkeep::UpkeepOptions),
    /// Give the space of what is gone back, without the gateway
    Vacuum(upkeep::UpkeepOptions),
    /// Copy a store in a file into another file, beside a running gateway too
    Backup(upkeep::BackupOptions),
}

/// Where.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The store [default: that of the gateway file, or sqlite:data/switchboard.db]
    #[arg(long, env = "SWITCHBOARD_STORE", value_name = "STORE", hide_env_values = true)]
    store: Option<String>,
    /// The gateway file: where the store is, and which keys seal it [default: switchboard.yaml, if it is there]
    #[arg(long, env = "SWITCHBOARD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn resolve(&self) -> Result<(Storage, Own), BadOption> {
        let own = gateway_file(self.config.as_deref())?;
        Ok((storage(self.store.clone().or_else(|| own.file.store.clone()))?, own))
    }
}

/// Who, and where.
#[derive(Debug, Args)]
pub(super) struct ForgetOptions {
    /// The person's number with the country code, however it is written, or the provider's id of the person
    number: String,
    /// By that tenant alone
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &StoreCommand) -> ExitCode {
    let place = match command {
        StoreCommand::Forget(options) => &options.place,
        StoreCommand::Migrate(place) => place,
        StoreCommand::Check(options) | StoreCommand::Vacuum(options) => &options.place,
        StoreCommand::Backup(options) => &options.place,
        StoreCommand::Move(options) => {
            return match options.resolve() {
                Ok(stores) => with_runtime(upkeep::move_store(options, stores)),
                Err(problem) => usage(&problem),
            };
        }
    };
    let (storage, own) = match place.resolve() {
        Ok(resolved) => resolved,
        Err(problem) => return usage(&problem),
    };
    match command {
        StoreCommand::Forget(options) => with_runtime(forget(options, &storage, &own)),
        StoreCommand::Check(options) => with_runtime(upkeep::check(options, &storage, &own)),
        StoreCommand::Vacuum(options) => with_runtime(upkeep::vacuum(options, &storage)),
        StoreCommand::Backup(options) => upkeep::backup(options, &storage),
        StoreCommand::Migrate(_) | StoreCommand::Move(_) => with_runtime(migrate(&storage)),
    }
}

fn with_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    match runtime() {
        Ok(runtime) => runtime.block_on(work),
        Err(problem) => fail(&problem),
    }
}

async fn migrate(storage: &Storage) -> ExitCode {
    match storage.migrate().await {
        Ok(done) => {
            outln!("{done}");
            ExitCode::SUCCESS
        }
        Err(problem) => fail(&problem),
    }
}

fn usage(problem: &dyn std::fmt::Display) -> ExitCode {
    fail(problem);
    ExitCode::from(2)
}

async fn forget(options: &ForgetOptions, storage: &Storage, own: &Own) -> ExitCode {
    let forgotten = match Offline::open(storage, own).await {
        Ok(store) => store.forget(&options.number, options.tenant.as_deref()).await,
        Err(problem) => Err(problem),
    };
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
    if as_json { outln!("{said}") } else { operator::show_forgotten(&said) }
}
