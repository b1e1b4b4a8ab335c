//! [`Inbound`]: what a person wrote, tapped or sent to one of the tenant's numbers.

use super::{Reason, Refusal};
use crate::value::{Arena, Timestamp, Tree, Value};

/// The content, by kind; members by kind are listed in docs/language.md, model values.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// `text`, `button`, `image`, ….
    pub kind: String,
    /// The text of a text, the label of a button.
    pub text: Option<String>,
    /// The payload of a button.
    pub payload: Option<String>,
    /// The whole content as the mapping made it.
    pub members: Tree,
}

/// One inbound message.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The provider's id; a repeat of it has no effect.
    pub id: String,
    /// The person's address: digits, or a user id.
    pub from: String,
    /// The tenant's number.
    pub to: String,
    /// The provider's own time.
    pub at: Timestamp,
    /// The person's user id at the provider.
    pub user: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The provider's id of the message that is answered.
    pub quotes: Option<String>,
    /// What was said.
    pub content: Content,
}

impl Inbound {
    /// Checks what a provider's mapping made.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let _ = value;
        Err(Refusal::from(Reason::Malformed))
    }

    /// As a platform's mapping reads it: `$.inbound`.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let _ = arena;
        Value::Null
    }
}
