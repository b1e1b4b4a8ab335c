//! `switchboard serve`: the gateway until a signal says stop.

use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::options::ServeOptions;
use super::{fail, log, runtime};
use crate::app::{Gateway, Options};
use crate::cli::out::outln;

/// What `--allow-loopback` means for whoever serves brands.
const LOOPBACK: &str = "\
**********************************************************************
  allow_loopback is on: calls may go to this machine's own services,
  to these by plain http. Whoever writes a mapping or tenant file
  reaches all that listens on loopback. For development only.
**********************************************************************";

pub(super) fn run(options: ServeOptions) -> ExitCode {
    let (options, format) = match options.resolve() {
        Ok(resolved) => resolved,
        Err(problem) => {
            eprintln!("switchboard: {problem}");
            return ExitCode::from(2);
        }
    };
    let lines = log::to_stderr(format);
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => return fail(&problem),
    };
    let served = runtime.block_on(serve(options));
    // A name look-up that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(lines);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&*problem),
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let allow_loopback = options.allow_loopback;
    let gateway = Gateway::start(options).await?;
    if allow_loopback {
        // Not only in the log, whose lines may be filtered.
        outln!("{LOOPBACK}");
    }
    if let Some(token) = gateway.made_token() {
        outln!("The admin token, shown this once: {}", token.expose());
        outln!("Commands about this gateway read it from SWITCHBOARD_ADMIN_TOKEN.");
    }
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {
                info!("told to read the configuration again");
                gateway.reload();
            }
        }
    }
    gateway.stop().await;
    Ok(())
}
