//! The life of one message as a pure state machine: retry schedule, expiry, doubt, monotone reporting.
//!
//! Total over (state, input). No clock, no randomness that is not passed in, no I/O. A provider's answer and a status
//! webhook take the same [`step`]. Start at [`Life`], [`Input`] and [`step`]; docs/design.md tells the promises it keeps.

mod answer;
mod backoff;
mod moves;
mod news;
mod step;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod walk_tests;

use std::time::Duration;

pub use news::{ANEW, NOTES};
pub use step::step;

use crate::model::{Failure, Status, StopScope};
use crate::value::Timestamp;

/// Where a message stands between us and the provider. The last five are final for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for its turn, or for its next attempt.
    Queued,
    /// An attempt was recorded; the call may be under way.
    Sending,
    /// The outcome of an attempt is unknown.
    InDoubt,
    /// The provider took it, whatever came later.
    Submitted,
    /// The provider refused it in its answer.
    Rejected,
    /// Given up by us.
    Failed,
    /// Its time ran out before it could be sent.
    Expired,
    /// The recipient had opted out.
    Suppressed,
}

impl Phase {
    /// Every phase, in the order of a message's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::InDoubt,
        Self::Submitted,
        Self::Rejected,
        Self::Failed,
        Self::Expired,
        Self::Suppressed,
    ];

    /// Whether the ledger counts it under an end, not as in flight.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::InDoubt)
    }
}

/// What was said about a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Nothing failed so far.
    #[default]
    Nothing,
    /// A failure waits for better news until then. In doubt it is our own, reported if the policy is to give up.
    Held {
        /// When it is reported after all.
        until: Timestamp,
        /// What will be reported.
        failure: Failure,
        /// The provider's time of the failure.
        at: Timestamp,
    },
    /// A failure was reported.
    Failed,
}

/// All that is remembered of a message's life.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Life {
    /// Where it stands.
    pub phase: Phase,
    /// How many attempts were begun.
    pub attempts: u32,
    /// How many of them were made anew after a reported-worthy failure (`resend`).
    pub resends: u32,
    /// When the machine wants [`Input::Due`]: next attempt, end of doubt, end of a held failure. `None`: not by itself.
    pub wake: Option<Timestamp>,
    /// Not sent after this.
    pub expires: Timestamp,
    /// The best news so far.
    pub best: Option<Status>,
    /// What was said about a failure.
    pub told: Told,
}

impl Life {
    /// A message that was just taken in.
    #[must_use]
    pub const fn new(expires: Timestamp) -> Self {
        Self { phase: Phase::Queued, attempts: 0, resends: 0, wake: None, expires, best: None, told: Told::Nothing }
    }
}

/// A tenant's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Delay before the second attempt; it doubles from there.
    pub first: Duration,
    /// The longest delay.
    pub max: Duration,
    /// How long an unknown outcome waits for a status.
    pub doubt: Duration,
    /// What follows then.
    pub then: AfterDoubt,
    /// Whether a failure with `resend` is attempted again.
    pub resend: bool,
}

/// What follows an unknown outcome that no status settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterDoubt {
    /// Send again: rather twice than never.
    Resend,
    /// Give up: rather never than twice.
    Fail,
}

/// What came of an attempt, as the provider's mapping judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Taken,
    /// Not sent for certain: later, not before `after`.
    Again {
        /// What the provider asked for (`Retry-After`).
        after: Option<Duration>,
        /// What went wrong.
        failure: Failure,
    },
    /// Perhaps sent.
    Doubt {
        /// What went wrong.
        failure: Failure,
    },
    /// Not sent, and not the message's fault: its lane is held.
    Hold {
        /// What went wrong.
        failure: Failure,
    },
    /// Refused for good.
    Refused {
        /// Why.
        failure: Failure,
    },
}

/// What happens to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// An attempt is about to be made.
    Begin,
    /// An attempt ended.
    Answered(Outcome),
    /// The gateway stopped while an attempt was under way.
    Interrupted,
    /// The provider says something of it.
    News {
        /// How far it came; `None`: only to be recorded.
        status: Option<Status>,
        /// Why it failed.
        failure: Option<Failure>,
        /// The provider's own time.
        at: Timestamp,
    },
    /// The time in `wake` has come.
    Due,
    /// Found before an attempt: the recipient opted out.
    OptedOut,
    /// Found before an attempt: it can never be sent (template gone, number of another tenant).
    Unsendable(Failure),
    /// Cancelled by the operator.
    Cancelled,
}

/// What is to be reported to the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What became of the message.
    pub status: Status,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The provider's own time, or ours where we decided.
    pub at: Timestamp,
}

/// What one input does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The next state.
    pub life: Life,
    /// At most one report.
    pub report: Option<Report>,
    /// Whose sending stops.
    pub stop: Option<StopScope>,
    /// The lane is held (one probe after a minute, doubling to fifteen).
    pub hold: bool,
    /// For the history and the log: what happened, in a few fixed words.
    pub note: &'static str,
}
