//! Outgoing calls: each lane's beside the others', so that a slow platform delays only its own, and a dead one costs
//! nothing.
//!
//! Mostly a call comes from whoever stored it. The store is read where that is not so: at the start, for calls whose time comes,
//! behind others, and where a lane has more than its share.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::errands::Errands;
use super::line::{Line, Way};
use crate::flow::{CallEnd, Flow, FreshCall, Heard};
use crate::store::{Call, CallLane, Holding, Message, Part, Release, Stay, StoreError};
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
/// Whoever is busy looks into the store as often: a call may be there that nobody told of, because whoever stored it hung up.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks while some lane has more than its share.
const CROWDED: Duration = Duration::from_millis(20);
/// Before a call is made again whose end could not be stored.
const UNSETTLED: Duration = Duration::from_secs(1);

pub(super) async fn run(flow: Arc<Flow>, errands: Arc<Errands>, mut stop: watch::Receiver<bool>) {
    let mut desk = Desk::new();
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
        desk.to_look |= errands.are_queued();
        for call in errands.handed() {
            desk.receive(call, &flow, &stop);
        }
        let stopped = desk.stopped(&flow);
        let probe = desk.until();
        if desk.is_to_look() {
            desk.look(&flow, now, stopped, &stop).await;
        }
        let wait = desk.next.map_or(LONGEST, |next| next.since(now)).min(probe).clamp(SHORTEST, LONGEST);
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            Some(ended) = desk.under_way.join_next() => {
                desk.yield_to_a_crowd().await;
                desk.settle(ended, &flow);
            }
            () = errands.changed() => desk.yield_to_a_crowd().await,
            () = sleep(wait) => desk.to_look = true,
        }
    }
    while desk.under_way.join_next().await.is_some() {}
}

/// Calls that were read, when the next is due, and whether these are all that are due now.
type Read = (Vec<Call>, Option<Timestamp>, bool);

/// A call that ended: its number, its lane, and how; `None` if it broke off.
type Ended = (i64, CallLane, Option<CallEnd>);

/// A call that is to be made.
enum Job {
    /// As the store has it.
    Read(Call),
    /// From whoever stored it.
    Fresh(Box<FreshCall>),
}

impl Job {
    fn call(&self) -> &Call {
        match self {
            Self::Read(call) => call,
            Self::Fresh(fresh) => &fresh.call,
        }
    }

    /// Its message, where it is known.
    fn message(&self) -> Option<&Message> {
        if let Self::Fresh(fresh) = self { Some(&fresh.message) } else { None }
    }

    /// How often the store was said to have calls before this one was there; of one that was read nobody knows.
    fn before(&self) -> Option<u64> {
        if let Self::Fresh(fresh) = self { Some(fresh.before) } else { None }
    }
}

/// The calls in memory.
struct Desk {
    /// With how often the store was said to have some, before it was stored: those that were told of since may wait behind it.
    held: HashMap<i64, Option<u64>>,
    /// The store may have calls for now.
    to_look: bool,
    looked: Instant,
    /// When the next one that waits is due, as the store said.
    next: Option<Timestamp>,
    /// Lanes that have more calls for now than are in memory.
    crowded: HashSet<CallLane>,
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
    fn new() -> Self {
        Self {
            held: HashMap::new(),
            to_look: true,
            looked: Instant::now(),
            next: None,
            crowded: HashSet::new(),
            of: HashMap::new(),
            lines: HashMap::new(),
            under_way: JoinSet::new(),
            haste: None,
            shown: HashMap::new(),
        }
    }

    fn is_to_look(&self) -> bool {
        self.to_look || self.haste.is_some() || self.looked.elapsed() >= LOOK
    }

    /// Lanes with more than their share are read again and again: not for every call of theirs that ends.
    async fn yield_to_a_crowd(&mut self) {
        if !self.crowded.is_empty() {
            sleep(CROWDED).await;
            self.to_look = true;
        }
    }

    /// Takes what the store has for now.
    async fn look(
        &mut self,
        flow: &Arc<Flow>,
        now: Timestamp,
        stopped: HashSet<CallLane>,
        stop: &watch::Receiver<bool>,
    ) {
        (self.to_look, self.looked) = (false, Instant::now());
        let (calls, next, all) = self.read(flow, now, stopped).await.unwrap_or_else(|problem| {
            warn!(%problem, "calls could not be read");
            (Vec::new(), Some(now.after(Duration::from_secs(1))), true)
        });
        self.next = next;
        self.crowded.clear();
        if !all {
            self.crowded.extend(calls.iter().map(|call| call.call.lane()));
        }
        // What was stored while the store was read comes from whoever stored it.
        for call in calls.into_iter().filter(|call| !flow.is_fresh(call.call.id)) {
            let lane = call.call.lane();
            if !self.take(Job::Read(call), flow, stop) {
                self.crowded.insert(lane);
            }
        }
    }

    /// Takes a call from whoever stored it, if it would be its turn.
    fn receive(&mut self, fresh: FreshCall, flow: &Arc<Flow>, stop: &watch::Receiver<bool>) {
        let lane = fresh.call.call.lane();
        let is_open = self.lines.get(&lane).is_none_or(|line| line.way() == Way::Open);
        let has_room = self.held.len() < MOST && self.of.get(&lane).is_none_or(|of| *of < SHARE);
        if is_open && has_room && self.haste.is_none() && !self.crowded.contains(&lane) {
            self.take(Job::Fresh(Box::new(fresh)), flow, stop);
        } else {
            self.to_look = true;
        }
    }

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
        self.haste = Some(Haste { before: self.held.keys().copied().collect(), tried: HashSet::new(), of });
    }

    /// Calls whose time has come, and when the next one's does; where something was mended, those that wait for theirs, too.
    async fn read(&mut self, flow: &Flow, now: Timestamp, stopped: HashSet<CallLane>) -> Result<Read, StoreError> {
        let most = READ.min(MOST.saturating_sub(self.held.len()));
        let held: HashSet<i64> = self.held.keys().copied().collect();
        let (mut calls, next) = flow.store.calls_beside(now, most, &held, &stopped).await?;
        let all = calls.len() < most;
        let most = most.saturating_sub(calls.len());
        if let Some(haste) = &self.haste {
            let due = calls.iter().map(|call| call.call.id);
            let seen = held.union(&haste.tried).copied().chain(due).collect();
            let others = self.lines.keys().filter(|lane| !haste.means(lane)).cloned();
            let beside = others.chain(stopped).collect();
            let (waiting, _) = flow.store.calls_beside(END_OF_TIME, most, &seen, &beside).await?;
            let over = most > 0 && waiting.is_empty() && haste.before.is_empty();
            self.haste.take_if(|_| over);
            calls.extend(waiting);
        }
        Ok((calls, next, all))
    }

    /// Lanes whose calls wait, however many they are. For whoever asks it is written down which lanes are stopped.
    fn stopped(&mut self, flow: &Flow) -> HashSet<CallLane> {
        let standing = |(lane, line): (&CallLane, &Arc<Line>)| Some((lane.clone(), line.standing()?));
        let mut standing: HashMap<CallLane, (Instant, Instant)> = self.lines.iter().filter_map(standing).collect();
        // Another gateway's by now: that one finds out for itself.
        standing.retain(|lane, _| {
            let stays = flow.store.stay(&[Part::Tenant(lane.tenant.clone())]).is_some();
            if !stays && self.of.get(lane).is_none_or(|of| *of == 0) {
                self.lines.remove(lane);
            }
            stays
        });
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
    fn take(&mut self, job: Job, flow: &Arc<Flow>, stop: &watch::Receiver<bool>) -> bool {
        let (id, lane) = (job.call().call.id, job.call().call.lane());
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
        self.held.insert(id, job.before());
        if let Some(haste) = &mut self.haste {
            haste.tried.insert(id);
        }
        self.under_way.spawn(one(flow.clone(), line, job, way == Way::Probe, stop.clone()));
        true
    }

    /// Forgets calls that ended, all that did by now: the store says when they are due again.
    fn settle(&mut self, first: Result<Ended, tokio::task::JoinError>, flow: &Flow) {
        let told = flow.told_of_calls();
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
                        let others_wait = self.held.remove(&id).flatten().is_none_or(|before| before < told);
                        self.to_look |= others_wait || end == Some(CallEnd::Unsettled);
                    }
                }
                Err(problem) => error!(%problem, "a call broke off"),
            }
            ended = self.under_way.try_join_next();
        }
    }
}

async fn one(flow: Arc<Flow>, line: Arc<Line>, job: Job, probe: bool, mut stop: watch::Receiver<bool>) -> Ended {
    let (id, lane) = (job.call().call.id, job.call().call.lane());
    // Whoever had to wait does not know whether its message was forgotten meanwhile.
    let (permit, message) = match line.gate.try_acquire() {
        Ok(permit) => (Ok(permit), job.message()),
        Err(_) => (line.gate.acquire().await, None),
    };
    // The lane may have been stopped, or become another gateway's, while this one waited for its turn.
    let stay = flow.store.stay(&[Part::Tenant(lane.tenant.clone())]).filter(Stay::holds);
    let cannot = permit.is_err() || *stop.borrow() || !probe && line.way() != Way::Open;
    let Some(stay) = stay.filter(|_| !cannot) else {
        line.hear(Heard::Nothing, Instant::now(), probe);
        return (id, lane, Some(CallEnd::Unsettled));
    };
    let begun = Instant::now();
    let end = AssertUnwindSafe(flow.call(job.call(), message, probe, &stay)).catch_unwind().await.ok();
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
