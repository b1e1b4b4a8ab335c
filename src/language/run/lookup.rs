//! Look-ups in tables: the tenant's table before the file's; what falls to `else` is noted.

use super::{Done, Miss, Run};
use crate::language::plan::Lookup;
use crate::language::table::{Row, Rows, Table};
use crate::value::Value;

/// So many different misses of one request are kept.
const MISSES: usize = 32;
/// And so many characters of a key.
const KEY: usize = 64;

impl<'v> Run<'v> {
    /// The row; total, but a row may be nothing.
    pub(super) fn lookup(&self, lookup: &'v Lookup) -> Done<Option<Value<'v>>> {
        let key = self.evaluate(&lookup.input)?;
        let changed = self.world.overrides.and_then(|overrides| overrides.table(lookup.table));
        let table = changed.unwrap_or(&self.world.module.tables[lookup.table]);
        let row = match self.row(table, key) {
            Some(row) => row,
            None => {
                self.missed(table, key);
                &table.otherwise
            }
        };
        self.reached(row.place);
        Ok(row.yields.as_ref().map(|tree| tree.view(self.world.arena)))
    }

    fn row(&self, table: &'v Table, key: Option<Value<'v>>) -> Option<&'v Row> {
        match &table.rows {
            Rows::One(rows) => {
                let key = match (key?, table.key.first()) {
                    (map @ Value::Map(_), Some(column)) => map.get(column)?,
                    (key, _) => key,
                };
                rows.get(self.key_text(key)?)
            }
            Rows::Several(rows) => {
                let columns = bumpalo::collections::Vec::from_iter_in(
                    table.key.iter().map(|name| self.key_column(key, name, table.key.len() == 1)),
                    self.world.arena,
                );
                let fits = |wanted: &[Option<Box<str>>]| {
                    wanted.iter().zip(&columns).all(|(wanted, given)| wanted.is_none() || wanted.as_deref() == *given)
                };
                rows.iter().find(|(wanted, _)| fits(wanted)).map(|(_, row)| row)
            }
        }
    }

    fn key_column(&self, key: Option<Value<'v>>, name: &str, only: bool) -> Option<&'v str> {
        match key? {
            map @ Value::Map(_) => self.key_text(map.get(name)?),
            key if only => self.key_text(key),
            _ => None,
        }
    }

    /// Keys compare as text: `1022` and `"1022"` are one.
    pub(super) fn key_text(&self, key: Value<'v>) -> Option<&'v str> {
        match key {
            Value::Text(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Number(number) => Some(bumpalo::format!(in self.world.arena, "{}", number).into_bump_str()),
            Value::Null | Value::List(_) | Value::Map(_) | Value::Time(_) | Value::Secret(_) => None,
        }
    }

    /// Notes a key without a row. No key at all is no gap of the table.
    fn missed(&self, table: &Table, key: Option<Value<'v>>) {
        let Some(key) = key else { return };
        let parts: Vec<&str> = match key {
            Value::Map(_) => {
                table.key.iter().map(|name| self.key_column(Some(key), name, false).unwrap_or("")).collect()
            }
            key => vec![self.key_text(key).unwrap_or("")],
        };
        if parts.iter().all(|part| part.is_empty()) {
            return;
        }
        let key: String = parts.join(",").chars().take(KEY).collect();
        let miss = Miss { table: table.name.clone(), key };
        let mut misses = self.world.misses.borrow_mut();
        if misses.len() < MISSES && !misses.contains(&miss) {
            misses.push(miss);
        }
    }
}
