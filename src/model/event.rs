//! [`Event`]: what a provider says became of a message, in the model's terms.

use std::time::Duration;

use super::members::{Members, Place};
use super::{ClientRef, Reason, Refusal};
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

impl Status {
    fn of(word: &str) -> Option<Self> {
        [Self::Failed, Self::Submitted, Self::Delivered, Self::Read].into_iter().find(|status| status.as_str() == word)
    }
}

/// Whose sending a failure stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    /// The provider account's.
    Account,
    /// The sending number's.
    Number,
    /// That to the recipient, from the sending number.
    Recipient,
}

impl StopScope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Account, Self::Number, Self::Recipient];

    /// The word that mappings use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Number => "number",
            Self::Recipient => "recipient",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
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
        Self::of(Members::of(value, Place::Root)?)
    }

    fn of(members: Members<'_, '_>) -> Result<Self, Refusal> {
        members.only(&["reason", "code", "detail", "resend", "settle", "stop"])?;
        let reason = members.word("reason", "of the closed list of reasons", |word| word.parse().ok())?;
        Ok(Self {
            reason: reason.ok_or_else(|| members.missing("reason"))?,
            code: code(&members)?,
            detail: members.owned_text("detail")?,
            resend: members.duration("resend")?,
            settle: members.duration("settle")?,
            stop: members.word("stop", "account, number or recipient", StopScope::of)?,
        })
    }

    /// Code and detail on one line; `None` if there is neither.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let both = [self.code.as_deref(), self.detail.as_deref()];
        let words: Vec<&str> = both.into_iter().flatten().flat_map(str::split_whitespace).collect();
        Some(words.join(" ")).filter(|text| !text.is_empty())
    }

    /// As mappings and cases read it, with `text` added.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        self.with(self.text().map(|text| &*arena.alloc_str(&text)), arena)
    }

    fn kept<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        self.with(None, arena)
    }

    fn with<'v>(&'v self, text: Option<&'v str>, arena: &'v Arena) -> Value<'v> {
        let span = |span: Option<Duration>| span.map(|span| &*arena.alloc_str(&written(span)));
        let members = [
            ("reason", Some(self.reason.as_str())),
            ("code", self.code.as_deref()),
            ("detail", self.detail.as_deref()),
            ("resend", span(self.resend)),
            ("settle", span(self.settle)),
            ("stop", self.stop.map(StopScope::as_str)),
            ("text", text),
        ];
        super::members::map(members.map(|(name, text)| (name, text.map(Value::Text))), arena)
    }
}

/// A provider's code is text; one that its mapping left a whole number is written in digits, for a failure must not
/// be lost over it.
fn code(members: &Members<'_, '_>) -> Result<Option<String>, Refusal> {
    match members.get("code") {
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        _ => members.owned_text("code"),
    }
}

/// As mappings write durations, in the largest unit that says it exactly.
fn written(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let unit = units.into_iter().find(|(size, _)| millis >= *size && millis.is_multiple_of(*size));
    let (size, unit) = unit.unwrap_or((1, "ms"));
    format!("{}{unit}", millis / size)
}

/// One event of one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The provider's id of the message.
    pub provider_id: Option<String>,
    /// Our short id with its attempt, where the provider echoes it.
    pub reference: Option<ClientRef>,
    /// `None`: recorded, not reported.
    pub status: Option<Status>,
    /// The provider's own word for the state.
    pub word: Option<String>,
    /// The provider's own time.
    pub at: Timestamp,
    /// The recipient's user id at the provider.
    pub user: Option<String>,
    /// What it cost, as the mapping made it; [`Cost`](super::Cost) reads it.
    pub cost: Option<Tree>,
    /// Why it failed; only with [`Status::Failed`].
    pub failure: Option<Failure>,
}

impl Event {
    /// Checks what a provider's mapping made. A `ref` that is none of ours is left out: it is somebody else's. A
    /// `failure` counts only beside `failed`, since providers send errors with good news too; a failed event without
    /// one has the reason `unknown`.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name; neither `provider_id` nor `ref` is `missing_field`.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let members = Members::of(value, Place::Root)?;
        members.only(&["provider_id", "ref", "status", "word", "at", "user", "cost", "failure"])?;
        let provider_id = members.owned_text("provider_id")?;
        let reference = members.text("ref")?;
        if provider_id.is_none() && reference.is_none() {
            return Err(members.missing("provider_id"));
        }
        let status = members.word("status", "submitted, delivered, read or failed", Status::of)?;
        let failure = match members.map("failure")? {
            Some(value) => Some(Failure::of(Members::of(value, Place::Member(members.place(), "failure"))?)?),
            None => Some(Failure::ours(Reason::Unknown, None)),
        };
        Ok(Self {
            provider_id,
            reference: reference.and_then(|text| text.parse().ok()),
            status,
            word: members.owned_text("word")?,
            at: members.required_time("at")?,
            user: members.owned_text("user")?,
            cost: members.map("cost")?.map(Tree::from),
            failure: failure.filter(|_| status == Some(Status::Failed)),
        })
    }

    /// As a platform's mapping reads it: `$.event`, with `failure.text` (code and detail on one line) and
    /// `provider` (the provider's name) added.
    pub fn view<'v>(&'v self, provider: &'v str, arena: &'v Arena) -> Value<'v> {
        let failure = self.failure.as_ref().map(|failure| failure.view(arena));
        self.with(failure, Some(provider), arena)
    }

    /// With exactly what [`Event::read`] takes: to be kept, and read again.
    pub fn kept<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let failure = self.failure.as_ref().map(|failure| failure.kept(arena));
        self.with(failure, None, arena)
    }

    fn with<'v>(&'v self, failure: Option<Value<'v>>, provider: Option<&'v str>, arena: &'v Arena) -> Value<'v> {
        let reference = self.reference.map(|id| &*arena.alloc_str(&id.to_string()));
        let members = [
            ("provider_id", self.provider_id.as_deref().map(Value::Text)),
            ("ref", reference.map(Value::Text)),
            ("status", self.status.map(|status| Value::Text(status.as_str()))),
            ("word", self.word.as_deref().map(Value::Text)),
            ("at", Some(Value::Time(self.at))),
            ("user", self.user.as_deref().map(Value::Text)),
            ("cost", self.cost.as_ref().map(|cost| cost.view(arena))),
            ("failure", failure),
            ("provider", provider.map(Value::Text)),
        ];
        super::members::map(members, arena)
    }
}

#[cfg(test)]
mod tests;
