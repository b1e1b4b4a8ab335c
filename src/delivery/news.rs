//! The rows of [`Input::News`](super::Input::News): what the provider says of a message, early, late, twice, out of
//! order or in contradiction.

use super::moves::{Given, end};
use super::{Life, Phase, Report, Step, Told};
use crate::model::{Failure, Reason, Status};
use crate::value::Timestamp;

/// What is noted of news, and of nothing else but a refusal that is worth another attempt.
pub const NOTES: [&str; 11] = [
    "news of an earlier attempt",
    "noted",
    "nothing new",
    "submitted",
    "delivered",
    "read",
    "failed",
    "failed, as known",
    "failed after better news",
    "failed, may be contradicted",
    ANEW,
];

/// Noted of a refusal in an answer, too.
pub const ANEW: &str = "failed, to be sent anew";

/// A message is sent anew at most so often because of a failure that is worth it.
const RESENDS: u32 = 3;

pub(super) fn news(
    life: &Life,
    status: Option<Status>,
    failure: Option<&Failure>,
    at: Timestamp,
    given: Given<'_>,
) -> Step {
    let waits = life.phase == Phase::Queued && life.resends > 0 && life.wake.is_some_and(|wake| wake > given.now);
    match status {
        // Of the attempt before: only real success makes the next one needless.
        None | Some(Status::Failed) if waits => Step::stay(life, "news of an earlier attempt"),
        Some(Status::Submitted) if waits => better(life.clone(), Status::Submitted, at),
        None => Step::to(settled(life, false), "noted"),
        Some(Status::Failed) => failed(&settled(life, false), failure, at, given),
        Some(status) => better(settled(life, true), status, at),
    }
}

/// Who speaks of a message has it: it is not sent again. An end that we decided on is corrected only by good news.
fn settled(life: &Life, good: bool) -> Life {
    match life.phase {
        Phase::Queued | Phase::Sending | Phase::InDoubt => {
            Life { phase: Phase::Submitted, wake: None, told: Told::Nothing, ..life.clone() }
        }
        _ if good => Life { phase: Phase::Submitted, ..life.clone() },
        _ => life.clone(),
    }
}

fn better(life: Life, status: Status, at: Timestamp) -> Step {
    if life.best >= Some(status) {
        return Step::to(life, "nothing new");
    }
    let life = Life { best: Some(status), ..life };
    if status == Status::Submitted {
        // "Submitted" does not contradict a failure: it is no news after one.
        let report = (life.told != Told::Failed).then_some(Report { status, failure: None, at });
        return Step { report, ..Step::to(life, "submitted") };
    }
    let told = if life.told == Told::Failed { Told::Failed } else { Told::Nothing };
    let note = if status == Status::Read { "read" } else { "delivered" };
    let report = Some(Report { status, failure: None, at });
    Step { report, ..Step::to(Life { told, wake: None, ..life }, note) }
}

fn failed(life: &Life, failure: Option<&Failure>, at: Timestamp, given: Given<'_>) -> Step {
    let unknown = || Failure::ours(Reason::Unknown, None);
    let failure = failure.cloned().unwrap_or_else(unknown);
    let repeated = match &life.told {
        Told::Nothing => false,
        // One that may still be contradicted waits; one that may not ends the waiting.
        Told::Held { .. } => failure.settle.is_some(),
        Told::Failed => true,
    };
    if repeated {
        return Step::stay(life, "failed, as known");
    }
    let stop = failure.stop;
    if life.best > Some(Status::Submitted) {
        return Step { stop, ..Step::stay(life, "failed after better news") };
    }
    let step = resend(life, &failure, given).unwrap_or_else(|| held_or_reported(life, failure, at, given));
    Step { stop, ..step }
}

fn held_or_reported(life: &Life, failure: Failure, at: Timestamp, given: Given<'_>) -> Step {
    let Some(settle) = failure.settle else {
        return end(life, life.phase, failure, at, "failed");
    };
    let until = given.now.after(settle);
    let told = Told::Held { until, failure, at };
    Step::to(Life { wake: Some(until), told, ..life.clone() }, "failed, may be contradicted")
}

/// Queued anew, where the failure is worth it, the tenant wants it and time and tries are left. Nothing is reported.
pub(super) fn resend(life: &Life, failure: &Failure, given: Given<'_>) -> Option<Step> {
    // What may still be contradicted is not sent again before.
    let wait = failure.resend?.max(failure.settle.unwrap_or_default());
    let wake = given.now.after(wait);
    let open = matches!(life.phase, Phase::Queued | Phase::Sending | Phase::InDoubt | Phase::Submitted);
    if !given.policy.resend || !open || life.resends >= RESENDS || wake >= life.expires {
        return None;
    }
    let resends = life.resends.saturating_add(1);
    let life = Life { phase: Phase::Queued, resends, wake: Some(wake), told: Told::Nothing, ..life.clone() };
    Some(Step::to(life, ANEW))
}
