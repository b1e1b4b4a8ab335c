//! Writes that concern calls.

use rusqlite::params;

use super::super::{CallStep, Line, NewCall};
use super::row::line_text;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::Ref;
use crate::value::Timestamp;

/// `newest`: it goes by the newest mapping.
pub(super) fn add(tx: &mut Tx<'_>, call: &NewCall, newest: bool) -> rusqlite::Result<()> {
    let tenant = tx.tenant(&call.tenant)?;
    let at = call.at.millis();
    let message = call.message.map(Ref::number);
    let (context, seal) = tx.shared.seals.seal(&call.context)?;
    tx.execute(
        "INSERT INTO call (id, tenant, name, message, context, at, attempts, due, newest, seal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?6, ?7, ?8)",
        params![call.id, tenant, call.name, message, &*context, at, newest, seal],
    )
    .map(drop)
}

fn add_line(tx: &Tx<'_>, message: Option<i64>, line: Option<&Line>) -> rusqlite::Result<()> {
    let (Some(message), Some(line)) = (message, line) else { return Ok(()) };
    let sql = "UPDATE message SET history = history || ?2 WHERE ref = ?1";
    tx.execute(sql, params![message, line_text(line)]).map(drop)
}

pub(super) fn settle(tx: &mut Tx<'_>, id: i64, step: &CallStep, line: Option<&Line>) -> Result<(), Trouble> {
    let Some((message, at)) =
        tx.first("SELECT message, at FROM call WHERE id = ?1", [id], |row| Ok((row.get(0)?, row.get(1)?)))?
    else {
        return Ok(());
    };
    match step {
        CallStep::Again { due } => {
            tx.execute("UPDATE call SET attempts = attempts + 1, due = ?2 WHERE id = ?1", [id, due.millis()])?;
        }
        CallStep::Done => {
            tx.execute("DELETE FROM call WHERE id = ?1", [id])?;
        }
        CallStep::Park { why } => {
            let since = line.map_or(Timestamp::from_millis(at), |line| line.at);
            let sql = "INSERT INTO letter (tenant, kind, name, message, why, content, at, call, seal)
                SELECT t.name, 'call', c.name, c.message, ?2, c.context, ?3, c.id, c.seal
                FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.id = ?1";
            tx.execute(sql, params![id, why, since.millis()])?;
            tx.execute("DELETE FROM call WHERE id = ?1", [id])?;
        }
    }
    add_line(tx, message, line)?;
    Ok(())
}
