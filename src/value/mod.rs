//! The one document type: what a decoded body, a setting, a model value and a mapping's result are made of.
//!
//! Not a parser and not a writer (that is `codec`), and no meaning: it does not know what a message is.
//! Start at [`Value`]. A [`Value`] borrows from the body it was read from or from an [`Arena`] that lives as
//! long as one request; it is `Copy`, so that building a result never clones a text. [`Tree`] is the same
//! shape with its own storage, for what outlives a request (settings, tables, synced templates).

mod arena;
mod month;
mod number;
mod time;
mod tree;

use std::fmt;

pub use arena::Arena;
pub use month::Month;
pub use number::Number;
pub use time::Timestamp;
pub use tree::Tree;

/// One member of a map: its key and its value. Order is the order of the source.
pub type Entry<'a> = (&'a str, Value<'a>);

/// A document or a part of one.
///
/// The tag takes a whole word. With a smaller one a copy is made of pieces that overlap, on which the processor
/// stalls; since a run does little but hand values on, that alone took more than half of its time.
#[derive(Clone, Copy)]
#[repr(u64)]
pub enum Value<'a> {
    /// JSON's `null`. In the mapping language a read of it is *nothing*, as of a missing member.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; integers stay integers.
    Number(Number),
    /// A text.
    Text(&'a str),
    /// A list.
    List(&'a [Value<'a>]),
    /// A map in source order; keys are unique.
    Map(&'a [Entry<'a>]),
    /// A point in time; written as RFC 3339 in UTC with milliseconds.
    Time(Timestamp),
    /// A credential. Only what signs or sends a call may open it; it prints as `***`.
    Secret(&'a str),
}

impl<'a> Value<'a> {
    /// The member of a map, if this is a map and has it. `null` counts as a member here.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.as_map()?.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    /// The member of a map that is there and not `null`.
    #[must_use]
    pub fn member(self, key: &str) -> Option<Self> {
        self.get(key).filter(|value| !matches!(value, Self::Null))
    }

    /// The member of a map that is a text.
    #[must_use]
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_text()
    }

    /// This as a text, if it is one. No conversion.
    #[must_use]
    pub const fn as_text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// This as a list, if it is one.
    #[must_use]
    pub const fn as_list(self) -> Option<&'a [Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// This as a map's members, if it is a map.
    #[must_use]
    pub const fn as_map(self) -> Option<&'a [Entry<'a>]> {
        if let Self::Map(members) = self { Some(members) } else { None }
    }

    /// What kind of value this is, for messages to people: `text`, `number`, ….
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Time(_) => "time",
            Self::Secret(_) => "secret",
        }
    }
}

impl PartialEq for Value<'_> {
    /// Equality as RFC 9535 compares: numbers by value, maps without regard to order. A secret equals nothing.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| other.get(key) == Some(*value))
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(items) => f.debug_list().entries(items.iter()).finish(),
            Self::Map(members) => f.debug_map().entries(members.iter().map(|(k, v)| (k, v))).finish(),
            Self::Time(value) => write!(f, "{value}"),
            Self::Secret(_) => f.write_str("***"),
        }
    }
}

impl serde::Serialize for Value<'_> {
    /// As JSON; a secret is written as `***`: what must carry one goes through `codec`, which asks for it by name.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Map(members) => serializer.collect_map(members.iter().map(|(k, v)| (k, v))),
            Self::Time(value) => serializer.collect_str(value),
            Self::Secret(_) => serializer.serialize_str("***"),
        }
    }
}
