//! What is paused: a row each, in every node's memory before whoever paused it is told.

use super::super::{Lane, Pause, Which};
use super::connection::Conn;
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept, name, sender, text, time};
use crate::model::{Name, Ref};

pub(super) async fn pause(tx: &mut Tx, pause: &Pause) -> Result<bool, Trouble> {
    let Pause { tenant, which, at, who, reason } = pause;
    let id = tx.tenant(tenant).await?;
    let sql = "INSERT INTO pause (tenant, sender, campaign, at, who, reason) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    let [sender, campaign] = which.columns().map(kept);
    let new = tx.execute(sql, &[&id, &sender, &campaign, &at.millis(), &kept(who), &kept(reason)]).await? > 0;
    if new {
        tx.pending.pauses.push(Ok(pause.clone()));
    } else {
        super::news::all_before(tx).await?;
    }
    Ok(new)
}

pub(super) async fn resume(tx: &mut Tx, tenant: &Name, which: &Which) -> Result<bool, Trouble> {
    let id = tx.tenant(tenant).await?;
    let ([sender, campaign], all) = (which.columns().map(kept), *which == Which::All);
    let sql = "DELETE FROM pause WHERE tenant = $1 AND ($2 OR sender = $3 AND campaign = $4)";
    let any = tx.execute(sql, &[&id, &all, &sender, &campaign]).await? > 0;
    if any {
        tx.pending.pauses.push(Err((tenant.clone(), which.clone())));
    }
    Ok(any)
}

/// Everything that is paused.
pub(super) async fn load(conn: &Conn) -> Result<Vec<Pause>, Trouble> {
    let sql =
        "SELECT t.name, p.sender, p.campaign, p.at, p.who, p.reason FROM pause p JOIN tenant t ON t.id = p.tenant";
    let mut all = Vec::new();
    for row in conn.query(sql, &[]).await? {
        all.push(Pause {
            tenant: name(&row, 0)?,
            which: Which::of_columns(sender(&row, 1)?, &text(&row, 2)?),
            at: time(&row, 3)?,
            who: text(&row, 4)?,
            reason: text(&row, 5)?,
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
