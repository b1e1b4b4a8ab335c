//! What is finished and old leaves, in small batches between other work: found by a reader, removed by the writer.

use std::sync::atomic::Ordering;

use rusqlite::{Row, params};

use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use super::{Sqlite, key, letters, row, texts};
use crate::store::StoreError;
use crate::value::Timestamp;

/// After so many rows that are too young the rest is taken to be too: references grow with time.
const YOUNG: usize = 256;

/// Looked at by one question: the readers are everybody's.
const SLICE: usize = 4096;

/// Which rows may go; `m` is the message.
const DONE: &str = "m.phase > 2 AND m.wake IS NULL AND NOT EXISTS (SELECT 1 FROM call WHERE message = m.ref)";

/// What one look at the rows found.
pub(super) struct Looked {
    /// Those that may go.
    pub(super) old: Vec<i64>,
    /// The last row that was looked at.
    pub(super) upto: i64,
    /// None of those behind it is old.
    pub(super) end: bool,
}

impl Reader {
    /// Looks at some rows behind `after`, none behind `until`, for at most so many that may go.
    pub(super) fn old(&self, (after, until): (i64, i64), before: Timestamp, most: usize) -> rusqlite::Result<Looked> {
        let sql = format!(
            "SELECT m.ref, m.at, {DONE} FROM message m WHERE m.ref > ?1 AND m.ref <= ?2 ORDER BY m.ref LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![after, until, i64::try_from(SLICE).unwrap_or(i64::MAX)])?;
        let (mut looked, mut seen, mut young) = (Looked { old: Vec::new(), upto: after, end: false }, 0, 0);
        while looked.old.len() < most {
            let row = rows.next()?.filter(|_| young < YOUNG);
            let Some(row) = row else {
                looked.end = seen < SLICE || young >= YOUNG;
                break;
            };
            seen += 1;
            looked.upto = row.get(0)?;
            if row.get::<_, i64>(1)? >= before.millis() {
                young += 1;
            } else if row.get(2)? {
                looked.old.push(looked.upto);
            }
        }
        Ok(looked)
    }
}

impl Sqlite {
    /// Looks for old messages where the last look ended, so that those which cannot go are not looked at for each of those
    /// that can; once behind the last one, from the beginning.
    pub(super) async fn old(&self, before: Timestamp, most: usize) -> Result<Vec<i64>, StoreError> {
        let start = self.purged.load(Ordering::Relaxed);
        let mut found = Vec::new();
        for (from, until) in [(start, i64::MAX), (0, start)] {
            let mut after = from;
            loop {
                let wanted = most - found.len();
                let looked = self.read(move |reader| reader.old((after, until), before, wanted)).await?;
                after = looked.upto;
                found.extend(looked.old);
                if found.len() >= most {
                    self.purged.store(after, Ordering::Relaxed);
                    return Ok(found);
                }
                if looked.end {
                    break;
                }
            }
        }
        self.purged.store(0, Ordering::Relaxed);
        Ok(found)
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
    tx.moved(message.reference, message.lane, Some(message.life.phase), None);
    Ok(true)
}
