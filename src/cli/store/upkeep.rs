//! A store as a whole: moved, checked, made small, copied.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::Place;
use crate::app::{self, Checked, Finding, Moved, Progress, Storage, UpkeepError};
use crate::cli::fail;
use crate::cli::options::{BadOption, storage};
use crate::cli::out::outln;
use crate::cli::progress;
use crate::config::Own;

/// A line of progress is written no sooner than this after the one before.
const PAUSE: Duration = Duration::from_millis(500);

/// From where to where.
#[derive(Debug, Args)]
pub(in crate::cli) struct MoveOptions {
    /// The store that everything is in: sqlite:PATH, postgres://USER@HOST/DATABASE, or env:NAME for a variable that says so
    from: String,
    /// The store that everything goes to, which is empty; said in the same ways
    to: String,
    /// Take a move back that has not ended, or whose target was never served: empties TO, frees FROM
    #[arg(long)]
    undo: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where, and how it is told.
#[derive(Debug, Args)]
pub(in crate::cli) struct UpkeepOptions {
    #[command(flatten)]
    pub(super) place: Place,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Where to.
#[derive(Debug, Args)]
pub(in crate::cli) struct BackupOptions {
    /// The file that is made; it must not be there
    pub(super) to: PathBuf,
    #[command(flatten)]
    pub(super) place: Place,
}

impl MoveOptions {
    pub(super) fn resolve(&self) -> Result<[Storage; 2], BadOption> {
        let read = |text: &str| match text.strip_prefix("env:") {
            Some(name) => {
                let expected = "env:NAME of a variable that is set";
                let unset = |_| BadOption::Value { option: "store", value: text.to_owned(), expected };
                storage(Some(std::env::var(name).map_err(unset)?))
            }
            None => storage(Some(text.to_owned())),
        };
        Ok([read(&self.from)?, read(&self.to)?])
    }
}

pub(super) async fn move_store(options: &MoveOptions, [from, to]: [Storage; 2]) -> ExitCode {
    if options.undo {
        return told(app::undo_move(&from, &to).await, |()| {
            outln!("taken back: {to} is empty, {from} can be served");
            ExitCode::SUCCESS
        });
    }
    let (mut line, mut last): (_, Option<Instant>) = (progress::Progress::new(), None);
    let mut tell = |Progress { doing, table, rows, of }: Progress| {
        if line.is_seen() {
            line.draw(rows, of, &format!("{doing} {table}: {rows} of {of}"));
        } else if rows == of || last.is_none_or(|last| last.elapsed() > PAUSE) {
            eprintln!("{doing} {table}: {rows} of {of}");
            last = Some(Instant::now());
        }
    };
    let moved = app::move_store(&from, &to, &mut tell).await;
    drop(line);
    told(moved, |moved| {
        show_moved(&moved, [&from, &to], options.json);
        ExitCode::SUCCESS
    })
}

fn show_moved(moved: &Moved, [from, to]: [&Storage; 2], as_json: bool) {
    let Moved { tables, resumed } = moved;
    if as_json {
        let rows: serde_json::Map<_, _> =
            tables.iter().map(|(table, rows)| ((*table).to_owned(), (*rows).into())).collect();
        let said = serde_json::json!({
            "from": from.to_string(), "to": to.to_string(), "resumed": resumed, "rows": rows, "compared": true,
        });
        return outln!("{said}");
    }
    for (table, rows) in tables {
        outln!("{table:12} {rows:>12}");
    }
    outln!("moved, and the same in both stores{}", if *resumed { ", after an interruption" } else { "" });
    outln!("{from} is served no more: start the gateway on {to}");
}

pub(super) async fn check(options: &UpkeepOptions, storage: &Storage, own: &Own) -> ExitCode {
    told(app::check_store(storage, own).await, |checked| {
        show_checked(&checked, storage, options.json);
        if checked.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
    })
}

fn show_checked(checked: &Checked, storage: &Storage, as_json: bool) {
    let Checked { tables, opened, keys, findings } = checked;
    if as_json {
        let rows: serde_json::Map<_, _> =
            tables.iter().map(|(table, rows)| ((*table).to_owned(), (*rows).into())).collect();
        let finding = |Finding { what, count, first }: &Finding| serde_json::json!({ "what": what, "count": count, "first": first });
        let findings: Vec<_> = findings.iter().map(finding).collect();
        let said = serde_json::json!({
            "store": storage.to_string(), "rows": rows, "keys": keys, "opened": opened, "findings": findings,
        });
        return outln!("{said}");
    }
    let rows: u64 = tables.iter().map(|(_, rows)| rows).sum();
    outln!("{storage}: {rows} rows, {keys} keys, {opened} sealed contents opened");
    for Finding { what, count, first } in findings {
        let numbers: Vec<String> = first.iter().map(ToString::to_string).collect();
        let numbers = if numbers.is_empty() { String::new() } else { format!(": {}", numbers.join(", ")) };
        outln!("{count} × {what}{numbers}");
    }
    if findings.is_empty() {
        outln!("all is right");
    }
}

pub(super) async fn vacuum(options: &UpkeepOptions, storage: &Storage) -> ExitCode {
    told(app::vacuum_store(storage).await, |[before, after]| {
        if options.json {
            outln!("{}", serde_json::json!({ "store": storage.to_string(), "before": before, "after": after }));
        } else {
            outln!("{storage}: {before} bytes before, {after} now, {} given back", before.saturating_sub(after));
        }
        ExitCode::SUCCESS
    })
}

pub(super) fn backup(options: &BackupOptions, storage: &Storage) -> ExitCode {
    told(app::copy_store(storage, &options.to), |()| {
        outln!("{storage} is copied to {}", options.to.display());
        ExitCode::SUCCESS
    })
}

fn told<T>(done: Result<T, UpkeepError>, show: impl FnOnce(T) -> ExitCode) -> ExitCode {
    match done {
        Ok(done) => show(done),
        Err(problem) => fail(&problem),
    }
}
