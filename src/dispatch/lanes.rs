//! The dispatcher: lanes made when they have messages, timers and calls beside them, all stopped together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};

use super::errands::Errands;
use super::gate::Gates;
use super::lane::{Handed, LaneTask};
use super::orders::{Order, Orders};
use super::{calls, timers, unmatched};
use crate::faults::{self, Point};
use crate::flow::{Flow, Untold, Work};
use crate::model::{Class, Ref, StopScope};
use crate::store::{Changed, Lane, Release, Stay};

/// Messages on their way to a lane; more wait in the store.
const HANDED: usize = 1024;
/// Words taken one after the other, before anything else is looked at.
const TOGETHER: usize = 64;
/// How often lanes are compared with the store: what did not fit into a queue on its way is found then.
const COMPARE: Duration = Duration::from_secs(5);
/// Before a store in trouble is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// A provider repeats "stop" with every message that was under way; once is enough for so long.
const STOPPED: Duration = Duration::from_secs(1);

struct Lanes {
    flow: Arc<Flow>,
    gates: Arc<Gates>,
    /// In order, so that whoever is told something together is told in the same order each time.
    open: BTreeMap<Lane, Way>,
    tasks: JoinSet<(Lane, bool)>,
    stopped: Option<(Lane, StopScope, Instant)>,
    stop: watch::Receiver<bool>,
}

/// The way to a lane.
#[derive(Clone)]
struct Way {
    handed: mpsc::Sender<Handed>,
    orders: Arc<Orders>,
    /// The lane is this gateway's.
    stay: Stay,
}

/// Those who work beside the lanes, and hear when there is something to do.
#[derive(Default)]
struct Beside {
    calls: Arc<Errands>,
    timers: Arc<Notify>,
    unmatched: Arc<Notify>,
    /// Parts of the work were taken.
    taken: Arc<Notify>,
}

/// Drives everything that is queued until `stop` is true; returns when nothing is under way any more.
pub async fn run(flow: Arc<Flow>, mut work: mpsc::Receiver<Work>, mut stop: watch::Receiver<bool>) {
    let left = recover(&flow, "at the last stop", &mut stop).await;
    let told = Beside::default();
    let mut beside = JoinSet::new();
    beside.spawn(calls::run(flow.clone(), told.calls.clone(), stop.clone()));
    beside.spawn(timers::run(flow.clone(), told.timers.clone(), stop.clone()));
    beside.spawn(unmatched::run(flow.clone(), told.unmatched.clone(), stop.clone()));
    beside.spawn(settle_left(flow.clone(), left, stop.clone()));
    beside.spawn(recover_taken(flow.clone(), told.taken.clone(), stop.clone()));
    let mut lanes = Lanes::new(flow.clone(), stop.clone());
    let mut compare = interval(COMPARE);
    compare.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => {}
            Some(ended) = lanes.tasks.join_next() => lanes.closed(ended),
            _ = compare.tick() => lanes.compare().await,
            changed = flow.store.changed() => {
                if changed.parts {
                    lanes.part();
                    lanes.compare().await;
                }
                lanes.hear_of(changed, &told);
            }
            untold = flow.untold() => lanes.hear(untold, &told),
            next = work.recv() => {
                let Some(next) = next else { break };
                lanes.take(next, &told);
                // What came with it needs no look at all the others.
                for _ in 0..TOGETHER {
                    let Ok(next) = work.try_recv() else { break };
                    lanes.take(next, &told);
                }
            }
        }
    }
    flow.ending.store(true, Ordering::Relaxed);
    lanes.open.clear();
    while lanes.tasks.join_next().await.is_some() {}
    while beside.join_next().await.is_some() {}
}

/// What was under way in another gateway whose parts are this one's now.
async fn recover_taken(flow: Arc<Flow>, taken: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => break,
            () = taken.notified() => {}
        }
        // Asked anew each time: what is left may be another's by now, or sent anew from here.
        while !recover(&flow, "in a gateway that is gone", &mut stop).await.is_empty() && !ended(&mut stop).await {}
    }
}

/// What was under way when the gateway last stopped is in doubt. Which that is can only be told before anything new is, so
/// a store in trouble is waited for. What cannot be settled now is left, for whoever tries again beside the rest.
async fn recover(flow: &Flow, when: &str, stop: &mut watch::Receiver<bool>) -> Vec<Ref> {
    let interrupted = loop {
        match flow.store.interrupted().await {
            Ok(interrupted) => break interrupted,
            Err(problem) => error!(%problem, "interrupted attempts could not be read, trying again"),
        }
        if ended(stop).await {
            return Vec::new();
        }
    };
    if !interrupted.is_empty() {
        let messages = interrupted.len();
        info!(messages, "attempts were under way {when}: in doubt until a status settles them");
    }
    settle_interrupted(flow, interrupted).await
}

/// Puts attempts in doubt that nobody makes any more; those that could not be.
async fn settle_interrupted(flow: &Flow, interrupted: Vec<Ref>) -> Vec<Ref> {
    let mut left = Vec::new();
    for reference in interrupted {
        faults::reached(Point::RecoverFound);
        if let Err(problem) = flow.interrupted(reference).await {
            warn!(id = %reference, %problem, "an interrupted attempt could not be settled, trying again");
            left.push(reference);
        }
        faults::reached(Point::RecoverSettled);
    }
    left
}

/// Nobody else looks for these a second time.
async fn settle_left(flow: Arc<Flow>, mut left: Vec<Ref>, mut stop: watch::Receiver<bool>) {
    while !left.is_empty() && !ended(&mut stop).await {
        left = settle_interrupted(&flow, left).await;
    }
}

/// Whether the gateway stops within a moment.
async fn ended(stop: &mut watch::Receiver<bool>) -> bool {
    timeout(AGAIN, stop.wait_for(|stop| *stop)).await.is_ok()
}

impl Lanes {
    fn new(flow: Arc<Flow>, stop: watch::Receiver<bool>) -> Self {
        let (gates, open, tasks) = (Arc::new(Gates::new(flow.clone())), BTreeMap::new(), JoinSet::new());
        Self { flow, gates, open, tasks, stopped: None, stop }
    }

    /// Opens the lanes that have messages in the store, at the start those from before it, and tells each how many.
    async fn compare(&mut self) {
        match self.flow.store.lanes().await {
            Ok(lanes) => lanes.into_iter().for_each(|(lane, queued)| self.hand(&lane, Handed::Look(queued))),
            Err(problem) => error!(%problem, "queued messages could not be read"),
        }
    }

    fn take(&mut self, work: Work, told: &Beside) {
        match work {
            Work::Message(message) => self.hand(&message.message.lane.clone(), Handed::Message(message)),
            Work::Stop(lane, scope) => self.hold(lane, scope),
            Work::Release(release) => {
                self.release(&release);
                told.calls.release(release);
            }
            Work::Calls => told.calls.notify(),
            Work::Call(call) => told.calls.hand(*call),
            Work::Timers => told.timers.notify_one(),
            Work::Unmatched => told.unmatched.notify_one(),
        }
    }

    /// Ends the lanes that are another gateway's now, or soon will be.
    fn part(&mut self) {
        self.open.retain(|_, open| !open.stay.is_over());
    }

    /// What others stored.
    fn hear_of(&mut self, changed: Changed, told: &Beside) {
        for lane in changed.lanes {
            self.hand(&lane, Handed::Look(u64::MAX));
        }
        self.flow.accepted_beside(&changed.accepted);
        // Whichever gateway the operator asked.
        for release in changed.releases {
            self.flow.let_go(&release);
            self.release(&release);
            told.calls.release(release);
        }
        // New parts bring what was there before.
        if changed.calls || changed.parts {
            told.calls.notify();
        }
        if changed.timers || changed.parts {
            told.timers.notify_one();
        }
        if changed.parts {
            told.unmatched.notify_one();
            told.taken.notify_one();
        }
    }

    fn hand(&mut self, lane: &Lane, word: Handed) {
        // Another gateway's: it is stored, and found there.
        let Some(open) = self.lane(lane.clone()) else { return };
        match open.handed.try_send(word) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(word)) => {
                // The lane had just ended: a new one claims what is stored, this message included.
                self.open.remove(lane);
                if let Some(open) = self.lane(lane.clone()) {
                    let _ = open.handed.try_send(word);
                }
            }
            // Does not fit: it is stored, and the lane claims it in its turn, which for a transactional one is next.
            Err(mpsc::error::TrySendError::Full(Handed::Message(message))) => {
                if message.message.class == Class::Transactional {
                    open.orders.hurry();
                }
            }
            Err(mpsc::error::TrySendError::Full(_)) => {}
        }
    }

    /// What the queue had no room for.
    fn hear(&mut self, untold: Untold, told: &Beside) {
        for (lane, scope) in untold.stops {
            self.hold(lane, scope);
        }
        for lane in untold.urgent {
            if let Some(open) = self.lane(lane) {
                open.orders.hurry();
            }
        }
        if untold.calls {
            told.calls.notify();
        }
        if untold.timers {
            told.timers.notify_one();
        }
        if untold.unmatched {
            told.unmatched.notify_one();
        }
    }

    /// Holds a lane, or all lanes of its provider account, those that have nothing to send now among them.
    fn hold(&mut self, lane: Lane, scope: StopScope) {
        let now = Instant::now();
        let repeated = |(known, of, at): &(Lane, StopScope, Instant)| {
            *known == lane && *of == scope && now.duration_since(*at) < STOPPED
        };
        if self.stopped.as_ref().is_some_and(repeated) {
            return;
        }
        let snapshot = self.flow.snapshot.load_full();
        let account = |lane: &Lane| snapshot.tenant(lane.tenant.as_str()).map(|tenant| tenant.account());
        let own = account(&lane).filter(|_| scope == StopScope::Account);
        let mut meant: BTreeSet<Lane> = BTreeSet::from([lane.clone()]);
        // Lanes of numbers that left the file may still have messages.
        meant.extend(self.open.keys().filter(|known| own.is_some() && account(known) == own).cloned());
        let theirs = snapshot.tenants.iter().filter(|tenant| own == Some(tenant.account()));
        meant.extend(theirs.flat_map(|tenant| {
            tenant.numbers.iter().map(|number| Lane { tenant: tenant.name.clone(), from: number.number.clone() })
        }));
        for lane in meant {
            if let Some(open) = self.lane(lane) {
                open.orders.give(Order::Hold);
            }
        }
        self.stopped = Some((lane, scope, now));
    }

    fn release(&self, release: &Release) {
        for (_, way) in self.open.iter().filter(|(lane, _)| release.means(lane)) {
            way.orders.give(Order::Release);
        }
    }

    /// The way to a lane, if it is this gateway's.
    fn lane(&mut self, lane: Lane) -> Option<Way> {
        if let Some(open) = self.open.get(&lane) {
            return Some(open.clone());
        }
        let stay = self.flow.stay(&lane)?;
        let (sender, handed) = mpsc::channel(HANDED);
        let open = Way { handed: sender, orders: Arc::default(), stay };
        let (task, endings) =
            LaneTask::new(lane.clone(), self.flow.clone(), self.gates.clone(), open.orders.clone(), open.stay.clone());
        let (stop, name) = (self.stop.clone(), lane.clone());
        self.tasks.spawn(async move {
            let left = task.run(handed, endings, stop).await;
            (name, left)
        });
        self.open.insert(lane, open.clone());
        Some(open)
    }

    fn closed(&mut self, ended: Result<(Lane, bool), tokio::task::JoinError>) {
        // One that broke off is opened again by the next comparison: its messages are stored.
        self.open.retain(|_, open| !open.handed.is_closed());
        match ended {
            Ok((lane, true)) if !*self.stop.borrow() => drop(self.lane(lane)),
            Ok(_) => {}
            Err(problem) => error!(%problem, "a lane broke off"),
        }
    }
}
