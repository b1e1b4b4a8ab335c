//! Questions about calls and dead letters, as a reader's thread answers them.

use std::collections::HashSet;

use bytes::Bytes;
use rusqlite::{Row, params};

use super::super::{Call, DeadLetter, Letters, NewCall, Page};
use super::read::Reader;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// A call is there only when no older one of its message and name is.
pub(super) const DUE: &str = "SELECT c.id, c.name, c.message, c.context, c.at, c.attempts, c.due, c.newest FROM call c
    WHERE c.tenant = ?1 AND c.due <= ?2 AND NOT EXISTS
        (SELECT 1 FROM call o WHERE o.message = c.message AND o.name = c.name AND o.id < c.id)
    ORDER BY c.due, c.id";

pub(super) const NEXT: &str = "SELECT min(due) FROM call WHERE tenant = ?1 AND due > ?2";

/// Tenants that have calls: each found by one step in the index.
const TENANTS: &str = "WITH RECURSIVE some (id) AS (SELECT min(tenant) FROM call UNION ALL
    SELECT (SELECT min(tenant) FROM call WHERE tenant > some.id) FROM some WHERE some.id IS NOT NULL)
    SELECT t.id, t.name FROM some JOIN tenant t ON t.id = some.id";

const LETTERS: &str = "SELECT id, tenant, kind, name, message, why, content, at, call, came FROM letter
    WHERE id > ?1 AND id <= ?2 AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR name = ?5)
    AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR instr(lower(why), lower(?7)) > 0)";

impl Reader {
    /// Tenants share, so that one whose platform is down does not keep the others' reports waiting: first an equal part
    /// for each, then the rest for those that have more.
    pub(super) fn calls(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
    ) -> rusqlite::Result<(Vec<Call>, Option<Timestamp>)> {
        let tenants: Vec<(i64, Name)> = {
            let mut statement = self.connection.prepare_cached(TENANTS)?;
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get_ref(1)?.as_str()?.into())))?
                .collect::<Result<_, _>>()?
        };
        let part = (most / tenants.len().max(1)).max(1);
        let mut found = Vec::new();
        let mut more = Vec::new();
        for (id, name) in &tenants {
            let theirs = self.calls_of(*id, name, now, 0, part, held)?;
            if theirs.len() == part {
                more.push((*id, name));
            }
            found.extend(theirs);
        }
        for (id, name) in more {
            let room = most.saturating_sub(found.len());
            found.extend(self.calls_of(id, name, now, part, room, held)?);
        }
        found.sort_by_key(|call| (call.due, call.call.id));
        found.truncate(most);
        Ok((found, self.next_call(&tenants, now)?))
    }

    fn calls_of(
        &self,
        id: i64,
        tenant: &Name,
        now: Timestamp,
        skip: usize,
        most: usize,
        held: &HashSet<i64>,
    ) -> rusqlite::Result<Vec<Call>> {
        let mut found = Vec::new();
        if most == 0 {
            return Ok(found);
        }
        let mut statement = self.connection.prepare_cached(DUE)?;
        let mut rows = statement.query(params![id, now.millis()])?;
        let mut skipped = 0;
        while let Some(row) = rows.next()? {
            if held.contains(&row.get(0)?) {
                continue;
            }
            if skipped < skip {
                skipped += 1;
                continue;
            }
            found.push(call(row, tenant)?);
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    fn next_call(&self, tenants: &[(i64, Name)], now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached(NEXT)?;
        let mut next: Option<i64> = None;
        for (id, _) in tenants {
            let theirs: Option<i64> = statement.query_row([*id, now.millis()], |row| row.get(0))?;
            next = next.into_iter().chain(theirs).min();
        }
        Ok(next.map(Timestamp::from_millis))
    }

    pub(super) fn letters(&self, fit: &Letters, page: Page, most: usize) -> rusqlite::Result<Vec<DeadLetter>> {
        let (above, upto, order) = match page {
            Page::Newest { below } => (i64::MIN, below.map_or(i64::MAX, |below| below.saturating_sub(1)), "DESC"),
            Page::Oldest { above, upto } => (above, upto, "ASC"),
        };
        let (above, upto) = fit.id.map_or((above, upto), |id| (above.max(id.saturating_sub(1)), upto.min(id)));
        // One text for each tenant or none, so that a tenant's own letters are found by their index.
        let tenant = if fit.tenant.is_some() { "tenant = ?3" } else { "?3 IS NULL" };
        let sql = format!("{LETTERS} AND {tenant} ORDER BY id {order} LIMIT ?8");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let (of, since) = (fit.tenant.as_ref().map(Name::as_str), fit.since.map(Timestamp::millis));
        let values = params![above, upto, of, fit.kind, fit.name, since, fit.why, most];
        statement.query_map(values, letter)?.collect()
    }
}

fn call(row: &Row<'_>, tenant: &Name) -> rusqlite::Result<Call> {
    let call = NewCall {
        id: row.get(0)?,
        tenant: tenant.clone(),
        name: row.get(1)?,
        message: row.get::<_, Option<i64>>(2)?.map(Ref::from_number),
        context: Bytes::copy_from_slice(row.get_ref(3)?.as_blob()?),
        at: Timestamp::from_millis(row.get(4)?),
    };
    Ok(Call { call, attempts: row.get(5)?, due: Timestamp::from_millis(row.get(6)?), newest: row.get(7)? })
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get(0)?,
        tenant: row.get_ref(1)?.as_str_or_null()?.map(Name::from),
        kind: row.get(2)?,
        name: row.get(3)?,
        message: row.get::<_, Option<i64>>(4)?.map(Ref::from_number),
        why: row.get(5)?,
        content: Bytes::copy_from_slice(row.get_ref(6)?.as_blob()?),
        at: Timestamp::from_millis(row.get(7)?),
        call: row.get(8)?,
        came: row.get_ref(9)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()),
    })
}
