//! `/api/ledger`: where every tenant's messages stand, and whether a count of what is stored says the same.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tracing::error;

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::store::{Count, Ledger, StoreError};
use crate::value::Timestamp;

/// What a count of all stored messages came to.
#[derive(Clone, Debug)]
pub struct Recounted {
    /// When it was done.
    pub at: Timestamp,
    /// Every tenant's.
    pub counts: Vec<Count>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// `now`: count first, else what the last count came to.
    recount: Option<Now>,
    tenant: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Now {
    Now,
}

impl Desk {
    /// Counts all messages anew and keeps what came of it; a difference is logged.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recount(&self) -> Result<Arc<Recounted>, StoreError> {
        let counts = self.flow.store.recount().await?;
        for Count { tenant, told, counted, queued } in counts.iter().filter(|count| !count.agrees()) {
            error!(%tenant, ?told, ?counted, ?queued, "the ledger says otherwise than the messages that are stored");
        }
        let recounted = Arc::new(Recounted { at: self.flow.ambient.now(), counts });
        self.recounted.store(Some(recounted.clone()));
        Ok(recounted)
    }

    /// What the last count came to, if there was one.
    pub(crate) fn recounted(&self) -> Option<Arc<Recounted>> {
        self.recounted.load_full()
    }

    pub(super) async fn ledger(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = Asked { tenant: bearer.of(asked.tenant)?, ..asked };
        let recounted = match asked.recount {
            Some(Now::Now) => Some(self.recount().await?),
            None => self.recounted(),
        };
        let snapshot = self.flow.snapshot.load_full();
        let meant = |name: &str| asked.tenant.as_deref().is_none_or(|asked| asked == name);
        let mut tenants = Vec::new();
        for tenant in snapshot.tenants.iter().filter(|tenant| meant(tenant.name.as_str())) {
            let ledger = self.flow.store.ledger(&tenant.name).await?;
            let mut entry = written(&ledger);
            entry["tenant"] = json!(tenant.name.as_str());
            entry["queued"] = json!(self.flow.store.backlog(&tenant.name));
            entry["difference"] = json!(ledger.difference());
            tenants.push(entry);
        }
        if tenants.is_empty()
            && let Some(asked) = &asked.tenant
        {
            return Err(Fault::NotFound(format!("there is no tenant `{asked}`")));
        }
        let recount = recounted.map(|recounted| recount(&recounted, &meant));
        Ok(json!({ "tenants": tenants, "recount": recount }))
    }
}

fn recount(recounted: &Recounted, meant: &dyn Fn(&str) -> bool) -> Value {
    let wrong = recounted.counts.iter().filter(|count| !count.agrees() && meant(count.tenant.as_str()));
    let wrong = wrong.map(|Count { tenant, told, counted, queued: [queued_told, queued] }| {
        let (mut told, mut counted) = (written(told), written(counted));
        told["queued"] = json!(queued_told);
        counted["queued"] = json!(queued);
        json!({ "tenant": tenant.as_str(), "told": told, "counted": counted })
    });
    json!({ "at": time(recounted.at), "differences": wrong.collect::<Vec<_>>() })
}

pub(super) fn written(ledger: &Ledger) -> Value {
    let Ledger { accepted, submitted, rejected, suppressed, expired, failed, in_flight } = ledger;
    json!({
        "accepted": accepted, "submitted": submitted, "rejected": rejected, "suppressed": suppressed,
        "expired": expired, "failed": failed, "in_flight": in_flight,
    })
}

/// A time as others read it.
pub(in super::super) fn time(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_millisecond(at.millis()).ok().map(|at| at.to_string())
}
