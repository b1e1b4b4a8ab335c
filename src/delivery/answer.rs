//! The rows of [`Input::Answered`](super::Input::Answered): what came of an attempt.

use super::moves::{Given, counted, doubt, end, expire, text};
use super::{Life, Outcome, Phase, Step, Told, backoff, news};
use crate::model::Failure;

pub(super) fn answered(life: &Life, outcome: &Outcome, given: Given<'_>) -> Step {
    let stop = failure(outcome).and_then(|failure| failure.stop);
    let step = if life.phase.is_final() { late(life, outcome, given) } else { awaited(life, outcome, given) };
    Step { stop, ..step }
}

fn awaited(life: &Life, outcome: &Outcome, given: Given<'_>) -> Step {
    // A status was faster than the answer and had the message queued anew: the answer is of the attempt before.
    if life.phase == Phase::Queued && life.resends > 0 && life.wake.is_some_and(|wake| wake > given.now) {
        return Step::stay(life, "late answer");
    }
    // The attempt is over, and with it what a doubt before it would have said.
    let open = Life { told: Told::Nothing, ..counted(life) };
    match outcome {
        Outcome::Taken => Step::to(Life { phase: Phase::Submitted, wake: None, ..open }, "taken by the provider"),
        Outcome::Again { after, failure } => again(&open, *after, failure, given),
        // A doubt is not prolonged by a second one.
        Outcome::Doubt { .. } if life.phase == Phase::InDoubt => Step::stay(life, "still in doubt"),
        Outcome::Doubt { failure } => doubt(life, text(failure), given, "outcome unknown"),
        Outcome::Hold { .. } => hold(life),
        Outcome::Refused { failure } => refused(&open, failure, given),
    }
}

fn again(life: &Life, after: Option<std::time::Duration>, failure: &Failure, given: Given<'_>) -> Step {
    let wait = backoff::delay(given.policy, life.attempts, given.jitter).max(after.unwrap_or_default());
    let wake = given.now.after(wait);
    if wake >= life.expires {
        return expire(life, Some(failure), given.now);
    }
    Step::to(Life { phase: Phase::Queued, wake: Some(wake), ..life.clone() }, "to be tried again")
}

/// The attempt does not count: it is not the message's fault, and the lane alone decides when the next one is.
fn hold(life: &Life) -> Step {
    let made = u32::from(life.phase != Phase::Queued);
    let attempts = life.attempts.saturating_sub(made);
    let life = Life { phase: Phase::Queued, attempts, wake: None, told: Told::Nothing, ..life.clone() };
    Step { hold: true, ..Step::to(life, "lane held") }
}

fn refused(life: &Life, failure: &Failure, given: Given<'_>) -> Step {
    news::resend(life, failure, given)
        .unwrap_or_else(|| end(life, Phase::Rejected, failure.clone(), given.now, "refused by the provider"))
}

/// Settled before the answer came. The provider's taking it is the truth whatever we had decided; a refusal is told
/// only if the platform has heard nothing yet.
fn late(life: &Life, outcome: &Outcome, given: Given<'_>) -> Step {
    match outcome {
        Outcome::Taken if life.phase != Phase::Submitted => {
            Step::to(Life { phase: Phase::Submitted, ..life.clone() }, "taken by the provider after all")
        }
        Outcome::Refused { failure } if life.best.is_none() && life.told == Told::Nothing => {
            end(life, life.phase, failure.clone(), given.now, "refused after all")
        }
        _ => Step::stay(life, "late answer"),
    }
}

const fn failure(outcome: &Outcome) -> Option<&Failure> {
    match outcome {
        Outcome::Taken => None,
        Outcome::Again { failure, .. }
        | Outcome::Doubt { failure }
        | Outcome::Hold { failure }
        | Outcome::Refused { failure } => Some(failure),
    }
}
