//! Outgoing calls: each party's beside the others', so that a slow one delays only its own.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{error, warn};

use crate::flow::{CallEnd, Flow};
use crate::model::Name;
use crate::store::Call;
use crate::value::Timestamp;

/// In memory at once.
const MOST: usize = 20_000;
/// Of one tenant in memory at once: a platform that is down must not fill the memory that the others' calls need.
const SHARE: usize = 256;
/// Read at once.
const READ: usize = 1000;
/// Under way at once, for one call of one tenant.
const ABREAST: usize = 32;
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(5);
/// Between two looks while some tenant has more than its share.
const CROWDED: Duration = Duration::from_millis(20);
/// Before a call is made again whose end could not be stored.
const UNSETTLED: Duration = Duration::from_secs(1);

pub(super) async fn run(flow: Arc<Flow>, changed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let mut desk = Desk::default();
    let mut under = flow.snapshot.load_full();
    while !*stop.borrow() {
        let now = flow.ambient.now();
        let snapshot = flow.snapshot.load_full();
        if !Arc::ptr_eq(&under, &snapshot) {
            desk.haste = Some(Haste { before: desk.held.clone(), tried: HashSet::new() });
            under = snapshot;
        }
        let most = READ.min(MOST.saturating_sub(desk.held.len()));
        let (due, held) = desk.wanted(now);
        let (calls, next) = match flow.store.calls(due, most, &held).await {
            Ok(calls) => calls,
            Err(problem) => {
                warn!(%problem, "calls could not be read");
                (Vec::new(), Some(now.after(Duration::from_secs(1))))
            }
        };
        desk.haste.take_if(|haste| calls.is_empty() && haste.before.is_empty());
        let mut crowded = false;
        for call in calls {
            crowded |= !desk.take(call, &flow, &stop);
        }
        let wait = next.map_or(LONGEST, |next| next.since(now)).clamp(SHORTEST, LONGEST);
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            Some(ended) = desk.under_way.join_next() => {
                if crowded {
                    sleep(CROWDED).await;
                }
                desk.settle(ended);
            }
            () = changed.notified() => {
                if crowded {
                    sleep(CROWDED).await;
                }
            }
            () = sleep(wait) => {}
        }
    }
    while desk.under_way.join_next().await.is_some() {}
}

/// A call that ended: its number, whose it is, and how; `None` if it broke off.
type Ended = (i64, Name, Option<CallEnd>);

/// The calls in memory.
#[derive(Default)]
struct Desk {
    held: HashSet<i64>,
    of: HashMap<Name, usize>,
    gates: HashMap<(Name, String), Arc<Semaphore>>,
    under_way: JoinSet<Ended>,
    haste: Option<Haste>,
}

/// After a change of the configuration, which may have mended what calls wait for, an address or a token: all that wait
/// are tried once, whatever their time.
struct Haste {
    /// Under way at the change, so with the old address.
    before: HashSet<i64>,
    /// Begun since.
    tried: HashSet<i64>,
}

impl Desk {
    /// Until when calls are due, and which are not asked for.
    fn wanted(&self, now: Timestamp) -> (Timestamp, Cow<'_, HashSet<i64>>) {
        match &self.haste {
            None => (now, Cow::Borrowed(&self.held)),
            Some(haste) => {
                let held = self.held.union(&haste.tried).copied().collect();
                (Timestamp::from_millis(i64::MAX), Cow::Owned(held))
            }
        }
    }

    /// Takes a call, unless its tenant has its share in memory.
    fn take(&mut self, call: Call, flow: &Arc<Flow>, stop: &watch::Receiver<bool>) -> bool {
        let tenant = call.call.tenant.clone();
        let of = self.of.entry(tenant.clone()).or_default();
        if *of >= SHARE {
            return false;
        }
        *of += 1;
        self.held.insert(call.call.id);
        if let Some(haste) = &mut self.haste {
            haste.tried.insert(call.call.id);
        }
        let gate = self.gates.entry((tenant, call.call.name.clone()));
        let gate = gate.or_insert_with(|| Arc::new(Semaphore::new(ABREAST))).clone();
        self.under_way.spawn(one(flow.clone(), gate, call, stop.clone()));
        true
    }

    /// Forgets calls that ended, all that did by now: the store says when they are due again.
    fn settle(&mut self, first: Result<Ended, tokio::task::JoinError>) {
        let mut ended = Some(first);
        while let Some(one) = ended {
            match one {
                Ok((id, tenant, end)) => {
                    if let Some(of) = self.of.get_mut(&tenant) {
                        *of = of.saturating_sub(1);
                    }
                    if let Some(haste) = &mut self.haste {
                        haste.before.remove(&id);
                    }
                    // Of one that broke off nobody knows how far it came: it stays held until the next start.
                    if end.is_some() {
                        self.held.remove(&id);
                    }
                }
                Err(problem) => error!(%problem, "a call broke off"),
            }
            ended = self.under_way.try_join_next();
        }
    }
}

async fn one(flow: Arc<Flow>, gate: Arc<Semaphore>, call: Call, mut stop: watch::Receiver<bool>) -> Ended {
    let (id, tenant) = (call.call.id, call.call.tenant.clone());
    let Ok(_permit) = gate.acquire_owned().await else { return (id, tenant, Some(CallEnd::Unsettled)) };
    if *stop.borrow() {
        return (id, tenant, Some(CallEnd::Unsettled));
    }
    let end = AssertUnwindSafe(flow.call(call)).catch_unwind().await.ok();
    match end {
        Some(CallEnd::Settled) => {}
        Some(CallEnd::Unsettled) => {
            tokio::select! {
                () = sleep(UNSETTLED) => {}
                _ = stop.changed() => {}
            }
        }
        None => error!(call = id, %tenant, "a call broke off"),
    }
    (id, tenant, end)
}
