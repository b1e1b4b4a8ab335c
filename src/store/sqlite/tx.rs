//! A write transaction: names become numbers, and what changes in memory waits for the commit.

use rusqlite::{Connection, Params, Row};

use super::super::tally::{Move, bucket};
use super::super::veil::Veil;
use super::super::{Lane, Ledger};
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

    pub(super) fn moved(&mut self, reference: Ref, lane: Lane, before: Option<Phase>, after: Option<Phase>) {
        if before != after {
            self.pending.moves.push(Move { reference, lane, before, after });
        }
    }

    /// The ends of this transaction, added up by tenant.
    pub(super) fn write_ledger(&mut self) -> rusqlite::Result<()> {
        let mut sums: Vec<(Name, Sums)> = Vec::new();
        for step in &self.pending.moves {
            let place = sums.iter().position(|(tenant, ..)| *tenant == step.lane.tenant).unwrap_or_else(|| {
                sums.push((step.lane.tenant.clone(), Sums::default()));
                sums.len() - 1
            });
            sums[place].1.add(step);
        }
        for (tenant, Sums { more, less, purged }) in sums {
            let id = self.tenant(&tenant)?;
            let values = |changes: [i64; 6], skip| [id].into_iter().chain(changes.into_iter().skip(skip));
            if more != less {
                self.execute("INSERT OR IGNORE INTO ledger VALUES (?1, 0, 0, 0, 0, 0, 0)", [id])?;
                self.execute(ADD, rusqlite::params_from_iter(values(differences(&more, &less), 0)))?;
            }
            if purged != Ledger::default() {
                self.execute("INSERT OR IGNORE INTO purged VALUES (?1, 0, 0, 0, 0, 0)", [id])?;
                let changes = differences(&purged, &Ledger::default());
                self.execute(ADD_PURGED, rusqlite::params_from_iter(values(changes, 1)))?;
            }
        }
        Ok(())
    }
}

/// What a transaction does to a tenant's ledger.
#[derive(Default)]
struct Sums {
    more: Ledger,
    less: Ledger,
    purged: Ledger,
}

impl Sums {
    fn add(&mut self, step: &Move) {
        match (step.before, step.after) {
            (before, Some(after)) => {
                self.more.accepted += u64::from(before.is_none());
                *bucket(&mut self.more, after) += 1;
                before.iter().for_each(|before| *bucket(&mut self.less, *before) += 1);
            }
            (Some(last), None) => *bucket(&mut self.purged, last) += 1,
            (None, None) => {}
        }
    }
}

const ADD: &str = "UPDATE ledger SET accepted = accepted + ?2, submitted = submitted + ?3, rejected = rejected + ?4,
    suppressed = suppressed + ?5, expired = expired + ?6, failed = failed + ?7 WHERE tenant = ?1";

const ADD_PURGED: &str = "UPDATE purged SET submitted = submitted + ?2, rejected = rejected + ?3,
    suppressed = suppressed + ?4, expired = expired + ?5, failed = failed + ?6 WHERE tenant = ?1";

/// In the order of the columns.
fn differences(more: &Ledger, less: &Ledger) -> [i64; 6] {
    let column = |one: fn(&Ledger) -> u64| one(more).wrapping_sub(one(less)).cast_signed();
    [
        column(|l| l.accepted),
        column(|l| l.submitted),
        column(|l| l.rejected),
        column(|l| l.suppressed),
        column(|l| l.expired),
        column(|l| l.failed),
    ]
}
