//! The one entrance of the machine, and the rows that are neither an answer nor news.

use super::moves::{Given, counted, doubt, end, expire};
use super::{AfterDoubt, Input, Life, Phase, Policy, Step, Told, answer, news};
use crate::model::{Failure, Reason};
use crate::value::Timestamp;

/// The next state. `jitter` is from 0 to 1000, drawn anew for each step by the caller.
///
/// The recorded start of an attempt need not be a change of the stored life: [`Input::Answered`] and
/// [`Input::Interrupted`] of a message that is still queued count the attempt themselves. So an answer whose change
/// met a conflict is applied to the life as read again, without another [`Input::Begin`].
#[must_use]
pub fn step(life: &Life, input: &Input, policy: &Policy, now: Timestamp, jitter: u16) -> Step {
    #[cfg(test)]
    crate::simulation::seen(life.phase, input);
    let given = Given { policy, now, jitter };
    match input {
        Input::Begin => begin(life, given),
        Input::Answered(outcome) => answer::answered(life, outcome, given),
        Input::Interrupted => interrupted(life, given),
        Input::News { status, failure, at } => news::news(life, *status, failure.as_ref(), *at, given),
        Input::Due => due(life, given),
        Input::OptedOut => before_sending(life, Phase::Suppressed, Failure::ours(Reason::OptedOut, None), given),
        Input::Unsendable(failure) => before_sending(life, Phase::Failed, failure.clone(), given),
        Input::Cancelled => cancelled(life, given),
    }
}

fn begin(life: &Life, given: Given<'_>) -> Step {
    if life.phase != Phase::Queued {
        return Step::stay(life, "not queued");
    }
    if given.now >= life.expires {
        return expire(life, None, given.now);
    }
    Step::to(Life { phase: Phase::Sending, wake: None, ..counted(life) }, "attempt begun")
}

fn interrupted(life: &Life, given: Given<'_>) -> Step {
    match life.phase {
        Phase::Queued | Phase::Sending => {
            doubt(life, Some("stopped during an attempt".to_owned()), given, "attempt interrupted")
        }
        _ => Step::stay(life, "no attempt was under way"),
    }
}

fn due(life: &Life, given: Given<'_>) -> Step {
    match life.phase {
        Phase::Queued if given.now >= life.expires => expire(life, None, given.now),
        Phase::Queued if life.wake.is_some_and(|wake| wake <= given.now) => {
            Step::to(Life { wake: None, ..life.clone() }, "ready")
        }
        Phase::Queued | Phase::Sending => Step::stay(life, "not due"),
        Phase::InDoubt if life.wake.is_some_and(|wake| wake > given.now) => Step::stay(life, "not due"),
        Phase::InDoubt => doubt_ended(life, given),
        Phase::Submitted | Phase::Rejected | Phase::Failed | Phase::Expired | Phase::Suppressed => {
            held_failure(life, given.now)
        }
    }
}

/// No status settled the doubt in its time.
fn doubt_ended(life: &Life, given: Given<'_>) -> Step {
    let failure = match &life.told {
        Told::Held { failure, .. } => failure.clone(),
        Told::Nothing | Told::Failed => Failure::ours(Reason::RetriesExhausted, None),
    };
    match given.policy.then {
        AfterDoubt::Fail => end(life, Phase::Failed, failure, given.now, "given up in doubt"),
        AfterDoubt::Resend if given.now >= life.expires => expire(life, Some(&failure), given.now),
        AfterDoubt::Resend => {
            let life = Life { phase: Phase::Queued, wake: None, told: Told::Nothing, ..life.clone() };
            Step::to(life, "in doubt, to be sent again")
        }
    }
}

/// No better news came while a failure was held.
fn held_failure(life: &Life, now: Timestamp) -> Step {
    match &life.told {
        Told::Held { until, .. } if *until > now => Step::to(Life { wake: Some(*until), ..life.clone() }, "not due"),
        Told::Held { failure, at, .. } => end(life, life.phase, failure.clone(), *at, "failed, nothing better came"),
        Told::Nothing | Told::Failed => Step::to(Life { wake: None, ..life.clone() }, "nothing waited"),
    }
}

/// Found while an attempt was prepared, so [`Phase::Sending`] here has not reached the provider either.
fn before_sending(life: &Life, phase: Phase, failure: Failure, given: Given<'_>) -> Step {
    let note = if phase == Phase::Suppressed { "opted out" } else { "cannot be sent" };
    match life.phase {
        Phase::Queued | Phase::Sending => {
            let stop = failure.stop;
            Step { stop, ..end(life, phase, failure, given.now, note) }
        }
        // What is in doubt waits for its status first; it is asked again before it is sent again.
        Phase::InDoubt => Step::stay(life, "in doubt"),
        _ => Step::stay(life, "already ended"),
    }
}

fn cancelled(life: &Life, given: Given<'_>) -> Step {
    match life.phase {
        Phase::Queued | Phase::InDoubt => {
            let failure = Failure::ours(Reason::Unknown, Some("cancelled".to_owned()));
            end(life, Phase::Failed, failure, given.now, "cancelled")
        }
        Phase::Sending => Step::stay(life, "under way, not cancelled"),
        _ => Step::stay(life, "already ended"),
    }
}
