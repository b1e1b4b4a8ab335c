//! Texts of the configuration: kept, listed, and gone when no message can need them.

use bytes::Bytes;

use super::super::Text;
use super::super::codes::{text_code as code, text_kind};
use super::read::Reader;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{get, kept, text, time_or_none};
use crate::value::Timestamp;

pub(super) async fn keep(tx: &Tx, texts: &[Text]) -> Result<(), Trouble> {
    let sql = "INSERT INTO text (kind, file, version, content, retired, seal) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (kind, file, version)
        DO UPDATE SET content = excluded.content, retired = excluded.retired, seal = excluded.seal";
    for text in texts {
        let retired = text.retired.map(Timestamp::millis);
        // A tenant's file may have a secret written out in it.
        let (content, seal) = tx.shared.seals.seal(text.content.as_bytes())?;
        let (file, version) = (kept(&text.file), kept(&text.version));
        tx.execute(sql, &[&code(text.kind), &file, &version, &&*content, &retired, &seal]).await?;
    }
    Ok(())
}

/// References grow with time, so the first message is the oldest. Where there are several nodes, another one may accept under a
/// text for a while after this one retired it: an hour.
pub(super) async fn purge(tx: &Tx) -> Result<(), Trouble> {
    let sql = "WITH several AS (SELECT count(*) > 1 AS nodes FROM node)
        DELETE FROM text USING several s WHERE retired IS NOT NULL
        AND retired + CASE WHEN s.nodes THEN 3600000 ELSE 0 END
            < coalesce((SELECT at FROM message ORDER BY ref LIMIT 1), CASE WHEN s.nodes THEN 0 ELSE retired + 1 END)";
    tx.execute(sql, &[]).await.map(drop)
}

impl Reader {
    pub(super) async fn texts(&self) -> Result<Vec<Text>, Trouble> {
        let sql = "SELECT kind, file, version, content, retired, seal FROM text ORDER BY kind, file, version";
        self.each(sql, &[], |row| {
            let kind = text_kind(get(row, 0)?);
            let content: Bytes = self.shared.seals.open(get(row, 3)?, get(row, 5)?)?;
            let content = String::from_utf8(content.into());
            Ok(Text {
                kind: kind.ok_or_else(|| Trouble::unreadable("a text of a kind that is none"))?,
                file: text(row, 1)?,
                version: text(row, 2)?,
                content: content.map_err(|_| Trouble::unreadable("a text that is none"))?,
                retired: time_or_none(row, 4)?,
            })
        })
        .await
    }
}
