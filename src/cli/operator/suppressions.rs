//! `switchboard suppressions …`: who opted out of whom at a running gateway, since when and why; lists from and for elsewhere.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{GatewayOptions, Trouble, table, text};
use crate::app::Remote;
use crate::cli::out::{out, outln};

/// A part of a file: what the gateway takes at once, and less.
const PART: usize = 512 * 1024;
/// Rows of a part.
const ROWS: usize = 5000;

/// What to do with the list.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SuppressionsCommand {
    /// Whether a number is on the list, and each change of that: when and why
    Show(ShowOptions),
    /// The newest changes of the list, whoever is meant
    List(ListOptions),
    /// Put a number on the list, with the reason
    Add(ChangeOptions),
    /// Take a number off the list, with the reason
    Lift(ChangeOptions),
    /// Put a list from elsewhere on it: CSV whose first line names the columns number, sender, since, reason
    Import(ImportOptions),
    /// The whole list as CSV, with numbers: takes the role `reveal`
    Export(ExportOptions),
}

/// Whose number.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// The person's number with the country code, however it is written, or the provider's id of the person
    number: String,
    /// At that tenant alone
    #[arg(long)]
    tenant: Option<String>,
}

/// Which changes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// Of that tenant's list
    #[arg(long)]
    tenant: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    limit: String,
}

/// Who, and why.
#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// The person's number with the country code, however it is written, or the provider's id of the person
    number: String,
    /// Whose list
    #[arg(long)]
    tenant: Option<String>,
    /// For what that number sends alone; without it, for all that the tenant sends
    #[arg(long, value_name = "NUMBER")]
    sender: Option<String>,
    /// Why, in one line: it stands in the history beside the token's name
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Which list.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// A CSV file; its first line names the columns: number, and if wanted sender, since, reason
    file: PathBuf,
    /// Whose list
    #[arg(long)]
    tenant: Option<String>,
    /// Why, for rows that say nothing
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only looks whether every row is good
    #[arg(long)]
    dry_run: bool,
}

/// Whose list.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportOptions {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// Whose list
    #[arg(long)]
    tenant: Option<String>,
}

impl SuppressionsCommand {
    pub(super) const fn gateway(&self) -> &GatewayOptions {
        match self {
            Self::Show(options) => &options.gateway,
            Self::List(options) => &options.gateway,
            Self::Add(options) | Self::Lift(options) => &options.gateway,
            Self::Import(options) => &options.gateway,
            Self::Export(options) => &options.gateway,
        }
    }
}

pub(super) async fn run(command: &SuppressionsCommand, remote: &Remote) -> Result<bool, Trouble> {
    match command {
        SuppressionsCommand::Show(options) => show(options, remote).await,
        SuppressionsCommand::List(options) => list(options, remote).await,
        SuppressionsCommand::Add(options) => change(options, "add", remote).await,
        SuppressionsCommand::Lift(options) => change(options, "lift", remote).await,
        SuppressionsCommand::Import(options) => import(options, remote).await,
        SuppressionsCommand::Export(options) => export(options, remote).await,
    }
}

async fn show(options: &ShowOptions, remote: &Remote) -> Result<bool, Trouble> {
    let asked = json!({ "number": options.number, "tenant": options.tenant });
    let said = remote.post("/api/suppressions/show", &asked).await?;
    if options.gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    let tenants = said["tenants"].as_array().cloned().unwrap_or_default();
    if tenants.is_empty() {
        outln!("{} is on no list, and never was", text(&said["number"]));
    }
    for tenant in &tenants {
        let senders: Vec<String> = tenant["senders"].as_array().into_iter().flatten().map(text).collect();
        let stands = match (tenant["opted_out"] == true, senders.is_empty()) {
            (true, _) => "opted out".to_owned(),
            (false, false) => format!("opted out of what {} send", senders.join(", ")),
            (false, true) => "not opted out".to_owned(),
        };
        outln!("{}, {}: {stands}", text(&said["number"]), text(&tenant["tenant"]));
        lines(&tenant["history"], &["at", "does", "sender", "why"]);
    }
    Ok(false)
}

async fn list(options: &ListOptions, remote: &Remote) -> Result<bool, Trouble> {
    let mut query: Vec<(&str, &str)> = options.tenant.iter().map(|tenant| ("tenant", tenant.as_str())).collect();
    query.push(("limit", &options.limit));
    let said = remote.get("/api/suppressions", &query).await?;
    if options.gateway.json {
        outln!("{said}");
    } else {
        lines(&said["lines"], &["at", "tenant", "number", "does", "sender", "why"]);
    }
    Ok(false)
}

async fn change(options: &ChangeOptions, what: &str, remote: &Remote) -> Result<bool, Trouble> {
    let ChangeOptions { gateway, number, tenant, sender, reason } = options;
    let asked = json!({ "number": number, "tenant": tenant, "sender": sender, "reason": reason });
    let said = remote.post(&format!("/api/suppressions/{what}"), &asked).await?;
    if gateway.json {
        outln!("{said}");
        return Ok(false);
    }
    let stands = if said["opted_out"] == true { "on the list" } else { "not on the list" };
    outln!("{stands}{}", if said["changed"] == true { "" } else { ", as before: nothing was changed" });
    Ok(false)
}

/// All of the file is looked at before any of it is done.
async fn import(options: &ImportOptions, remote: &Remote) -> Result<bool, Trouble> {
    let ImportOptions { gateway, file, tenant, reason, dry_run } = options;
    let csv = std::fs::read_to_string(file)
        .map_err(|problem| Trouble::Usage(format!("{}: {problem}; it must be a text in UTF-8", file.display())))?;
    let parts = parts(&csv);
    let asked = |(line, csv): &(usize, String), dry: bool| json!({ "tenant": tenant, "csv": csv, "line": line, "reason": reason, "dry_run": dry });
    let (mut rows, mut added) = (0, 0);
    for part in &parts {
        let said = remote.post("/api/suppressions/import", &asked(part, true)).await?;
        rows += said["rows"].as_u64().unwrap_or_default();
    }
    if !dry_run {
        for part in &parts {
            let said = remote.post("/api/suppressions/import", &asked(part, false)).await?;
            added += said["added"].as_u64().unwrap_or_default();
        }
    }
    match (gateway.json, dry_run) {
        (true, true) => outln!("{}", json!({ "rows": rows, "dry_run": true })),
        (true, false) => outln!("{}", json!({ "rows": rows, "added": added, "already": rows - added })),
        (false, true) => outln!("{rows} rows are good; nothing was imported"),
        (false, false) => outln!("{rows} rows: {added} added, {} on the list already", rows - added),
    }
    Ok(false)
}

/// The lines of a file in parts, each with the first line before it, and where its rows begin.
fn parts(csv: &str) -> Vec<(usize, String)> {
    let mut lines = csv.lines();
    let head = lines.next().unwrap_or_default();
    let mut parts = vec![(2, format!("{head}\n"))];
    let mut rows = 0;
    for (line, row) in (2..).zip(lines) {
        let full = parts.last().is_some_and(|(_, part)| rows == ROWS || part.len() + row.len() > PART);
        if full {
            parts.push((line, format!("{head}\n")));
            rows = 0;
        }
        if let Some((_, part)) = parts.last_mut() {
            part.push_str(row);
            part.push('\n');
            rows += 1;
        }
    }
    parts
}

async fn export(options: &ExportOptions, remote: &Remote) -> Result<bool, Trouble> {
    let mut after = Value::Null;
    loop {
        let asked = json!({ "tenant": options.tenant, "after": after });
        let said = remote.post("/api/suppressions/export", &asked).await?;
        if options.gateway.json {
            outln!("{said}");
        } else {
            out!("{}", text(&said["csv"]));
        }
        after = said["next"].clone();
        if after.is_null() {
            return Ok(false);
        }
    }
}

fn lines(lines: &Value, columns: &[&str]) {
    let cell = |line: &Value, column: &str| match column {
        "does" => text(&line["does"]).replace('_', " "),
        "why" => why(line),
        "number" if line["number"].is_null() => "forgotten".to_owned(),
        column => text(&line[column]),
    };
    let row = |line: &Value| columns.iter().map(|column| cell(line, column)).collect();
    table(columns, &lines.as_array().into_iter().flatten().map(row).collect::<Vec<_>>());
}

/// Why, in words.
fn why(line: &Value) -> String {
    let also = |words: &str, member: &str| match line[member].as_str() {
        Some(said) => format!("{words}{said}"),
        None => String::new(),
    };
    let who = text(&line["who"]);
    match line["cause"].as_str().unwrap_or_default() {
        "said" => format!(
            "the person said so{}{}{}",
            also(": ", "word"),
            also(", rule ", "rule"),
            also(", message ", "inbound")
        ),
        "operator" => format!("by {who}{}", also(": ", "reason")),
        "import" => format!("imported by {who}{}", also(": ", "reason")),
        "joined" => "with another address of the same person".to_owned(),
        _ => "older than the history".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_file_names_the_columns_and_its_place() {
        assert_eq!(parts("number\n1\n2\n"), [(2, "number\n1\n2\n".to_owned())]);
        assert_eq!(parts(""), [(2, "\n".to_owned())]);
        let many = format!("number,reason\n{}", "6598114720,x\n".repeat(12_000));
        let parts = parts(&many);
        assert_eq!(
            parts.iter().map(|(line, part)| (*line, part.lines().count())).collect::<Vec<_>>(),
            [(2, 5001), (5002, 5001), (10_002, 2001)]
        );
        assert!(parts.iter().all(|(_, part)| part.starts_with("number,reason\n")));
        let long = format!("number\n{}", format!("{}\n", "1".repeat(1000)).repeat(1200));
        assert!(super::parts(&long).iter().all(|(_, part)| part.len() < 2 * PART));
        assert_eq!(super::parts(&long).len(), 3);
    }
}
