//! The dispatcher: lanes made when they have messages, timers and calls beside them, all stopped together.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use super::gate::Gates;
use super::lane::LaneTask;
use super::{calls, timers};
use crate::flow::{Flow, Work};
use crate::store::{Lane, Message};

/// Messages on their way to a lane; more wait in the store.
const HANDED: usize = 1024;

struct Lanes {
    flow: Arc<Flow>,
    gates: Arc<Gates>,
    open: HashMap<Lane, mpsc::Sender<Box<Message>>>,
    tasks: JoinSet<Lane>,
    stop: watch::Receiver<bool>,
}

/// Drives everything that is queued until `stop` is true; returns when nothing is under way any more.
pub async fn run(flow: Arc<Flow>, mut work: mpsc::Receiver<Work>, mut stop: watch::Receiver<bool>) {
    recover(&flow).await;
    let (calls, timers) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut beside = JoinSet::new();
    beside.spawn(calls::run(flow.clone(), calls.clone(), stop.clone()));
    beside.spawn(timers::run(flow.clone(), timers.clone(), stop.clone()));
    let mut lanes =
        Lanes { flow, gates: Arc::default(), open: HashMap::new(), tasks: JoinSet::new(), stop: stop.clone() };
    lanes.open_all().await;
    while !*stop.borrow() {
        tokio::select! {
            Ok(()) = stop.changed() => {}
            Some(ended) = lanes.tasks.join_next() => lanes.closed(ended),
            work = work.recv() => match work {
                Some(Work::Message(message)) => lanes.hand(message),
                Some(Work::Calls) => calls.notify_one(),
                Some(Work::Timers) => timers.notify_one(),
                None => break,
            },
        }
    }
    lanes.open.clear();
    while lanes.tasks.join_next().await.is_some() {}
    while beside.join_next().await.is_some() {}
}

/// What was under way when the gateway last stopped is in doubt.
async fn recover(flow: &Flow) {
    let interrupted = match flow.store.interrupted().await {
        Ok(interrupted) => interrupted,
        Err(problem) => return error!(%problem, "interrupted attempts could not be read"),
    };
    if !interrupted.is_empty() {
        info!(
            messages = interrupted.len(),
            "attempts were under way at the last stop: in doubt until a status settles them"
        );
    }
    for reference in interrupted {
        if let Err(problem) = flow.interrupted(reference).await {
            warn!(id = %reference, %problem, "an interrupted attempt could not be settled");
        }
    }
}

impl Lanes {
    /// Lanes that have messages from before the start.
    async fn open_all(&mut self) {
        match self.flow.store.lanes().await {
            Ok(lanes) => {
                for (lane, _) in lanes {
                    self.lane(lane);
                }
            }
            Err(problem) => error!(%problem, "queued messages could not be read"),
        }
    }

    fn hand(&mut self, message: Box<Message>) {
        let lane = message.message.lane.clone();
        if let Err(mpsc::error::TrySendError::Closed(message)) = self.lane(lane.clone()).try_send(message) {
            // The lane had just ended: a new one claims what is stored, this message included.
            self.open.remove(&lane);
            let _ = self.lane(lane).try_send(message);
        }
    }

    fn lane(&mut self, lane: Lane) -> mpsc::Sender<Box<Message>> {
        if let Some(open) = self.open.get(&lane) {
            return open.clone();
        }
        let (sender, handed) = mpsc::channel(HANDED);
        let (task, endings) = LaneTask::new(lane.clone(), self.flow.clone(), self.gates.clone());
        let (stop, name) = (self.stop.clone(), lane.clone());
        self.tasks.spawn(async move {
            task.run(handed, endings, stop).await;
            name
        });
        self.open.insert(lane, sender.clone());
        sender
    }

    fn closed(&mut self, ended: Result<Lane, tokio::task::JoinError>) {
        match ended {
            Ok(lane) => {
                if self.open.get(&lane).is_some_and(mpsc::Sender::is_closed) {
                    self.open.remove(&lane);
                }
            }
            // Its messages are stored; the lane opens again with its next message, or at the next start.
            Err(problem) => error!(%problem, "a lane broke off"),
        }
    }
}
