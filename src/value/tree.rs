//! [`Tree`]: a value with its own storage, for what outlives one request.

use super::{Arena, Number, Value};

/// The shape of [`Value`] with owned texts. Holds no secret and no time.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tree {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Box<[Tree]>),
    /// A map in source order; keys are unique.
    Map(Box<[(Box<str>, Tree)]>),
}

impl Tree {
    /// The same as a [`Value`]: texts are borrowed, only lists and maps get a spine in the arena.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(*value),
            Self::Text(value) => Value::Text(value),
            Self::List(items) => Value::List(arena.alloc_slice_fill_iter(items.iter().map(|item| item.view(arena)))),
            Self::Map(members) => {
                Value::Map(arena.alloc_slice_fill_iter(members.iter().map(|(key, value)| (&**key, value.view(arena)))))
            }
        }
    }

    /// The member of a map, if this is a map and has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(name, _)| **name == *key).map(|(_, value)| value)
    }

    /// This as a text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// This as a list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// A text.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Value<'_>> for Tree {
    /// Copies the value. A time becomes its RFC 3339 text; a secret becomes `***`, since a tree may be printed.
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(value) => Self::Number(value),
            Value::Text(value) => Self::Text(value.into()),
            Value::List(items) => Self::List(items.iter().map(|item| Self::from(*item)).collect()),
            Value::Map(members) => {
                Self::Map(members.iter().map(|(key, value)| ((*key).into(), Self::from(*value))).collect())
            }
            Value::Time(value) => Self::Text(value.to_string().into()),
            Value::Secret(_) => Self::Text("***".into()),
        }
    }
}

impl From<&serde_json::Value> for Tree {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(value) => Self::Number(
                value
                    .as_i64()
                    .map(Number::Int)
                    .or_else(|| value.as_u64().map(Number::Large))
                    .unwrap_or_else(|| Number::Float(value.as_f64().unwrap_or_default())),
            ),
            serde_json::Value::String(value) => Self::Text(value.as_str().into()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Map(members.iter().map(|(key, value)| (key.as_str().into(), Self::from(value))).collect())
            }
        }
    }
}

impl serde::Serialize for Tree {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Map(members) => serializer.collect_map(members.iter().map(|(k, v)| (k, v))),
        }
    }
}
