//! The tiers of a check: what ran over how much, and what was skipped, and why. A tier that is silently left out would
//! look like one that found nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::config::{Files, Snapshot};
use crate::diagnostic::Diagnostic;

/// One tier.
#[derive(Debug, Serialize)]
pub(super) struct Tier {
    /// `syntax`, `types`, `references`, `cases`, `templates`, `live`.
    pub(super) tier: &'static str,
    /// What it ran over; `None`: it did not run, and was not to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ran: Option<String>,
    /// What it was to run over and could not, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<String>,
    /// Why it was not to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_asked: Option<&'static str>,
}

impl Tier {
    pub(super) const fn ran(tier: &'static str, over: String, skipped: Option<String>) -> Self {
        Self { tier, ran: Some(over), skipped, not_asked: None }
    }

    pub(super) const fn not_asked(tier: &'static str, why: &'static str) -> Self {
        Self { tier, ran: None, skipped: None, not_asked: Some(why) }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:10} ", self.tier)?;
        if let Some(ran) = &self.ran {
            write!(f, "ran over {ran}")?;
        }
        if let Some(why) = self.not_asked {
            write!(f, "not run: {why}")?;
        }
        match &self.skipped {
            Some(skipped) => write!(f, "; skipped {skipped}"),
            None => Ok(()),
        }
    }
}

/// The tiers that every file goes through when it is loaded.
pub(super) fn of_files(files: &Files, snapshot: &Snapshot, problems: &[Diagnostic]) -> Vec<Tier> {
    let all = files.mappings.len() + files.tenants.len();
    let with = |fits: &dyn Fn(&Diagnostic) -> bool| -> BTreeSet<&str> {
        let found = problems.iter().filter(|problem| problem.is_error() && fits(problem));
        found.filter_map(|problem| Some(&*problem.place.as_ref()?.0.name)).collect()
    };
    let unread = with(&|problem| problem.code.starts_with("SB01"));
    let mut broken = with(&|_| true);
    // One problem may stand for many tenants.
    let absent = files.tenants.iter().filter(|source| snapshot.of_file(&source.name).is_none());
    broken.extend(absent.map(|source| &*source.name));
    let waiting = files.tenants.iter().filter(|source| broken.contains(&*source.name)).count();
    let some = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    vec![
        Tier::ran("syntax", format!("{all} files"), None),
        Tier::ran("types", format!("{} files", all - unread.len()), some(unread.len(), "that cannot be read")),
        Tier::ran(
            "references",
            format!("{} mappings and {} tenants", snapshot.mappings.len(), files.tenants.len() - waiting),
            some(broken.len(), "files with errors: what refers to them was not followed"),
        ),
    ]
}
