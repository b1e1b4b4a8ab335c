//! A write transaction: names become numbers, and what changes in memory waits for the commit.

use rusqlite::{Connection, Params, Row};

use super::super::Lane;
use super::super::tally::{Move, sums};
use super::super::veil::Veil;
use super::shared::{Pending, Shared};
use crate::delivery::Phase;
use crate::model::{Name, Ref};

/// One transaction of the writer.
pub(super) struct Tx<'c> {
    pub(super) connection: &'c Connection,
    pub(super) shared: &'c Shared,
    pub(super) pending: Pending,
}

impl Tx<'_> {
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(params)
    }

    /// The first row, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    pub(super) fn column<T: rusqlite::types::FromSql>(
        &self,
        sql: &str,
        params: impl Params,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map(params, |row| row.get(0))?.collect()
    }

    /// The key of what was forgotten, if anybody ever was.
    pub(super) fn veil(&self) -> Option<&Veil> {
        self.pending.veil.as_ref().or_else(|| self.shared.veil())
    }

    /// The same; made if there is none.
    pub(super) fn make_veil(&mut self) -> rusqlite::Result<Veil> {
        if let Some(veil) = self.veil() {
            return Ok(veil.clone());
        }
        let veil = Veil::new(rand::random());
        let (key, seal) = self.shared.seals.seal(veil.key())?;
        self.execute("INSERT INTO veil (id, key, seal) VALUES (1, ?1, ?2)", rusqlite::params![&*key, seal])?;
        self.pending.veil = Some(veil.clone());
        Ok(veil)
    }

    pub(super) fn tenant(&mut self, name: &Name) -> rusqlite::Result<i64> {
        if let Some(id) = self.shared.names().tenants.get(name) {
            return Ok(*id);
        }
        self.execute("INSERT OR IGNORE INTO tenant (name) VALUES (?1)", [name.as_str()])?;
        let id =
            self.connection.query_row("SELECT id FROM tenant WHERE name = ?1", [name.as_str()], |row| row.get(0))?;
        self.pending.tenants.push((name.clone(), id));
        Ok(id)
    }

    pub(super) fn lane(&mut self, lane: &Lane) -> rusqlite::Result<i64> {
        if let Some(id) = self.shared.names().lanes.get(lane) {
            return Ok(*id);
        }
        let key = (self.tenant(&lane.tenant)?, lane.from.as_str());
        self.execute("INSERT OR IGNORE INTO lane (tenant, sender) VALUES (?1, ?2)", key)?;
        let sql = "SELECT id FROM lane WHERE tenant = ?1 AND sender = ?2";
        let id = self.connection.query_row(sql, key, |row| row.get(0))?;
        self.pending.lanes.push((lane.clone(), id));
        Ok(id)
    }

    /// The lane that a number stands for, also one of this very transaction.
    pub(super) fn lane_of(&self, id: i64) -> rusqlite::Result<Lane> {
        if let Some(lane) = self.shared.names().lane_of.get(&id) {
            return Ok(lane.clone());
        }
        let fresh = self.pending.lanes.iter().find(|(_, known)| *known == id);
        fresh.map(|(lane, _)| lane.clone()).ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Whether an attempt of it began and has not ended, also one of this very transaction.
    pub(super) fn is_begun(&self, reference: Ref) -> bool {
        let mut own = self.pending.attempts.iter().rev();
        let own = own.find(|(known, _)| *known == reference);
        own.map_or_else(|| self.shared.begun().contains(&reference), |(_, begun)| *begun)
    }

    /// The attempt of it is over, if one began.
    pub(super) fn end_attempt(&mut self, reference: Ref) -> rusqlite::Result<()> {
        if self.is_begun(reference) {
            self.execute("DELETE FROM attempt WHERE ref = ?1", [reference.number()])?;
            self.pending.attempts.push((reference, false));
        }
        Ok(())
    }

    pub(super) fn moved(&mut self, reference: Ref, lane: Lane, before: Option<Phase>, after: Option<Phase>) {
        if before != after {
            self.pending.moves.push(Move { reference, lane, before, after });
        }
    }

    /// The ends of this transaction, added up by tenant.
    pub(super) fn write_ledger(&mut self) -> rusqlite::Result<()> {
        for (tenant, sums) in sums(&self.pending.moves) {
            let id = self.tenant(&tenant)?;
            if let Some(ends) = sums.ends() {
                self.execute("INSERT OR IGNORE INTO ledger VALUES (?1, 0, 0, 0, 0, 0, 0)", [id])?;
                self.execute(ADD, rusqlite::params_from_iter([id].into_iter().chain(ends)))?;
            }
            if let Some(purged) = sums.purged() {
                self.execute("INSERT OR IGNORE INTO purged VALUES (?1, 0, 0, 0, 0, 0)", [id])?;
                self.execute(ADD_PURGED, rusqlite::params_from_iter([id].into_iter().chain(purged)))?;
            }
        }
        Ok(())
    }
}

const ADD: &str = "UPDATE ledger SET accepted = accepted + ?2, submitted = submitted + ?3, rejected = rejected + ?4,
    suppressed = suppressed + ?5, expired = expired + ?6, failed = failed + ?7 WHERE tenant = ?1";

const ADD_PURGED: &str = "UPDATE purged SET submitted = submitted + ?2, rejected = rejected + ?3,
    suppressed = suppressed + ?4, expired = expired + ?5, failed = failed + ?6 WHERE tenant = ?1";
