//! Wakes messages when their time comes: the next attempt, the end of a doubt, a failure held for better news.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tracing::warn;

use crate::faults::{self, Point};
use crate::flow::Flow;
use crate::model::Ref;

/// Read at once.
const MOST: usize = 500;
/// The longest sleep: a clock may be set, another node may write.
const LONGEST: Duration = Duration::from_secs(30);
/// After the store was in trouble.
const AGAIN: Duration = Duration::from_secs(1);
/// The shortest: many wakes close together are taken as one.
const SHORTEST: Duration = Duration::from_millis(20);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let now = flow.ambient.now();
        let due = flow.store.due(now, MOST).await;
        let read = due.is_ok();
        let (due, next) = due.unwrap_or_else(|problem| {
            warn!(%problem, "timers could not be read, trying again");
            (Vec::new(), None)
        });
        let full = due.len() == MOST;
        // Together, so that they share commits.
        let woken = futures_util::future::join_all(due.into_iter().map(|reference| wake(&flow, reference))).await;
        let next = next.map_or(LONGEST, |next| next.since(now)).clamp(SHORTEST, LONGEST);
        let wait = match (read && !woken.contains(&false), full && woken.contains(&true)) {
            (_, true) => SHORTEST,
            (true, false) => next,
            (false, false) => next.min(AGAIN),
        };
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            () = changed.notified() => sleep(SHORTEST).await,
            () = sleep(wait) => {}
        }
    }
}

/// Whether it is done; what is not stays due.
async fn wake(flow: &Flow, reference: Ref) -> bool {
    faults::reached(Point::WakeFound);
    let woken = flow.wake(reference).await;
    if let Err(problem) = &woken {
        warn!(id = %reference, %problem, "could not be woken, trying again");
    }
    woken.is_ok()
}
