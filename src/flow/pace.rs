//! The last of the limits, where a call begins. Turns are given before an attempt is recorded, and a slow store lets many of
//! them come due together: they are counted once more, in cells of their own, so that no window sees more than its limits say.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Flow;
use crate::config::Tenant;
use crate::limits::{Speed, Verdict, keys};
use crate::store::Message;

/// Within that time of its turn nothing changed for a message's recipient, whose limit is told in seconds.
const LATE: Duration = Duration::from_secs(1);

impl Flow {
    /// Waits until a call may begin; at once, unless many come due together.
    pub(super) async fn at_its_pace(&self, message: &Message, tenant: &Tenant, turn: Instant) {
        let lane = &message.message.lane;
        let number = tenant.number(lane.from.as_str()).map(|number| {
            let key = keys::calls(&keys::number(tenant.provider.name.as_str(), lane.from.as_str()));
            (key, Speed::new(number.rate, None))
        });
        let all = tenant.limits.send.map(|rate| {
            let key = keys::calls(&keys::tenant(tenant.name.as_str()));
            (key, Speed::new(rate, tenant.limits.burst))
        });
        let cells = [number, all];
        loop {
            if let Some(wait) = self.take_all(&cells) {
                sleep(wait).await;
                continue;
            }
            if turn.elapsed() < LATE {
                return;
            }
            let key = keys::pair(lane.tenant.as_str(), lane.from.as_str(), message.message.to.as_str());
            match self.limits.check(&key, tenant.limits.pair, Some(tenant.limits.pair_burst)) {
                Verdict::Go => return,
                Verdict::Wait(wait) => sleep(wait).await,
            }
        }
    }

    /// One of each, or how long to wait before that can be.
    fn take_all(&self, cells: &[Option<(String, Speed)>]) -> Option<Duration> {
        let wait = |verdict| match verdict {
            Verdict::Go => None,
            Verdict::Wait(wait) => Some(wait),
        };
        let cells = cells.iter().flatten();
        let longest = cells.clone().filter_map(|(key, speed)| wait(self.limits.peek(key, *speed))).max();
        longest.or_else(|| cells.filter_map(|(key, speed)| wait(self.limits.take(key, *speed))).max())
    }
}
