//! Rows of a table, and the index of what messages are found by.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::super::super::key;
use super::super::super::transfer::{Found, Kind, Row, Table, Value};

/// The next rows of a table by its key, after that key.
pub(super) fn page(
    connection: &Connection,
    table: &'static Table,
    after: Option<&[Value]>,
    most: usize,
) -> rusqlite::Result<Vec<Row>> {
    let names: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
    let key = names[..table.key].join(", ");
    let beyond =
        after.map_or_else(String::new, |after| format!("WHERE ({key}) > ({})", vec!["?"; after.len()].join(", ")));
    let sql = format!("SELECT {} FROM {} {beyond} ORDER BY {key} LIMIT {most}", names.join(", "), table.name);
    let mut statement = connection.prepare_cached(&sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let values = table.columns.iter().enumerate();
        values.map(|(place, (_, kind))| Ok(value(row.get_ref(place)?, *kind))).collect()
    };
    statement.query_map(params_from_iter(after.into_iter().flatten().map(Bound)), read)?.collect()
}

/// Every key that a message should have, each once.
pub(super) fn keys(found: &Found) -> impl Iterator<Item = (i64, i64)> {
    let mut hashes: Vec<i64> = key::all(&found.message).chain(found.by_provider()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let number = found.number();
    hashes.into_iter().map(move |hash| (hash, number))
}

/// Only what the index is to have: the keys of later messages are in memory.
pub(super) fn indexed(connection: &Connection, found: &[Found]) -> rusqlite::Result<(u64, u64)> {
    let upto: i64 = connection.query_row("SELECT upto FROM indexed", [], |row| row.get(0))?;
    let mut look = connection.prepare_cached("SELECT 1 FROM key WHERE hash = ?1 AND ref = ?2")?;
    let (mut wanted, mut missing) = (0, 0);
    for key in found.iter().filter(|found| found.number() <= upto).flat_map(keys) {
        wanted += 1;
        missing += u64::from(!look.exists(<[i64; 2]>::from(key))?);
    }
    Ok((wanted, missing))
}

fn value(value: ValueRef<'_>, kind: Kind) -> Value {
    let text = |bytes: &[u8]| Value::Text(String::from_utf8_lossy(bytes).into_owned());
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // None was ever written; it differs from every number.
        ValueRef::Real(number) => Value::Text(number.to_string()),
        // A text of the configuration is one where it is not sealed.
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) if kind == Kind::Bytes => Value::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => text(bytes),
    }
}

/// A value as a parameter.
pub(super) struct Bound<'v>(pub(super) &'v Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
