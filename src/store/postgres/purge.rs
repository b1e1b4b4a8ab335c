//! What is finished and old leaves, in small batches between other work: found by a reader, removed by the writer. And what
//! grows old besides.

use std::sync::atomic::Ordering;

use super::super::sweep::{Looked, SLICE, Seen};
use super::super::{Kept, key};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, limit};
use super::{letters, row, texts};
use crate::value::Timestamp;

/// Which rows may go; `m` is the message.
const DONE: &str = "m.phase > 2 AND m.wake IS NULL AND NOT EXISTS (SELECT 1 FROM call c WHERE c.message = m.ref)";

impl Reader {
    /// Looks at some rows behind `after`, none behind `until`, for at most so many that may go.
    pub(super) async fn old(
        &self,
        (after, until): (i64, i64),
        before: Timestamp,
        most: usize,
    ) -> Result<Looked, Trouble> {
        let sql = format!(
            "SELECT m.ref, m.at < $3, {DONE} FROM message m WHERE m.ref > $1 AND m.ref <= $2 ORDER BY m.ref LIMIT $4"
        );
        let rows = self.conn.query(&sql, &[&after, &until, &before.millis(), &limit(SLICE)]).await?;
        let seen = |row| Ok(Seen { number: get(row, 0)?, is_young: !get::<bool>(row, 1)?, is_done: get(row, 2)? });
        Looked::at(after, most, rows.iter().map(seen))
    }
}

/// Removes these, and as many others as there is room for.
pub(super) async fn purge(tx: &mut Tx, old: &[i64], before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let gone = forget(tx, old).await?;
    let unmatched = letters::purge(tx, before, most.saturating_sub(gone)).await?;
    texts::purge(tx).await?;
    Ok(gone + unmatched)
}

/// Unless something came of them since they were found; how many are gone.
async fn forget(tx: &mut Tx, old: &[i64]) -> Result<usize, Trouble> {
    if old.is_empty() {
        return Ok(0);
    }
    let sql = format!("{} WHERE m.ref = ANY($1) AND {DONE}", row::SELECT);
    let (mut hashes, mut of, mut once, mut once_of, mut gone) = (vec![], vec![], vec![], vec![], vec![]);
    for row in tx.query(&sql, &[&old]).await? {
        let lane = tx.lane_of(row::lane(&row)?).await?;
        let message = row::message(&row, &tx.shared.seals, lane)?.message;
        let number = message.reference.number();
        let providers = row::providers(&row, 13)?;
        for hash in key::found_by(&message).chain(providers.iter().map(|id| key::provider(id))) {
            hashes.push(hash);
            of.push(number);
        }
        if let Some(dedupe) = &message.dedupe {
            once.push(key::once(message.lane.tenant.as_str(), dedupe).to_vec());
            once_of.push(number);
        }
        gone.push(number);
        tx.moved(message.reference, message.lane, Some(message.life.phase), None);
    }
    let sql = "DELETE FROM key k USING unnest($1::bigint[], $2::bigint[]) AS u(hash, ref)
        WHERE k.hash = u.hash AND k.ref = u.ref";
    tx.execute(sql, &[&hashes, &of]).await?;
    let sql = "DELETE FROM dedupe d USING unnest($1::bytea[], $2::bigint[]) AS u(hash, ref)
        WHERE d.hash = u.hash AND d.ref = u.ref";
    tx.execute(sql, &[&once, &once_of]).await?;
    // An attempt is left of one that expired during it and whose answer never came.
    for table in ["attempt", "history", "body", "message"] {
        tx.execute(&format!("DELETE FROM {table} WHERE ref = ANY($1)"), &[&gone]).await?;
    }
    Ok(gone.len())
}

/// What else is kept, and is older.
pub(super) async fn expire(tx: &Tx, kept: Kept, before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let sql = match kept {
        Kept::Histories => return empty_histories(tx, before, most).await,
        Kept::Inbound => {
            "DELETE FROM inbound i USING (SELECT i.tenant, i.id FROM inbound i JOIN tenant t ON t.id = i.tenant
                WHERE i.at < $1 ORDER BY i.at, i.id, t.name LIMIT $2) o WHERE i.tenant = o.tenant AND i.id = o.id"
        }
        Kept::Letters => {
            "DELETE FROM letter WHERE id = ANY(ARRAY(
                SELECT id FROM letter WHERE at < $1 AND due IS NULL ORDER BY at, id LIMIT $2))"
        }
        Kept::Samples => {
            "DELETE FROM sample WHERE id = ANY(ARRAY(SELECT id FROM sample WHERE at < $1 ORDER BY at, id LIMIT $2))"
        }
        Kept::Audit => {
            "DELETE FROM audit WHERE id = ANY(ARRAY(SELECT id FROM audit WHERE at < $1 ORDER BY at, id LIMIT $2))"
        }
    };
    let gone = tx.execute(sql, &[&before.millis(), &limit(most)]).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}

/// References grow with time, so the next ones are those after the last. What was under way then keeps its history.
async fn empty_histories(tx: &Tx, before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let from = tx.shared.emptied.load(Ordering::Relaxed);
    let sql = "SELECT ref FROM message WHERE ref > $1 AND at < $2 ORDER BY ref LIMIT $3";
    let mut old: Vec<i64> = Vec::new();
    for row in tx.query(sql, &[&from, &before.millis(), &limit(most)]).await? {
        old.push(get(&row, 0)?);
    }
    let sql = "DELETE FROM history h USING message m
        WHERE h.ref = ANY($1) AND m.ref = h.ref AND m.phase > 2 AND m.wake IS NULL";
    tx.execute(sql, &[&old]).await?;
    if let Some(last) = old.last() {
        // Where the write fails these wait for the next start.
        tx.shared.emptied.store(*last, Ordering::Relaxed);
    }
    Ok(old.len())
}
