//! Looks again for the messages of statuses that found none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tracing::warn;

use crate::flow::{Flow, Looked};

/// The longest sleep: a clock may be set.
const LONGEST: Duration = Duration::from_secs(30);
/// After the store was in trouble.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two turns, however many wait: they are mostly somebody else's, and ours come first.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        // One gateway does it.
        let Some(stay) = flow.keeps_house() else {
            tokio::select! {
                Ok(()) = stop.changed() => {}
                () = changed.notified() => sleep(SHORTEST).await,
                () = sleep(LONGEST) => {}
            }
            continue;
        };
        let wait = match flow.look_again().await {
            Ok(Looked { more: true, .. }) => SHORTEST,
            Ok(Looked { next, .. }) => {
                next.map_or(LONGEST, |next| next.since(flow.ambient.now())).clamp(SHORTEST, LONGEST)
            }
            Err(problem) => {
                warn!(%problem, "statuses of no known message could not be looked for, trying again");
                AGAIN
            }
        };
        // Not while it sleeps: another gateway may want the house.
        drop(stay);
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            () = changed.notified() => sleep(SHORTEST).await,
            () = sleep(wait) => {}
        }
    }
}
