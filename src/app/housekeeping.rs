//! What is done now and then: templates synced again, key sets renewed, old messages purged, idle limits
//! forgotten, all messages counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::flow::Flow;
use crate::operate::Desk;

const SYNC: Duration = Duration::from_secs(15 * 60);
const RECOUNT: Duration = Duration::from_secs(10 * 60);
const FORGET: Duration = Duration::from_secs(10);
/// Purged in small batches, so that the writer is never busy for long.
const BATCH: usize = 500;

/// Purges and renews until `stop`. `retention`: how long finished messages are remembered.
pub(super) async fn run(flow: Arc<Flow>, retention: Duration, mut stop: watch::Receiver<bool>) {
    let mut forget = interval(FORGET);
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => {}
            _ = forget.tick() => {
                flow.limits.retain_recent();
                flow.renew_keys();
                purge(&flow, retention).await;
            }
        }
    }
}

/// Counts all messages anew until `stop`: now and then, so that a wrong ledger does not stay unseen.
pub(super) async fn recount(desk: Arc<Desk>, mut stop: watch::Receiver<bool>) {
    let mut recount = interval(RECOUNT);
    recount.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => break,
            _ = recount.tick() => {}
        }
        tokio::select! {
            Ok(()) = stop.changed() => {}
            counted = desk.recount() => if let Err(problem) = counted {
                warn!(%problem, "messages could not be counted");
            }
        }
    }
}

/// Syncs templates until `stop`: now and then, and when `changed`. A provider that is slow keeps nothing else waiting,
/// and no stop.
pub(super) async fn sync(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let mut sync = interval(SYNC);
    sync.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => break,
            _ = sync.tick() => {}
            () = changed.notified() => {}
        }
        tokio::select! {
            Ok(()) = stop.changed() => {}
            () = flow.sync_all() => {}
        }
    }
}

/// Checks documents against declared shapes until `stop`.
pub(super) async fn shapes(flow: Arc<Flow>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => {}
            () = flow.check_shape() => {}
        }
    }
}

async fn purge(flow: &Flow, retention: Duration) {
    let now = flow.ambient.now();
    let span = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let before = crate::value::Timestamp::from_millis(now.millis().saturating_sub(span));
    match flow.store.purge(before, BATCH).await {
        Ok(0) => {}
        Ok(purged) => debug!(purged, "old messages removed"),
        Err(problem) => warn!(%problem, "old messages could not be removed"),
    }
}
