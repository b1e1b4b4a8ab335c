//! Samples of what came in.

use std::collections::BTreeSet;

use rusqlite::params;

use super::super::Sample;
use super::tx::Tx;
use super::writer::Trouble;

pub(super) fn keep(tx: &Tx<'_>, samples: &[Sample], most: usize) -> Result<(), Trouble> {
    let sql = "INSERT OR IGNORE INTO sample (id, tenant, leg, refused, path, content, came, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    for Sample { id, tenant, leg, refused, path, content, came, at } in samples {
        let came =
            serde_json::to_string(came).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        tx.execute(sql, params![id, tenant.as_str(), leg, refused, path, &content[..], came, at.millis()])?;
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rings: BTreeSet<_> = samples.iter().map(|sample| (sample.tenant.as_str(), &sample.leg)).collect();
    let sql = "DELETE FROM sample WHERE tenant = ?1 AND leg = ?2 AND id <= (
        SELECT id FROM sample WHERE tenant = ?1 AND leg = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)";
    for (tenant, leg) in rings {
        tx.execute(sql, params![tenant, leg, most])?;
    }
    Ok(())
}

#[cfg(test)]
impl super::read::Reader {
    pub(super) fn samples(&self) -> rusqlite::Result<Vec<Sample>> {
        let sql = "SELECT id, tenant, leg, refused, path, content, came, at FROM sample ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let sample = |row: &rusqlite::Row<'_>| {
            Ok(Sample {
                id: row.get(0)?,
                tenant: row.get_ref(1)?.as_str()?.into(),
                leg: row.get(2)?,
                refused: row.get(3)?,
                path: row.get(4)?,
                content: row.get::<_, Vec<u8>>(5)?.into(),
                came: serde_json::from_str(row.get_ref(6)?.as_str()?).unwrap(),
                at: crate::value::Timestamp::from_millis(row.get(7)?),
            })
        };
        statement.query_map([], sample)?.collect()
    }
}
