//! Reading JSON: `serde_json` does the grammar, this puts what it finds into the arena and keeps the bounds.
//!
//! A text without escapes stays where it is in the body. Items and members are gathered on two stacks that the whole
//! document shares, and copied to the arena once their number is known: no list or map ever grows in the arena.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use super::NAME;
use crate::codec::{CodecError, MAX_DEPTH, MAX_ITEMS, utf8};
use crate::value::{Arena, Entry, Number, Value};

/// Up to so many members keys are compared pair by pair; above, they are sorted, so that a body of a hundred
/// thousand members cannot cost billions of comparisons.
const FEW: usize = 16;

/// Reads one JSON document of any root; refuses a key that repeats in its map, and anything behind the document.
///
/// # Errors
/// [`CodecError::Syntax`] for what is no JSON, [`CodecError::Bound`] for what is too deep or too long.
pub fn read<'a>(bytes: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, CodecError> {
    let text = utf8(NAME, bytes)?;
    let mut reading = Reading { arena, items: Vec::new(), members: Vec::with_capacity(FEW), bound: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Place { reading: &mut reading, depth: 0 }.deserialize(&mut deserializer);
    match value.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(reading.bound.unwrap_or_else(|| explain(&error))),
    }
}

fn explain(error: &serde_json::Error) -> CodecError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let problem = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
    CodecError::Syntax { format: NAME, problem, at: format!(" at line {line}, column {column}") }
}

/// What one reading shares among all places of the document.
struct Reading<'a> {
    arena: &'a Arena,
    items: Vec<Value<'a>>,
    members: Vec<Entry<'a>>,
    /// Which bound was met; `serde_json`'s error cannot carry it.
    bound: Option<CodecError>,
}

impl Reading<'_> {
    fn refuse<E: serde::de::Error>(&mut self, bound: CodecError) -> E {
        let error = E::custom(&bound);
        self.bound = Some(bound);
        error
    }
}

/// A place where a value is expected.
struct Place<'r, 'a> {
    reading: &'r mut Reading<'a>,
    depth: usize,
}

impl<'a> DeserializeSeed<'a> for Place<'_, 'a> {
    type Value = Value<'a>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Place<'_, 'a> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'a>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'a>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'a>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'a>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'a>, E> {
        Ok(Value::Number(Number::Float(value)))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Value<'a>, E> {
        Ok(Value::Text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'a>, E> {
        Ok(Value::Text(self.reading.arena.alloc_str(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut access: A) -> Result<Value<'a>, A::Error> {
        let Self { reading, depth } = self;
        if depth == MAX_DEPTH {
            return Err(reading.refuse(CodecError::too_deep()));
        }
        let start = reading.items.len();
        while let Some(item) = access.next_element_seed(Place { reading: &mut *reading, depth: depth + 1 })? {
            if reading.items.len() - start == MAX_ITEMS {
                return Err(reading.refuse(CodecError::too_many()));
            }
            reading.items.push(item);
        }
        let items = reading.arena.alloc_slice_copy(&reading.items[start..]);
        reading.items.truncate(start);
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut access: A) -> Result<Value<'a>, A::Error> {
        let Self { reading, depth } = self;
        if depth == MAX_DEPTH {
            return Err(reading.refuse(CodecError::too_deep()));
        }
        let start = reading.members.len();
        while let Some(key) = access.next_key_seed(Key(reading.arena))? {
            let value = access.next_value_seed(Place { reading: &mut *reading, depth: depth + 1 })?;
            if reading.members.len() - start == MAX_ITEMS {
                return Err(reading.refuse(CodecError::too_many()));
            }
            reading.members.push((key, value));
        }
        if repeats(&reading.members[start..]) {
            return Err(A::Error::custom("a key is repeated in one map"));
        }
        let members = reading.arena.alloc_slice_copy(&reading.members[start..]);
        reading.members.truncate(start);
        Ok(Value::Map(members))
    }
}

fn repeats(members: &[Entry<'_>]) -> bool {
    if members.len() <= FEW {
        return members.iter().enumerate().any(|(at, (key, _))| members[..at].iter().any(|(other, _)| other == key));
    }
    let mut keys: Vec<_> = members.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

/// A place where a key is expected.
struct Key<'a>(&'a Arena);

impl<'a> DeserializeSeed<'a> for Key<'a> {
    type Value = &'a str;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<&'a str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key<'a> {
    type Value = &'a str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<&'a str, E> {
        Ok(text)
    }

    fn visit_str<E>(self, text: &str) -> Result<&'a str, E> {
        Ok(self.0.alloc_str(text))
    }
}
