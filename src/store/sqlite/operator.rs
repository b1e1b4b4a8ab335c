//! Tokens of the admin API: kept once, listed.

use rusqlite::params;

use super::super::Token;
use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use crate::value::Timestamp;

pub(super) fn keep_token(tx: &Tx<'_>, token: &Token) -> Result<bool, Trouble> {
    let sql = "INSERT OR IGNORE INTO token (name, hash, at) VALUES (?1, ?2, ?3)";
    Ok(tx.execute(sql, params![token.name, token.hash, token.at.millis()])? > 0)
}

impl Reader {
    pub(super) fn tokens(&self) -> rusqlite::Result<Vec<Token>> {
        let mut statement = self.connection.prepare_cached("SELECT name, hash, at FROM token ORDER BY name")?;
        let token = |row: &rusqlite::Row<'_>| {
            Ok(Token { name: row.get(0)?, hash: row.get(1)?, at: Timestamp::from_millis(row.get(2)?) })
        };
        statement.query_map([], token)?.collect()
    }
}
