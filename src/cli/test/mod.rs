//! `switchboard test`: the contract cases of mappings, with counts per file and leg; and what the cases are worth.

mod bless;
pub(super) mod folder;
mod mutate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::folder::{Folder, Trouble};
use super::fail;
use crate::cases::{Coverage, Report, Suite, Verdict, summary};
use crate::cli::out::{out, outln};
use crate::cli::progress::Progress;
use crate::diagnostic;

/// Which cases, and what of them.
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
    /// Rewrite the `expect` of failing cases to what was found, in their files, and print the changes: to be read before
    /// they are kept
    #[arg(long, conflicts_with_all = ["coverage", "mutate"])]
    bless: bool,
    /// Count what the cases reach of each mapping, and name what they do not
    #[arg(long, conflicts_with = "only")]
    coverage: bool,
    /// Change the mappings in one place at a time, and name the changes that neither `check` nor a case notices
    #[arg(long, conflicts_with_all = ["only", "coverage", "verbose"])]
    mutate: bool,
    /// Try at most so many mutants of a mapping, evenly spread
    #[arg(long, value_name = "COUNT", requires = "mutate")]
    sample: Option<usize>,
    /// Fail if the cases reach less than so many per cent of a mapping, or notice less of its mutants
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    floor: Option<u8>,
    /// Write the coverage as JSON
    #[arg(long, requires = "coverage")]
    json: bool,
}

pub(super) fn run(options: &TestOptions) -> ExitCode {
    let done = match options {
        TestOptions { mutate: true, .. } => {
            mutate::run(&options.folder, usize::from(options.floor.unwrap_or_default()), options.sample)
        }
        TestOptions { coverage: true, .. } => covered(options),
        TestOptions { bless: true, .. } => bless::run(&options.folder, options.only.as_deref()),
        _ => tested(options),
    };
    done.map_or_else(|problem| fail(&*problem), |good| ExitCode::from(u8::from(!good)))
}

fn tested(options: &TestOptions) -> Result<bool, Trouble> {
    let folder = Folder::read(&options.folder)?;
    judged(&folder, &folder.suites()?, options.only.as_deref(), options.verbose)
}

/// Runs the cases whose name contains `only`, and prints what came of them.
fn judged(folder: &Folder, suites: &[Suite], only: Option<&str>, verbose: bool) -> Result<bool, Trouble> {
    let reports: Vec<Report> = folder.with(|material| {
        let run = |suite: &Suite| match only {
            Some(only) => suite.run_some(material, &|name| name.contains(only)),
            None => suite.run(material),
        };
        each(suites, run)
    });
    out!("{}", shown(&reports, verbose));
    let run: usize = reports.iter().map(|report| report.outcomes.len()).sum();
    if run == 0 { Err("no case was run".into()) } else { Ok(reports.iter().all(Report::is_good)) }
}

/// Does something with each file, and says on a terminal with which one.
fn each<T>(suites: &[Suite], done: impl Fn(&Suite) -> T) -> Vec<T> {
    let mut line = Progress::new();
    let all = u64::try_from(suites.len()).unwrap_or_default();
    let one = |(number, suite): (u64, &Suite)| {
        line.draw(number, all, suite.name());
        done(suite)
    };
    (0..).zip(suites).map(one).collect()
}

fn covered(options: &TestOptions) -> Result<bool, Trouble> {
    let folder = Folder::read(&options.folder)?;
    let suites = folder.suites()?;
    let (reports, covered): (Vec<Report>, Vec<Option<Coverage>>) =
        folder.with(|material| each(&suites, |suite| suite.cover(material)).into_iter().unzip());
    let covered: Vec<Coverage> = covered.into_iter().flatten().collect();
    let floor = usize::from(options.floor.unwrap_or_default());
    let below: Vec<&Coverage> = covered.iter().filter(|own| !own.total().is_at_least(floor)).collect();
    let good = reports.iter().all(Report::is_good) && covered.len() == suites.len();
    if options.json {
        let files: Vec<_> = covered.iter().map(Coverage::json).collect();
        outln!("{}", serde_json::json!({ "mappings": files, "passed": good, "below_floor": below.len() }));
    } else {
        out!("{}", shown(&reports, options.verbose));
        covered.iter().for_each(|own| out!("\n{own}"));
        for own in &below {
            outln!("\n{}: {:.1} % is below {floor} %", own.source.name, own.total().percent());
        }
    }
    Ok(good && below.is_empty())
}

/// What is wrong with the files, the cases of interest, and the counts.
fn shown(reports: &[Report], verbose: bool) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&diagnostic::render(&report.problems));
        let shown = |outcome: &&crate::cases::Outcome| verbose || !matches!(outcome.verdict, Verdict::Passed);
        report.outcomes.iter().filter(shown).for_each(|outcome| text.push_str(&outcome.to_string()));
    }
    text + &summary(reports)
}
