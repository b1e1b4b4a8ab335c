//! The engine over a database on its own server: PostgreSQL, or one that speaks and behaves like it.
//!
//! A caller's write goes into a bounded queue; `writer` commits whatever waits as one group, most kinds of it by one
//! statement each, and acknowledges after the commit. What is asked too often for a round trip (backlog, ledger, opt-outs)
//! is in `store::shared`, filled at opening. Tables and their reasons are in `schema`.
//!
//! One process writes at a time: a lock of its session and a number that grows with each start see to it.

mod calls;
mod connection;
mod erase;
mod letters;
mod messages;
mod open;
mod operator;
mod people;
mod place;
mod pool;
mod purge;
mod queue;
mod raw;
mod read;
mod read_calls;
mod row;
mod schema;
mod texts;
mod trouble;
mod tx;
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
use tokio::sync::watch;
use tokio::time::timeout;

pub use open::{OpenError, migrate};
pub use place::Place;
pub use raw::RawPostgres;

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
use trouble::Trouble;
use tx::Tx;
use work::{Held, Told, Work};
use writer::Writer;

/// The longest wait of whoever can come again for the writer: callers give up soon after.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest wait for a commit that was begun. Then nobody knows what became of it; a repeat will find it.
const COMMIT: Duration = Duration::from_secs(30);

/// A store in a database.
pub struct Postgres {
    shared: Arc<Shared>,
    pool: Pool,
    queue: Arc<Queue>,
    ended: Mutex<watch::Receiver<()>>,
    /// Held by the writer from a COMMIT to its end in memory, and where a count must not see half of one.
    gate: Arc<tokio::sync::Mutex<()>>,
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
        let open::Turn { conn, epoch, commits } = open::take_turn(&connector).await?;
        let seals = open::learn(&conn, keys).await?;
        let shared = Arc::new(open::load(&conn, Arc::new(seals)).await?);
        let queue = Arc::<Queue>::default();
        let gate = Arc::default();
        let (end, ended) = watch::channel(());
        let writer = Writer {
            connector: connector.clone(),
            conn: Arc::new(conn),
            shared: Arc::clone(&shared),
            queue: Arc::clone(&queue),
            epoch,
            commits,
            gate: Arc::clone(&gate),
        };
        tokio::spawn(async move {
            writer.run().await;
            // The next owner may come now; whoever waits for the end hears of it by the drop.
            drop(end);
        });
        Ok(Self {
            shared,
            pool: Pool::new(connector),
            queue,
            ended: Mutex::new(ended),
            gate,
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
        self.queue.close();
        self.pool.stop().await;
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Nothing is ever sent on it: the error is the writer's end.
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
