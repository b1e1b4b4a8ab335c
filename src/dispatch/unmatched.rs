//! Looks again for the messages of statuses that found none.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tracing::warn;

use crate::flow::{Flow, Looked};

/// The longest sleep: a clock may be set.
const LONGEST: Duration = Duration::from_secs(30);
/// Between two turns, however many wait: they are mostly somebody else's, and ours come first.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let looked = flow.look_again().await.unwrap_or_else(|problem| {
            warn!(%problem, "statuses of no known message could not be looked for");
            Looked { next: None, more: false }
        });
        let next = looked.next.map_or(LONGEST, |next| next.since(flow.ambient.now()));
        let wait = if looked.more { SHORTEST } else { next.clamp(SHORTEST, LONGEST) };
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            () = changed.notified() => sleep(SHORTEST).await,
            () = sleep(wait) => {}
        }
    }
}
