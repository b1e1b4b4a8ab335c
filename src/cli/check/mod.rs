//! `switchboard check`: every problem of every file, with its place and its fix, and which tiers of checks ran.

mod cases;
mod templates;
mod tiers;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use self::templates::TemplateOptions;
use self::tiers::Tier;
use super::fail;
use super::options::FileOptions;
use super::test::folder::Trouble;
use crate::app::{Secrets, read_files};
use crate::cli::out::{out, outln};
use crate::config::{self, Files, NoSecret, Reference};
use crate::diagnostic::{self, Diagnostic, codes};
use crate::model::Secret;

/// What is checked, and what is denied.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    #[command(flatten)]
    files: FileOptions,
    #[command(flatten)]
    templates: TemplateOptions,
    /// Leave out the contract cases of the mappings
    #[arg(long)]
    no_cases: bool,
    /// Fail if a tier was skipped for a file
    #[arg(long)]
    deny_skips: bool,
    /// Print how long the tiers took
    #[arg(long)]
    timing: bool,
    /// Say what a code such as SB0228 means, and check nothing
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
}

/// What came of a check.
struct Checked {
    problems: Vec<Diagnostic>,
    tiers: Vec<Tier>,
    /// File, name and version of each mapping.
    versions: Vec<[String; 3]>,
    mappings: usize,
    tenants: usize,
    took: Vec<(&'static str, Duration)>,
}

pub(super) fn run(options: &CheckOptions) -> ExitCode {
    if let Some(code) = &options.explain {
        return explain(code);
    }
    match checked(options) {
        Ok(checked) => print(options, &checked),
        Err(problem) => fail(&*problem),
    }
}

fn checked(options: &CheckOptions) -> Result<Checked, Trouble> {
    let (mappings, tenants) = options.files.folders()?;
    let mut took = Vec::new();
    let mut started = Instant::now();
    let mut lap = |name: &'static str| {
        took.push((name, started.elapsed()));
        started = Instant::now();
    };
    let (public_url, defaults) = (options.files.public_url()?, options.files.defaults()?);
    let files = Files { public_url, defaults, ..read_files(&mappings, &tenants)? };
    lap("files");
    let (snapshot, mut problems) = config::build(&files, None, &resolve, [0; 32]);
    lap("syntax, types, references");
    let mut tiers = tiers::of_files(&files, &snapshot, &problems);
    if options.no_cases {
        tiers.push(Tier::not_asked("cases", "--no-cases"));
    } else {
        let (tier, mut found) = cases::run(&mappings)?;
        tiers.push(tier);
        problems.append(&mut found);
        lap("cases");
    }
    let folder = (!options.no_cases).then_some(&*mappings);
    if let Some((tier, mut found)) = templates::run(&options.templates, &files, folder)? {
        tiers.push(tier);
        problems.append(&mut found);
        lap("templates");
    }
    tiers.push(Tier::not_asked("live", "check calls nobody"));
    diagnostic::sort(&mut problems);
    let version = |(file, mapping): (&std::sync::Arc<str>, &std::sync::Arc<crate::mapping::Mapping>)| {
        [file.to_string(), mapping.name.to_string(), mapping.version.clone()]
    };
    let versions = snapshot.by_file.iter().map(version).collect();
    Ok(Checked { versions, problems, tiers, mappings: snapshot.mappings.len(), tenants: snapshot.tenants.len(), took })
}

fn print(options: &CheckOptions, checked: &Checked) -> ExitCode {
    let errors = checked.problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = checked.problems.len() - errors;
    let skipped = checked.tiers.iter().any(|tier| tier.skipped.is_some());
    if options.files.json {
        outln!("{}", json(checked, errors, warnings));
    } else {
        out!("{}", diagnostic::render(&checked.problems));
        checked.versions.iter().for_each(|[file, name, version]| outln!("{name}@{version}  {file}"));
        checked.tiers.iter().for_each(|tier| outln!("{tier}"));
        if options.timing {
            for (name, took) in &checked.took {
                outln!("{:9.1} ms  {name}", took.as_secs_f64() * 1000.0);
            }
        }
        outln!("{} mappings, {} tenants: {errors} errors, {warnings} warnings", checked.mappings, checked.tenants);
    }
    let denied = options.files.deny_warnings && warnings > 0 || options.deny_skips && skipped;
    ExitCode::from(u8::from(errors > 0 || denied))
}

/// For editors and pipelines. These members are a promise: only add to them.
fn json(checked: &Checked, errors: usize, warnings: usize) -> serde_json::Value {
    let mapping =
        |[file, name, version]: &[String; 3]| serde_json::json!({ "file": file, "name": name, "version": version });
    serde_json::json!({
        "problems": checked.problems, "errors": errors, "warnings": warnings, "tiers": checked.tiers,
        "mappings": checked.versions.iter().map(mapping).collect::<Vec<_>>(), "tenants": checked.tenants,
    })
}

fn explain(code: &str) -> ExitCode {
    match codes::explain(&code.to_ascii_uppercase()) {
        Some(known) => {
            outln!("{}: {}\n\n{}", known.code, known.title, known.explanation);
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("switchboard: there is no code `{code}`; codes look like SB0228");
            ExitCode::from(2)
        }
    }
}

/// A check of files needs no secrets: one that is not here is at the gateway. What is here is taken, so that clashes
/// show.
fn resolve(reference: &Reference) -> Result<Secret, NoSecret> {
    let place = match reference {
        Reference::Env(name) | Reference::File(name) => name,
    };
    Ok(Secrets::default().resolve(reference).unwrap_or_else(|_| Secret::new(format!("not here: {place}"))))
}

#[cfg(test)]
mod tests;
