//! A write transaction: names become numbers, and what changes in memory waits for the commit.

use std::sync::Arc;

use tokio_postgres::Row;

use super::super::shared::{Pending, Shared};
use super::super::tally::{Move, sums};
use super::super::veil::Veil;
use super::super::{Lane, Line};
use super::connection::Conn;
use super::trouble::Trouble;
use super::words::{Values, address, get, kept, name};
use crate::delivery::Phase;
use crate::faults::{self, Point};
use crate::model::{Name, Ref};

/// One transaction of the writer.
pub(super) struct Tx {
    pub(super) conn: Arc<Conn>,
    pub(super) shared: Arc<Shared>,
    pub(super) pending: Pending,
    /// Lines of histories, in their order: written at the end, together.
    lines: Vec<(i64, Line)>,
}

impl Tx {
    pub(super) fn new(conn: Arc<Conn>, shared: Arc<Shared>) -> Self {
        Self { conn, shared, pending: Pending::default(), lines: Vec::new() }
    }

    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Result<u64, Trouble> {
        self.conn.execute(sql, values).await
    }

    pub(super) async fn query(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.conn.query(sql, values).await
    }

    pub(super) async fn first(&self, sql: &str, values: Values<'_>) -> Result<Option<Row>, Trouble> {
        self.conn.first(sql, values).await
    }

    /// A test may cut it off here, inside the transaction, or right after its commit.
    pub(super) fn reached(&mut self, [written, committed]: [Point; 2]) {
        faults::reached(written);
        self.pending.trail.add(committed);
    }

    /// The key of what was forgotten, if anybody ever was.
    pub(super) fn veil(&self) -> Option<&Veil> {
        self.pending.veil.as_ref().or_else(|| self.shared.veil())
    }

    /// The same; made if there is none.
    pub(super) async fn make_veil(&mut self) -> Result<Veil, Trouble> {
        if let Some(veil) = self.veil() {
            return Ok(veil.clone());
        }
        let veil = Veil::new(rand::random());
        let (key, seal) = self.shared.seals.seal(veil.key())?;
        self.execute("INSERT INTO veil (id, key, seal) VALUES (1, $1, $2)", &[&&*key, &seal]).await?;
        drop(key);
        self.pending.veil = Some(veil.clone());
        Ok(veil)
    }

    pub(super) async fn tenant(&mut self, name: &Name) -> Result<i64, Trouble> {
        if let Some(id) = self.shared.names().tenants.get(name) {
            return Ok(*id);
        }
        if let Some((_, id)) = self.pending.tenants.iter().find(|(known, _)| known == name) {
            return Ok(*id);
        }
        let text = kept(name.as_str());
        self.execute("INSERT INTO tenant (name) VALUES ($1) ON CONFLICT DO NOTHING", &[&text]).await?;
        let row = self.first("SELECT id FROM tenant WHERE name = $1", &[&text]).await?;
        let id = row.map_or_else(|| Err(Trouble::unreadable("no number for a tenant")), |row| get(&row, 0))?;
        self.pending.tenants.push((name.clone(), id));
        Ok(id)
    }

    pub(super) async fn lane(&mut self, lane: &Lane) -> Result<i64, Trouble> {
        if let Some(id) = self.shared.names().lanes.get(lane) {
            return Ok(*id);
        }
        if let Some((_, id)) = self.pending.lanes.iter().find(|(known, _)| known == lane) {
            return Ok(*id);
        }
        let (tenant, sender) = (self.tenant(&lane.tenant).await?, kept(lane.from.as_str()));
        let sql = "INSERT INTO lane (tenant, sender) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.execute(sql, &[&tenant, &sender]).await?;
        let row = self.first("SELECT id FROM lane WHERE tenant = $1 AND sender = $2", &[&tenant, &sender]).await?;
        let id = row.map_or_else(|| Err(Trouble::unreadable("no number for a sender")), |row| get(&row, 0))?;
        self.pending.lanes.push((lane.clone(), id));
        Ok(id)
    }

    /// The lane that a number stands for, also one of this very transaction.
    pub(super) async fn lane_of(&self, id: i64) -> Result<Lane, Trouble> {
        let fresh = self.pending.lanes.iter().find(|(_, known)| *known == id);
        match fresh {
            Some((lane, _)) => Ok(lane.clone()),
            None => lane_of(&self.conn, &self.shared, id).await,
        }
    }

    pub(super) fn moved(&mut self, reference: Ref, lane: Lane, before: Option<Phase>, after: Option<Phase>) {
        if before != after {
            self.pending.moves.push(Move { reference, lane, before, after });
        }
    }

    /// One more line of a message's history.
    pub(super) fn line(&mut self, message: i64, line: Line) {
        self.lines.push((message, line));
    }

    /// What is added up over the whole transaction.
    pub(super) async fn finish(&mut self) -> Result<(), Trouble> {
        self.write_lines().await?;
        let (mut ends, mut gone) = (Vec::new(), Vec::new());
        for (tenant, sums) in sums(&self.pending.moves) {
            let id = self.tenant(&tenant).await?;
            ends.extend(sums.ends().map(|ends| (id, ends)));
            gone.extend(sums.purged().map(|gone| (id, gone)));
        }
        if !ends.is_empty() {
            ends.sort_unstable_by_key(|(id, _)| *id);
            let ids: Vec<i64> = ends.iter().map(|(id, _)| *id).collect();
            let column = |place: usize| ends.iter().map(|(_, ends)| ends[place]).collect::<Vec<i64>>();
            let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(column);
            self.execute(ADD, &[&ids, &a, &b, &c, &d, &e, &f]).await?;
        }
        for (id, [a, b, c, d, e]) in gone {
            self.execute(ADD_PURGED, &[&id, &a, &b, &c, &d, &e]).await?;
        }
        Ok(())
    }

    /// Lines of messages that there are.
    async fn write_lines(&self) -> Result<(), Trouble> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let messages: Vec<i64> = self.lines.iter().map(|(message, _)| *message).collect();
        let times: Vec<i64> = self.lines.iter().map(|(_, line)| line.at.millis()).collect();
        let texts: Vec<String> = self.lines.iter().map(|(_, line)| kept(&line.text).into_owned()).collect();
        let sql = "INSERT INTO history (ref, at, text) SELECT u.ref, u.at, u.text
            FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY AS u(ref, at, text, place)
            WHERE EXISTS (SELECT 1 FROM message m WHERE m.ref = u.ref) ORDER BY u.place";
        self.execute(sql, &[&messages, &times, &texts]).await.map(drop)
    }
}

const ADD: &str = "INSERT INTO ledger AS l SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
        $5::bigint[], $6::bigint[], $7::bigint[])
    ON CONFLICT (tenant) DO UPDATE SET accepted = l.accepted + excluded.accepted,
        submitted = l.submitted + excluded.submitted, rejected = l.rejected + excluded.rejected,
        suppressed = l.suppressed + excluded.suppressed, expired = l.expired + excluded.expired,
        failed = l.failed + excluded.failed";

const ADD_PURGED: &str = "INSERT INTO purged AS p VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (tenant) DO UPDATE SET submitted = p.submitted + excluded.submitted,
        rejected = p.rejected + excluded.rejected, suppressed = p.suppressed + excluded.suppressed,
        expired = p.expired + excluded.expired, failed = p.failed + excluded.failed";

/// The lane that a number stands for. A row may be seen a moment before the names that came with it.
pub(super) async fn lane_of(conn: &Conn, shared: &Shared, id: i64) -> Result<Lane, Trouble> {
    if let Some(lane) = shared.names().lane_of.get(&id) {
        return Ok(lane.clone());
    }
    let sql = "SELECT t.name, l.sender FROM lane l JOIN tenant t ON t.id = l.tenant WHERE l.id = $1";
    let row = conn.first(sql, &[&id]).await?.ok_or_else(|| Trouble::unreadable("a lane without a name"))?;
    Ok(Lane { tenant: name(&row, 0)?, from: address(&row, 1)? })
}
