//! `GET /api/overview`: how every tenant does, now and within the last hour.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::configuration::Seen;
use super::fault::Fault;
use super::ledger::{time, written};
use super::steer::count;
use super::token::Bearer;
use crate::config::Tenant;
use crate::flow::{Counts, Drain};
use crate::model::Name;
use crate::store::{Holds, Lettered};
use crate::value::Timestamp;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
}

/// What is known of all tenants at once.
struct Around {
    now: Timestamp,
    drains: HashMap<Name, Drain>,
    letters: Vec<Lettered>,
    held: Holds,
}

impl Desk {
    pub(super) async fn overview(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let asked = bearer.of(asked.tenant)?;
        let snapshot = self.flow.snapshot.load_full();
        let around = Around {
            now: self.flow.ambient.now(),
            drains: self.flow.drains().await?,
            letters: self.flow.store.count_letters().await?,
            held: self.flow.all_held(),
        };
        let mut tenants = Vec::new();
        for tenant in &snapshot.tenants {
            if asked.as_deref().is_none_or(|asked| asked == tenant.name.as_str()) {
                tenants.push(self.does(tenant, &around).await?);
            }
        }
        if let Some(asked) = asked.filter(|_| tenants.is_empty()) {
            return Err(Fault::NotFound(format!("there is no tenant `{asked}`")));
        }
        let (standing, written) = (self.standing(), self.writable().await);
        let seen = Seen::by(bearer, &snapshot, &standing);
        let [errors, warnings] = seen.count(&standing);
        Ok(json!({
            "at": time(around.now), "tenants": tenants, "store": { "writable": written.is_ok() },
            "configuration": { "version": standing.version, "errors": errors, "warnings": warnings },
        }))
    }

    /// How a tenant does.
    async fn does(&self, tenant: &Tenant, around: &Around) -> Result<Value, Fault> {
        let ledger = self.flow.store.ledger(&tenant.name).await?;
        let drain = around.drains.get(&tenant.name).copied().unwrap_or_default();
        let (ceiling, current) = self.speed(tenant);
        let letters =
            around.letters.iter().filter(|letters| letters.listed && letters.tenant == Some(tenant.name.clone()));
        let state = if tenant.removed {
            "removed"
        } else if tenant.enabled {
            "enabled"
        } else {
            "disabled"
        };
        Ok(json!({
            "tenant": tenant.name.as_str(), "state": state,
            "platform": tenant.platform.name.as_str(), "provider": tenant.provider.name.as_str(),
            "ledger": written(&ledger), "difference": ledger.difference(),
            "queued": drain.queued, "drain_seconds": drain.takes.map(|takes| takes.as_secs_f64()),
            "backlog": tenant.limits.backlog, "rate": { "ceiling": ceiling, "current": current },
            "held": around.held.lanes.keys().filter(|what| *what.tenant() == tenant.name).count(),
            "paused": count(&self.flow.store.paused(), &tenant.name),
            "dead_letters": letters.map(|letters| letters.count).sum::<u64>(),
            "lately": lately(&self.flow.pulse.lately(&tenant.name, around.now)),
        }))
    }
}

/// The last hour: what happened in it, and each of its minutes, the one that runs last.
fn lately(minutes: &[Counts]) -> Value {
    let mut sum = Counts::default();
    minutes.iter().for_each(|minute| sum.add(minute));
    let Counts { accepted, submitted, delivered, read, failed, reasons, .. } = sum;
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    // Of this minute and the one before: early in a minute there is little of it.
    let waited = minutes.iter().rev().take(2).map(|minute| minute.waited).max().unwrap_or_default();
    json!({
        "accepted": accepted, "submitted": submitted, "delivered": delivered, "read": read, "failed": failed,
        "reasons": reasons, "waited_seconds": waited.as_secs_f64(),
        "minutes": minutes.iter().map(|minute| [minute.accepted, minute.submitted, minute.failed]).collect::<Vec<_>>(),
    })
}
