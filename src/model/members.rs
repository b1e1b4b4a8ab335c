//! Reads the members of a value that a mapping made, one by one, and names the one that is wrong.
//!
//! Not a schema language: what a message or an event needs is said where it is read. Refusals quote names of members
//! and kinds of values, never the values: those may be personal.

use std::fmt;
use std::time::Duration;

use super::{Reason, Refusal, parse_duration};
use crate::value::{Arena, Entry, Number, Timestamp, Value};

/// The longest name of a member that a refusal repeats; it may come from a request.
const LONGEST_NAME: usize = 64;

/// Where in the value a member stands: `template.components[2].index`. Written out only when something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// The value itself.
    Root,
    /// A member of what stands there.
    Member(&'p Place<'p>, &'p str),
    /// An item of the list that stands there.
    Item(&'p Place<'p>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => write!(f, "{name:.LONGEST_NAME$}"),
            Self::Member(parent, name) => write!(f, "{parent}.{name:.LONGEST_NAME$}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A map whose members are being read. A `null` member is not there.
#[derive(Clone, Copy)]
pub(super) struct Members<'a, 'p> {
    entries: &'a [Entry<'a>],
    place: Place<'p>,
}

impl<'a, 'p> Members<'a, 'p> {
    /// The members of a map; anything else is malformed.
    pub(super) fn of(value: Value<'a>, place: Place<'p>) -> Result<Self, Refusal> {
        match value {
            Value::Map(entries) => Ok(Self { entries, place }),
            other => Err(wrong(place, "a map", other)),
        }
    }

    /// Where this map stands.
    pub(super) const fn place(&self) -> &Place<'p> {
        &self.place
    }

    /// Every member there is, `null` ones left out.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.entries.iter().copied().filter(|(_, value)| !matches!(value, Value::Null))
    }

    /// Refuses a member that is none of these.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        self.iter().find(|(name, _)| !known.contains(name)).map_or(Ok(()), |(name, _)| Err(self.unknown(name)))
    }

    /// The model has no such member.
    pub(super) fn unknown(&self, name: &str) -> Refusal {
        let place = Place::Member(&self.place, name);
        Refusal::new(Reason::Malformed, format!("`{place}` is no member of the model"))
    }

    /// The member, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The member, or `missing_field`.
    pub(super) fn required(&self, name: &str) -> Result<Value<'a>, Refusal> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    /// A text, if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(name).map(|value| value.as_text().ok_or_else(|| self.wrong(name, "text", value))).transpose()
    }

    /// A text that is there and not empty; both are `missing_field`.
    pub(super) fn required_text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// An owned text, if it is there and not empty.
    pub(super) fn owned_text(&self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// A text that stands for something; `need` says which texts do.
    pub(super) fn word<T>(
        &self,
        name: &str,
        need: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let place = Place::Member(&self.place, name);
        let refusal = || Refusal::new(Reason::Malformed, format!("`{place}` must be {need}"));
        parse(text).map(Some).ok_or_else(refusal)
    }

    /// A duration such as `1m`, if it is there.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Refusal> {
        self.word(name, "a duration such as 250ms, 10s, 15m, 24h or 7d", |text| parse_duration(text).ok())
    }

    /// A number that is there.
    pub(super) fn required_number(&self, name: &str) -> Result<Number, Refusal> {
        match self.required(name)? {
            Value::Number(number) => Ok(number),
            other => Err(self.wrong(name, "a number", other)),
        }
    }

    /// A time that is there: computed, or as text with an offset.
    pub(super) fn required_time(&self, name: &str) -> Result<Timestamp, Refusal> {
        let value = self.required(name)?;
        let read = match value {
            Value::Time(time) => Some(time),
            Value::Text(text) => {
                text.parse::<jiff::Timestamp>().ok().map(|time| Timestamp::from_millis(time.as_millisecond()))
            }
            _ => None,
        };
        read.ok_or_else(|| self.wrong(name, "a time", value))
    }

    /// A list, if it is there.
    pub(super) fn list(&self, name: &str) -> Result<Option<&'a [Value<'a>]>, Refusal> {
        self.get(name).map(|value| value.as_list().ok_or_else(|| self.wrong(name, "a list", value))).transpose()
    }

    /// A list that is there and has an item.
    pub(super) fn required_list(&self, name: &str) -> Result<&'a [Value<'a>], Refusal> {
        self.list(name)?.filter(|items| !items.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// Refuses a member that is there and no map.
    pub(super) fn map(&self, name: &str) -> Result<Option<Value<'a>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(value @ Value::Map(_)) => Ok(Some(value)),
            Some(other) => Err(self.wrong(name, "a map", other)),
        }
    }

    /// The member is not there.
    pub(super) fn missing(&self, name: &str) -> Refusal {
        Refusal::new(Reason::MissingField, format!("`{}` is required", Place::Member(&self.place, name)))
    }

    /// The member is of another kind than is needed.
    pub(super) fn wrong(&self, name: &str, need: &str, found: Value<'_>) -> Refusal {
        wrong(Place::Member(&self.place, name), need, found)
    }
}

/// A map of the members that are there, in this order.
pub(super) fn map<'a, const N: usize>(members: [(&'a str, Option<Value<'a>>); N], arena: &'a Arena) -> Value<'a> {
    let there = members.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    Value::Map(bumpalo::collections::Vec::from_iter_in(there, arena).into_bump_slice())
}

/// What stands at a place is of another kind than is needed.
pub(super) fn wrong(place: Place<'_>, need: &str, found: Value<'_>) -> Refusal {
    let kind = found.kind();
    let text = match place {
        Place::Root => format!("the value must be {need}, not {kind}"),
        place => format!("`{place}` must be {need}, not {kind}"),
    };
    Refusal::new(Reason::Malformed, text)
}
