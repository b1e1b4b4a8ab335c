//! What is paused: a row each, and the same in memory once it is durable.

use rusqlite::{Connection, params};

use super::super::consent::sender_of;
use super::super::{Lane, Pause, Which};
use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

/// Those that are in doubt among the few that are on their way.
pub(super) const DOUBTFUL: &str =
    "SELECT ref FROM (SELECT ref, phase, lane FROM message WHERE phase IN (1, 2)) WHERE phase = 2 AND lane = ?1";

pub(super) fn pause(tx: &mut Tx<'_>, pause: &Pause) -> Result<bool, Trouble> {
    let Pause { tenant, which, at, who, reason } = pause;
    let [sender, campaign] = which.columns();
    let id = tx.tenant(tenant)?;
    let sql = "INSERT OR IGNORE INTO pause (tenant, sender, campaign, at, who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let new = tx.execute(sql, params![id, sender, campaign, at.millis(), who, reason])? > 0;
    if new {
        tx.pending.pauses.push(Ok(pause.clone()));
    }
    Ok(new)
}

pub(super) fn resume(tx: &mut Tx<'_>, tenant: &Name, which: &Which) -> Result<bool, Trouble> {
    let id = tx.tenant(tenant)?;
    let ([sender, campaign], all) = (which.columns(), *which == Which::All);
    let sql = "DELETE FROM pause WHERE tenant = ?1 AND (?2 OR sender = ?3 AND campaign = ?4)";
    let any = tx.execute(sql, params![id, all, sender, campaign])? > 0;
    if any {
        tx.pending.pauses.push(Err((tenant.clone(), which.clone())));
    }
    Ok(any)
}

/// Everything that is paused.
pub(super) fn load(connection: &Connection) -> rusqlite::Result<Vec<Pause>> {
    let sql =
        "SELECT t.name, p.sender, p.campaign, p.at, p.who, p.reason FROM pause p JOIN tenant t ON t.id = p.tenant";
    let mut statement = connection.prepare(sql)?;
    let pause = |row: &rusqlite::Row<'_>| {
        Ok(Pause {
            tenant: row.get_ref(0)?.as_str()?.into(),
            which: Which::of_columns(sender_of(row.get_ref(1)?.as_str()?), row.get_ref(2)?.as_str()?),
            at: Timestamp::from_millis(row.get(3)?),
            who: row.get(4)?,
            reason: row.get(5)?,
        })
    };
    statement.query_map([], pause)?.collect()
}

impl Reader {
    pub(super) fn doubtful(&self, lane: &Lane) -> rusqlite::Result<Vec<Ref>> {
        let Some(lane) = self.shared.names().lanes.get(lane).copied() else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(DOUBTFUL)?;
        statement.query_map([lane], |row| row.get(0).map(Ref::from_number))?.collect()
    }
}
