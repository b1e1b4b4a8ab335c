//! Outgoing calls: each party's beside the others', so that a slow one delays only its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use crate::flow::{CallEnd, Flow};
use crate::store::Call;

/// In memory at once.
const MOST: usize = 2000;
/// Under way at once, for one call of one tenant.
const ABREAST: usize = 32;
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(5);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let mut held: HashSet<i64> = HashSet::new();
    let mut gates: HashMap<(String, String), Arc<Semaphore>> = HashMap::new();
    let mut under_way: JoinSet<(i64, CallEnd)> = JoinSet::new();
    while !*stop.borrow() {
        let now = flow.ambient.now();
        let (calls, next) = match flow.store.calls(now, MOST.saturating_sub(held.len()), &held).await {
            Ok(calls) => calls,
            Err(problem) => {
                warn!(%problem, "calls could not be read");
                (Vec::new(), Some(now.after(Duration::from_secs(1))))
            }
        };
        for call in calls {
            held.insert(call.call.id);
            let key = (call.call.tenant.to_string(), call.call.name.clone());
            let gate = gates.entry(key).or_insert_with(|| Arc::new(Semaphore::new(ABREAST))).clone();
            under_way.spawn(one(flow.clone(), gate, call, stop.clone()));
        }
        let wait = next.map_or(LONGEST, |next| next.since(now)).clamp(SHORTEST, LONGEST);
        tokio::select! {
            Ok(()) = stop.changed() => {}
            Some(ended) = under_way.join_next() => settle(ended, &mut held, &mut under_way),
            () = changed.notified() => {}
            () = sleep(wait) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn one(flow: Arc<Flow>, gate: Arc<Semaphore>, call: Call, stop: watch::Receiver<bool>) -> (i64, CallEnd) {
    let id = call.call.id;
    let Ok(_permit) = gate.acquire_owned().await else { return (id, CallEnd::Unsettled) };
    if *stop.borrow() {
        return (id, CallEnd::Unsettled);
    }
    (id, flow.call(call).await)
}

/// Forgets calls that ended, all that did by now: the store says when they are due again.
fn settle(
    first: Result<(i64, CallEnd), tokio::task::JoinError>,
    held: &mut HashSet<i64>,
    under_way: &mut JoinSet<(i64, CallEnd)>,
) {
    let mut ended = Some(first);
    while let Some(one) = ended {
        match one {
            Ok((id, _)) => {
                held.remove(&id);
            }
            // Its id stays held until the next start: it is stored, and nobody knows how far it came.
            Err(problem) => warn!(%problem, "a call broke off"),
        }
        ended = under_way.try_join_next();
    }
}
