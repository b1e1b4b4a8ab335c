//! The one task that writes. It commits whatever waits as one group: a commit costs a round trip and a flush of the
//! database's disk, and one may serve a thousand callers.
//!
//! When the connection is lost, the group that was being written waits for the next connection: then the store itself says
//! whether it was committed. Who comes meanwhile is told at once that the database is away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::try_join;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout};

use super::super::shared::Shared;
use super::connection::{Conn, Connector};
use super::open::{self, Turn};
use super::queue::Queue;
use super::trouble::Trouble;
use super::tx::Tx;
use super::work::{Kinds, Work};
use super::{calls, messages};

/// A database that is away for no longer is waited for; then everybody is told.
const SHORT: Duration = Duration::from_secs(2);
/// Between two tries to reach it.
const AGAIN: Duration = Duration::from_millis(100);
const AGAIN_AT_MOST: Duration = Duration::from_secs(2);
/// How long the end waits for a database that is away.
const LAST: Duration = Duration::from_secs(5);

/// In every transaction: nobody else has the turn, and how many commits there are.
const MARK: &str = "UPDATE node SET commits = $1, seen = now() WHERE id = 0 AND epoch = $2";

/// The task's state.
pub(super) struct Writer {
    pub(super) connector: Connector,
    pub(super) conn: Arc<Conn>,
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Arc<Queue>,
    pub(super) epoch: i64,
    pub(super) commits: i64,
    /// Held from a COMMIT to its end in memory, so that a count never sees half of one.
    pub(super) gate: Arc<Mutex<()>>,
}

/// How far a group came that failed.
enum Failed {
    /// Nothing of it is kept.
    Before(Trouble),
    /// The COMMIT was sent, and there was no answer.
    Unknown(Trouble, Box<Limbo>),
}

/// A commit of which nobody knows; no slice of a count is added meanwhile.
struct Limbo {
    tx: Tx,
    _gate: OwnedMutexGuard<()>,
}

impl Writer {
    /// Until the queue is closed and everything in it is done.
    pub(super) async fn run(mut self) {
        loop {
            let conn = Arc::clone(&self.conn);
            let group = tokio::select! {
                biased;
                group = self.queue.group() => group,
                () = conn.ended() => {
                    if !self.again().await {
                        break;
                    }
                    continue;
                }
            };
            let Some(group) = group else { break };
            self.commit(group).await;
        }
    }

    async fn commit(&mut self, mut group: Vec<Work>) {
        for try_again in [true, false] {
            let failed = match self.attempt(&mut group).await {
                Ok(()) => return group.into_iter().for_each(|work| work.answer(None)),
                Err(failed) => failed,
            };
            match failed {
                Failed::Unknown(trouble, limbo) => {
                    let known = self.settle(&limbo.tx).await;
                    let failure = (!known).then(|| trouble.told());
                    return group.into_iter().for_each(|work| work.answer(failure.clone()));
                }
                Failed::Before(trouble) if self.conn.is_closed() => {
                    let began = Instant::now();
                    let back = self.again().await;
                    if !(back && try_again && began.elapsed() < SHORT) {
                        return group.into_iter().for_each(|work| work.answer(Some(trouble.told())));
                    }
                }
                Failed::Before(trouble) if group.len() == 1 || trouble.of_the_database() => {
                    return group.into_iter().for_each(|work| work.answer(Some(trouble.told())));
                }
                Failed::Before(_) => return self.one_by_one(group).await,
            }
        }
    }

    /// One of them cannot be done; which one shows when each has a transaction of its own.
    async fn one_by_one(&mut self, group: Vec<Work>) {
        for work in group {
            let mut alone = vec![work];
            let failure = match self.attempt(&mut alone).await {
                Ok(()) => None,
                Err(Failed::Before(trouble)) => {
                    if self.conn.is_closed() {
                        self.again().await;
                    }
                    Some(trouble.told())
                }
                Err(Failed::Unknown(trouble, limbo)) => (!self.settle(&limbo.tx).await).then(|| trouble.told()),
            };
            alone.into_iter().for_each(|work| work.answer(failure.clone()));
        }
    }

    async fn attempt(&mut self, group: &mut [Work]) -> Result<(), Failed> {
        let mut tx = Tx::new(Arc::clone(&self.conn), Arc::clone(&self.shared));
        if let Err(trouble) = self.write(&mut tx, group).await {
            self.roll_back(&trouble).await;
            return Err(Failed::Before(trouble));
        }
        // The answer to COMMIT and the one that the connection is gone are told apart below: everything before it was
        // answered, so that COMMIT is one.
        let gate = Arc::clone(&self.gate).lock_owned().await;
        let committed = self.conn.batch("COMMIT").await;
        self.commits += 1;
        match committed {
            Ok(()) => {
                self.apply(&tx);
                Ok(())
            }
            Err(Trouble::Engine(error)) if error.code().is_some() && !self.conn.is_closed() => {
                let trouble = Trouble::Engine(error);
                self.roll_back(&trouble).await;
                Err(Failed::Before(trouble))
            }
            Err(trouble) => Err(Failed::Unknown(trouble, Box::new(Limbo { tx, _gate: gate }))),
        }
    }

    async fn write(&self, tx: &mut Tx, group: &mut [Work]) -> Result<(), Trouble> {
        let (next, epoch) = (self.commits + 1, self.epoch);
        let marked = async { self.conn.execute(MARK, &[&next, &epoch]).await };
        let ((), marked) = try_join(self.conn.batch("BEGIN"), marked).await?;
        if marked != 1 {
            return Err(Trouble::Fenced);
        }
        let kinds = Kinds::of(group);
        messages::update(tx, kinds.updates).await?;
        messages::begin(tx, kinds.begins).await?;
        calls::settle(tx, kinds.settles).await?;
        messages::accept_all(tx, kinds.accepts).await?;
        for single in kinds.others {
            single.run(tx).await?;
        }
        tx.finish().await
    }

    /// What was committed shows in memory before anybody is told.
    fn apply(&self, tx: &Tx) {
        tx.pending.trail.pass();
        let mut recount = self.shared.recount();
        self.shared.apply(&tx.pending);
        if let Some(recount) = recount.as_mut() {
            tx.pending.moves.iter().for_each(|step| recount.hear(step));
        }
        drop(recount);
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection whose state is not known is none.
    async fn roll_back(&mut self, trouble: &Trouble) {
        let late = matches!(trouble, Trouble::Late | Trouble::Fenced);
        if late || self.conn.batch("ROLLBACK").await.is_err() {
            self.conn.break_off();
        }
    }

    /// The connection was lost on the way of a COMMIT: whether it was one.
    async fn settle(&mut self, tx: &Tx) -> bool {
        self.conn.break_off();
        let mine = self.commits;
        let epoch = self.epoch;
        if !self.again().await || self.epoch != epoch {
            return false;
        }
        // The mark of this very transaction, or that of the one before.
        let kept = self.commits == mine;
        if kept {
            self.apply(tx);
        }
        kept
    }

    /// Asks for the database until it is there; whether it is. After a short time everybody is told that it is away.
    async fn again(&mut self) -> bool {
        let began = Instant::now();
        let mut wait = AGAIN;
        loop {
            let reached = match timeout(Duration::from_secs(20), open::take_turn_again(&self.connector)).await {
                Ok(Ok(turn)) => self.resume(turn).await,
                Ok(Err(trouble)) => Err(trouble),
                Err(_) => Err(Trouble::Late),
            };
            let Err(trouble) = reached else {
                self.queue.away(None);
                return true;
            };
            if began.elapsed() > SHORT {
                self.queue.away(Some(&trouble.told()));
            }
            if self.queue.is_closed() && began.elapsed() > LAST {
                return false;
            }
            sleep(wait).await;
            wait = (wait * 2).min(AGAIN_AT_MOST);
        }
    }

    /// Goes on with a new connection. Where somebody else wrote meanwhile, nothing in memory is true any more.
    async fn resume(&mut self, turn: Turn) -> Result<(), Trouble> {
        if turn.epoch != self.epoch {
            let epoch = open::renew(&turn.conn).await?;
            open::reload(&turn.conn, &self.shared).await?;
            self.epoch = epoch;
        }
        self.commits = turn.commits;
        self.conn = Arc::new(turn.conn);
        Ok(())
    }
}
