//! Carries rows from one store to another in pages. A page and the note how far it came are one transaction, so that whoever
//! goes on after a kill begins with the next one.

use super::super::StoreError;
use super::found::Walk;
use super::sum::Sum;
use super::tables::TABLES;
use super::{MoveError, Note, Progress, Raw, Row, Table, Value};

/// Rows that are read and written together: at most some megabytes.
const PAGE: usize = 500;
/// In the place of a key: the table has all rows.
const DONE: &str = "done";
/// The note of what messages are found by.
const KEYS: &str = "upto.keys";

/// Whoever wants to know how far it is.
pub(super) type Tell<'t> = &'t mut (dyn FnMut(Progress) + Send);

/// Both stores.
pub(super) struct Pair<'p> {
    pub(super) from: &'p mut dyn Raw,
    pub(super) to: &'p mut dyn Raw,
}

impl Pair<'_> {
    /// All rows of all tables that are not there yet, then what messages are found by; how many of each table there are.
    pub(super) async fn carry(&mut self, tell: Tell<'_>) -> Result<Vec<(&'static str, u64)>, MoveError> {
        let mut counts = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            counts.push((table.name, self.table(table, tell).await?));
        }
        self.keys(tell).await?;
        Ok(counts)
    }

    async fn table(&mut self, table: &'static Table, tell: Tell<'_>) -> Result<u64, StoreError> {
        let of = self.from.count(table).await?;
        let name = format!("upto.{}", table.name);
        let mut upto = match self.to.notes().await?.remove(&name) {
            Some(done) if done == DONE => return Ok(of),
            Some(key) => Some(serde_json::from_str::<Vec<Value>>(&key).map_err(|_| unreadable())?),
            None => None,
        };
        let mut rows = if upto.is_some() { self.to.count(table).await? } else { 0 };
        loop {
            let page = self.from.page(table, upto.take(), PAGE).await?;
            rows += u64::try_from(page.len()).unwrap_or(u64::MAX);
            let next = key_of_last(table, &page).filter(|_| page.len() == PAGE);
            let note = match &next {
                Some(key) => serde_json::to_string(key).map_err(|_| unreadable())?,
                None => DONE.to_owned(),
            };
            self.to.put(table, page, (name.clone(), note)).await?;
            tell(Progress { doing: "moved", table: table.name, rows, of });
            if next.is_none() {
                return Ok(of);
            }
            upto = next;
        }
    }

    /// What messages are found by follows from their rows, and each engine keeps it in its own way.
    async fn keys(&mut self, tell: Tell<'_>) -> Result<(), StoreError> {
        let of = self.from.count(super::tables::table("message")).await?;
        let mut upto = match self.to.notes().await?.remove(KEYS) {
            Some(done) if done == DONE => return Ok(()),
            Some(number) => Some(number.parse().map_err(|_| unreadable())?),
            None => None,
        };
        let (mut walk, mut rows) = (Walk::start(self.from).await?, 0);
        while let Some((found, last)) = walk.next(self.from, upto, PAGE).await? {
            rows += u64::try_from(found.len()).unwrap_or(u64::MAX);
            self.to.index(found, note(KEYS, last.to_string())).await?;
            tell(Progress { doing: "indexed", table: "message", rows, of });
            upto = Some(last);
        }
        self.to.index(Vec::new(), note(KEYS, DONE.to_owned())).await
    }

    /// Reads both again, and compares what their rows come to.
    pub(super) async fn compare(&mut self, tell: Tell<'_>) -> Result<(), MoveError> {
        for table in TABLES {
            let (there, here) = (sum(self.from, table).await?, sum(self.to, table).await?);
            tell(Progress { doing: "compared", table: table.name, rows: here.rows, of: there.rows });
            if there != here {
                return Err(MoveError::Differs { table: table.name, from: there.rows, to: here.rows });
            }
        }
        let (mut walk, mut upto, mut keys, mut missing) = (Walk::start(self.to).await?, None, 0, 0);
        while let Some((found, last)) = walk.next(self.to, upto, PAGE).await? {
            let (wanted, lacking) = self.to.indexed(found).await?;
            (keys, missing, upto) = (keys + wanted, missing + lacking, Some(last));
        }
        let there = self.to.count_keys().await?;
        if missing > 0 || there != keys {
            return Err(MoveError::Differs { table: "key", from: keys, to: there - there.min(missing) });
        }
        Ok(())
    }
}

async fn sum(raw: &mut dyn Raw, table: &'static Table) -> Result<Sum, StoreError> {
    let (mut sum, mut upto) = (Sum::default(), None);
    loop {
        let page = raw.page(table, upto, PAGE).await?;
        page.iter().for_each(|row| sum.add(row));
        upto = key_of_last(table, &page);
        if page.len() < PAGE {
            return Ok(sum);
        }
    }
}

fn key_of_last(table: &Table, page: &[Row]) -> Option<Vec<Value>> {
    page.last().map(|row| row[..table.key].to_vec())
}

fn note(name: &str, value: String) -> Note {
    (name.to_owned(), value)
}

fn unreadable() -> StoreError {
    StoreError::Failed("the store has a note of a move that no version of this program wrote".to_owned())
}
