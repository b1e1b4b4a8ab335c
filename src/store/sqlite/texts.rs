//! Texts of the configuration: kept, listed, and gone when no message can need them.

use rusqlite::params;

use super::super::Text;
use super::super::codes::{text_code as code, text_kind};
use super::read::Reader;
use super::tx::Tx;
use super::writer::Trouble;
use crate::value::Timestamp;

pub(super) fn keep(tx: &Tx<'_>, texts: &[Text]) -> Result<(), Trouble> {
    let sql = "INSERT OR REPLACE INTO text (kind, file, version, content, retired, seal)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for text in texts {
        let retired = text.retired.map(Timestamp::millis);
        // A tenant's file may have a secret written out in it.
        match tx.shared.seals.seal(text.content.as_bytes())? {
            (_, None) => {
                tx.execute(sql, params![code(text.kind), text.file, text.version, text.content, retired, None::<i64>])?
            }
            (sealed, seal) => {
                tx.execute(sql, params![code(text.kind), text.file, text.version, &*sealed, retired, seal])?
            }
        };
    }
    Ok(())
}

pub(super) fn probe(tx: &Tx<'_>) -> Result<(), Trouble> {
    tx.execute("UPDATE probe SET count = count + 1", []).map(drop)?;
    Ok(())
}

/// References grow with time, so the first message is the oldest.
pub(super) fn purge(tx: &Tx<'_>) -> rusqlite::Result<usize> {
    let oldest = "coalesce((SELECT at FROM message ORDER BY ref LIMIT 1), retired + 1)";
    tx.execute(&format!("DELETE FROM text WHERE retired IS NOT NULL AND retired < {oldest}"), [])
}

impl Reader {
    pub(super) fn texts(&self) -> rusqlite::Result<Vec<Text>> {
        let sql = "SELECT kind, file, version, content, retired, seal FROM text ORDER BY kind, file, version";
        let mut statement = self.connection.prepare_cached(sql)?;
        let text = |row: &rusqlite::Row<'_>| {
            let kind: i64 = row.get(0)?;
            let kind = text_kind(kind).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, kind))?;
            let retired = row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis);
            let content = String::from_utf8(self.shared.seals.content(row, 3, 5)?.into());
            let content = content.map_err(|error| rusqlite::Error::Utf8Error(3, error.utf8_error()))?;
            Ok(Text { kind, file: row.get(1)?, version: row.get(2)?, content, retired })
        };
        statement.query_map([], text)?.collect()
    }
}
