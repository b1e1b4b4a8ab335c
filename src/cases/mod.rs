//! Contract cases of mapping files: given facts and one stimulus in, the very same `legs` that the gateway runs, and
//! what came of it compared with what the case expects.
//!
//! Pure: texts of mappings, cases, samples and schemas are handed in, time and keys too. It has no order of steps of
//! its own: where `flow` waits for a store or a client, a case's `given` and `answers` stand in. Start at
//! [`Suite::pair`] and [`Suite::run`]; [`mutate`] helps to show that a sample's values matter.

mod behaviour;
mod bless;
mod compare;
mod counterpart;
mod coverage;
mod drive;
mod facts;
mod found;
mod given;
mod mutants;
pub mod mutate;
pub mod origins;
mod payload;
mod preflight;
mod report;
mod run;
mod schema;
mod sign;
mod suite;
mod trial;
mod wanted;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use behaviour::{Change, Comparison, Sample, Side};
pub use bless::{Blessing, Edit, edited};
pub use coverage::{Count, Coverage, GROUPS};
pub use mutants::{Equivalents, Hunt, Mutant, Noticed, mutants};
pub use preflight::Preflight;
pub use report::summary;
pub use sign::{Signed, sign};
pub use suite::Suite;
pub use trial::{Finding, Line, Trial, Tried, Trying, stand};

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::value::Timestamp;

/// What the cases of a run are given from outside.
#[derive(Clone, Copy)]
pub struct Material<'m> {
    /// A sample's bytes by its file name.
    pub sample: &'m dyn Fn(&str) -> Option<Arc<[u8]>>,
    /// A private RSA key made for the run, for mappings whose calls are signed with one.
    pub rsa_key_pem: &'m str,
    /// The time at which everything happens, where a case does not say `now`.
    pub now: Timestamp,
}

/// What came of one suite.
#[derive(Debug, Default)]
pub struct Report {
    /// The mapping's file.
    pub mapping: String,
    /// In the order written, the mapping's own first.
    pub outcomes: Vec<Outcome>,
    /// What is wrong with the mapping or with the cases as they are written.
    pub problems: Vec<Diagnostic>,
}

/// What came of one case.
#[derive(Debug)]
pub struct Outcome {
    /// The case's name.
    pub name: String,
    /// Which leg it went over: `send`, `status`, `inbound`, `templates`.
    pub leg: &'static str,
    /// Where the case stands.
    pub place: (Source, Span),
    /// How it ended.
    pub verdict: Verdict,
    /// Every sample file that it read.
    pub samples: BTreeSet<String>,
}

/// How a case ended.
#[derive(Debug)]
pub enum Verdict {
    /// Everything expected was found.
    Passed,
    /// Something else was found.
    Failed(Vec<Mismatch>),
    /// The case cannot be run as it is written.
    Broken(Box<Diagnostic>),
}

/// One difference between what was expected and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Where in `expect`: `calls[0].body.to`.
    pub path: String,
    /// What the case says, as JSON; `$omit` for nothing.
    pub expected: String,
    /// What there was, as JSON; `$omit` for nothing.
    pub found: String,
    /// Where the expectation stands in the case's file.
    pub span: Span,
}

impl Report {
    /// Whether every case passed and nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let bad = self.problems.iter().any(Diagnostic::is_error);
        !bad && self.outcomes.iter().all(|outcome| matches!(outcome.verdict, Verdict::Passed))
    }

    /// Every sample file that a case read.
    #[must_use]
    pub fn samples(&self) -> BTreeSet<&str> {
        self.outcomes.iter().flat_map(|outcome| outcome.samples.iter().map(String::as_str)).collect()
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
