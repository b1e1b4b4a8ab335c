//! The tier of cases: the mappings' contract cases, each that fails a problem at its place.

use std::path::Path;

use super::tiers::Tier;
use crate::cases::{Outcome, Report, Verdict};
use crate::cli::test::folder::{Folder, Trouble};
use crate::diagnostic::Diagnostic;

/// Differences of one case beyond these say nothing new.
const MOST: usize = 5;

pub(super) fn run(mappings: &Path) -> Result<(Tier, Vec<Diagnostic>), Trouble> {
    let folder = Folder::read(mappings)?;
    let suites = folder.suites()?;
    let reports: Vec<Report> = folder.with(|material| suites.iter().map(|suite| suite.run(material)).collect());
    let count: usize = reports.iter().map(|report| report.outcomes.len()).sum();
    // What is wrong with a mapping itself was told by the tiers before.
    let of_cases = |problem: &&Diagnostic| problem.code.starts_with("SB06") && problem.code != "SB0610";
    let mut problems: Vec<Diagnostic> =
        reports.iter().flat_map(|report| report.problems.iter().filter(of_cases).cloned()).collect();
    problems.extend(reports.iter().flat_map(|report| &report.outcomes).filter_map(failed));
    let broken = |report: &&Report| report.problems.iter().any(|problem| problem.is_error() && !of_cases(&problem));
    let skipped = reports.iter().filter(broken).count();
    let skipped = (skipped > 0).then(|| format!("{skipped} mappings with errors"));
    Ok((Tier::ran("cases", format!("{count} cases"), skipped), problems))
}

fn failed(outcome: &Outcome) -> Option<Diagnostic> {
    match &outcome.verdict {
        Verdict::Passed => None,
        Verdict::Broken(problem) => Some(Diagnostic::clone(problem)),
        Verdict::Failed(differences) => {
            let (source, span) = &outcome.place;
            let problem = Diagnostic::error("SB0612", format!("the case `{}` fails", outcome.name)).at(source, *span);
            let problem = differences.iter().take(MOST).fold(problem, |problem, found| {
                problem.help(format!("{}: expected {}, found {}", found.path, found.expected, found.found))
            });
            Some(problem)
        }
    }
}
