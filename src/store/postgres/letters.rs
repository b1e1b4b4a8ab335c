//! Dead letters, and those that are still tried again: what the writer does with them, and what is asked about them.

use std::collections::BTreeSet;

use tokio_postgres::Row;

use super::super::{DeadLetter, Lettered, Letters, Page, key};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{self, count, get, kept, limit, name_or_none, text, time, time_or_none};
use crate::model::{Name, Ref};
use crate::value::Timestamp;

const COLUMNS: &str =
    "SELECT id, tenant, kind, name, message, why, content, at, attempts, due, call, came, seal FROM letter";

/// Those of the list that fit; the tenant is said apart, so that a tenant's own letters are found by their index.
const LISTED: &str = "WHERE due IS NULL AND id > $1 AND id <= $2 AND ($4::text IS NULL OR kind = $4)
    AND ($5::text IS NULL OR name = $5) AND ($6::bigint IS NULL OR at >= $6)
    AND ($7::text IS NULL OR strpos(lower(why), lower($7)) > 0)
    AND ($9::bigint IS NULL OR message = $9)";

const SAME: &str = "SELECT content, seal FROM letter WHERE hash = $1 AND kind = $2 AND name = $3
    AND tenant IS NOT DISTINCT FROM $4 AND message IS NOT DISTINCT FROM $5";

const INSERT: &str =
    "INSERT INTO letter (tenant, kind, name, message, why, content, at, attempts, due, hash, call, came,
    seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const REDRIVE: &str = "INSERT INTO call (id, tenant, name, message, context, at, attempts, due, newest, seal)
    SELECT l.call, t.id, l.name, l.message, l.content, $2, 0, $2, $3, l.seal FROM letter l JOIN tenant t ON t.name = l.tenant
    WHERE l.id = $1 AND l.kind = 'call' AND l.call IS NOT NULL ON CONFLICT DO NOTHING";

pub(super) async fn park_all(tx: &Tx, letters: &[DeadLetter]) -> Result<(), Trouble> {
    for letter in letters {
        park(tx, letter).await?;
    }
    Ok(())
}

/// Unless it is there already.
pub(super) async fn park(tx: &Tx, letter: &DeadLetter) -> Result<(), Trouble> {
    let hash = key::letter(letter);
    let tenant = letter.tenant.as_ref().map(|tenant| kept(tenant.as_str()));
    let message = letter.message.map(Ref::number);
    let (kind, name) = (kept(&letter.kind), kept(&letter.name));
    for row in tx.query(SAME, &[&hash, &kind, &name, &tenant, &message]).await? {
        if tx.shared.seals.open(get(&row, 0)?, get(&row, 1)?)? == letter.content {
            return Ok(());
        }
    }
    let (content, seal) = tx.shared.seals.seal(&letter.content)?;
    let came = letter.came.as_ref().map(serde_json::to_string).transpose()?;
    let (at, due) = (letter.at.millis(), letter.due.map(Timestamp::millis));
    let (why, attempts) = (kept(&letter.why), i64::from(letter.attempts));
    let call = letter.call;
    let content = &*content;
    let values: words::Values<'_> =
        &[&tenant, &kind, &name, &message, &why, &content, &at, &attempts, &due, &hash, &call, &came, &seal];
    tx.execute(INSERT, values).await.map(drop)
}

pub(super) async fn put_off(tx: &Tx, letters: &[(i64, Option<Timestamp>)], keep: usize) -> Result<usize, Trouble> {
    let mut tenants: BTreeSet<Option<String>> = BTreeSet::new();
    for (id, due) in letters {
        let sql = "UPDATE letter SET attempts = attempts + 1, due = $2 WHERE id = $1 RETURNING tenant, kind";
        let due = due.map(Timestamp::millis);
        if let Some(row) = tx.first(sql, &[id, &due]).await?
            && get::<String>(&row, 1)? == "unmatched"
        {
            tenants.insert(get(&row, 0)?);
        }
    }
    let mut gone = 0;
    for tenant in tenants {
        // The newest of those that are too many, and all before it.
        let sql = "DELETE FROM letter WHERE kind = 'unmatched' AND tenant IS NOT DISTINCT FROM $1 AND id <= (SELECT id
            FROM letter WHERE kind = 'unmatched' AND tenant IS NOT DISTINCT FROM $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
        gone += tx.execute(sql, &[&tenant, &limit(keep)]).await?;
    }
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}

pub(super) async fn redrive(tx: &mut Tx, letter: i64, at: Timestamp, newest: bool) -> Result<bool, Trouble> {
    let queued = tx.execute(REDRIVE, &[&letter, &at.millis(), &newest]).await? > 0;
    if queued {
        // Whoever makes the tenant's calls.
        tx.hints.calls = true;
        discard(tx, letter).await?;
    }
    Ok(queued)
}

pub(super) async fn discard(tx: &Tx, letter: i64) -> Result<bool, Trouble> {
    Ok(tx.execute("DELETE FROM letter WHERE id = $1", &[&letter]).await? > 0)
}

/// Unmatched statuses from before that time go; how many.
pub(super) async fn purge(tx: &Tx, before: Timestamp, most: usize) -> Result<usize, Trouble> {
    let sql = "DELETE FROM letter WHERE id = ANY(ARRAY(
        SELECT id FROM letter WHERE kind = 'unmatched' AND at < $1 ORDER BY at, id LIMIT $2))";
    let gone = tx.execute(sql, &[&before.millis(), &limit(most)]).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}

impl Reader {
    pub(super) async fn letters(&self, fit: &Letters, page: Page, most: usize) -> Result<Vec<DeadLetter>, Trouble> {
        let (above, upto, order) = page.span(fit.id);
        let tenant = if fit.tenant.is_some() { "tenant = $3" } else { "$3::text IS NULL" };
        let sql = format!("{COLUMNS} {LISTED} AND {tenant} ORDER BY id {order} LIMIT $8");
        let of = fit.tenant.as_ref().map(|tenant| kept(tenant.as_str()));
        let (kind, name, why) =
            (fit.kind.as_deref().map(kept), fit.name.as_deref().map(kept), fit.why.as_deref().map(kept));
        let (since, message) = (fit.since.map(Timestamp::millis), fit.message.map(Ref::number));
        let values: words::Values<'_> = &[&above, &upto, &of, &kind, &name, &since, &why, &limit(most), &message];
        self.each(&sql, values, |row| self.letter(row)).await
    }

    pub(super) async fn count_letters(&self) -> Result<Vec<Lettered>, Trouble> {
        let sql = "SELECT tenant, kind, count(*), count(due) FROM letter GROUP BY tenant, kind
            ORDER BY tenant NULLS FIRST, kind";
        let mut counted = Vec::new();
        for row in self.conn.query(sql, &[]).await? {
            let (tenant, kind): (Option<Name>, String) = (name_or_none(&row, 0)?, text(&row, 1)?);
            let (all, waiting): (u64, u64) = (count(&row, 2)?, count(&row, 3)?);
            counted.extend(Lettered::sorts(tenant, kind, all, waiting));
        }
        Ok(counted)
    }

    pub(super) async fn letters_due(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<(Vec<DeadLetter>, Option<Timestamp>), Trouble> {
        let sql = format!("{COLUMNS} WHERE due IS NOT NULL AND due <= $1 ORDER BY due, id LIMIT $2");
        let due = self.each(&sql, &[&now.millis(), &limit(most)], |row| self.letter(row)).await?;
        let next = "SELECT min(due) FROM letter WHERE due IS NOT NULL AND due > $1";
        let row = self.conn.first(next, &[&now.millis()]).await?;
        Ok((due, row.map_or(Ok(None), |row| time_or_none(&row, 0))?))
    }

    /// A row of [`COLUMNS`].
    fn letter(&self, row: &Row) -> Result<DeadLetter, Trouble> {
        let came: Option<String> = get(row, 11)?;
        Ok(DeadLetter {
            id: get(row, 0)?,
            tenant: name_or_none(row, 1)?,
            kind: text(row, 2)?,
            name: text(row, 3)?,
            message: get::<Option<i64>>(row, 4)?.map(Ref::from_number),
            why: text(row, 5)?,
            content: self.shared.seals.open(get(row, 6)?, get(row, 12)?)?,
            at: time(row, 7)?,
            attempts: count(row, 8)?,
            due: time_or_none(row, 9)?,
            call: get(row, 10)?,
            came: came.and_then(|text| serde_json::from_str(&text).ok()),
        })
    }
}
