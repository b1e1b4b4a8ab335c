//! Questions about calls, as a reader's thread answers them.

use std::collections::HashSet;

use rusqlite::{Row, params};

use super::super::{Call, CallLane, NewCall};
use super::read::Reader;
use crate::model::Ref;
use crate::value::Timestamp;

/// A call is there only when no older one of its message and name is.
pub(super) const DUE: &str = "SELECT c.id, c.message, c.context, c.at, c.attempts, c.due, c.newest, c.seal FROM call c
    WHERE c.tenant = ?1 AND c.name = ?2 AND c.due <= ?3 AND NOT EXISTS
        (SELECT 1 FROM call o WHERE o.message = c.message AND o.name = c.name AND o.id < c.id)
    ORDER BY c.due, c.id";

pub(super) const NEXT: &str = "SELECT min(due) FROM call WHERE tenant = ?1 AND name = ?2 AND due > ?3";

/// As the index has them.
pub(super) const ABOUT: &str =
    "SELECT c.id, c.message, c.context, c.at, c.attempts, c.due, c.newest, c.seal, t.name, c.name
    FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.message = ?1 ORDER BY c.name, c.id";

/// The lane after that one: each is found by one step in the index.
pub(super) const LANE: &str = "SELECT c.tenant, t.name, c.name FROM call c JOIN tenant t ON t.id = c.tenant
    WHERE (c.tenant, c.name) > (?1, ?2) ORDER BY c.tenant, c.name LIMIT 1";

/// A lane, and its tenant's number.
type Numbered = (i64, CallLane);

impl Reader {
    /// Lanes share, so that one whose platform is down does not keep the others' calls waiting: first an equal part for
    /// each, then the rest for those that have more.
    pub(super) fn calls(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
    ) -> rusqlite::Result<(Vec<Call>, Option<Timestamp>)> {
        let mut lanes = self.call_lanes()?;
        lanes.retain(|(_, lane)| !stopped.contains(lane));
        let part = (most / lanes.len().max(1)).max(1);
        let mut found = Vec::new();
        let mut more = Vec::new();
        for lane in &lanes {
            let theirs = self.calls_of(lane, now, 0, part.min(most), held)?;
            if theirs.len() == part {
                more.push(lane);
            }
            found.extend(theirs);
        }
        for lane in more {
            let room = most.saturating_sub(found.len());
            found.extend(self.calls_of(lane, now, part, room, held)?);
        }
        found.sort_by_key(|call| (call.due, call.call.id));
        found.truncate(most);
        Ok((found, self.next_call(&lanes, now)?))
    }

    fn call_lanes(&self) -> rusqlite::Result<Vec<Numbered>> {
        let mut statement = self.connection.prepare_cached(LANE)?;
        let mut lanes: Vec<Numbered> = Vec::new();
        loop {
            let last = lanes.last().map_or((i64::MIN, ""), |(tenant, lane)| (*tenant, &*lane.name));
            let mut rows = statement.query(last)?;
            let Some(row) = rows.next()? else { return Ok(lanes) };
            let lane = CallLane { tenant: row.get_ref(1)?.as_str()?.into(), name: row.get(2)? };
            let lane = (row.get(0)?, lane);
            drop(rows);
            lanes.push(lane);
        }
    }

    fn calls_of(
        &self,
        (tenant, lane): &Numbered,
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
        let mut rows = statement.query(params![tenant, lane.name, now.millis()])?;
        let mut skipped = 0;
        while let Some(row) = rows.next()? {
            if held.contains(&row.get(0)?) {
                continue;
            }
            if skipped < skip {
                skipped += 1;
                continue;
            }
            found.push(self.call(row, lane)?);
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    /// Those of a message.
    pub(super) fn calls_about(&self, message: Ref) -> rusqlite::Result<Vec<Call>> {
        let mut statement = self.connection.prepare_cached(ABOUT)?;
        let mut rows = statement.query([message.number()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let lane = CallLane { tenant: row.get_ref(8)?.as_str()?.into(), name: row.get(9)? };
            found.push(self.call(row, &lane)?);
        }
        found.sort_by_key(|call| call.call.id);
        Ok(found)
    }

    fn next_call(&self, lanes: &[Numbered], now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached(NEXT)?;
        let mut next: Option<i64> = None;
        for (tenant, lane) in lanes {
            let theirs: Option<i64> =
                statement.query_row(params![tenant, lane.name, now.millis()], |row| row.get(0))?;
            next = next.into_iter().chain(theirs).min();
        }
        Ok(next.map(Timestamp::from_millis))
    }

    fn call(&self, row: &Row<'_>, lane: &CallLane) -> rusqlite::Result<Call> {
        let call = NewCall {
            id: row.get(0)?,
            tenant: lane.tenant.clone(),
            name: lane.name.clone(),
            message: row.get::<_, Option<i64>>(1)?.map(Ref::from_number),
            context: self.shared.seals.content(row, 2, 7)?,
            at: Timestamp::from_millis(row.get(3)?),
        };
        Ok(Call { call, attempts: row.get(4)?, due: Timestamp::from_millis(row.get(5)?), newest: row.get(6)? })
    }
}
