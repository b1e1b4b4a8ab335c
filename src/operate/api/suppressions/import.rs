//! `POST /api/suppressions/import`: a list from elsewhere, as CSV. One bad row and nothing of it is done; who is on the list already
//! stays as he is, so that the same list may come again.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::Desk;
use super::super::fault::Fault;
use super::super::token::Bearer;
use super::change::reason;
use super::rows::{self, Expected, Row};
use crate::store::{Cause, Suppression};

/// Rows of one write: others want the writer too.
const BATCH: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Import {
    tenant: Option<String>,
    /// Its first line names the columns.
    csv: String,
    /// For rows that say none.
    reason: Option<String>,
    /// A part of a file: the first row's line in it.
    #[serde(default = "second")]
    line: u64,
    #[serde(default)]
    dry_run: bool,
}

const fn second() -> u64 {
    2
}

impl Desk {
    pub(in super::super) async fn import(&self, bearer: &Bearer, asked: Import) -> Result<Value, Fault> {
        let (tenant, _) = self.whose_list(bearer, asked.tenant, None).await?;
        let given = asked.reason.as_deref().map(reason).transpose()?;
        let snapshot = self.flow.snapshot.load_full();
        let numbers = snapshot.tenant(tenant.as_str()).map(|tenant| tenant.numbers.as_slice()).unwrap_or_default();
        let (at, line) = (self.flow.ambient.now(), asked.line);
        let expected = Expected { tenant: tenant.as_str(), numbers, now: at, line };
        let rows = rows::read(&asked.csv, &expected).map_err(Fault::BadRequest)?;
        let count = rows.len();
        if asked.dry_run {
            return Ok(json!({ "rows": count, "dry_run": true }));
        }
        self.note(bearer, "suppressions import", Some(&tenant), format!("{count} rows")).await?;
        let mut rows = rows.into_iter().map(|Row { address, sender, reason }| {
            let (tenant, reason) = (tenant.clone(), reason.or_else(|| given.map(str::to_owned)));
            let cause = Cause::Import { who: bearer.name().to_owned(), reason };
            Suppression { tenant, sender, address, on: true, at, cause }
        });
        let mut added = 0;
        loop {
            let batch: Vec<Suppression> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let changed = self.flow.store.suppress(batch).await?;
            added += changed.into_iter().filter(|changed| *changed).count();
        }
        Ok(json!({ "rows": count, "added": added, "already": count - added }))
    }
}
