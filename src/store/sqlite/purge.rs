//! What is finished and old leaves, in small batches between other work: found by a reader, removed by the writer.

use rusqlite::{Row, params};

use super::super::sweep::{Looked, SLICE, Seen};
use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use super::{Sqlite, key, letters, row, texts};
use crate::store::StoreError;
use crate::value::Timestamp;

/// Which rows may go; `m` is the message.
const DONE: &str = "m.phase > 2 AND m.wake IS NULL AND NOT EXISTS (SELECT 1 FROM call WHERE message = m.ref)";

impl Reader {
    /// Looks at some rows behind `after`, none behind `until`, for at most so many that may go.
    pub(super) fn old(&self, (after, until): (i64, i64), before: Timestamp, most: usize) -> rusqlite::Result<Looked> {
        let sql = format!(
            "SELECT m.ref, m.at, {DONE} FROM message m WHERE m.ref > ?1 AND m.ref <= ?2 ORDER BY m.ref LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let seen = |row: &Row<'_>| {
            let is_young = row.get::<_, i64>(1)? >= before.millis();
            Ok(Seen { number: row.get(0)?, is_young, is_done: row.get(2)? })
        };
        let slice = i64::try_from(SLICE).unwrap_or(i64::MAX);
        Looked::at(after, most, statement.query_map(params![after, until, slice], seen)?)
    }
}

impl Sqlite {
    /// So many that may go, if there are as many.
    pub(super) async fn old(&self, before: Timestamp, most: usize) -> Result<Vec<i64>, StoreError> {
        self.purged.old(most, |span, wanted| self.read(move |reader| reader.old(span, before, wanted))).await
    }
}

/// Removes these, and as many others as there is room for.
pub(super) fn purge(tx: &mut Tx<'_>, old: &[i64], before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let mut gone = 0;
    for number in old {
        gone += usize::from(forget(tx, *number)?);
    }
    let unmatched = letters::purge(tx, before, most - gone)?;
    texts::purge(tx)?;
    Ok(gone + unmatched)
}

/// Unless something came of it since it was found; whether it is gone.
fn forget(tx: &mut Tx<'_>, number: i64) -> rusqlite::Result<bool> {
    let sql = format!("{} WHERE m.ref = ?1 AND {DONE}", row::SELECT);
    let read = |row: &Row<'_>| Ok((row::without_content(row, |lane| tx.lane_of(lane))?, row::providers(row)?));
    let Some((message, providers)) = tx.first(&sql, [number], read)? else { return Ok(false) };
    let keys: Vec<i64> = key::all(&message).chain(providers.iter().map(|id| key::provider(id))).collect();
    for hash in keys {
        tx.lose(hash, number)?;
    }
    tx.execute("DELETE FROM body WHERE ref = ?1", [number])?;
    tx.execute("DELETE FROM message WHERE ref = ?1", [number])?;
    // One may have expired during an attempt whose answer never came.
    tx.end_attempt(message.reference)?;
    tx.moved(message.reference, message.lane, Some(message.life.phase), None);
    Ok(true)
}
