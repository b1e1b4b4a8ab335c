//! `switchboard redrive`: dead letters done again, page by page, until none that is meant is left.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::outln;
use crate::cli::progress::Progress;

/// Which letters, and how.
#[derive(Debug, Args)]
pub(in crate::cli) struct RedriveOptions {
    #[command(flatten)]
    pub(super) gateway: GatewayOptions,
    /// Only show what would go where
    #[arg(long)]
    dry_run: bool,
    /// That letter
    #[arg(long, value_name = "NUMBER")]
    id: Option<i64>,
    /// Of that tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Of that kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Of that call, or that route
    #[arg(long)]
    name: Option<String>,
    /// With that text in the reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// There since that time, or for no longer than so long: 2026-11-04T09:14:06Z, 24h
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// At most so many in such a time
    #[arg(long, value_name = "RATE", default_value = "50/s")]
    rate: String,
    /// Which version of the mapping calls go by: the newest, or the one their message was accepted under
    #[arg(long, value_name = "VERSION", default_value = "newest")]
    mapping: Version,
    /// List every letter
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Call,
    Report,
    Status,
    Inbound,
    Unmatched,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Version {
    Newest,
    Accepted,
}

/// Letters of one kind with one fate.
type Group = [String; 4];

/// Whether some letters stay, or would.
pub(super) async fn run(options: &RedriveOptions, remote: &Remote) -> Result<bool, Trouble> {
    let mut ask = question(options);
    let (mut groups, mut all) = (BTreeMap::<Group, u64>::new(), Vec::new());
    let (mut redriven, mut stay, mut line) = (0, 0, Progress::new());
    loop {
        let page = remote.post("/api/redrive", &ask).await?;
        redriven += page["redriven"].as_u64().unwrap_or_default();
        stay += page["stay"].as_u64().unwrap_or_default();
        for letter in page["letters"].as_array().into_iter().flatten() {
            let [tenant, kind, name] = [&letter["tenant"], &letter["kind"], &letter["name"]].map(text);
            *groups.entry([tenant, kind, name, fate(letter)]).or_default() += 1;
            if options.list {
                all.push(letter.clone());
            }
        }
        if page["next"].is_null() {
            break;
        }
        (ask["after"], ask["upto"]) = (page["next"].clone(), page["upto"].clone());
        let verb = if options.dry_run { "looked at" } else { "redriven" };
        line.say(|| format!("{redriven} {verb}, {stay} stay"));
    }
    drop(line);
    if options.gateway.json {
        let groups = groups.iter().map(|([tenant, kind, name, came], letters)| {
            json!({ "tenant": tenant, "kind": kind, "name": name, "came": came, "letters": letters })
        });
        let groups: Vec<Value> = groups.collect();
        let mut said = json!({ "dry_run": options.dry_run, "redriven": redriven, "stay": stay, "groups": groups });
        if options.list {
            said["letters"] = json!(all);
        }
        outln!("{said}");
    } else {
        print(options, &groups, &all);
        let verb = if options.dry_run { "would be redriven" } else { "redriven" };
        outln!("{redriven} {verb}, {stay} stay");
    }
    Ok(stay > 0)
}

fn question(options: &RedriveOptions) -> Value {
    let kind = options.kind.map(|kind| match kind {
        Kind::Call => "call",
        Kind::Report => "report",
        Kind::Status => "status",
        Kind::Unmatched => "unmatched",
        Kind::Inbound => "inbound",
    });
    let mapping = match options.mapping {
        Version::Newest => "newest",
        Version::Accepted => "accepted",
    };
    let RedriveOptions { dry_run, id, tenant, name, reason, since, rate, .. } = options;
    json!({
        "dry_run": dry_run, "id": id, "tenant": tenant, "kind": kind, "name": name, "reason": reason, "since": since,
        "rate": rate, "mapping": mapping,
    })
}

/// Where a letter went, or why it stays.
fn fate(letter: &Value) -> String {
    let why = letter["why"].as_str().map(|why| format!("stays: {why}"));
    why.unwrap_or_else(|| text(&letter["came"]))
}

fn print(options: &RedriveOptions, groups: &BTreeMap<Group, u64>, all: &[Value]) {
    let came = if options.dry_run { "would go" } else { "came to" };
    if options.list {
        let row = |letter: &Value| {
            ["id", "at", "tenant", "kind", "name", "message"]
                .into_iter()
                .map(|column| text(&letter[column]))
                .chain([fate(letter)])
                .collect()
        };
        let heads = ["id", "at", "tenant", "kind", "name", "message", came];
        table(&heads, &all.iter().map(row).collect::<Vec<_>>());
    } else if !groups.is_empty() {
        let row = |(group, letters): (&Group, &u64)| [letters.to_string()].into_iter().chain(group.clone()).collect();
        table(&["letters", "tenant", "kind", "name", came], &groups.iter().map(row).collect::<Vec<_>>());
    }
}
