//! Texts as columns hold them, and rows as values. A text of this database may not hold the character U+0000; anybody's
//! id may. So that one becomes U+0001 and `0`, and U+0001 itself U+0001 and `1`: all others are kept as they are, for people
//! who look into the tables.

use std::borrow::Cow;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::trouble::Trouble;
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// What is bound to a statement.
pub(super) type Values<'v> = &'v [&'v (dyn ToSql + Sync)];

/// A text as it is kept.
pub(super) fn kept(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\u{1}']) {
        Cow::Owned(text.replace('\u{1}', "\u{1}1").replace('\0', "\u{1}0"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text as it came.
pub(super) fn came(kept: String) -> String {
    if kept.contains('\u{1}') { kept.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}") } else { kept }
}

/// A column.
pub(super) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T, Trouble> {
    Ok(row.try_get(column)?)
}

pub(super) fn text(row: &Row, column: usize) -> Result<String, Trouble> {
    get(row, column).map(came)
}

pub(super) fn text_or_none(row: &Row, column: usize) -> Result<Option<String>, Trouble> {
    Ok(get::<Option<String>>(row, column)?.map(came))
}

pub(super) fn name(row: &Row, column: usize) -> Result<Name, Trouble> {
    Ok(Name::from(text(row, column)?.as_str()))
}

pub(super) fn name_or_none(row: &Row, column: usize) -> Result<Option<Name>, Trouble> {
    Ok(text_or_none(row, column)?.map(|name| Name::from(name.as_str())))
}

pub(super) fn address(row: &Row, column: usize) -> Result<Address, Trouble> {
    Ok(Address::from(text(row, column)?.as_str()))
}

/// The sender of an opt-out: an empty one stands for all.
pub(super) fn sender(row: &Row, column: usize) -> Result<Option<Address>, Trouble> {
    let sender = text(row, column)?;
    Ok(Some(sender.as_str()).filter(|sender| !sender.is_empty()).map(Address::from))
}

pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp, Trouble> {
    get(row, column).map(Timestamp::from_millis)
}

pub(super) fn time_or_none(row: &Row, column: usize) -> Result<Option<Timestamp>, Trouble> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

/// A count; negative ones were never written.
pub(super) fn count<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Trouble> {
    T::try_from(get(row, column)?).map_err(|_| Trouble::unreadable("a count that is none"))
}

/// How many rows a question is for.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for text in ["", "a", "\0", "\u{1}", "\u{1}0", "a\0\u{1}1\0b", "1\u{1}\u{1}0\0\0"] {
            assert!(!kept(text).contains('\0'));
            assert_eq!(came(kept(text).into_owned()), text, "{text:?}");
        }
    }
}
