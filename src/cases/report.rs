//! What came of cases, for people: one block a failed case, and counts per file and leg.

use std::collections::BTreeMap;
use std::fmt;

use super::{Mismatch, Outcome, Report, Verdict};
use crate::diagnostic::line_col;

impl fmt::Display for Outcome {
    /// Place and name, and what was different; a case that passed is one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, span) = &self.place;
        let place = line_col(source, span.start);
        let word = match &self.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Broken(_) => "broken",
        };
        writeln!(f, "{word}: {} ({}:{}:{})", self.name, source.name, place.line, place.column)?;
        match &self.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Failed(differences) => differences.iter().try_for_each(|difference| {
                let Mismatch { path, expected, found, span } = difference;
                let place = line_col(source, span.start);
                writeln!(f, "  {}:{}:{}: {path}", source.name, place.line, place.column)?;
                writeln!(f, "    wanted {expected}")?;
                writeln!(f, "    found  {found}")
            }),
            Verdict::Broken(problem) => write!(f, "{problem}"),
        }
    }
}

/// How many cases passed, per mapping and leg, and in all.
#[must_use]
pub fn summary(reports: &[Report]) -> String {
    let mut text = String::new();
    let (mut passed, mut all) = (0, 0);
    for report in reports {
        let mut legs: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for outcome in &report.outcomes {
            let leg = if outcome.leg.is_empty() { "no leg" } else { outcome.leg };
            let count = legs.entry(leg).or_default();
            count.0 += usize::from(matches!(outcome.verdict, Verdict::Passed));
            count.1 += 1;
        }
        let own = legs.values().fold((0, 0), |sum, (good, every)| (sum.0 + good, sum.1 + every));
        let legs: Vec<String> = legs.iter().map(|(leg, (good, every))| format!("{leg} {good}/{every}")).collect();
        text.push_str(&format!("{}: {} of {} cases passed ({})\n", report.mapping, own.0, own.1, legs.join(", ")));
        (passed, all) = (passed + own.0, all + own.1);
    }
    text.push_str(&format!("{passed} of {all} cases passed\n"));
    text
}
