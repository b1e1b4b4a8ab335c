//! `switchboard top`: what the console's overview shows, in a terminal, drawn anew each second. What is shown is `frame`'s
//! affair, the terminal `screen`'s.

mod columns;
mod frame;
mod screen;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use self::frame::{Size, View, frame};
use self::screen::{Screen, keys};
use super::{GatewayOptions, Trouble};
use crate::app::Remote;
use crate::cli::out::outln;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// A gateway that does not answer within this is said not to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whose, and how often.
#[derive(Debug, Args)]
pub(in crate::cli) struct TopOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// That tenant alone
    #[arg(long)]
    tenant: Option<String>,
    /// Print one frame as text, and end: for pipes
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(options: &TopOptions, remote: &Remote) -> Result<bool, Trouble> {
    let said = ask(options, remote).await?;
    if options.gateway.json {
        outln!("{said}");
    } else if options.once {
        let lines = frame(&said, &View::default(), Size::endless(), None);
        lines.iter().for_each(|line| outln!("{}", line.text.trim_end()));
    } else {
        watch(options, remote, said).await?;
    }
    Ok(false)
}

async fn ask(options: &TopOptions, remote: &Remote) -> Result<Value, Trouble> {
    let query: Vec<_> = options.tenant.as_deref().map(|tenant| ("tenant", tenant)).into_iter().collect();
    Ok(remote.get("/api/overview", &query).await?)
}

/// The next look: what is said, or why nothing is.
async fn next(options: &TopOptions, remote: &Remote) -> Result<Value, String> {
    tokio::time::sleep(PAUSE).await;
    match tokio::time::timeout(PATIENCE, ask(options, remote)).await {
        Ok(said) => said.map_err(|problem| problem.to_string()),
        Err(_) => Err("the gateway does not answer".to_owned()),
    }
}

/// Until somebody has seen enough.
async fn watch(options: &TopOptions, remote: &Remote, mut said: Value) -> Result<(), Trouble> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let text = "this is no terminal to draw on: --once prints one frame as text, --json the same for programs";
        return Err(Trouble::Usage(text.to_owned()));
    }
    let (mut ended, mut resized) = (signal(SignalKind::terminate())?, signal(SignalKind::window_change())?);
    let screen = Screen::open()?;
    let (mut keys, mut view, mut problem) = (keys(), View::default(), None);
    let mut looking = Box::pin(next(options, remote));
    loop {
        screen.draw(&frame(&said, &view, screen.size(), problem.as_deref()));
        tokio::select! {
            looked = &mut looking => {
                match looked {
                    Ok(overview) => (said, problem) = (overview, None),
                    // What was seen last stays, and says that it is old.
                    Err(why) => problem = Some(why),
                }
                looking = Box::pin(next(options, remote));
            }
            key = keys.recv() => {
                if !key.is_some_and(|key| view.press(key)) {
                    return Ok(());
                }
            }
            _ = resized.recv() => {}
            _ = ended.recv() => return Ok(()),
        }
    }
}
