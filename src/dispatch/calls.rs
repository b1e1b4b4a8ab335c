//! Outgoing calls: each lane's beside the others', so that a slow platform delays only its own, and a dead one costs
//! nothing.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use super::line::{Line, Way};
use crate::flow::{CallEnd, Flow, Heard};
use crate::store::{Call, CallLane};
use crate::value::Timestamp;

/// In memory at once.
const MOST: usize = 20_000;
/// Of one lane in memory at once: a slow platform must not fill the memory that the others' calls need.
const SHARE: usize = 256;
/// Read at once.
const READ: usize = 1000;
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(5);
/// Between two looks while some lane has more than its share.
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
            desk.lines.values().for_each(|line| line.open());
            under = snapshot;
        }
        let most = READ.min(MOST.saturating_sub(desk.held.len()));
        let (due, held) = desk.wanted(now);
        let (stopped, probe) = (desk.stopped(), desk.until());
        let (calls, next) = match flow.store.calls_beside(due, most, &held, &stopped).await {
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
        let wait = next.map_or(LONGEST, |next| next.since(now)).min(probe).clamp(SHORTEST, LONGEST);
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

/// A call that ended: its number, its lane, and how; `None` if it broke off.
type Ended = (i64, CallLane, Option<CallEnd>);

/// The calls in memory.
#[derive(Default)]
struct Desk {
    held: HashSet<i64>,
    of: HashMap<CallLane, usize>,
    lines: HashMap<CallLane, Arc<Line>>,
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

    /// Lanes whose calls wait, however many they are.
    fn stopped(&self) -> HashSet<CallLane> {
        let shut = self.lines.iter().filter(|(_, line)| line.way() == Way::Shut);
        shut.map(|(lane, _)| lane.clone()).collect()
    }

    /// How long until some lane is probed.
    fn until(&self) -> Duration {
        let earliest = self.lines.values().filter_map(|line| line.until()).min();
        earliest.map_or(LONGEST, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Takes a call, unless its lane has its share in memory.
    fn take(&mut self, call: Call, flow: &Arc<Flow>, stop: &watch::Receiver<bool>) -> bool {
        let lane = call.call.lane();
        let line = self.lines.entry(lane.clone()).or_default().clone();
        let way = line.way();
        let of = self.of.entry(lane).or_default();
        if way == Way::Shut || *of >= SHARE {
            return way == Way::Shut;
        }
        if way == Way::Probe {
            line.probe();
        }
        *of += 1;
        self.held.insert(call.call.id);
        if let Some(haste) = &mut self.haste {
            haste.tried.insert(call.call.id);
        }
        self.under_way.spawn(one(flow.clone(), line, call, way == Way::Probe, stop.clone()));
        true
    }

    /// Forgets calls that ended, all that did by now: the store says when they are due again.
    fn settle(&mut self, first: Result<Ended, tokio::task::JoinError>) {
        let mut ended = Some(first);
        while let Some(one) = ended {
            match one {
                Ok((id, lane, end)) => {
                    if let Some(of) = self.of.get_mut(&lane) {
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

async fn one(flow: Arc<Flow>, line: Arc<Line>, call: Call, probe: bool, mut stop: watch::Receiver<bool>) -> Ended {
    let (id, lane) = (call.call.id, call.call.lane());
    let permit = line.gate.acquire().await;
    // The lane may have been stopped while this one waited for its turn.
    if permit.is_err() || *stop.borrow() || !probe && line.way() != Way::Open {
        line.hear(Heard::Nothing, Instant::now(), probe);
        return (id, lane, Some(CallEnd::Unsettled));
    }
    let begun = Instant::now();
    let end = AssertUnwindSafe(flow.call(call, probe)).catch_unwind().await.ok();
    let heard = if let Some(CallEnd::Settled(heard)) = end { heard } else { Heard::Nothing };
    if let Some(time) = line.hear(heard, begun, probe) {
        warn!(tenant = %lane.tenant, call = lane.name, ?heard, seconds = time.as_secs(), "calls stopped, one goes as a probe then");
    }
    match end {
        Some(CallEnd::Settled(_)) => {}
        Some(CallEnd::Unsettled) => {
            tokio::select! {
                () = sleep(UNSETTLED) => {}
                _ = stop.changed() => {}
            }
        }
        None => error!(call = id, tenant = %lane.tenant, "a call broke off"),
    }
    (id, lane, end)
}
