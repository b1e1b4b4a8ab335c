//! How fast a tenant sends now, and how long its queue takes at that.

use std::collections::HashMap;
use std::time::Duration;

use super::Flow;
use crate::config::{Number, Tenant};
use crate::limits::keys;
use crate::model::{Name, Rate};
use crate::store::{Lane, StoreError};

/// How long a tenant's queue takes.
///
/// By the rates of its numbers, as far as their provider lets them have these, and by its own. That one recipient gets
/// only so many, and that calls may be slow, is left out: it takes at least so long. What is queued of a paused campaign takes
/// no time, for it does not go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drain {
    /// Messages that wait, those of paused campaigns too.
    pub queued: u64,
    /// Until the last of them that may go has gone; `None`: never, as things are.
    pub takes: Option<Duration>,
}

/// What waits in one lane.
struct Queue {
    lane: Lane,
    queued: u64,
    /// Those of no paused campaign.
    goes: u64,
}

impl Flow {
    /// Every tenant's.
    ///
    /// # Errors
    /// What the store says.
    pub async fn drains(&self) -> Result<HashMap<Name, Drain>, StoreError> {
        let snapshot = self.snapshot.load_full();
        let mut queues: HashMap<Name, Vec<Queue>> = HashMap::new();
        for (lane, queued) in self.store.lanes().await? {
            let campaigns = self.store.paused_campaigns(&lane.tenant);
            // Mostly none is paused, and then nobody need look.
            let paused = if campaigns.is_empty() { 0 } else { self.store.queued_of(&lane, &campaigns).await? };
            let goes = queued.saturating_sub(paused);
            queues.entry(lane.tenant.clone()).or_default().push(Queue { lane, queued, goes });
        }
        let drain = |tenant: &Tenant| self.drain(tenant, queues.get(&tenant.name).map_or(&[], Vec::as_slice));
        Ok(snapshot.tenants.iter().map(|tenant| (tenant.name.clone(), drain(tenant))).collect())
    }

    fn drain(&self, tenant: &Tenant, queues: &[Queue]) -> Drain {
        let queued = queues.iter().map(|queue| queue.queued).sum();
        let goes = queues.iter().map(|queue| queue.goes).sum();
        let all = tenant.limits.send.map(|rate| time_for(goes, rate, 100)).unwrap_or_default();
        let mut each = queues.iter().map(|Queue { lane, goes, .. }| {
            let number =
                tenant.number(lane.from.as_str()).filter(|_| tenant.enabled && !self.store.is_paused(lane, None))?;
            Some(time_for(*goes, number.rate, self.percent(tenant, number)))
        });
        let takes = each.try_fold(all, |longest, takes| Some(longest.max(takes?)));
        Drain { queued, takes }
    }

    /// Hundredths of its rate that a number goes at: less than all of them after its provider said "too fast".
    pub fn percent(&self, tenant: &Tenant, number: &Number) -> u32 {
        let own = self.limits.percent(&keys::number(tenant.provider.name.as_str(), number.number.as_str()));
        own.min(self.limits.percent(&keys::account(tenant.account())))
    }
}

/// The time that so many take at so many hundredths of a rate.
fn time_for(queued: u64, rate: Rate, percent: u32) -> Duration {
    let whole = u128::from(queued).saturating_mul(rate.period().as_nanos()).saturating_mul(100);
    let nanos = whole / (u128::from(rate.cells().get()) * u128::from(percent.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_takes_as_long_as_its_rate_says() {
        for (queued, rate, percent, seconds) in
            [(0, "80/s", 100, 0), (500_000, "80/s", 100, 6250), (480, "1/6s", 100, 2880), (480, "80/s", 25, 24)]
        {
            let takes = time_for(queued, rate.parse().unwrap(), percent);
            assert_eq!(takes, Duration::from_secs(seconds), "{queued} at {rate}");
        }
        assert!(time_for(u64::MAX, "1/7d".parse().unwrap(), 1) > Duration::from_secs(1 << 33), "no overflow");
    }
}
