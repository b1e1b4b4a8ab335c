//! Writes that concern calls.

use rusqlite::{Row, params};

use super::super::{CallStep, Line, NewCall};
use super::row::line_text;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::Ref;

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

/// As the index has it.
pub(super) const FIRST: &str = "SELECT 1 FROM call WHERE message = ?1 AND name = ?2";

/// Whether no call of the same message and name waits.
pub(super) fn is_free(tx: &Tx<'_>, call: &NewCall) -> rusqlite::Result<bool> {
    let Some(message) = call.message else { return Ok(true) };
    Ok(tx.first(FIRST, params![message.number(), call.name], |_| Ok(()))?.is_none())
}

fn add_line(tx: &Tx<'_>, message: Option<i64>, line: Option<&Line>) -> rusqlite::Result<()> {
    let (Some(message), Some(line)) = (message, line) else { return Ok(()) };
    let sql = "UPDATE message SET history = history || ?2 WHERE ref = ?1";
    tx.execute(sql, params![message, line_text(line)]).map(drop)
}

const DELETE: &str = "DELETE FROM call WHERE id = ?1 RETURNING message";

pub(super) fn settle(tx: &mut Tx<'_>, id: i64, step: &CallStep, line: Option<&Line>) -> Result<(), Trouble> {
    let about = |row: &Row<'_>| row.get(0);
    let settled: Option<Option<i64>> = match step {
        CallStep::Again { due } => {
            let sql = "UPDATE call SET attempts = attempts + 1, due = ?2 WHERE id = ?1 RETURNING message";
            tx.first(sql, [id, due.millis()], about)?
        }
        CallStep::Done => tx.first(DELETE, [id], about)?,
        CallStep::Park { why } => {
            let since = line.map(|line| line.at.millis());
            let sql = "INSERT INTO letter (tenant, kind, name, message, why, content, at, call, seal)
                SELECT t.name, 'call', c.name, c.message, ?2, c.context, ifnull(?3, c.at), c.id, c.seal
                FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.id = ?1";
            tx.execute(sql, params![id, why, since])?;
            tx.first(DELETE, [id], about)?
        }
    };
    add_line(tx, settled.flatten(), line)?;
    Ok(())
}
