//! [`Event`]: what a provider says became of a message, in the model's terms.

use std::time::Duration;

use super::{Reason, Ref, Refusal};
use crate::value::{Arena, Timestamp, Tree, Value};

/// How far a message came. Ordered: a higher one is better news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Refused or not delivered.
    Failed,
    /// The provider handed it on.
    Submitted,
    /// On the device.
    Delivered,
    /// Read by the person.
    Read,
}

impl Status {
    /// The word that mappings use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Submitted => "submitted",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }
}

/// Whose sending a failure stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    /// The provider account's.
    Account,
    /// The sending number's.
    Number,
}

/// Why a message failed, in the provider's words and in ours.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// From the closed list.
    pub reason: Reason,
    /// The provider's code, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// A new attempt is worth it after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend: Option<Duration>,
    /// Better news may come within this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<Duration>,
    /// Whose sending stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopScope>,
}

impl Failure {
    /// A failure of our own, without a provider's code.
    #[must_use]
    pub fn ours(reason: Reason, detail: Option<String>) -> Self {
        Self { reason, code: None, detail, resend: None, settle: None, stop: None }
    }

    /// Checks what a mapping made.
    ///
    /// # Errors
    /// `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let _ = value;
        Err(Refusal::from(Reason::Malformed))
    }
}

/// One event of one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The provider's id of the message.
    pub provider_id: Option<String>,
    /// Our short id, where the provider echoes it.
    pub reference: Option<Ref>,
    /// `None`: recorded, not reported.
    pub status: Option<Status>,
    /// The provider's own word for the state.
    pub word: Option<String>,
    /// The provider's own time.
    pub at: Timestamp,
    /// The recipient's user id at the provider.
    pub user: Option<String>,
    /// What it cost, as the mapping made it.
    pub cost: Option<Tree>,
    /// Why it failed; only with [`Status::Failed`].
    pub failure: Option<Failure>,
}

impl Event {
    /// Checks what a provider's mapping made. A `ref` that is none of ours is left out: it is somebody else's.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let _ = value;
        Err(Refusal::from(Reason::Malformed))
    }

    /// As a platform's mapping reads it: `$.event`, with `failure.text` (code and detail on one line) and
    /// `provider` (the provider's name) added.
    pub fn view<'v>(&'v self, provider: &'v str, arena: &'v Arena) -> Value<'v> {
        let _ = (provider, arena);
        Value::Null
    }
}
