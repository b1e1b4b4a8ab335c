//! [`Template`]: a synced template as the provider lists it, and [`Definition`]: what fitting asks of it.

use super::{Reason, Refusal};
use crate::value::{Arena, Tree, Value};

/// One language variant of a template, as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// `WhatsApp`'s id.
    pub id: String,
    /// Approved name.
    pub name: String,
    /// Language code.
    pub language: String,
    /// `APPROVED`, ….
    pub status: String,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`.
    pub category: Option<String>,
    /// Everything as the mapping made it, for the platform's listing.
    pub value: Tree,
    /// What fitting and `template(…)` ask.
    pub definition: Definition,
}

/// A part of a template that may hold variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// A header's format in upper case: `TEXT`, `IMAGE`, …; empty for a body.
    pub format: String,
    /// The text with its placeholders, where it has one.
    pub text: Option<String>,
    /// How many different placeholders the text has.
    pub variables: usize,
}

/// A button of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its place among all buttons, from 0.
    pub index: usize,
    /// The `sub_type` it is sent with, in lower case: `url`, `quick_reply`, `phone_number`, `copy_code`, ….
    pub kind: String,
    /// Takes a parameter when sent.
    pub dynamic: bool,
}

/// A card of a carousel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The header, if the card has one.
    pub header: Option<Section>,
    /// The body, if the card has one.
    pub body: Option<Section>,
    /// In their order.
    pub buttons: Vec<Button>,
}

/// What a template asks of a message that uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Of header and body together.
    pub variables: usize,
    /// The header, if there is one.
    pub header: Option<Section>,
    /// The body, if it is known.
    pub body: Option<Section>,
    /// In their order.
    pub buttons: Vec<Button>,
    /// Of a carousel, in their order.
    pub cards: Vec<Card>,
}

impl Template {
    /// Checks what a provider's mapping made of one listed template.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let _ = value;
        Err(Refusal::from(Reason::Malformed))
    }

    /// As `template(…)` yields it: the listed members, with `variables header body buttons cards` added.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let _ = arena;
        Value::Null
    }
}

impl Definition {
    /// The variables' values when a finished text fits the body; `None` if it does not.
    #[must_use]
    pub fn values_of<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let _ = text;
        None
    }
}
