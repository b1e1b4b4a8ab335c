//! The moves that several rows of the machine make: into an end, into doubt, or nowhere.

use super::{Life, Phase, Policy, Report, Step, Told};
use crate::model::{Failure, Reason, Status};
use crate::value::Timestamp;

/// What every row is given besides life and input.
#[derive(Clone, Copy)]
pub(super) struct Given<'p> {
    pub(super) policy: &'p Policy,
    pub(super) now: Timestamp,
    pub(super) jitter: u16,
}

impl Step {
    /// This life from now on, and nothing more.
    pub(super) const fn to(life: Life, note: &'static str) -> Self {
        Self { life, report: None, stop: None, hold: false, note }
    }

    /// Nothing changes.
    pub(super) fn stay(life: &Life, note: &'static str) -> Self {
        Self::to(life.clone(), note)
    }
}

/// A message ends in `phase`. The failure is reported unless one was, or better than submitted was.
pub(super) fn end(life: &Life, phase: Phase, failure: Failure, at: Timestamp, note: &'static str) -> Step {
    let untold = life.told != Told::Failed && life.best <= Some(Status::Submitted);
    let report = untold.then_some(Report { status: Status::Failed, failure: Some(failure), at });
    let told = if untold || life.told == Told::Failed { Told::Failed } else { Told::Nothing };
    Step { report, ..Step::to(Life { phase, wake: None, told, ..life.clone() }, note) }
}

/// Its time ran out; the last trouble, if there was one, is told with it.
pub(super) fn expire(life: &Life, trouble: Option<&Failure>, now: Timestamp) -> Step {
    end(life, Phase::Expired, Failure::ours(Reason::Expired, trouble.and_then(text)), now, "expired")
}

/// In doubt from now on. The failure that is reported should we give up waits in `told`.
pub(super) fn doubt(life: &Life, detail: Option<String>, given: Given<'_>, note: &'static str) -> Step {
    let until = given.now.after(given.policy.doubt);
    let told = Told::Held { until, failure: Failure::ours(Reason::RetriesExhausted, detail), at: given.now };
    Step::to(Life { phase: Phase::InDoubt, wake: Some(until), told, ..counted(life) }, note)
}

/// With the attempt counted that is under way, where its start is not in the life.
pub(super) fn counted(life: &Life) -> Life {
    let begun = u32::from(life.phase == Phase::Queued);
    Life { attempts: life.attempts.saturating_add(begun), ..life.clone() }
}

/// Code and detail on one line.
pub(super) fn text(failure: &Failure) -> Option<String> {
    match (&failure.code, &failure.detail) {
        (Some(code), Some(detail)) => Some(format!("{code} {detail}")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}
