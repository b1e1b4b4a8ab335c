//! The engine over a database on its own server: PostgreSQL, or one that speaks and behaves like it.
//!
//! A caller's write goes into a bounded queue; `writer` commits whatever waits as one group, most kinds of it by one
//! statement each, and acknowledges after the commit. What is asked too often for a round trip (backlog, ledger, opt-outs)
//! is in `store::shared`, filled at opening. Tables and their reasons are in `schema`.
//!
//! Several processes may: each is a node, which has parts of the work to itself (`node`, `roster`, `watch`), and hears of
//! the others' opt-outs (`news`) and of what they hold (`held`).

mod calls;
mod connection;
mod consents;
mod erase;
mod held;
mod letters;
mod messages;
mod news;
mod node;
mod open;
mod operator;
mod pauses;
mod people;
mod place;
mod pool;
mod purge;
mod queue;
mod raw;
mod read;
mod read_calls;
mod recount;
mod roster;
mod row;
mod samples;
mod schema;
mod texts;
mod trouble;
mod tx;
mod usage;
mod version;
mod watch;
mod wishes;
mod words;
mod work;
mod writer;

#[cfg(test)]
pub(super) mod tests;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::time::timeout;

pub use open::OpenError;
pub use place::Place;
pub use raw::RawPostgres;
pub use version::migrate;

use super::seal::SealKey;
use super::shared::Shared;
use super::sweep::Sweep;
use super::{StoreError, Stored};
use crate::faults::Point;
use crate::value::Timestamp;
use connection::Connector;
use pool::Pool;
use queue::{Queue, Urgency};
use read::Reader;
use roster::Roster;
use trouble::Trouble;
use tx::Tx;
use watch::Watch;
use work::{Held, Told, Work};
use writer::Writer;

/// The longest wait of whoever can come again for the writer: callers give up soon after.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest wait for a commit that was begun. Then nobody knows what became of it; a repeat will find it.
const COMMIT: Duration = Duration::from_secs(30);

/// Nothing is ever sent on it: its error is the writer's end.
type Ended = tokio::sync::watch::Receiver<()>;

/// A store in a database.
pub struct Postgres {
    shared: Arc<Shared>,
    connector: Connector,
    roster: Arc<Roster>,
    pool: Arc<Pool>,
    queue: Arc<Queue>,
    ended: Mutex<Ended>,
    /// One count at a time.
    counting: tokio::sync::Mutex<()>,
    /// The last message that was looked at for a purge.
    purged: Sweep,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the store is closed".to_owned())
}

impl Postgres {
    /// Opens the store in that database, whose tables are there. The keys are for what contents say: the first one seals, all
    /// of them open.
    ///
    /// # Errors
    /// [`OpenError`]: it cannot be reached, is in use, has older or newer tables, or a key is wrong.
    pub async fn open(place: &Place, keys: &[SealKey]) -> Result<Self, OpenError> {
        let connector = Connector::new(place)?;
        let conn = open::admitted(&connector).await?;
        let seals = open::learn(&conn, keys).await?;
        let (shared, roster) = (Arc::new(Shared::new(seals)), Arc::<Roster>::default());
        let heard = open::reload(&conn, &shared, &roster).await?;
        let turn = open::enter(conn, heard).await?;
        roster.enter(turn.node, turn.slot);
        // What was written while it loaded: only then may it send.
        news::hear(&turn.conn, &shared, &roster).await?;
        roster.renewed(turn.begun);
        let (queue, pool) = (Arc::<Queue>::default(), Arc::new(Pool::new(connector.clone())));
        let (end, ended) = tokio::sync::watch::channel(());
        let writer = Writer {
            connector: connector.clone(),
            commits: turn.commits,
            begun: turn.begun,
            conn: Arc::new(turn.conn),
            shared: Arc::clone(&shared),
            roster: Arc::clone(&roster),
            pool: Arc::clone(&pool),
            queue: Arc::clone(&queue),
        };
        let watch = Watch::new(connector.clone(), Arc::clone(&shared), Arc::clone(&roster), Arc::clone(&queue));
        let watch = tokio::spawn(watch.run()).abort_handle();
        tokio::spawn(async move {
            writer.run().await;
            watch.abort();
            // Whoever waits for the end hears of it by the drop.
            drop(end);
        });
        Ok(Self {
            shared,
            connector,
            roster,
            pool,
            queue,
            ended: Mutex::new(ended),
            counting: tokio::sync::Mutex::default(),
            purged: Sweep::default(),
        })
    }

    /// How many group commits were made since opening.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// Whoever asks next.
    async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader { conn: self.pool.get().await?, shared: Arc::clone(&self.shared) })
    }

    fn push<'s, A: Send + 'static>(&self, urgency: Urgency, (work, told): (Work, Told<A>)) -> Stored<'s, A> {
        match self.queue.push(urgency, work) {
            Ok(()) => told.map(|told| told.unwrap_or_else(|_| Err(closed()))).boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn write<'s, A, F>(&'s self, work: F) -> Stored<'s, A>
    where
        A: Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<A, Trouble>> + Send + 'static,
    {
        self.push(Urgency::UnderWay, Work::other(work, None, None))
    }

    /// A write that a test may cut off inside its transaction, or right after its commit.
    fn step<'s, A, F>(&'s self, points: [Point; 2], work: F) -> Stored<'s, A>
    where
        A: Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<A, Trouble>> + Send + 'static,
    {
        self.push(Urgency::UnderWay, Work::other(work, None, Some(points)))
    }

    /// What somebody else repeats if he is told "later". [`StoreError::Overloaded`] means that nothing was written.
    fn or_later<'s, A: Send + 'static>(&self, work: impl FnOnce(Held) -> (Work, Told<A>)) -> Stored<'s, A> {
        let place = work::Place::default();
        let mut written = self.push(Urgency::New, work(Held::new(place.clone())));
        async move {
            match timeout(PATIENCE, &mut written).await {
                Ok(done) => done,
                Err(_) if place.take() => Err(StoreError::Overloaded),
                Err(_) => {
                    let late = |_| Err(StoreError::Failed("the database does not answer".to_owned()));
                    timeout(COMMIT, written).await.unwrap_or_else(late)
                }
            }
        }
        .boxed()
    }

    /// So many that may go, if there are as many.
    async fn old(&self, before: Timestamp, most: usize) -> Result<Vec<i64>, StoreError> {
        let look = |span, wanted| async move { Ok(self.reader().await?.old(span, before, wanted).await?) };
        self.purged.old(most, look).await
    }

    async fn end(&self) {
        // The last thing it writes, so that others have its parts at once.
        let left = self.write(|tx| node::leave(tx).boxed());
        self.queue.close();
        if let Err(problem) = left.await {
            tracing::warn!(%problem, "its parts are free only when its lease ends");
        }
        self.pool.stop().await;
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        while ended.changed().await.is_ok() {}
    }
}

impl Drop for Postgres {
    /// What was sent is still written, if its runtime lives; the database is free a moment later.
    fn drop(&mut self) {
        self.queue.close();
        self.pool.stop_soon();
    }
}
