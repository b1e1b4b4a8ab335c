//! [`Message`]: what a platform wants sent, in `WhatsApp`'s own terms. Members: docs/language.md, model values.

use super::{Reason, Refusal};
use crate::value::{Arena, Value};

/// Whose turn it is first. Transactional goes before promotional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// One-time passwords, order updates, replies to a person.
    Transactional,
    /// Campaigns; the default.
    Promotional,
}

impl Class {
    /// The word that mappings and the store use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::Promotional => "promotional",
        }
    }
}

/// Which content member a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after the member it stands for")]
pub enum Kind {
    Template,
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contacts,
    Interactive,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Template,
        Self::Text,
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Document,
        Self::Sticker,
        Self::Location,
        Self::Contacts,
        Self::Interactive,
    ];

    /// The member's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Interactive => "interactive",
        }
    }
}

/// What makes a repeat of a message recognisable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dedupe<'a> {
    /// This key; the message's id unless the mapping composed one.
    Key(&'a str),
    /// Never a repeat (`dedupe: $omit`).
    Exempt,
}

/// A checked message: the required members are there and have their types, exactly one content is there.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The platform's id.
    pub id: &'a str,
    /// The recipient.
    pub to: &'a str,
    /// The sender.
    pub from: &'a str,
    /// Promotional unless the mapping says otherwise.
    pub class: Class,
    /// Which content it has.
    pub kind: Kind,
    /// Recognises a repeat.
    pub dedupe: Dedupe<'a>,
    /// The whole value as the mapping made it, `dedupe` left out and `kind` added: what is stored, and what a
    /// provider's mapping reads as `$.message` (with `ref` added when it is stored).
    pub value: Value<'a>,
}

impl<'a> Message<'a> {
    /// Checks what a mapping made. `dedupe_given` tells a `dedupe` that came to nothing from one never written.
    ///
    /// # Errors
    /// `missing_field`, `malformed` or `invalid_recipient`, with the member's name.
    pub fn read(value: Value<'a>, dedupe_given: bool, arena: &'a Arena) -> Result<Self, Refusal> {
        let _ = (value, dedupe_given, arena);
        Err(Refusal::from(Reason::Malformed))
    }
}
