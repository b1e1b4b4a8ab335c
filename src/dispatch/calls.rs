//! Outgoing calls: each lane's beside the others', so that a slow platform delays only its own, and a dead one costs
//! nothing.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::line::{Line, Way};
use crate::flow::{CallEnd, Flow, Heard, Holding, Release};
use crate::store::{Call, CallLane, Part, Stay, StoreError};
use crate::value::Timestamp;

/// In memory at once.
const MOST: usize = 20_000;
/// Of one lane in memory at once: a slow platform must not fill the memory that the others' calls need.
const SHARE: usize = 256;
/// Read at once.
const READ: usize = 1000;
const LONGEST: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_millis(5);
const END_OF_TIME: Timestamp = Timestamp::from_millis(i64::MAX);
/// Between two looks while some lane has more than its share.
const CROWDED: Duration = Duration::from_millis(20);
/// Before a call is made again whose end could not be stored.
const UNSETTLED: Duration = Duration::from_secs(1);

/// What whoever makes calls is told from outside.
#[derive(Default)]
pub(super) struct Errands {
    changed: Notify,
    releases: Mutex<Vec<Release>>,
}

impl Errands {
    /// Calls were queued.
    pub(super) fn notify(&self) {
        self.changed.notify_one();
    }

    /// The operator says that what calls are stopped for is mended.
    pub(super) fn release(&self, release: Release) {
        let mut releases = self.releases.lock().unwrap_or_else(PoisonError::into_inner);
        if !releases.contains(&release) {
            releases.push(release);
        }
        drop(releases);
        self.changed.notify_one();
    }

    fn releases(&self) -> Vec<Release> {
        std::mem::take(&mut *self.releases.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn run(flow: Arc<Flow>, errands: Arc<Errands>, mut stop: watch::Receiver<bool>) {
    let mut desk = Desk::default();
    let mut under = flow.snapshot.load_full();
    while !*stop.borrow() {
        let now = flow.ambient.now();
        let snapshot = flow.snapshot.load_full();
        if !Arc::ptr_eq(&under, &snapshot) {
            desk.mended(None);
            under = snapshot;
        }
        for release in errands.releases() {
            desk.mended(Some(&release));
        }
        let stopped = desk.stopped(&flow);
        let probe = desk.until();
        let (calls, next) = desk.read(&flow, now, stopped).await.unwrap_or_else(|problem| {
            warn!(%problem, "calls could not be read");
            (Vec::new(), Some(now.after(Duration::from_secs(1))))
        });
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
            () = errands.changed.notified() => {
                if crowded {
                    sleep(CROWDED).await;
                }
            }
            () = sleep(wait) => {}
        }
    }
    while desk.under_way.join_next().await.is_some() {}
}

/// Calls that were read, and when the next is due.
type Read = (Vec<Call>, Option<Timestamp>);

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
    /// The lanes that are written down as stopped.
    shown: HashMap<CallLane, (Instant, Instant)>,
}

/// After a change of the configuration, or a word of the operator, which may have mended what calls wait for, an address or
/// a token: all that wait are tried once, whatever their time.
struct Haste {
    /// Under way at the change, so with the old address.
    before: HashSet<i64>,
    /// Begun since.
    tried: HashSet<i64>,
    /// Lanes that it is about; `None`: all.
    of: Option<HashSet<CallLane>>,
}

impl Haste {
    fn means(&self, lane: &CallLane) -> bool {
        self.of.as_ref().is_none_or(|of| of.contains(lane))
    }
}

impl Desk {
    /// What lanes are stopped for may be mended: of all, or of those that are meant. Their calls go again, and show it.
    fn mended(&mut self, by: Option<&Release>) {
        let mut of = by.map(|_| HashSet::new());
        for (lane, line) in &self.lines {
            if by.is_none_or(|release| release.means_calls(lane) && line.standing().is_some()) {
                line.open();
                if let Some(of) = &mut of {
                    info!(tenant = %lane.tenant, call = lane.name, "calls released");
                    of.insert(lane.clone());
                }
            }
        }
        if of.as_ref().is_some_and(HashSet::is_empty) {
            return;
        }
        // What an earlier word was about is tried too, if it was not.
        let of = self.haste.take().map_or(of.clone(), |before| Some(&before.of? | &of?));
        self.haste = Some(Haste { before: self.held.clone(), tried: HashSet::new(), of });
    }

    /// Calls whose time has come, and when the next one's does; where something was mended, those that wait for theirs, too.
    async fn read(&mut self, flow: &Flow, now: Timestamp, stopped: HashSet<CallLane>) -> Result<Read, StoreError> {
        let most = READ.min(MOST.saturating_sub(self.held.len()));
        let (mut calls, next) = flow.store.calls_beside(now, most, &self.held, &stopped).await?;
        let most = most.saturating_sub(calls.len());
        if let Some(haste) = &self.haste {
            let due = calls.iter().map(|call| call.call.id);
            let seen = self.held.union(&haste.tried).copied().chain(due).collect();
            let others = self.lines.keys().filter(|lane| !haste.means(lane)).cloned();
            let beside = others.chain(stopped).collect();
            let (waiting, _) = flow.store.calls_beside(END_OF_TIME, most, &seen, &beside).await?;
            let over = most > 0 && waiting.is_empty() && haste.before.is_empty();
            self.haste.take_if(|_| over);
            calls.extend(waiting);
        }
        Ok((calls, next))
    }

    /// Lanes whose calls wait, however many they are. For whoever asks it is written down which lanes are stopped.
    fn stopped(&mut self, flow: &Flow) -> HashSet<CallLane> {
        let standing = |(lane, line): (&CallLane, &Arc<Line>)| Some((lane.clone(), line.standing()?));
        let standing: HashMap<CallLane, (Instant, Instant)> = self.lines.iter().filter_map(standing).collect();
        if standing != self.shown {
            for lane in self.shown.keys().filter(|lane| !standing.contains_key(lane)) {
                flow.held.set(Holding::Calls(lane.clone()), None);
            }
            for (lane, standing) in &standing {
                flow.held.set(Holding::Calls(lane.clone()), Some(flow.hold_of(*standing)));
            }
            self.shown = standing;
        }
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
    // The lane may have been stopped, or become another gateway's, while this one waited for its turn.
    let stay = flow.store.stay(&[Part::Tenant(lane.tenant.clone())]).filter(Stay::holds);
    let cannot = permit.is_err() || *stop.borrow() || !probe && line.way() != Way::Open;
    let Some(stay) = stay.filter(|_| !cannot) else {
        line.hear(Heard::Nothing, Instant::now(), probe);
        return (id, lane, Some(CallEnd::Unsettled));
    };
    let begun = Instant::now();
    let end = AssertUnwindSafe(flow.call(call, probe, &stay)).catch_unwind().await.ok();
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
