//! What bodies share: reading the input and arguments as one type, and giving results within the bounds.

use super::function::{Call, FunctionError};
use super::{MAX_ITEMS, MAX_TEXT};
use crate::value::{Entry, Value};

/// What a body comes to.
pub(super) type Outcome<'v> = Result<Option<Value<'v>>, FunctionError>;

/// Refused: this was expected.
pub(super) fn expected(what: &str) -> FunctionError {
    FunctionError::Malformed(format!("expected {what}"))
}

/// A condition's answer.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every body's result")]
pub(super) const fn answer<'v>(yes: bool) -> Outcome<'v> {
    Ok(Some(Value::Bool(yes)))
}

/// A length or a number of items.
pub(super) fn amount<'v>(of: usize) -> Outcome<'v> {
    let of = u64::try_from(of).map_err(|_| too_long())?;
    Ok(Some(Value::Number(of.into())))
}

/// A text is about to pass its bound.
pub(super) fn too_long() -> FunctionError {
    FunctionError::Bound(format!("a text of more than {MAX_TEXT} bytes"))
}

impl<'v> Call<'_, 'v> {
    /// The input as a text.
    pub(super) fn text(&self) -> Result<&'v str, FunctionError> {
        self.input.as_text().ok_or_else(|| expected("a text"))
    }

    /// The input as a list.
    pub(super) fn list(&self) -> Result<&'v [Value<'v>], FunctionError> {
        self.input.as_list().ok_or_else(|| expected("a list"))
    }

    /// The input as a map.
    pub(super) fn map(&self) -> Result<&'v [Entry<'v>], FunctionError> {
        self.input.as_map().ok_or_else(|| expected("a map"))
    }

    /// An argument, if it was given.
    pub(super) fn argument(&self, at: usize) -> Option<Value<'v>> {
        self.arguments.get(at).copied()
    }

    /// An argument as a text.
    pub(super) fn argument_text(&self, at: usize) -> Result<&'v str, FunctionError> {
        self.argument(at).and_then(Value::as_text).ok_or_else(|| expected("a text as argument"))
    }

    /// An argument as an integer, if it was given.
    pub(super) fn argument_integer(&self, at: usize) -> Result<Option<i64>, FunctionError> {
        match self.argument(at) {
            None => Ok(None),
            Some(Value::Number(number)) => number.as_i64().map(Some).ok_or_else(|| expected("an integer as argument")),
            Some(_) => Err(expected("an integer as argument")),
        }
    }

    /// Gives a new text.
    pub(super) fn give(&self, text: &str) -> Outcome<'v> {
        if text.len() > MAX_TEXT { Err(too_long()) } else { Ok(Some(Value::Text(self.arena.alloc_str(text)))) }
    }

    /// Gives a new list.
    pub(super) fn give_list(&self, items: &[Value<'v>]) -> Outcome<'v> {
        if items.len() > MAX_ITEMS {
            return Err(FunctionError::Bound(format!("a list of more than {MAX_ITEMS} items")));
        }
        Ok(Some(Value::List(self.arena.alloc_slice_copy(items))))
    }
}
