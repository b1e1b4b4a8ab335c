//! Questions about calls.

use std::collections::HashSet;

use tokio_postgres::Row;

use super::super::{Call, CallLane, NewCall};
use super::read::Reader;
use super::roster::Roster;
use super::trouble::Trouble;
use super::words::{count, get, kept, limit, name, text, time, time_or_none};
use crate::model::Ref;
use crate::value::Timestamp;

/// Each lane is found by one step in the index.
const LANES: &str = "WITH RECURSIVE lanes AS (
        (SELECT tenant, name FROM call ORDER BY tenant, name LIMIT 1)
        UNION ALL
        SELECT next.tenant, next.name FROM lanes l CROSS JOIN LATERAL (
            SELECT c.tenant, c.name FROM call c WHERE (c.tenant, c.name) > (l.tenant, l.name)
            ORDER BY c.tenant, c.name LIMIT 1) next
    ) SELECT l.tenant, t.name, l.name FROM lanes l JOIN tenant t ON t.id = l.tenant";

/// A call is there only when no older one of its message and name is.
const DUE: &str = "SELECT c.id, c.message, c.context, c.at, c.attempts, c.due, c.newest, c.seal, l.place
    FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS l(tenant, name, place) CROSS JOIN LATERAL (
        SELECT * FROM call c WHERE c.tenant = l.tenant AND c.name = l.name AND c.due <= $3 AND c.id <> ALL($4)
            AND NOT EXISTS (SELECT 1 FROM call o WHERE o.message = c.message AND o.name = c.name AND o.id < c.id)
        ORDER BY c.due, c.id OFFSET $5 LIMIT $6) c";

/// Those of one message, in their order.
const ABOUT: &str = "SELECT c.id, c.message, c.context, c.at, c.attempts, c.due, c.newest, c.seal, t.name, c.name
    FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.message = $1 ORDER BY c.id";

const NEXT: &str = "SELECT min(n.due) FROM unnest($1::bigint[], $2::text[]) AS l(tenant, name) CROSS JOIN LATERAL (
    SELECT c.due FROM call c WHERE c.tenant = l.tenant AND c.name = l.name AND c.due > $3 ORDER BY c.due LIMIT 1) n";

/// A lane, and its tenant's number.
type Numbered = (i64, CallLane);

impl Reader {
    /// Lanes share, so that one whose platform is down does not keep the others' calls waiting: first an equal part for
    /// each, then the rest for those that have more.
    pub(super) async fn calls(
        &self,
        now: Timestamp,
        most: usize,
        held: &HashSet<i64>,
        stopped: &HashSet<CallLane>,
        roster: &Roster,
    ) -> Result<(Vec<Call>, Option<Timestamp>), Trouble> {
        let lane = |row: &Row| Ok((get(row, 0)?, CallLane { tenant: name(row, 1)?, name: text(row, 2)? }));
        let mut lanes: Vec<Numbered> = self.each(LANES, &[], lane).await?;
        lanes.retain(|(_, lane)| !stopped.contains(lane) && roster.has(&lane.tenant));
        let part = (most / lanes.len().max(1)).max(1);
        let held: Vec<i64> = held.iter().copied().collect();
        let mut found = Vec::new();
        let mut more = Vec::new();
        for (place, calls) in self.calls_of(&lanes, now, 0, part.min(most), &held).await? {
            if calls.len() == part {
                more.push(lanes[place].clone());
            }
            found.extend(calls);
        }
        let room = most.saturating_sub(found.len());
        if room > 0 && !more.is_empty() {
            for (_, calls) in self.calls_of(&more, now, part, room, &held).await? {
                let room = most.saturating_sub(found.len());
                found.extend(calls.into_iter().take(room));
            }
        }
        found.sort_by_key(|call| (call.due, call.call.id));
        found.truncate(most);
        let (tenants, names) = columns(&lanes);
        let row = self.conn.first(NEXT, &[&tenants, &names, &now.millis()]).await?;
        Ok((found, row.map_or(Ok(None), |row| time_or_none(&row, 0))?))
    }

    /// The calls of each lane that has some, with the lane's place among these.
    async fn calls_of(
        &self,
        lanes: &[Numbered],
        now: Timestamp,
        skip: usize,
        most: usize,
        held: &[i64],
    ) -> Result<Vec<(usize, Vec<Call>)>, Trouble> {
        if most == 0 || lanes.is_empty() {
            return Ok(Vec::new());
        }
        let (tenants, names) = columns(lanes);
        let values: super::words::Values<'_> = &[&tenants, &names, &now.millis(), &held, &limit(skip), &limit(most)];
        let mut found: Vec<(usize, Vec<Call>)> = Vec::new();
        for row in self.conn.query(DUE, values).await? {
            let place = usize::try_from(get::<i64>(&row, 8)?).unwrap_or(0).saturating_sub(1);
            let (_, lane) = lanes.get(place).ok_or_else(|| Trouble::unreadable("a call of no lane"))?;
            let call = self.call(&row, lane)?;
            match found.iter_mut().find(|(known, _)| *known == place) {
                Some((_, calls)) => calls.push(call),
                None => found.push((place, vec![call])),
            }
        }
        Ok(found)
    }

    pub(super) async fn calls_about(&self, message: Ref) -> Result<Vec<Call>, Trouble> {
        let call = |row: &Row| self.call(row, &CallLane { tenant: name(row, 8)?, name: text(row, 9)? });
        self.each(ABOUT, &[&message.number()], call).await
    }

    fn call(&self, row: &Row, lane: &CallLane) -> Result<Call, Trouble> {
        let call = NewCall {
            id: get(row, 0)?,
            tenant: lane.tenant.clone(),
            name: lane.name.clone(),
            message: get::<Option<i64>>(row, 1)?.map(Ref::from_number),
            context: self.shared.seals.open(get(row, 2)?, get(row, 7)?)?,
            at: time(row, 3)?,
        };
        Ok(Call { call, attempts: count(row, 4)?, due: time(row, 5)?, newest: get(row, 6)? })
    }
}

fn columns(lanes: &[Numbered]) -> (Vec<i64>, Vec<String>) {
    lanes.iter().map(|(tenant, lane)| (*tenant, kept(&lane.name).into_owned())).unzip()
}
