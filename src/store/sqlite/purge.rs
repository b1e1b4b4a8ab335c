//! What is finished and old leaves, in small batches between other work.

use rusqlite::params;

use super::key;
use super::letters;
use super::row;
use super::texts;
use super::tx::Tx;
use super::writer::Trouble;
use crate::store;
use crate::value::Timestamp;

/// After so many rows in a row that are too young the rest is taken to be too: references grow with time.
const YOUNG: usize = 256;

pub(super) fn purge(tx: &mut Tx<'_>, before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let gone = old(tx, before, most)?;
    for number in &gone {
        forget(tx, *number)?;
    }
    let rest = i64::try_from(most - gone.len()).unwrap_or(i64::MAX);
    let sql = "DELETE FROM inbound WHERE (tenant, id) IN (SELECT tenant, id FROM inbound WHERE at < ?1 LIMIT ?2)";
    let ids = tx.execute(sql, params![before.millis(), rest])?;
    let unmatched = letters::purge(tx, before, most - gone.len() - ids)?;
    texts::purge(tx)?;
    Ok(gone.len() + ids + unmatched)
}

fn old(tx: &Tx<'_>, before: Timestamp, most: usize) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT ref, at, phase > 2 AND wake IS NULL AND NOT EXISTS (SELECT 1 FROM call WHERE message = m.ref)
        FROM message m ORDER BY ref";
    let mut statement = tx.connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let (mut found, mut young) = (Vec::new(), 0);
    while found.len() < most && young < YOUNG {
        let Some(row) = rows.next()? else { break };
        if row.get::<_, i64>(1)? >= before.millis() {
            young += 1;
        } else if row.get(2)? {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

fn forget(tx: &mut Tx<'_>, number: i64) -> rusqlite::Result<()> {
    let sql = format!("{} WHERE m.ref = ?1", row::SELECT);
    let message = tx.first(&sql, [number], |row| row::message(row, |lane| tx.lane_of(lane)))?;
    let providers = tx.first("SELECT providers FROM message WHERE ref = ?1", [number], |row| row::list(row, 0))?;
    let own = message.iter().flat_map(|message| key::all(&message.message));
    let keys: Vec<i64> = own.chain(providers.iter().flatten().map(|id| key::provider(id))).collect();
    for hash in keys {
        tx.execute("DELETE FROM key WHERE hash = ?1 AND ref = ?2", [hash, number])?;
    }
    tx.execute("DELETE FROM body WHERE ref = ?1", [number])?;
    tx.execute("DELETE FROM message WHERE ref = ?1", [number])?;
    if let Some(store::Message { message, .. }) = message {
        tx.moved(message.reference, message.lane, Some(message.life.phase), None);
    }
    Ok(())
}
