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
/// The shortest: many wakes close together are taken as one.
const SHORTEST: Duration = Duration::from_millis(20);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let now = flow.ambient.now();
        let (due, next) = match flow.store.due(now, MOST).await {
            Ok(due) => due,
            Err(problem) => {
                warn!(%problem, "timers could not be read");
                (Vec::new(), None)
            }
        };
        let full = due.len() == MOST;
        // Together, so that they share commits.
        futures_util::future::join_all(due.into_iter().map(|reference| wake(&flow, reference))).await;
        let wait = if full { SHORTEST } else { next.map_or(LONGEST, |next| next.since(now)).clamp(SHORTEST, LONGEST) };
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            () = changed.notified() => sleep(SHORTEST).await,
            () = sleep(wait) => {}
        }
    }
}

async fn wake(flow: &Flow, reference: Ref) {
    faults::reached(Point::WakeFound);
    if let Err(problem) = flow.wake(reference).await {
        warn!(id = %reference, %problem, "could not be woken");
    }
}
