//! [`Message`]: what a platform wants sent, in `WhatsApp`'s own terms. Members: docs/language.md, model values.

use super::content;
use super::members::{Members, Place};
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

/// What a mapping may write beside the content.
const MEMBERS: [&str; 9] = ["id", "to", "from", "channel", "class", "campaign", "keep", "dedupe", "quotes"];

/// What the gateway adds.
const ADDED: [&str; 2] = ["kind", "ref"];

impl<'a> Message<'a> {
    /// Checks what a mapping made. `dedupe_given` tells a `dedupe` that came to nothing from one never written.
    ///
    /// # Errors
    /// `missing_field`, `malformed`, `invalid_recipient`, or `empty_body` without a content, with the member's name.
    pub fn read(value: Value<'a>, dedupe_given: bool, arena: &'a Arena) -> Result<Self, Refusal> {
        let members = Members::of(value, Place::Root)?;
        if let Some(name) = ADDED.into_iter().find(|name| members.get(name).is_some()) {
            return Err(Refusal::new(Reason::Malformed, format!("`{name}` is added by the gateway")));
        }
        Self::checked(members, dedupe_given, arena)
    }

    /// The same message from another spelling of its sender.
    #[must_use]
    pub fn sent_from(self, from: &'a str, arena: &'a Arena) -> Self {
        if self.from == from {
            return self;
        }
        let members = self.value.as_map().unwrap_or_default().iter();
        let members = members.map(|(name, value)| (*name, if *name == "from" { Value::Text(from) } else { *value }));
        let value = Value::Map(arena.alloc_slice_fill_iter(members.collect::<Vec<_>>()));
        Self { from, value, ..self }
    }

    /// Reads a stored message again: the gateway's own `kind` and `ref` may be there. Its `dedupe` is the id, since
    /// the key it was accepted under is the store's.
    ///
    /// # Errors
    /// As [`Message::read`].
    pub fn stored(value: Value<'a>, arena: &'a Arena) -> Result<Self, Refusal> {
        Self::checked(Members::of(value, Place::Root)?, false, arena)
    }

    fn checked(members: Members<'a, '_>, dedupe_given: bool, arena: &'a Arena) -> Result<Self, Refusal> {
        let id = members.required_text("id")?;
        let to = members.required_text("to")?;
        let from = members.required_text("from")?;
        recipient(to)?;
        members
            .word("channel", "whatsapp, sms or rcs", |word| ["whatsapp", "sms", "rcs"].contains(&word).then_some(()))?;
        let class = members.word("class", "transactional or promotional", Class::of)?.unwrap_or(Class::Promotional);
        members.text("campaign")?;
        members.text("quotes")?;
        members.map("keep")?;
        let dedupe = match members.text("dedupe")? {
            Some("") => return Err(Refusal::new(Reason::Malformed, "`dedupe` must not be empty")),
            Some(key) => Dedupe::Key(key),
            None if dedupe_given => Dedupe::Exempt,
            None => Dedupe::Key(id),
        };
        let kind = content_of(&members)?;
        Ok(Self { id, to, from, class, kind, dedupe, value: finished(&members, kind, arena) })
    }
}

impl Class {
    fn of(word: &str) -> Option<Self> {
        [Self::Transactional, Self::Promotional].into_iter().find(|class| class.as_str() == word)
    }
}

/// Digits are an E.164 number, 7 to 15 of them and never a leading zero; a user id or an encoded number passes.
fn recipient(to: &str) -> Result<(), Refusal> {
    let digits = to.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (!(7..=15).contains(&to.len()) || to.starts_with('0')) {
        return Err(Refusal::new(Reason::InvalidRecipient, "`to` is no number of 7 to 15 digits with a country code"));
    }
    Ok(())
}

/// The one content that is there, checked. A template may have its finished text beside it.
fn content_of(members: &Members<'_, '_>) -> Result<Kind, Refusal> {
    let mut found: Option<Kind> = None;
    for (name, _) in members.iter() {
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
        found = match (found, kind) {
            (Some(Kind::Template), Some(Kind::Text)) | (Some(Kind::Text), Some(Kind::Template)) => Some(Kind::Template),
            (Some(one), Some(other)) => {
                let text = format!("both `{}` and `{}`: a message has one content", one.as_str(), other.as_str());
                return Err(Refusal::new(Reason::Malformed, text));
            }
            (one, other) => other.or(one),
        };
        let known = kind.is_some() || name == "suggestions" || MEMBERS.contains(&name) || ADDED.contains(&name);
        if !known {
            return Err(members.unknown(name));
        }
    }
    let kind = found.ok_or_else(|| Refusal::new(Reason::EmptyBody, "the message has no content"))?;
    content::check(members, kind)?;
    accompaniments(members, kind)?;
    Ok(kind)
}

/// `text` beside a template, and `suggestions` beside a text.
fn accompaniments(members: &Members<'_, '_>, kind: Kind) -> Result<(), Refusal> {
    let text = members.text("text")?;
    if kind == Kind::Text && text == Some("") {
        return Err(Refusal::new(Reason::EmptyBody, "`text` is empty"));
    }
    if text.is_none() && members.get("suggestions").is_some() {
        return Err(Refusal::new(Reason::Malformed, "`suggestions` accompany a `text`"));
    }
    content::suggestions(members)
}

/// The value that is stored: `dedupe` left out, `kind` put in.
fn finished<'a>(members: &Members<'a, '_>, kind: Kind, arena: &'a Arena) -> Value<'a> {
    let kept = members.iter().filter(|(name, _)| !["dedupe", "kind"].contains(name));
    let all = kept.chain(std::iter::once(("kind", Value::Text(kind.as_str()))));
    Value::Map(bumpalo::collections::Vec::from_iter_in(all, arena).into_bump_slice())
}

#[cfg(test)]
mod tests;
