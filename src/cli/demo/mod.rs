//! `switchboard demo`: a gateway, a provider and two platforms in one process on loopback, two campaigns, one table.

mod scene;
mod table;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::options::LogFormat;
use super::{fail, log, runtime};
use crate::app::Ledger;
use crate::cli::out::{out, outln};
use scene::Scene;

/// Options of the demonstration.
#[derive(Debug, Args)]
pub(super) struct DemoOptions {
    /// Messages of each campaign
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    messages: u64,
    /// Show the gateway's log
    #[arg(long)]
    verbose: bool,
}

/// However slow the machine, the demonstration ends.
const LONGEST: Duration = Duration::from_secs(300);

pub(super) fn run(options: &DemoOptions) -> ExitCode {
    let _lines = options.verbose.then(|| log::to_stderr(LogFormat::Text));
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => return fail(&problem),
    };
    let shown = runtime.block_on(show(options.messages));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match shown {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => fail(&"the numbers do not add up: that is a bug, please report it with the table above"),
        Err(problem) => fail(&*problem),
    }
}

async fn show(messages: u64) -> Result<bool, Box<dyn std::error::Error>> {
    let scene = Scene::open().await?;
    outln!("gateway {}, provider and two platforms: all on this machine, all gone at the end", scene.gateway.address());
    let begun = Instant::now();
    // The later part goes to people of the first part again: those who said STOP by then hear nothing more.
    let first = messages * 3 / 4;
    let fired = async {
        scene.fire(first).await;
        scene.quiet(LONGEST).await;
        scene.fire(messages - first).await;
        scene.quiet(LONGEST).await;
    };
    watch(&scene, fired, begun).await;
    let table = table::render(&scene).await?;
    outln!("{}", table.text);
    outln!("in {:.1} s; nothing is left behind", begun.elapsed().as_secs_f64());
    scene.close().await;
    Ok(table.sound)
}

/// Drives the campaigns with a progress line: in place on a terminal, else now and then.
async fn watch(scene: &Scene, fired: impl Future<Output = ()>, begun: Instant) {
    let terminal = std::io::stdout().is_terminal();
    let mut tick = tokio::time::interval(if terminal { Duration::from_millis(200) } else { Duration::from_secs(3) });
    tick.tick().await;
    let mut fired = std::pin::pin!(fired);
    loop {
        tokio::select! {
            () = &mut fired => break,
            _ = tick.tick() => {
                let line = progress(scene, begun).await;
                if terminal { out!("\r\x1b[2K{line}") } else { outln!("{line}") }
                let _ = std::io::stdout().flush();
            }
        }
    }
    if terminal {
        out!("\r\x1b[2K");
    }
}

async fn progress(scene: &Scene, begun: Instant) -> String {
    let mut all = Ledger::default();
    for brand in &scene.brands {
        let ledger = scene.gateway.ledger(&brand.tenant).await.unwrap_or_default();
        all.accepted += ledger.accepted;
        all.submitted += ledger.submitted;
        all.in_flight += ledger.in_flight;
    }
    let reports: u64 =
        scene.brands.iter().map(|brand| brand.platform.journal().summary().reports.values().sum::<u64>()).sum();
    let seconds = begun.elapsed().as_secs();
    format!(
        "{seconds:>3} s · accepted {} · sent {} · waiting {} · reports {reports}",
        all.accepted, all.submitted, all.in_flight
    )
}
