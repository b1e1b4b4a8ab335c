//! The one task that writes. It commits whatever waits as one group: a commit costs a round trip and a flush of the
//! database's disk, and one may serve a thousand callers.
//!
//! When the connection is lost, the group that was being written waits for the next connection: then the store itself says
//! whether it was committed. Who comes meanwhile is told at once that the database is away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::try_join;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::super::shared::{Pending, Shared};
use super::connection::{Conn, Connector};
use super::node::{self, MARK};
use super::pool::Pool;
use super::queue::Queue;
use super::roster::Roster;
use super::trouble::Trouble;
use super::tx::Tx;
use super::work::{Kinds, Work};
use super::{calls, messages, news, open};

/// A database that is away for no longer is waited for; then everybody is told.
const SHORT: Duration = Duration::from_secs(2);
/// Between two tries to reach it.
const AGAIN: Duration = Duration::from_millis(100);
const AGAIN_AT_MOST: Duration = Duration::from_secs(2);
/// How long the end waits for a database that is away.
const LAST: Duration = Duration::from_secs(5);

/// The task's state.
pub(super) struct Writer {
    pub(super) connector: Connector,
    pub(super) conn: Arc<Conn>,
    pub(super) shared: Arc<Shared>,
    pub(super) roster: Arc<Roster>,
    pub(super) pool: Arc<Pool>,
    pub(super) queue: Arc<Queue>,
    pub(super) commits: i64,
    /// When the last one began.
    pub(super) begun: Instant,
}

/// How far a group came that failed.
enum Failed {
    /// Nothing of it is kept.
    Before(Trouble),
    /// The COMMIT was sent, and there was no answer.
    Unknown(Trouble, Box<Tx>),
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
                Ok(news) => return self.answer(group, news),
                Err(failed) => failed,
            };
            match failed {
                Failed::Unknown(trouble, tx) => {
                    if self.settle(&tx).await {
                        return self.answer(group, tx.pending.news);
                    }
                    return group.into_iter().for_each(|work| work.answer(Some(trouble.told())));
                }
                // Two nodes waited for each other, and this one was chosen to begin anew.
                Failed::Before(trouble) if try_again && trouble.is_deadlock() => {}
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
            let mut done = self.attempt(&mut alone).await;
            if matches!(&done, Err(Failed::Before(trouble)) if trouble.is_deadlock()) {
                done = self.attempt(&mut alone).await;
            }
            let failure = match done {
                Ok(news) => {
                    self.answer(alone, news);
                    continue;
                }
                Err(Failed::Before(trouble)) => {
                    if self.conn.is_closed() {
                        self.again().await;
                    }
                    trouble.told()
                }
                Err(Failed::Unknown(trouble, tx)) => {
                    if self.settle(&tx).await {
                        self.answer(alone, tx.pending.news);
                        continue;
                    }
                    trouble.told()
                }
            };
            alone.into_iter().for_each(|work| work.answer(Some(failure.clone())));
        }
    }

    /// Tells everybody; whoever wrote what all nodes must know, when they do.
    fn answer(&self, group: Vec<Work>, news: i64) {
        let (late, now): (Vec<_>, Vec<_>) = group.into_iter().partition(Work::is_late);
        now.into_iter().for_each(|work| work.answer(None));
        if late.is_empty() {
            return;
        }
        let (pool, roster) = (Arc::clone(&self.pool), Arc::clone(&self.roster));
        tokio::spawn(async move {
            let failure = news::heard(&pool, &roster, news).await.err();
            late.into_iter().for_each(|work| work.answer(failure.clone()));
        });
    }

    /// How many news the others must know now.
    async fn attempt(&mut self, group: &mut [Work]) -> Result<i64, Failed> {
        let mut tx = Tx::new(Arc::clone(&self.conn), Arc::clone(&self.shared), Arc::clone(&self.roster));
        self.begun = Instant::now();
        if let Err(trouble) = self.write(&mut tx, group).await {
            self.roll_back(&trouble).await;
            return Err(Failed::Before(trouble));
        }
        // The answer to COMMIT and the one that the connection is gone are told apart below: everything before it was
        // answered, so that COMMIT is one.
        let committed = self.conn.batch("COMMIT").await;
        self.commits += 1;
        match committed {
            Ok(()) => {
                self.apply(&tx);
                Ok(tx.pending.news)
            }
            Err(Trouble::Engine(error)) if error.code().is_some() && !self.conn.is_closed() => {
                let trouble = Trouble::Engine(error);
                self.roll_back(&trouble).await;
                Err(Failed::Before(trouble))
            }
            Err(trouble) => Err(Failed::Unknown(trouble, Box::new(tx))),
        }
    }

    async fn write(&self, tx: &mut Tx, group: &mut [Work]) -> Result<(), Trouble> {
        let (next, heard) = (self.commits + 1, self.roster.heard.load(Ordering::SeqCst));
        let marked = async { self.conn.execute(MARK, &[&next, &heard, &node::lease(), &tx.node]).await };
        let ((), marked) = try_join(self.conn.batch("BEGIN"), marked).await?;
        if marked != 1 {
            return Err(Trouble::Gone);
        }
        let kinds = Kinds::of(group);
        messages::update(tx, kinds.updates).await?;
        messages::begin(tx, kinds.begins).await?;
        calls::settle(tx, kinds.settles).await?;
        messages::accept_all(tx, kinds.accepts).await?;
        for single in kinds.others {
            let before = tx.owes_news();
            single.run(tx).await?;
            single.owes(tx.owes_news() > before);
        }
        tx.finish().await
    }

    /// What was committed shows in memory before anybody is told.
    fn apply(&self, tx: &Tx) {
        tx.pending.trail.pass();
        let Pending { own_news, news, queued, took, gave, .. } = &tx.pending;
        let hearing = self.roster.hearing();
        self.shared.apply(&tx.pending);
        // With others' in between, all of them are taken in their order by whoever watches.
        let next = self.roster.heard.load(Ordering::SeqCst) + 1;
        if own_news.is_some_and(|first| first == next) {
            self.roster.heard.store(*news, Ordering::SeqCst);
        }
        drop(hearing);
        self.roster.renewed(self.begun);
        self.roster.count(queued.iter().cloned());
        if !took.is_empty() {
            self.roster.took(took);
        }
        if !gave.is_empty() {
            self.roster.gave(gave);
        }
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection whose state is not known is none.
    async fn roll_back(&mut self, trouble: &Trouble) {
        let late = matches!(trouble, Trouble::Late | Trouble::Gone);
        if late || self.conn.batch("ROLLBACK").await.is_err() {
            self.conn.break_off();
        }
    }

    /// The connection was lost on the way of a COMMIT: whether it was one.
    async fn settle(&mut self, tx: &Tx) -> bool {
        self.conn.break_off();
        let mine = self.commits;
        if !self.again().await || self.roster.node() != tx.node {
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
            let reached = timeout(Duration::from_secs(20), self.reach()).await.unwrap_or(Err(Trouble::Late));
            let Err(trouble) = reached else {
                self.queue.away(None);
                return true;
            };
            if matches!(trouble, Trouble::Gone | Trouble::Moved) {
                return false;
            }
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

    /// Goes on with a new connection. Where another node took this one's place, nothing in memory is true any more, and it is
    /// a new node.
    async fn reach(&mut self) -> Result<(), Trouble> {
        let turn = match open::enter_again(&self.connector, self.roster.node()).await? {
            Ok(turn) => turn,
            // It has just left.
            Err(_) if self.queue.is_closed() => return Err(Trouble::Gone),
            Err(conn) => {
                self.roster.enter(NOBODY, 0);
                let heard = open::reload(&conn, &self.shared, &self.roster).await?;
                let turn = open::enter(conn, heard).await?;
                warn!(node = turn.node, "others took this node's place, which was away for too long: it is a new one");
                self.roster.enter(turn.node, turn.slot);
                turn
            }
        };
        self.roster.renewed(turn.begun);
        self.commits = turn.commits;
        self.conn = Arc::new(turn.conn);
        Ok(())
    }
}

/// No node's number.
const NOBODY: i64 = 0;
