//! Writes that concern calls.

use std::collections::HashMap;

use super::super::{CallStep, NewCall};
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept};
use super::work::{Asked, Settled};
use crate::faults::Point;
use crate::model::Ref;

/// Calls of one message keep the order of the commits, though another node, whose clock goes before, made the one before.
const INSERT: &str = "INSERT INTO call (id, tenant, name, message, context, at, attempts, due, newest, seal)
    SELECT CASE WHEN $9 THEN greatest(id, (SELECT max(o.id) + 1 FROM call o WHERE o.message = u.message AND o.name = u.name))
            ELSE id END, tenant, name, message, context, at, 0, at, newest, seal
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bytea[], $6::bigint[], $7::boolean[],
        $8::bigint[]) AS u(id, tenant, name, message, context, at, newest, seal)";

const PARK: &str = "INSERT INTO letter (tenant, kind, name, message, why, content, at, call, seal)
    SELECT t.name, 'call', c.name, c.message, $2, c.context, coalesce($3, c.at), c.id, c.seal
    FROM call c JOIN tenant t ON t.id = c.tenant WHERE c.id = $1";

/// Queues them; `true`: by the newest mapping.
pub(super) async fn add(tx: &mut Tx, calls: &[(&NewCall, bool)]) -> Result<(), Trouble> {
    if calls.is_empty() {
        return Ok(());
    }
    let mut tenants = Vec::with_capacity(calls.len());
    for (call, _) in calls {
        tenants.push(tx.tenant(&call.tenant).await?);
        tx.hints.calls |= tx.is_others(&call.tenant);
    }
    let (mut contexts, mut seals) = (Vec::with_capacity(calls.len()), Vec::with_capacity(calls.len()));
    for (call, _) in calls {
        let (context, seal) = tx.shared.seals.seal(&call.context)?;
        contexts.push(context);
        seals.push(seal);
    }
    let contexts: Vec<&[u8]> = contexts.iter().map(|context| &**context).collect();
    let ids: Vec<i64> = calls.iter().map(|(call, _)| call.id).collect();
    let names: Vec<_> = calls.iter().map(|(call, _)| kept(&call.name)).collect();
    let messages: Vec<Option<i64>> = calls.iter().map(|(call, _)| call.message.map(Ref::number)).collect();
    let times: Vec<i64> = calls.iter().map(|(call, _)| call.at.millis()).collect();
    let newest: Vec<bool> = calls.iter().map(|(_, newest)| *newest).collect();
    tx.execute(INSERT, &[&ids, &tenants, &names, &messages, &contexts, &times, &newest, &seals, &!tx.roster.is_alone()])
        .await
        .map(drop)
}

pub(super) async fn settle(tx: &mut Tx, asked: Vec<&mut Asked<Settled, ()>>) -> Result<(), Trouble> {
    if asked.is_empty() {
        return Ok(());
    }
    let (mut again, mut due, mut done, mut parked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for asked in &asked {
        match &asked.what.step {
            CallStep::Again { due: time } => {
                again.push(asked.what.id);
                due.push(time.millis());
            }
            CallStep::Done => done.push(asked.what.id),
            CallStep::Park { why } => parked.push((asked.what.id, why, asked.what.line.as_ref().map(|line| line.at))),
        }
    }
    // The message of each that was there.
    let mut settled: HashMap<i64, Option<i64>> = HashMap::new();
    let mut learn = |rows: Vec<tokio_postgres::Row>| -> Result<(), Trouble> {
        for row in rows {
            settled.insert(get(&row, 0)?, get(&row, 1)?);
        }
        Ok(())
    };
    if !again.is_empty() {
        let sql = "UPDATE call c SET attempts = c.attempts + 1, due = u.due
            FROM unnest($1::bigint[], $2::bigint[]) AS u(id, due) WHERE c.id = u.id RETURNING c.id, c.message";
        learn(tx.query(sql, &[&again, &due]).await?)?;
    }
    for (id, why, at) in parked {
        let at = at.map(crate::value::Timestamp::millis);
        if tx.execute(PARK, &[&id, &kept(why), &at]).await? > 0 {
            done.push(id);
        }
    }
    if !done.is_empty() {
        let sql = "DELETE FROM call WHERE id = ANY($1) RETURNING id, message";
        learn(tx.query(sql, &[&done]).await?)?;
    }
    for asked in asked {
        if let (Some(Some(message)), Some(line)) = (settled.get(&asked.what.id), &asked.what.line) {
            tx.line(*message, line.clone());
        }
        asked.result = Some(Ok(()));
        tx.reached([Point::CallWritten, Point::CallCommitted]);
    }
    Ok(())
}

/// Those that are about a person go.
pub(super) async fn erase(tx: &Tx, rows: &[i64]) -> Result<u64, Trouble> {
    tx.execute("DELETE FROM call WHERE id = ANY($1)", &[&rows]).await
}
