//! The file as its rows: to move everything, and to check it ([`super::super::transfer`]).

mod rows;

use std::path::Path;

use futures_util::future::{FutureExt, ready};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::super::Stored;
use super::super::transfer::{Found, Mark, Note, Notes, Raw, Row, Stand, TABLES, Table, Value};
use super::open::{self, Lock, OpenError};
use super::row::count;
use super::writer::failure;
use rows::{Bound, indexed, keys, page};

/// Where the notes of a move are; the table is there as long as there are any.
const NOTES: &str = "CREATE TABLE IF NOT EXISTS moving (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";
const KEEP: &str = "INSERT OR REPLACE INTO moving VALUES (?1, ?2)";

/// A store in one file.
pub struct RawSqlite {
    connection: Connection,
    _lock: Option<Lock>,
}

impl RawSqlite {
    /// Nobody else has it; the file is made if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn alone(path: &Path) -> Result<Self, OpenError> {
        let lock = open::lock(path)?;
        Ok(Self { connection: open::connect_to_write(path)?, _lock: Some(lock) })
    }

    /// As it is at this moment, to be read only; a gateway may have it.
    ///
    /// # Errors
    /// [`OpenError`]; also where its tables are older.
    pub fn reading(path: &Path) -> Result<Self, OpenError> {
        let connection = open::connect_to_look(path)?;
        connection.execute_batch("BEGIN")?;
        Ok(Self { connection, _lock: None })
    }

    /// A copy of it, in a file that is not there yet and that its owner alone can read; a gateway may go on meanwhile.
    ///
    /// # Errors
    /// [`OpenError`]; a part of a copy is taken away again.
    pub fn copy(path: &Path, to: &Path) -> Result<(), OpenError> {
        let connection = open::connect_to_look(path)?;
        open::new_private(to)?.sync_all()?;
        let copied = || -> Result<(), OpenError> {
            connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
            // The engine leaves it to the system when the copy is on the disk.
            std::fs::File::open(to)?.sync_all()?;
            Ok(())
        };
        copied().inspect_err(|_| drop(std::fs::remove_file(to)))
    }

    fn all_notes(&self) -> rusqlite::Result<Notes> {
        notes(&self.connection)
    }

    /// All of it, or nothing.
    fn write(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        work(&transaction)?;
        transaction.commit()
    }
}

/// What stands about a move.
fn notes(connection: &Connection) -> rusqlite::Result<Notes> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'moving'";
    if connection.query_row(sql, [], |_| Ok(())).optional()?.is_none() {
        return Ok(Notes::new());
    }
    let mut statement = connection.prepare("SELECT name, value FROM moving")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Whether a gateway may have it; a move that this ends is ended.
pub(super) fn enter(connection: &Connection) -> Result<(), OpenError> {
    match Mark::read(&notes(connection)?) {
        None => Ok(()),
        Some(mark) if mark.stand == Stand::Left => Err(OpenError::Moved(mark.other)),
        Some(mark) if mark.stand == Stand::Arriving => Err(OpenError::Half(mark.other)),
        Some(_) => Ok(connection.execute_batch("DROP TABLE moving")?),
    }
}

fn told<'s, T: Send + 'static>(result: rusqlite::Result<T>) -> Stored<'s, T> {
    ready(result.map_err(|error| failure(&error))).boxed()
}

/// A command line has nothing else to do meanwhile, so it waits for the disk where it is.
impl Raw for RawSqlite {
    fn notes(&mut self) -> Stored<'_, Notes> {
        told(self.all_notes())
    }

    fn keep_notes(&mut self, notes: Notes) -> Stored<'_, ()> {
        told(self.write(|connection| {
            connection.execute_batch("DROP TABLE IF EXISTS moving")?;
            if !notes.is_empty() {
                connection.execute_batch(NOTES)?;
            }
            notes.iter().try_for_each(|(name, value)| connection.execute(KEEP, [name, value]).map(drop))
        }))
    }

    fn page(&mut self, table: &'static Table, after: Option<Vec<Value>>, most: usize) -> Stored<'_, Vec<Row>> {
        told(page(&self.connection, table, after.as_deref(), most))
    }

    fn count(&mut self, table: &'static Table) -> Stored<'_, u64> {
        told(self.connection.query_row(&format!("SELECT count(*) FROM {}", table.name), [], |row| count(row, 0)))
    }

    fn put(&mut self, table: &'static Table, rows: Vec<Row>, (name, value): Note) -> Stored<'_, ()> {
        let columns: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({places})", table.name, columns.join(", "));
        told(self.write(|connection| {
            let mut insert = connection.prepare_cached(&sql)?;
            for row in &rows {
                insert.execute(params_from_iter(row.iter().map(Bound)))?;
            }
            connection.execute(KEEP, [name, value]).map(drop)
        }))
    }

    fn index(&mut self, found: Vec<Found>, (name, value): Note) -> Stored<'_, ()> {
        told(self.write(|connection| {
            let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO key VALUES (?1, ?2)")?;
            for (hash, number) in found.iter().flat_map(keys) {
                insert.execute([hash, number])?;
            }
            if let Some(last) = found.last() {
                connection.execute("UPDATE indexed SET upto = ?1", [last.number()])?;
            }
            connection.execute(KEEP, [name, value]).map(drop)
        }))
    }

    fn indexed(&mut self, found: Vec<Found>) -> Stored<'_, (u64, u64)> {
        told(indexed(&self.connection, &found))
    }

    fn count_keys(&mut self) -> Stored<'_, u64> {
        // Keys of later messages are in memory, and some of them here.
        let sql = "SELECT count(*) FROM key WHERE ref <= (SELECT upto FROM indexed)";
        told(self.connection.query_row(sql, [], |row| count(row, 0)))
    }

    fn last_numbers(&mut self) -> Stored<'_, [i64; 7]> {
        let given = |table| format!("ifnull((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0)");
        let sql = format!(
            "SELECT (SELECT ifnull(max(id), 0) FROM tenant), (SELECT ifnull(max(id), 0) FROM lane), {}, {}, {},
                (SELECT ifnull(max(person), 0) FROM person), {}",
            given("letter"),
            given("audit"),
            given("seal"),
            given("consent")
        );
        told(self.connection.query_row(&sql, [], |row| {
            let mut last = [0; 7];
            for (place, last) in last.iter_mut().enumerate() {
                *last = row.get(place)?;
            }
            Ok(last)
        }))
    }

    fn settle(&mut self, [_, _, letter, audit, seal, _, consent]: [i64; 7]) -> Stored<'_, ()> {
        told(self.write(|connection| {
            for (table, last) in [("letter", letter), ("audit", audit), ("seal", seal), ("consent", consent)] {
                connection.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
                connection.execute("INSERT INTO sqlite_sequence VALUES (?1, ?2)", params![table, last])?;
            }
            Ok(())
        }))
    }

    fn empty(&mut self) -> Stored<'_, ()> {
        told(self.write(|connection| {
            let tables = TABLES.iter().map(|table| table.name);
            for table in tables.chain(["key", "sqlite_sequence"]) {
                connection.execute(&format!("DELETE FROM {table}"), [])?;
            }
            connection.execute_batch("UPDATE indexed SET upto = 0; DROP TABLE IF EXISTS moving")
        }))
    }

    fn ask(&mut self, sql: &'static str) -> Stored<'_, Vec<i64>> {
        let ask = || self.connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect();
        told(ask())
    }

    fn vacuum(&mut self) -> Stored<'_, [u64; 2]> {
        let size = || {
            let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
            self.connection.query_row(sql, [], |row| count(row, 0))
        };
        let vacuum = || {
            let before = size()?;
            self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
            Ok([before, size()?])
        };
        told(vacuum())
    }

    fn integrity(&mut self) -> Stored<'_, Vec<String>> {
        let ask = || {
            let mut statement = self.connection.prepare("PRAGMA integrity_check(20)")?;
            let said = statement.query_map([], |row| row.get(0))?;
            said.filter(|line| line.as_ref().map_or(true, |line: &String| line != "ok")).collect()
        };
        told(ask())
    }
}
