//! A store as its rows, the same for every engine: to move all of it into another one, and to check it.
//!
//! What a store *means* is the contract's (`store::contract`). Rows are moved as they are, sealed contents too, so no key is
//! needed; what a message is found by follows from its rows and is made anew. Start at [`moving::move_all`].

mod carry;
mod check;
mod found;
mod mark;
mod moving;
mod seals;
mod sum;
mod tables;
mod traffic;

use std::collections::BTreeMap;

pub use check::{Checked, Finding, check};
pub use found::Found;
pub(super) use mark::{Mark, Stand};
pub use moving::{MoveError, Moved, Progress, move_all, undo};
pub(super) use tables::TABLES;
pub use tables::{Kind, Table};
pub use traffic::{Passed, Served, Traffic, Unused, served, traffic};

use super::Stored;

/// What to do with a store that was moved.
pub(super) const MOVED: &str = "start the gateway there; or take the move back, if it was never served there: switchboard store move --undo FROM TO";
/// What to do with half a store.
pub(super) const HALF: &str =
    "run `switchboard store move FROM TO` again, it goes on; or give it up: switchboard store move --undo FROM TO";

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number, a time in milliseconds, a code.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of its table's columns.
pub type Row = Vec<Value>;

/// Notes of a move that a store keeps beside its tables, by name.
pub type Notes = BTreeMap<String, String>;

/// One more note.
pub type Note = (String, String);

/// A store as its rows. Whoever may write has the store for himself.
pub trait Raw: Send {
    /// Notes of a move; none where none was ever begun.
    fn notes(&mut self) -> Stored<'_, Notes>;
    /// These notes and no others; the place for them goes with the last.
    fn keep_notes(&mut self, notes: Notes) -> Stored<'_, ()>;
    /// The next rows of a table by its key, after that key.
    fn page(&mut self, table: &'static Table, after: Option<Vec<Value>>, most: usize) -> Stored<'_, Vec<Row>>;
    /// How many rows a table has.
    fn count(&mut self, table: &'static Table) -> Stored<'_, u64>;
    /// Adds rows, and the note how far it came: both or neither.
    fn put(&mut self, table: &'static Table, rows: Vec<Row>, note: Note) -> Stored<'_, ()>;
    /// Makes messages found by what they are found by, and the note: both or neither.
    fn index(&mut self, found: Vec<Found>, note: Note) -> Stored<'_, ()>;
    /// How many keys these messages should have in the index, and how many of them are not there.
    fn indexed(&mut self, found: Vec<Found>) -> Stored<'_, (u64, u64)>;
    /// How many keys the index has.
    fn count_keys(&mut self) -> Stored<'_, u64>;
    /// The last number that was given to a row of these: tenants, lanes, letters, lines of the audit log, keys, persons,
    /// lines of the history of opt-outs.
    fn last_numbers(&mut self) -> Stored<'_, [i64; 7]>;
    /// Everything is there: the next numbers come after these.
    fn settle(&mut self, last: [i64; 7]) -> Stored<'_, ()>;
    /// Takes all rows away, and the notes.
    fn empty(&mut self) -> Stored<'_, ()>;
    /// The first column of what a question in SQL finds, as numbers.
    fn ask(&mut self, sql: &'static str) -> Stored<'_, Vec<i64>>;
    /// Gives back the space of what is gone; bytes before and after.
    fn vacuum(&mut self) -> Stored<'_, [u64; 2]>;
    /// What the engine itself finds wrong with how it keeps things.
    fn integrity(&mut self) -> Stored<'_, Vec<String>>;
}
