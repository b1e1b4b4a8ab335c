//! The history of opt-outs: a line for each change of the list, and the list as others read it.

use rusqlite::{Row, params};

use super::super::consent::{sender_of, sender_text};
use super::super::veil::Proof;
use super::super::{Cause, Consent, Consents, Listed};
use super::read::Reader;
use super::tx::Tx;
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// When an address went on the list or off it, and why.
pub(super) type Noted<'n> = (Timestamp, &'n Cause);

const FOUND: &str = "SELECT c.id, t.name, c.sender, c.address, c.listed, c.at, c.cause, c.who, c.word, c.note
    FROM consent c JOIN tenant t ON t.id = c.tenant";

/// One more line: of an address, or of the hash that stands for one.
pub(super) fn add(
    tx: &Tx<'_>,
    (tenant, sender, on): (i64, &str, bool),
    whom: Result<&Address, Proof>,
    (at, cause): Noted<'_>,
) -> rusqlite::Result<()> {
    let Some((number, who, word, note)) = cause.columns() else { return Ok(()) };
    let (address, hash) = match whom {
        Ok(address) => (address.as_str(), None),
        Err(proof) => ("", Some(proof)),
    };
    let sql = "INSERT INTO consent (tenant, sender, address, hash, listed, at, cause, who, word, note)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = params![tenant, sender, address, hash, on, at.millis(), number, who, word, note];
    tx.execute(sql, values).map(drop)
}

/// From now on an address's lines are known by its hash alone.
pub(super) fn forget(tx: &mut Tx<'_>, tenant: &Name, id: i64, address: &Address) -> rusqlite::Result<()> {
    let any = "SELECT 1 FROM consent WHERE tenant = ?1 AND address = ?2 AND address <> ''";
    if tx.first(any, params![id, address.as_str()], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    let proof = tx.make_veil()?.proof(tenant, address);
    let sql = "UPDATE consent SET address = '', hash = ?3, note = NULL
        WHERE tenant = ?1 AND address = ?2 AND address <> ''";
    tx.execute(sql, params![id, address.as_str(), proof]).map(drop)
}

impl Reader {
    pub(super) fn consents(&self, fit: &Consents, most: usize) -> rusqlite::Result<Vec<Consent>> {
        let sql = format!("{FOUND} WHERE c.id < ?1 AND (?2 IS NULL OR t.name = ?2) ORDER BY c.id DESC LIMIT ?3");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let tenant = fit.tenant.as_ref().map(Name::as_str);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        statement.query_map(params![fit.below.unwrap_or(i64::MAX), tenant, most], line)?.collect()
    }

    pub(super) fn consents_of(&self, tenant: &Name, address: &Address, most: usize) -> rusqlite::Result<Vec<Consent>> {
        let hash = self.shared.veil().map(|veil| veil.proof(tenant, address));
        let sql = format!(
            "{FOUND} WHERE c.id IN (
                SELECT h.id FROM consent h JOIN tenant o ON o.id = h.tenant
                    WHERE o.name = ?1 AND h.address = ?2 AND h.address <> ''
                UNION SELECT h.id FROM consent h JOIN tenant o ON o.id = h.tenant
                    WHERE o.name = ?1 AND h.hash = ?3 AND h.hash IS NOT NULL
            ) ORDER BY c.id DESC LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        statement.query_map(params![tenant.as_str(), address.as_str(), hash, most], line)?.collect()
    }

    pub(super) fn suppressed(
        &self,
        tenant: &Name,
        after: Option<&Listed>,
        most: usize,
    ) -> rusqlite::Result<Vec<Listed>> {
        let sql = "SELECT s.address, s.sender, c.at, c.cause, c.who, c.word, c.note
            FROM suppression s JOIN tenant t ON t.id = s.tenant LEFT JOIN consent c ON c.id = (
                SELECT max(n.id) FROM consent n
                WHERE n.tenant = s.tenant AND n.address = s.address AND n.address <> '' AND n.sender = s.sender
                    AND n.listed = 1
            ) WHERE t.name = ?1 AND (s.address, s.sender) > (?2, ?3) ORDER BY s.address, s.sender LIMIT ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let after = after.map_or(("", ""), |last| (last.address.as_str(), sender_text(last.sender.as_ref())));
        let listed = |row: &Row<'_>| {
            let since = row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis);
            Ok(Listed {
                address: row.get_ref(0)?.as_str()?.into(),
                sender: sender_of(row.get_ref(1)?.as_str()?),
                since: since.map(|at| Ok::<_, rusqlite::Error>((at, cause(row, 3)?))).transpose()?,
            })
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        statement.query_map(params![tenant.as_str(), after.0, after.1, most], listed)?.collect()
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<Consent> {
    Ok(Consent {
        id: row.get(0)?,
        tenant: row.get_ref(1)?.as_str()?.into(),
        sender: sender_of(row.get_ref(2)?.as_str()?),
        address: sender_of(row.get_ref(3)?.as_str()?),
        on: row.get(4)?,
        at: Timestamp::from_millis(row.get(5)?),
        cause: cause(row, 6)?,
    })
}

/// A cause in four columns from that one on.
fn cause(row: &Row<'_>, first: usize) -> rusqlite::Result<Cause> {
    let number = row.get(first)?;
    let cause = Cause::of(number, row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    cause.ok_or(rusqlite::Error::IntegralValueOutOfRange(first, number))
}
