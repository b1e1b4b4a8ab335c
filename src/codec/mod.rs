//! Bytes to document and back: JSON, form, query, XML, text, gzip; all bounded.
//!
//! Knows no party and no mapping. Start at [`decode`] and [`encode`].

mod form;
mod gzip;
pub mod json;
mod xml;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::value::{Arena, Entry, Value};

pub use gzip::gunzip;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with any root.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// The query string stands for the body.
    Query,
    /// XML with one root element.
    Xml,
    /// Plain text.
    Text,
}

/// Why bytes are no document. The text is for people and quotes nothing of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not of the format; `at` is a place (`line 3, column 7`).
    #[error("not {format}: {problem}{at}")]
    Syntax {
        /// The format's name.
        format: &'static str,
        /// What is wrong.
        problem: String,
        /// ` at line 3, column 7`, or empty.
        at: String,
    },
    /// Deeper, longer or larger than allowed.
    #[error("{0}")]
    Bound(String),
    /// A value the format cannot carry.
    #[error("{format} cannot carry {what}")]
    Unfit {
        /// The format's name.
        format: &'static str,
        /// What cannot be carried.
        what: String,
    },
}

/// How deep lists and maps may lie in one another.
pub const MAX_DEPTH: usize = 64;
/// How many items a list or members a map may have.
pub const MAX_ITEMS: usize = 10_000;

impl CodecError {
    fn syntax(format: &'static str, problem: impl Into<String>) -> Self {
        Self::Syntax { format, problem: problem.into(), at: String::new() }
    }

    fn unfit(format: &'static str, what: impl Into<String>) -> Self {
        Self::Unfit { format, what: what.into() }
    }

    fn too_deep() -> Self {
        Self::Bound(format!("nested deeper than {MAX_DEPTH} levels"))
    }

    fn too_many() -> Self {
        Self::Bound(format!("a list or map of more than {MAX_ITEMS} entries"))
    }
}

/// Reads a document; everything it holds borrows from `bytes` or the arena.
///
/// # Errors
/// [`CodecError`].
pub fn decode<'a>(format: Format, bytes: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, CodecError> {
    match format {
        Format::Json => json::read(bytes, arena),
        Format::Form | Format::Query => form::read(format, bytes, arena),
        Format::Xml => xml::read(bytes, arena),
        Format::Text => utf8(format.name(), bytes).map(Value::Text),
    }
}

/// Writes a document for the wire: a secret is written open, so only calls may use this.
///
/// # Errors
/// [`CodecError::Unfit`] for what the format cannot carry.
pub fn encode(format: Format, value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    match format {
        Format::Json => {
            json::write(value, out);
            Ok(())
        }
        Format::Form | Format::Query => form::write(format, value, out),
        Format::Xml => xml::write(value, out),
        Format::Text => match scalar(value) {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            None => Err(CodecError::unfit(format.name(), "a list or a map")),
        },
    }
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Form => "a form",
            Self::Query => "a query",
            Self::Xml => "XML",
            Self::Text => "text",
        }
    }
}

fn utf8<'a>(format: &'static str, bytes: &'a [u8]) -> Result<&'a str, CodecError> {
    std::str::from_utf8(bytes).map_err(|_| CodecError::syntax(format, "not UTF-8"))
}

/// What formats without types write: a scalar's text; `null` has none, a list or map is no scalar.
fn scalar(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => Some(Cow::Borrowed("")),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Text(text) | Value::Secret(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Time(time) => Some(Cow::Owned(time.to_string())),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// A map of members whose names may repeat: a name that does becomes a list, at its first place.
fn gather<'a>(found: &[Entry<'a>], arena: &'a Arena) -> &'a [Entry<'a>] {
    let mut places = HashMap::with_capacity(found.len());
    let mut groups: Vec<(&str, Vec<Value<'a>>)> = Vec::with_capacity(found.len());
    for (name, value) in found {
        let place = *places.entry(*name).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, values)) => values.push(*value),
            None => groups.push((*name, vec![*value])),
        }
    }
    arena.alloc_slice_fill_iter(groups.iter().map(|(name, values)| match values.as_slice() {
        [one] => (*name, *one),
        many => (*name, Value::List(arena.alloc_slice_copy(many))),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Timestamp;

    fn through(format: Format, source: &str) -> Result<String, CodecError> {
        let (arena, mut out) = (Arena::new(), Vec::new());
        encode(format, decode(format, source.as_bytes(), &arena)?, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_format_reads_and_writes() {
        let cases = [
            (Format::Json, r#"{"a":[1,"x"]}"#),
            (Format::Form, "a=1&a=x+y"),
            (Format::Query, "a=1&a=x%20y"),
            (Format::Xml, r#"<?xml version="1.0" encoding="UTF-8"?><a><b>1</b><b>x</b></a>"#),
            (Format::Text, "any text\n"),
        ];
        for (format, source) in cases {
            assert_eq!(through(format, source).unwrap(), source);
        }
    }

    #[test]
    fn a_text_is_a_scalar() {
        let written = |value| {
            let mut out = Vec::new();
            encode(Format::Text, value, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(written(Value::Null).unwrap(), "");
        assert_eq!(written(Value::Bool(true)).unwrap(), "true");
        assert_eq!(written(Value::Number(1_i64.into())).unwrap(), "1");
        assert_eq!(written(Value::Time(Timestamp::from_millis(0))).unwrap(), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(Value::List(&[])).unwrap_err().to_string(), "text cannot carry a list or a map");
        let arena = Arena::new();
        assert_eq!(decode(Format::Text, b"\xff", &arena).unwrap_err().to_string(), "not text: not UTF-8");
    }
}
