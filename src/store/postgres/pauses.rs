//! What is paused: a row each, in every node's memory before whoever paused it is told.

use super::super::consent::sender_text;
use super::super::{Lane, Pause};
use super::connection::Conn;
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept, name, sender, text, time};
use crate::model::{Address, Name, Ref};

pub(super) async fn pause(tx: &mut Tx, pause: &Pause) -> Result<bool, Trouble> {
    let Pause { tenant, sender, at, who, reason } = pause;
    let id = tx.tenant(tenant).await?;
    let sql = "INSERT INTO pause (tenant, sender, at, who, reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let sender = kept(sender_text(sender.as_ref()));
    let new = tx.execute(sql, &[&id, &sender, &at.millis(), &kept(who), &kept(reason)]).await? > 0;
    if new {
        tx.pending.pauses.push(Ok(pause.clone()));
    } else {
        super::news::all_before(tx).await?;
    }
    Ok(new)
}

pub(super) async fn resume(tx: &mut Tx, tenant: &Name, sender: Option<&Address>) -> Result<bool, Trouble> {
    let id = tx.tenant(tenant).await?;
    let sql = "DELETE FROM pause WHERE tenant = $1 AND ($2 = '' OR sender = $2)";
    let any = tx.execute(sql, &[&id, &kept(sender_text(sender))]).await? > 0;
    if any {
        tx.pending.pauses.push(Err((tenant.clone(), sender.cloned())));
    }
    Ok(any)
}

/// Everything that is paused.
pub(super) async fn load(conn: &Conn) -> Result<Vec<Pause>, Trouble> {
    let sql = "SELECT t.name, p.sender, p.at, p.who, p.reason FROM pause p JOIN tenant t ON t.id = p.tenant";
    let mut all = Vec::new();
    for row in conn.query(sql, &[]).await? {
        all.push(Pause {
            tenant: name(&row, 0)?,
            sender: sender(&row, 1)?,
            at: time(&row, 2)?,
            who: text(&row, 3)?,
            reason: text(&row, 4)?,
        });
    }
    Ok(all)
}

impl Reader {
    pub(super) async fn doubtful(&self, lane: &Lane) -> Result<Vec<Ref>, Trouble> {
        let sql = "SELECT m.ref FROM message m JOIN lane l ON l.id = m.lane JOIN tenant t ON t.id = l.tenant
            WHERE m.phase IN (1, 2) AND m.phase = 2 AND t.name = $1 AND l.sender = $2";
        let values: super::words::Values<'_> = &[&kept(lane.tenant.as_str()), &kept(lane.from.as_str())];
        self.each(sql, values, |row| Ok(Ref::from_number(get(row, 0)?))).await
    }
}
