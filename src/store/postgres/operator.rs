//! Tokens of the admin API and the audit log.

use super::super::{Audit, Audits, Roles, Token};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{count, get, kept, limit, name_or_none, text, time, time_or_none};
use crate::value::Timestamp;

pub(super) async fn keep_token(tx: &Tx, token: &Token) -> Result<bool, Trouble> {
    let Token { name, hash, at, roles, tenant, until } = token;
    let sql = "INSERT INTO token (name, hash, at, roles, tenant, until) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    let (tenant, until) = (tenant.as_ref().map(|tenant| kept(tenant.as_str())), until.map(Timestamp::millis));
    let roles = i64::from(roles.bits());
    Ok(tx.execute(sql, &[&kept(name), &&hash[..], &at.millis(), &roles, &tenant, &until]).await? > 0)
}

pub(super) async fn revoke_token(tx: &Tx, name: &str) -> Result<bool, Trouble> {
    Ok(tx.execute("DELETE FROM token WHERE name = $1", &[&kept(name)]).await? > 0)
}

pub(super) async fn audit(tx: &Tx, line: &Audit) -> Result<(), Trouble> {
    let Audit { at, who, what, tenant, about, .. } = line;
    let sql = "INSERT INTO audit (at, who, what, tenant, about) VALUES ($1, $2, $3, $4, $5)";
    let tenant = tenant.as_ref().map(|tenant| kept(tenant.as_str()));
    tx.execute(sql, &[&at.millis(), &kept(who), &kept(what), &tenant, &kept(about)]).await.map(drop)
}

impl Reader {
    pub(super) async fn tokens(&self) -> Result<Vec<Token>, Trouble> {
        let sql = "SELECT name, hash, at, roles, tenant, until FROM token ORDER BY name";
        self.each(sql, &[], |row| {
            let hash: Vec<u8> = get(row, 1)?;
            Ok(Token {
                name: text(row, 0)?,
                hash: hash.try_into().map_err(|_| Trouble::unreadable("a hash of another length"))?,
                at: time(row, 2)?,
                roles: Roles::from_bits(count(row, 3)?),
                tenant: name_or_none(row, 4)?,
                until: time_or_none(row, 5)?,
            })
        })
        .await
    }

    pub(super) async fn audits(&self, fit: &Audits, most: usize) -> Result<Vec<Audit>, Trouble> {
        let sql = "SELECT id, at, who, what, tenant, about FROM audit
            WHERE id < $1 AND at >= $2 AND ($3::text IS NULL OR tenant = $3) AND ($4::text IS NULL OR who = $4)
            AND ($5::text IS NULL OR what = $5) ORDER BY id DESC LIMIT $6";
        let (below, since) = (fit.below.unwrap_or(i64::MAX), fit.since.map_or(i64::MIN, Timestamp::millis));
        let tenant = fit.tenant.as_ref().map(|tenant| kept(tenant.as_str()));
        let (who, what) = (fit.who.as_deref().map(kept), fit.what.as_deref().map(kept));
        self.each(sql, &[&below, &since, &tenant, &who, &what, &limit(most)], |row| {
            Ok(Audit {
                id: get(row, 0)?,
                at: time(row, 1)?,
                who: text(row, 2)?,
                what: text(row, 3)?,
                tenant: name_or_none(row, 4)?,
                about: text(row, 5)?,
            })
        })
        .await
    }
}
