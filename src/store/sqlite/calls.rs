//! Writes that concern calls and dead letters.

use rusqlite::params;

use super::super::{CallStep, DeadLetter, Line, NewCall};
use super::row::line_text;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::{Name, Ref};
use crate::value::Timestamp;

pub(super) fn add(tx: &mut Tx<'_>, call: &NewCall) -> rusqlite::Result<()> {
    let tenant = tx.tenant(&call.tenant)?;
    let at = call.at.millis();
    let message = call.message.map(Ref::number);
    tx.execute(
        "INSERT INTO call VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?6, 0)",
        params![call.id, tenant, call.name, message, &call.context[..], at],
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
            let sql = "INSERT INTO letter (tenant, kind, name, message, why, content, at, call)
                SELECT t.name, 'call', c.name, c.message, ?2, c.context, ?3, c.id
                FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.id = ?1";
            tx.execute(sql, params![id, why, since.millis()])?;
            tx.execute("DELETE FROM call WHERE id = ?1", [id])?;
        }
    }
    add_line(tx, message, line)?;
    Ok(())
}

pub(super) fn park(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<(), Trouble> {
    let sql = "INSERT INTO letter (tenant, kind, name, message, why, content, at, call, came)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let tenant = letter.tenant.as_ref().map(Name::as_str);
    let message = letter.message.map(Ref::number);
    let came = letter.came.as_ref().map(serde_json::to_string).transpose();
    let came = came.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let (content, at) = (&letter.content[..], letter.at.millis());
    let values = params![tenant, letter.kind, letter.name, message, letter.why, content, at, letter.call, came];
    tx.execute(sql, values)?;
    Ok(())
}

pub(super) fn redrive(tx: &mut Tx<'_>, letter: i64, at: Timestamp, newest: bool) -> Result<bool, Trouble> {
    let sql = "INSERT OR IGNORE INTO call SELECT l.call, t.id, l.name, l.message, l.content, ?2, 0, ?2, ?3
        FROM letter l JOIN tenant t ON t.name = l.tenant WHERE l.id = ?1 AND l.kind = 'call' AND l.call IS NOT NULL";
    let queued = tx.execute(sql, params![letter, at.millis(), newest])? > 0;
    if queued {
        discard(tx, letter)?;
    }
    Ok(queued)
}

pub(super) fn discard(tx: &mut Tx<'_>, letter: i64) -> Result<bool, Trouble> {
    Ok(tx.execute("DELETE FROM letter WHERE id = ?1", [letter])? > 0)
}
