//! Which pairs of phase and input the machine was asked for: counted where it is entered.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::delivery::{Input, Outcome, Phase};
use crate::model::Status;

/// How often each pair was met, by this thread.
pub(super) type Pairs = BTreeMap<(&'static str, &'static str), u64>;

thread_local! {
    static SEEN: RefCell<Pairs> = const { RefCell::new(BTreeMap::new()) };
}

/// Called by the machine for every step.
pub(crate) fn seen(phase: Phase, input: &Input) {
    SEEN.with_borrow_mut(|seen| *seen.entry((phase_word(phase), word(input))).or_default() += 1);
}

/// What was seen so far.
pub(super) fn pairs() -> Pairs {
    SEEN.with_borrow(Clone::clone)
}

/// The inputs, as the machine's table calls them.
pub(super) const INPUTS: [&str; 16] = [
    "begin",
    "taken",
    "again",
    "doubt",
    "hold",
    "refused",
    "interrupted",
    "noted",
    "failed",
    "submitted",
    "delivered",
    "read",
    "due",
    "opted_out",
    "unsendable",
    "cancelled",
];

/// Why no history can come to a pair, whatever is drawn. That the machine has an answer all the same is its own test.
pub(super) const fn impossible(phase: Phase, input: &str) -> Option<&'static str> {
    match (phase, input.as_bytes()) {
        (_, b"begin") => Some("the flow records an attempt beside the life; contract cases step it"),
        (Phase::Sending, _) => {
            Some("an attempt under way is recorded beside the life, which is never stored as sending")
        }
        _ => None,
    }
}

fn word(input: &Input) -> &'static str {
    match input {
        Input::Begin => "begin",
        Input::Answered(Outcome::Taken) => "taken",
        Input::Answered(Outcome::Again { .. }) => "again",
        Input::Answered(Outcome::Doubt { .. }) => "doubt",
        Input::Answered(Outcome::Hold { .. }) => "hold",
        Input::Answered(Outcome::Refused { .. }) => "refused",
        Input::Interrupted => "interrupted",
        Input::News { status: None, .. } => "noted",
        Input::News { status: Some(Status::Failed), .. } => "failed",
        Input::News { status: Some(Status::Submitted), .. } => "submitted",
        Input::News { status: Some(Status::Delivered), .. } => "delivered",
        Input::News { status: Some(Status::Read), .. } => "read",
        Input::Due => "due",
        Input::OptedOut => "opted_out",
        Input::Unsendable(_) => "unsendable",
        Input::Cancelled => "cancelled",
    }
}

pub(super) const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "queued",
        Phase::Sending => "sending",
        Phase::InDoubt => "in_doubt",
        Phase::Submitted => "submitted",
        Phase::Rejected => "rejected",
        Phase::Failed => "failed",
        Phase::Expired => "expired",
        Phase::Suppressed => "suppressed",
    }
}
