//! What grows old besides messages.

use std::sync::atomic::Ordering;

use rusqlite::params;

use super::tx::Tx;
use crate::store::Kept;
use crate::value::Timestamp;

/// What else is kept, and is older.
pub(super) fn expire(tx: &Tx<'_>, kept: Kept, before: Timestamp, most: usize) -> rusqlite::Result<usize> {
    let sql = match kept {
        Kept::Histories => return empty_histories(tx, before, most),
        Kept::Inbound => {
            "DELETE FROM inbound WHERE (tenant, id) IN (SELECT i.tenant, i.id FROM inbound i JOIN tenant t ON t.id = i.tenant
                WHERE i.at < ?1 ORDER BY i.at, i.id, t.name LIMIT ?2)"
        }
        Kept::Letters => {
            "DELETE FROM letter WHERE id IN (
                SELECT id FROM letter WHERE at < ?1 AND due IS NULL ORDER BY at, id LIMIT ?2)"
        }
        Kept::Samples => "DELETE FROM sample WHERE id IN (SELECT id FROM sample WHERE at < ?1 ORDER BY at, id LIMIT ?2)",
        Kept::Audit => "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ?1 ORDER BY at, id LIMIT ?2)",
    };
    tx.execute(sql, params![before.millis(), i64::try_from(most).unwrap_or(i64::MAX)])
}

/// References grow with time, so the next ones are those after the last. What was under way then keeps its history.
fn empty_histories(tx: &Tx<'_>, before: Timestamp, most: usize) -> rusqlite::Result<usize> {
    let from = tx.shared.emptied.load(Ordering::Relaxed);
    let sql = "SELECT ref FROM message WHERE ref > ?1 AND at < ?2 ORDER BY ref LIMIT ?3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let old: Vec<i64> = tx.column(sql, params![from, before.millis(), most])?;
    for number in &old {
        let sql = "UPDATE message SET history = '' WHERE ref = ?1 AND phase > 2 AND wake IS NULL";
        tx.execute(sql, [number])?;
    }
    if let Some(last) = old.last() {
        // Where the write fails these wait for the next start.
        tx.shared.emptied.store(*last, Ordering::Relaxed);
    }
    Ok(old.len())
}
