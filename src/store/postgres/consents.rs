//! The history of opt-outs: a line for each change of the list, and the list as others read it.

use tokio_postgres::Row;

use super::super::consent::{sender_of, sender_text};
use super::super::veil::Proof;
use super::super::{Cause, Consent, Consents, Listed};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{address, get, kept, limit, name, sender, text, text_or_none, time, time_or_none};
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// When an address went on the list or off it, and why.
pub(super) type Noted<'n> = (Timestamp, &'n Cause);

const FOUND: &str = "SELECT c.id, t.name, c.sender, c.address, c.listed, c.at, c.cause, c.who, c.word, c.note
    FROM consent c JOIN tenant t ON t.id = c.tenant";

/// One more line: of an address, or of the hash that stands for one. Texts are as the database keeps them.
pub(super) async fn add(
    tx: &Tx,
    (tenant, sender, on): (i64, &str, bool),
    whom: Result<&str, Proof>,
    (at, cause): Noted<'_>,
) -> Result<(), Trouble> {
    let Some((number, who, word, note)) = cause.columns() else { return Ok(()) };
    let (address, hash) = match whom {
        Ok(address) => (address, None),
        Err(proof) => ("", Some(proof.to_vec())),
    };
    let (who, word, note) = (kept(who), word.map(kept), note.map(kept));
    let sql = "INSERT INTO consent (tenant, sender, address, hash, listed, at, cause, who, word, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.execute(sql, &[&tenant, &sender, &address, &hash, &on, &at.millis(), &number, &who, &word, &note])
        .await
        .map(drop)
}

/// From now on an address's lines are known by its hash alone.
pub(super) async fn forget(tx: &mut Tx, tenant: &Name, id: i64, one: &Address) -> Result<(), Trouble> {
    let address = kept(one.as_str());
    let any = "SELECT 1 FROM consent WHERE tenant = $1 AND address = $2 AND address <> '' LIMIT 1";
    if tx.first(any, &[&id, &address]).await?.is_none() {
        return Ok(());
    }
    let proof = tx.make_veil().await?.proof(tenant, one);
    let sql = "UPDATE consent SET address = '', hash = $3, note = NULL
        WHERE tenant = $1 AND address = $2 AND address <> ''";
    tx.execute(sql, &[&id, &address, &&proof[..]]).await.map(drop)
}

impl Reader {
    pub(super) async fn consents(&self, fit: &Consents, most: usize) -> Result<Vec<Consent>, Trouble> {
        let sql = format!("{FOUND} WHERE c.id < $1 AND ($2::text IS NULL OR t.name = $2) ORDER BY c.id DESC LIMIT $3");
        let tenant = fit.tenant.as_ref().map(|tenant| kept(tenant.as_str()));
        self.each(&sql, &[&fit.below.unwrap_or(i64::MAX), &tenant, &limit(most)], line).await
    }

    pub(super) async fn consents_of(
        &self,
        tenant: &Name,
        address: &Address,
        most: usize,
    ) -> Result<Vec<Consent>, Trouble> {
        let hash = self.shared.veil().map(|veil| veil.proof(tenant, address).to_vec());
        let sql = format!(
            "{FOUND} WHERE t.name = $1 AND (c.address = $2 AND c.address <> '' OR c.hash = $3::bytea AND c.hash IS NOT NULL)
                ORDER BY c.id DESC LIMIT $4"
        );
        self.each(&sql, &[&kept(tenant.as_str()), &kept(address.as_str()), &hash, &limit(most)], line).await
    }

    pub(super) async fn suppressed(
        &self,
        tenant: &Name,
        after: Option<&Listed>,
        most: usize,
    ) -> Result<Vec<Listed>, Trouble> {
        let sql = "SELECT s.address, s.sender, c.at, c.cause, c.who, c.word, c.note
            FROM suppression s JOIN tenant t ON t.id = s.tenant LEFT JOIN consent c ON c.id = (
                SELECT max(n.id) FROM consent n WHERE n.tenant = s.tenant AND n.address = s.address AND n.address <> ''
                    AND n.sender = s.sender AND n.listed
            ) WHERE t.name = $1 AND (s.address, s.sender) > ($2, $3) ORDER BY s.address, s.sender LIMIT $4";
        let after = after.map_or(("", ""), |last| (last.address.as_str(), sender_text(last.sender.as_ref())));
        let values: super::words::Values<'_> = &[&kept(tenant.as_str()), &kept(after.0), &kept(after.1), &limit(most)];
        self.each(sql, values, |row| {
            let since = time_or_none(row, 2)?;
            Ok(Listed {
                address: address(row, 0)?,
                sender: sender(row, 1)?,
                since: since.map(|at| Ok::<_, Trouble>((at, cause(row, 3)?))).transpose()?,
            })
        })
        .await
    }
}

fn line(row: &Row) -> Result<Consent, Trouble> {
    Ok(Consent {
        id: get(row, 0)?,
        tenant: name(row, 1)?,
        sender: sender(row, 2)?,
        address: sender_of(&text(row, 3)?),
        on: get(row, 4)?,
        at: time(row, 5)?,
        cause: cause(row, 6)?,
    })
}

/// A cause in four columns from that one on.
fn cause(row: &Row, first: usize) -> Result<Cause, Trouble> {
    let (number, who) = (get(row, first)?, text(row, first + 1)?);
    let cause = Cause::of(number, who, text_or_none(row, first + 2)?, text_or_none(row, first + 3)?);
    cause.ok_or_else(|| Trouble::unreadable("an opt-out whose cause is none"))
}
