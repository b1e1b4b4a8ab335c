//! Samples of what came in.

use std::collections::BTreeSet;

use super::super::Sample;
use super::trouble::Trouble;
use super::tx::Tx;
use super::words::{kept, limit};

pub(super) async fn keep(tx: &Tx, samples: &[Sample], most: usize) -> Result<(), Trouble> {
    let sql =
        "INSERT INTO sample (id, tenant, leg, refused, path, content, came, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING";
    for Sample { id, tenant, leg, refused, path, content, came, at } in samples {
        let (came, tenant) = (serde_json::to_string(came)?, kept(tenant.as_str()));
        let (path, came) = (kept(path), kept(&came));
        tx.execute(sql, &[id, &tenant, leg, refused, &path, &&content[..], &came, &at.millis()]).await?;
    }
    let rings: BTreeSet<_> = samples.iter().map(|sample| (sample.tenant.as_str(), &sample.leg)).collect();
    // Two gateways that do it at once leave one of the other's too many, until the next time.
    let sql = "DELETE FROM sample WHERE tenant = $1 AND leg = $2 AND id <= (
        SELECT id FROM sample WHERE tenant = $1 AND leg = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)";
    for (tenant, leg) in rings {
        tx.execute(sql, &[&kept(tenant), leg, &limit(most)]).await?;
    }
    Ok(())
}

#[cfg(test)]
impl super::read::Reader {
    pub(super) async fn samples(&self) -> Result<Vec<Sample>, Trouble> {
        use super::words::{get, text, time};
        let sql = "SELECT id, tenant, leg, refused, path, content, came, at FROM sample ORDER BY id";
        self.each(sql, &[], |row| {
            Ok(Sample {
                id: get(row, 0)?,
                tenant: text(row, 1)?.as_str().into(),
                leg: text(row, 2)?,
                refused: get(row, 3)?,
                path: text(row, 4)?,
                content: get::<Vec<u8>>(row, 5)?.into(),
                came: serde_json::from_str(&text(row, 6)?).unwrap(),
                at: time(row, 7)?,
            })
        })
        .await
    }
}
