//! `switchboard sim`: simulated parties as processes of their own, until ctrl-c.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{fail, runtime};
use crate::cli::out::outln;
use crate::sim::platform::{Campaign, Credentials, Kind, Platform, PlatformOptions};
use crate::sim::provider::{Answers, Failure, Life, Provider, ProviderOptions};
use crate::sim::{Delay, SimError};

/// Which party.
#[derive(Debug, Subcommand)]
pub(super) enum SimCommand {
    /// A provider: takes sends, checks them, sends signed status and inbound webhooks, lists templates
    Provider(ProviderArguments),
    /// A platform: collects reports; with --campaign it fires messages first
    Platform(PlatformArguments),
}

/// How the provider behaves.
#[derive(Debug, Args)]
pub(super) struct ProviderArguments {
    /// The loopback port
    #[arg(long, default_value_t = 9001)]
    port: u16,
    /// Where statuses go
    #[arg(long, value_name = "URL")]
    status_url: Option<String>,
    /// Where messages of people go
    #[arg(long, value_name = "URL")]
    inbound_url: Option<String>,
    /// Share of messages that reach a device
    #[arg(long, default_value_t = 0.95, value_name = "SHARE")]
    delivered: f64,
    /// Share of delivered messages that are read
    #[arg(long, default_value_t = 0.6, value_name = "SHARE")]
    read: f64,
    /// A failure with its share, such as 1300=0.05; may be repeated
    #[arg(long, value_name = "CODE=SHARE", value_parser = failure)]
    fail: Vec<Failure>,
    /// Share of recipients who answer STOP
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    stop: f64,
    /// Milliseconds before an answer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    delay: u64,
    /// Sends a second that a sender may make; more are answered 429
    #[arg(long, value_name = "RATE")]
    per_sender: Option<u32>,
    /// Share of sends answered 429
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    throttled: f64,
    /// Share of sends answered 500
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    failing: f64,
    /// Share of statuses posted twice
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    duplicates: f64,
    /// Share of messages whose statuses arrive last first
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    reordered: f64,
    /// The seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What the platform does.
#[derive(Debug, Args)]
pub(super) struct PlatformArguments {
    /// Which platform
    #[arg(value_parser = str::parse::<Kind>)]
    kind: Kind,
    /// The loopback port for reports
    #[arg(long, default_value_t = 9002)]
    port: u16,
    /// Fire so many messages at --target, then collect reports
    #[arg(long, value_name = "COUNT")]
    campaign: Option<u64>,
    /// Where the gateway takes sends
    #[arg(long, default_value = "http://127.0.0.1:8080/webhooks/send", value_name = "URL")]
    target: String,
    /// The sender
    #[arg(long, default_value = "6531290044", value_name = "NUMBER")]
    from: String,
    /// The key that the platform proves itself with
    #[arg(long, default_value = "", value_name = "KEY")]
    api_key: String,
    /// The secret beside it; without one the key is a bearer token
    #[arg(long, value_name = "SECRET")]
    api_secret: Option<String>,
    /// Messages a second; as fast as answers come without
    #[arg(long, value_name = "RATE")]
    rate: Option<u32>,
    /// The token that reports must carry
    #[arg(long, value_name = "TOKEN")]
    report_token: Option<String>,
}

pub(super) fn run(command: SimCommand) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => return fail(&problem),
    };
    let done = runtime.block_on(async {
        match command {
            SimCommand::Provider(arguments) => provider(arguments).await,
            SimCommand::Platform(arguments) => platform(arguments).await,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    done.map_or_else(|problem| fail(&problem), |()| ExitCode::SUCCESS)
}

fn failure(text: &str) -> Result<Failure, String> {
    let parts = text.split_once('=').and_then(|(code, share)| Some((code.parse().ok()?, share.parse().ok()?)));
    let (code, share) = parts.ok_or_else(|| format!("`{text}` is not CODE=SHARE, such as 1300=0.05"))?;
    Ok(Failure { code, share })
}

async fn provider(arguments: ProviderArguments) -> Result<(), SimError> {
    let simulated = Provider::start(ProviderOptions {
        port: arguments.port,
        seed: arguments.seed,
        status_url: arguments.status_url,
        inbound_url: arguments.inbound_url,
        answers: Answers {
            delay: Delay::millis(arguments.delay, arguments.delay),
            per_sender: arguments.per_sender,
            throttled: arguments.throttled,
            failing: arguments.failing,
            ..Answers::default()
        },
        life: Life {
            delivered: arguments.delivered,
            read: arguments.read,
            failures: arguments.fail,
            stop: arguments.stop,
            duplicates: arguments.duplicates,
            reordered: arguments.reordered,
            ..Life::default()
        },
        ..ProviderOptions::default()
    })
    .await?;
    outln!("provider at {}; what it saw: {}/journal/summary; ctrl-c ends it", simulated.url(), simulated.url());
    show_until_interrupted(|| serde_json::to_value(simulated.journal().summary())).await;
    simulated.stop().await;
    Ok(())
}

async fn platform(arguments: PlatformArguments) -> Result<(), SimError> {
    let simulated = Platform::start(PlatformOptions {
        kind: arguments.kind,
        port: arguments.port,
        report_token: arguments.report_token,
        only_own: arguments.campaign.is_some(),
        ..PlatformOptions::default()
    })
    .await?;
    outln!("reports go to {}; what came: {}/journal/summary; ctrl-c ends it", simulated.report_url(), simulated.url());
    if let Some(count) = arguments.campaign {
        let (key, secret) = (arguments.api_key, arguments.api_secret);
        let credentials = match secret {
            Some(password) => Credentials::Basic { username: key, password },
            None => Credentials::Bearer(key),
        };
        let (target, from, rate) = (arguments.target, arguments.from, arguments.rate);
        let result =
            simulated.campaign(Campaign { count, target, from, rate, credentials, ..Campaign::default() }).await;
        outln!("{result:?}");
    }
    show_until_interrupted(|| serde_json::to_value(simulated.journal().summary())).await;
    simulated.stop().await;
    Ok(())
}

/// Prints the journal in numbers whenever it changed.
async fn show_until_interrupted(summary: impl Fn() -> serde_json::Result<serde_json::Value>) {
    let mut last = String::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            _ = tick.tick() => {
                let now = summary().map(|summary| summary.to_string()).unwrap_or_default();
                if now != last {
                    outln!("{now}");
                    last = now;
                }
            }
        }
    }
}
