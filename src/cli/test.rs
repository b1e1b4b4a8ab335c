//! `switchboard test`: the contract cases of mappings, with counts per file and leg.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::fail;
use crate::app::{FileProblem, now, read_folder};
use crate::cases::{Material, Report, Suite, Verdict, summary};
use crate::diagnostic::{self, Source};
use crate::sim::keys;

/// Which cases.
#[derive(Debug, Args)]
pub(super) struct TestOptions {
    /// The folder of mappings, with `samples` and `schemas` beside them
    #[arg(default_value = "mappings")]
    folder: PathBuf,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Name every case, not only those that fail
    #[arg(long)]
    verbose: bool,
}

pub(super) fn run(options: &TestOptions) -> ExitCode {
    let reports = match reports(options) {
        Ok(reports) => reports,
        Err(problem) => return fail(&*problem),
    };
    for report in &reports {
        print!("{}", diagnostic::render(&report.problems));
        let shown = |outcome: &&crate::cases::Outcome| options.verbose || !matches!(outcome.verdict, Verdict::Passed);
        report.outcomes.iter().filter(shown).for_each(|outcome| print!("{outcome}"));
    }
    print!("{}", summary(&reports));
    let run: usize = reports.iter().map(|report| report.outcomes.len()).sum();
    if run == 0 {
        return fail(&"no case was run");
    }
    ExitCode::from(u8::from(!reports.iter().all(Report::is_good)))
}

fn reports(options: &TestOptions) -> Result<Vec<Report>, Box<dyn std::error::Error>> {
    let (cases, mappings) = sources(options)?;
    let beside = |folder: &str, name: &str| std::fs::read(options.folder.join(folder).join(name)).ok();
    let schema = |name: &str| String::from_utf8(beside("schemas", name)?).ok().map(Arc::from);
    let (suites, problems) = Suite::pair(&mappings, &cases, &schema);
    if !problems.is_empty() {
        return Err(diagnostic::render(&problems).into());
    }
    // A key made for the run: what is signed with it proves nothing beyond.
    let key = keys::generate()?;
    let sample = |name: &str| beside("samples", name).map(Arc::from);
    let material = Material { sample: &sample, rsa_key_pem: &key.private_pem, now: now() };
    let run = |suite: &Suite| match &options.only {
        Some(only) => suite.run_some(&material, &|name| name.contains(only.as_str())),
        None => suite.run(&material),
    };
    Ok(suites.iter().map(run).collect())
}

fn sources(options: &TestOptions) -> Result<(Vec<Source>, Vec<Source>), FileProblem> {
    let all = read_folder(&options.folder)?.into_iter();
    Ok(all.partition(|source| source.name.ends_with(".cases.yaml") || source.name.ends_with(".cases.yml")))
}
