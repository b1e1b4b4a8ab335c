//! Tokens of the admin API and the audit log.

use rusqlite::params;

use super::super::{Audit, Audits, Roles, Token};
use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use crate::model::Name;
use crate::value::Timestamp;

pub(super) fn keep_token(tx: &Tx<'_>, token: &Token) -> Result<bool, Trouble> {
    let Token { name, hash, at, roles, tenant, until } = token;
    let sql = "INSERT OR IGNORE INTO token (name, hash, at, roles, tenant, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (tenant, until) = (tenant.as_ref().map(Name::as_str), until.map(Timestamp::millis));
    Ok(tx.execute(sql, params![name, hash, at.millis(), roles.bits(), tenant, until])? > 0)
}

pub(super) fn revoke_token(tx: &Tx<'_>, name: &str) -> Result<bool, Trouble> {
    Ok(tx.execute("DELETE FROM token WHERE name = ?1", [name])? > 0)
}

pub(super) fn audit(tx: &Tx<'_>, line: &Audit) -> Result<(), Trouble> {
    let Audit { at, who, what, tenant, about, .. } = line;
    let sql = "INSERT INTO audit (at, who, what, tenant, about) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.execute(sql, params![at.millis(), who, what, tenant.as_ref().map(Name::as_str), about])?;
    Ok(())
}

impl Reader {
    pub(super) fn tokens(&self) -> rusqlite::Result<Vec<Token>> {
        let sql = "SELECT name, hash, at, roles, tenant, until FROM token ORDER BY name";
        let mut statement = self.connection.prepare_cached(sql)?;
        let token = |row: &rusqlite::Row<'_>| {
            Ok(Token {
                name: row.get(0)?,
                hash: row.get(1)?,
                at: Timestamp::from_millis(row.get(2)?),
                roles: Roles::from_bits(row.get(3)?),
                tenant: row.get_ref(4)?.as_str_or_null()?.map(Name::from),
                until: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
            })
        };
        statement.query_map([], token)?.collect()
    }

    pub(super) fn audits(&self, fit: &Audits, most: usize) -> rusqlite::Result<Vec<Audit>> {
        let sql = "SELECT id, at, who, what, tenant, about FROM audit
            WHERE id < ?1 AND at >= ?2 AND (?3 IS NULL OR tenant = ?3) AND (?4 IS NULL OR who = ?4)
            AND (?5 IS NULL OR what = ?5) ORDER BY id DESC LIMIT ?6";
        let mut statement = self.connection.prepare_cached(sql)?;
        let line = |row: &rusqlite::Row<'_>| {
            Ok(Audit {
                id: row.get(0)?,
                at: Timestamp::from_millis(row.get(1)?),
                who: row.get(2)?,
                what: row.get(3)?,
                tenant: row.get_ref(4)?.as_str_or_null()?.map(Name::from),
                about: row.get(5)?,
            })
        };
        let (below, since) = (fit.below.unwrap_or(i64::MAX), fit.since.map_or(i64::MIN, Timestamp::millis));
        let tenant = fit.tenant.as_ref().map(Name::as_str);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        statement.query_map(params![below, since, tenant, fit.who, fit.what, most], line)?.collect()
    }
}
