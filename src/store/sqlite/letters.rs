//! Dead letters, and those that are still tried again: what the writer does with them, and what a reader is asked.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use super::super::{DeadLetter, Lettered, Letters, Page};
use super::key;
use super::read::Reader;
use super::row;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

const COLUMNS: &str =
    "SELECT id, tenant, kind, name, message, why, content, at, attempts, due, call, came, seal FROM letter";

/// Those of the list that fit; the tenant is said apart, so that a tenant's own letters are found by their index.
const LISTED: &str = "WHERE due IS NULL AND id > ?1 AND id <= ?2 AND (?4 IS NULL OR kind = ?4)
    AND (?5 IS NULL OR name = ?5) AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR instr(lower(why), lower(?7)) > 0)
    AND (?9 IS NULL OR message = ?9)";

/// What follows [`COLUMNS`]; that each uses its index is tested.
pub(super) const DUE: &str = "WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, id LIMIT ?2";
pub(super) const NEXT: &str = "SELECT min(due) FROM letter WHERE due IS NOT NULL AND due > ?1";
pub(super) const SAME: &str = "SELECT content, seal FROM letter WHERE hash = ?1 AND kind = ?2 AND name = ?3
    AND tenant IS ?4 AND message IS ?5";
/// The newest of those that are too many.
pub(super) const LAST: &str =
    "SELECT id FROM letter WHERE kind = 'unmatched' AND tenant IS ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";

pub(super) const OLD: &str = "SELECT id FROM letter WHERE kind = 'unmatched' AND at < ?1 ORDER BY at, id LIMIT ?2";

/// From the index alone: it is asked for every scrape of the metrics.
pub(super) const COUNT: &str = "SELECT tenant, kind, count(*), count(due) FROM letter GROUP BY tenant, kind";

/// Unless it is there already.
pub(super) fn park(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<(), Trouble> {
    let hash = key::letter(letter);
    let tenant = letter.tenant.as_ref().map(Name::as_str);
    let message = letter.message.map(Ref::number);
    let seals = &tx.shared.seals;
    let mut known = tx.connection.prepare_cached(SAME)?;
    let mut rows = known.query(params![hash, letter.kind, letter.name, tenant, message])?;
    while let Some(row) = rows.next()? {
        if seals.content(row, 0, 1)? == letter.content {
            return Ok(());
        }
    }
    let (content, seal) = seals.seal(&letter.content)?;
    let sql = "INSERT INTO letter (tenant, kind, name, message, why, content, at, attempts, due, hash, call, came,
        seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let came = letter.came.as_ref().map(serde_json::to_string).transpose();
    let came = came.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let DeadLetter { kind, name, why, attempts, call, .. } = letter;
    let (at, due) = (letter.at.millis(), letter.due.map(Timestamp::millis));
    let values = params![tenant, kind, name, message, why, &*content, at, attempts, due, hash, call, came, seal];
    tx.execute(sql, values)?;
    Ok(())
}

pub(super) fn put_off(tx: &mut Tx<'_>, letters: &[(i64, Option<Timestamp>)], keep: usize) -> Result<usize, Trouble> {
    let mut lists: BTreeSet<(Option<String>, String)> = BTreeSet::new();
    for (id, due) in letters {
        let sql = "UPDATE letter SET attempts = attempts + 1, due = ?2 WHERE id = ?1 RETURNING tenant, kind";
        let due = due.map(Timestamp::millis);
        lists.extend(tx.first(sql, params![id, due], |row| Ok((row.get(0)?, row.get(1)?)))?);
    }
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let mut gone = 0;
    for (tenant, kind) in lists {
        if kind == "unmatched"
            && let Some(last) = tx.first(LAST, params![tenant, keep], |row| row.get::<_, i64>(0))?
        {
            let sql = "DELETE FROM letter WHERE kind = 'unmatched' AND tenant IS ?1 AND id <= ?2";
            gone += tx.execute(sql, params![tenant, last])?;
        }
    }
    Ok(gone)
}

pub(super) fn redrive(tx: &mut Tx<'_>, letter: i64, at: Timestamp, newest: bool) -> Result<bool, Trouble> {
    let sql = "INSERT OR IGNORE INTO call (id, tenant, name, message, context, at, attempts, due, newest, seal)
        SELECT l.call, t.id, l.name, l.message, l.content, ?2, 0, ?2, ?3, l.seal FROM letter l JOIN tenant t ON t.name = l.tenant WHERE l.id = ?1 AND l.kind = 'call' AND l.call IS NOT NULL";
    let queued = tx.execute(sql, params![letter, at.millis(), newest])? > 0;
    if queued {
        discard(tx, letter)?;
    }
    Ok(queued)
}

pub(super) fn discard(tx: &Tx<'_>, letter: i64) -> Result<bool, Trouble> {
    Ok(tx.execute("DELETE FROM letter WHERE id = ?1", [letter])? > 0)
}

/// Unmatched statuses from before that time go; how many.
pub(super) fn purge(tx: &Tx<'_>, before: Timestamp, most: usize) -> rusqlite::Result<usize> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let sql = format!("DELETE FROM letter WHERE id IN ({OLD})");
    tx.execute(&sql, params![before.millis(), most])
}

impl Reader {
    pub(super) fn letters(&self, fit: &Letters, page: Page, most: usize) -> rusqlite::Result<Vec<DeadLetter>> {
        let (above, upto, order) = page.span(fit.id);
        let tenant = if fit.tenant.is_some() { "tenant = ?3" } else { "?3 IS NULL" };
        let sql = format!("{COLUMNS} {LISTED} AND {tenant} ORDER BY id {order} LIMIT ?8");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let (of, since) = (fit.tenant.as_ref().map(Name::as_str), fit.since.map(Timestamp::millis));
        let message = fit.message.map(Ref::number);
        let values = params![above, upto, of, fit.kind, fit.name, since, fit.why, most, message];
        statement.query_map(values, |row| self.letter(row))?.collect()
    }

    pub(super) fn count_letters(&self) -> rusqlite::Result<Vec<Lettered>> {
        let mut statement = self.connection.prepare_cached(COUNT)?;
        let mut rows = statement.query([])?;
        let mut counted = Vec::new();
        while let Some(row) = rows.next()? {
            let (tenant, kind): (Option<Name>, String) =
                (row.get_ref(0)?.as_str_or_null()?.map(Name::from), row.get(1)?);
            let (all, waiting) = (row::count(row, 2)?, row::count(row, 3)?);
            counted.extend(Lettered::sorts(tenant, kind, all, waiting));
        }
        Ok(counted)
    }

    pub(super) fn letters_due(
        &self,
        now: Timestamp,
        most: usize,
    ) -> rusqlite::Result<(Vec<DeadLetter>, Option<Timestamp>)> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&format!("{COLUMNS} {DUE}"))?;
        let due = statement.query_map(params![now.millis(), most], |row| self.letter(row))?;
        let due = due.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare_cached(NEXT)?;
        let next: Option<i64> = statement.query_row([now.millis()], |row| row.get(0))?;
        Ok((due, next.map(Timestamp::from_millis)))
    }

    /// A row of [`COLUMNS`].
    fn letter(&self, row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
        Ok(DeadLetter {
            id: row.get(0)?,
            tenant: row.get_ref(1)?.as_str_or_null()?.map(Name::from),
            kind: row.get(2)?,
            name: row.get(3)?,
            message: row.get::<_, Option<i64>>(4)?.map(Ref::from_number),
            why: row.get(5)?,
            content: self.shared.seals.content(row, 6, 12)?,
            at: Timestamp::from_millis(row.get(7)?),
            attempts: row.get(8)?,
            due: row.get::<_, Option<i64>>(9)?.map(Timestamp::from_millis),
            call: row.get(10)?,
            came: row.get_ref(11)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()),
        })
    }
}
