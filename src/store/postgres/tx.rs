//! A write transaction: names become numbers, and what changes in memory waits for the commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_postgres::Row;

use super::super::shared::{Pending, Shared};
use super::super::tally::{Move, sums};
use super::super::veil::Veil;
use super::super::{Lane, Line};
use super::connection::Conn;
use super::roster::Roster;
use super::trouble::Trouble;
use super::words::{Values, address, get, kept, name};
use super::{news, open, usage};
use crate::delivery::Phase;
use crate::faults::{self, Point};
use crate::model::{Name, Ref};

/// One transaction of the writer.
pub(super) struct Tx {
    pub(super) conn: Arc<Conn>,
    pub(super) shared: Arc<Shared>,
    pub(super) roster: Arc<Roster>,
    /// Who writes.
    pub(super) node: i64,
    pub(super) pending: Pending,
    pub(super) hints: Hints,
    /// Callers who come again, and must be told no sooner than at first.
    pub(super) repeated: usize,
    /// Lines of histories, in their order: written at the end, together.
    lines: Vec<(i64, Line)>,
}

/// What other nodes are told of once it is committed.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// Nodes, parts or opt-outs changed.
    pub(super) look: bool,
    pub(super) calls: bool,
    pub(super) timers: bool,
    /// Lanes of others that have something new.
    lanes: BTreeSet<i64>,
}

/// More are not named: everybody looks at all of his.
const NAMED: usize = 200;

impl Hints {
    /// In words; nothing if there is none.
    fn text(&self) -> Option<String> {
        let flags = [(self.look, "look"), (self.calls, "calls"), (self.timers, "timers")];
        let mut words: Vec<String> = flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
        if self.lanes.len() > NAMED {
            words.push("lanes".to_owned());
        } else {
            words.extend(self.lanes.iter().map(ToString::to_string));
        }
        (!words.is_empty()).then(|| words.join(","))
    }
}

impl Tx {
    pub(super) fn new(conn: Arc<Conn>, shared: Arc<Shared>, roster: Arc<Roster>) -> Self {
        let node = roster.node();
        let (pending, hints) = (Pending::default(), Hints::default());
        Self { conn, shared, roster, node, pending, hints, repeated: 0, lines: Vec::new() }
    }

    /// How much there was that all nodes must know: never less than before.
    pub(super) fn owes_news(&self) -> usize {
        let Pending { suppressions, proofs, forgotten, pauses, releases, undone, veil, .. } = &self.pending;
        let lists = suppressions.len() + proofs.len() + forgotten.len() + pauses.len() + releases.len();
        lists + undone + usize::from(veil.is_some()) + self.repeated
    }

    /// Whether another node does a tenant's work.
    pub(super) fn is_others(&self, tenant: &Name) -> bool {
        !self.roster.is_alone() && !self.roster.has(tenant)
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
        let sql = "INSERT INTO veil (id, key, seal) VALUES (1, $1, $2) ON CONFLICT DO NOTHING";
        let made = self.execute(sql, &[&&*key, &seal]).await?;
        drop(key);
        if made == 0 {
            // Another node did, just now.
            open::load_veil(&self.conn, &self.shared).await?;
            return self.veil().cloned().ok_or_else(|| Trouble::unreadable("no key of what was forgotten"));
        }
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

    /// The number of a lane that is known.
    fn number(&self, lane: &Lane) -> Option<i64> {
        let fresh = self.pending.lanes.iter().find(|(known, _)| known == lane).map(|(_, id)| *id);
        fresh.or_else(|| self.shared.names().lanes.get(lane).copied())
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
        if after == Some(Phase::Queued)
            && self.is_others(&lane.tenant)
            && let Some(id) = self.number(&lane)
        {
            self.hints.lanes.insert(id);
        }
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
            ends.extend(sums.account().map(|ends| (id, ends)));
            self.pending.queued.extend(sums.account().map(|[.., queued]| (tenant, queued)));
            gone.extend(sums.purged().map(|gone| (id, gone)));
        }
        if !ends.is_empty() {
            ends.sort_unstable_by_key(|(id, _)| *id);
            let ids: Vec<i64> = ends.iter().map(|(id, _)| *id).collect();
            let column = |place: usize| ends.iter().map(|(_, ends)| ends[place]).collect::<Vec<i64>>();
            let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(column);
            self.execute(ADD, &[&ids, &self.node, &a, &b, &c, &d, &e, &f, &g, &h]).await?;
        }
        for (id, [a, b, c, d, e]) in gone {
            self.execute(ADD_PURGED, &[&id, &a, &b, &c, &d, &e]).await?;
        }
        usage::add(self).await?;
        news::write(self).await?;
        if let Some(text) = self.hints.text().filter(|_| self.hints.look || !self.roster.is_alone()) {
            self.query("SELECT pg_notify('switchboard/' || current_schema(), $1)", &[&text]).await?;
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

const ADD: &str = "INSERT INTO ledger AS l (tenant, node, accepted, submitted, rejected, suppressed, expired, failed, in_flight,
        queued)
    SELECT u.tenant, $2::bigint, a, b, c, d, e, f, g, h FROM unnest($1::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
        $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) AS u(tenant, a, b, c, d, e, f, g, h)
    ON CONFLICT (tenant, node) DO UPDATE SET accepted = l.accepted + excluded.accepted,
        submitted = l.submitted + excluded.submitted, rejected = l.rejected + excluded.rejected,
        suppressed = l.suppressed + excluded.suppressed, expired = l.expired + excluded.expired,
        failed = l.failed + excluded.failed, in_flight = l.in_flight + excluded.in_flight,
        queued = l.queued + excluded.queued";

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
    let lane = Lane { tenant: name(&row, 0)?, from: address(&row, 1)? };
    // Another node's: known from now on.
    shared.apply(&Pending { lanes: vec![(lane.clone(), id)], ..Pending::default() });
    Ok(lane)
}
