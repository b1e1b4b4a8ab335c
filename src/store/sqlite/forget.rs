//! The order in which a person is forgotten: calls and letters, messages, who they are, and then the log is cut off. Whoever
//! asks again after a stop finds what is left by what goes later.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::super::person::{Person, Table};
use super::super::{Forget, Forgotten, StoreError};
use super::Sqlite;
use super::erase;
use super::read::Reader;
use crate::faults::Point;

/// Rows that the writer erases in one go.
const BATCH: usize = 200;
/// How often the log is tried to be cut off, and the pause between: readers are in the way for a moment each.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);
/// Each part of it is passed.
const POINTS: [Point; 2] = [Point::ForgetWritten, Point::ForgetCommitted];

/// Who is forgotten, and what was erased so far.
struct Forgetting<'s> {
    store: &'s Sqlite,
    whom: Forget,
    person: Arc<Person>,
    gone: Forgotten,
}

pub(super) async fn forget(store: &Sqlite, whom: Forget) -> Result<Forgotten, StoreError> {
    let asked = whom.clone();
    let person = Arc::new(store.read(move |reader| reader.person(&asked)).await?);
    let mut forgetting = Forgetting { store, whom, person, gone: Forgotten::default() };
    let messages = forgetting.find(Table::Messages, &Arc::default()).await?;
    let about = Arc::new(messages.iter().copied().collect());
    for table in [Table::Calls, Table::Letters] {
        let rows = forgetting.find(table, &about).await?;
        forgetting.erase(table, &rows).await?;
    }
    forgetting.erase(Table::Messages, &messages).await?;
    // What ended meanwhile may have been told of.
    let late = forgetting.find(Table::Calls, &about).await?;
    forgetting.erase(Table::Calls, &late).await?;
    let Forgetting { person, mut gone, .. } = forgetting;
    gone.add(store.step(POINTS, move |tx| erase::person(tx, &person)).await?);
    for _ in 0..TRIES {
        if store.read(Reader::fold).await? {
            return Ok(gone);
        }
        tokio::time::sleep(PAUSE).await;
    }
    let why = "everything is erased, but the log could not be cut off: readers are in the way. Ask again";
    Err(StoreError::Failed(why.to_owned()))
}

impl Forgetting<'_> {
    /// The rows of a table that are about the person, or about one of these messages.
    async fn find(&self, table: Table, messages: &Arc<HashSet<i64>>) -> Result<Vec<i64>, StoreError> {
        let (mut all, mut above) = (Vec::new(), i64::MIN);
        loop {
            let (person, messages) = (Arc::clone(&self.person), Arc::clone(messages));
            let slice = self.store.read(move |reader| reader.about(&person, table, above, &messages));
            let (found, next) = slice.await?;
            all.extend(found);
            match next {
                Some(last) => above = last,
                None => return Ok(all),
            }
        }
    }

    async fn erase(&mut self, table: Table, rows: &[i64]) -> Result<(), StoreError> {
        for rows in rows.chunks(BATCH) {
            let (rows, at) = (rows.to_vec(), self.whom.at);
            self.gone.add(self.store.step(POINTS, move |tx| erase::rows(tx, table, &rows, at)).await?);
        }
        Ok(())
    }
}
