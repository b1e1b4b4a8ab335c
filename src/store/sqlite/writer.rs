//! The one thread that writes. It commits whatever waits as one group: a commit costs a flush of the disk, and one
//! flush may serve a thousand callers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::super::StoreError;
use super::checkpoint::Checkpoints;
use super::queue::Served;
use super::shared::{Pending, Shared};
use super::tx::Tx;
use super::usage;
use crate::faults::{self, Point};

/// Why a piece of work did not come about.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Refused before anything was written: the others of its group go on.
    Refused(StoreError),
    /// The engine failed somewhere: its transaction is rolled back.
    Engine(rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

/// A caller's piece of work. It may be run again after a roll-back.
pub(super) trait Work: Send {
    /// Does it inside the transaction; keeps the result.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), rusqlite::Error>;
    /// Tells the caller: the kept result, or why the commit failed.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

struct Task<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send> Work for Task<T, F> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), rusqlite::Error> {
        self.result = match (self.work)(tx) {
            Ok(done) => Some(Ok(done)),
            Err(Trouble::Refused(error)) => Some(Err(error)),
            Err(Trouble::Engine(error)) => return Err(error),
        };
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let Self { result, reply, .. } = *self;
        let unrun = || Err(StoreError::Failed("not run".to_owned()));
        // Whoever stopped waiting does not want to know.
        let _gone = reply.send(failure.map_or_else(|| result.unwrap_or_else(unrun), Err));
    }
}

/// Work and the place where its result will be.
pub(super) fn task<T, F>(work: F) -> (Box<dyn Work>, oneshot::Receiver<Result<T, StoreError>>)
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, Trouble> + Send + 'static,
{
    let (reply, result) = oneshot::channel();
    (Box::new(Task { work, result: None, reply }), result)
}

/// The thread's state.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Served,
    pub(super) checkpoints: Checkpoints,
}

impl Writer {
    /// Until the queue is closed and everything in it is done.
    pub(super) fn run(mut self) {
        while let Some(group) = self.queue.group() {
            self.commit(group);
        }
        faults::reached(Point::StoreDrained);
        self.checkpoints.stop(&mut self.connection);
        // A checkpoint that fails costs the next start some time and nothing else.
        let _left_for_later = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        faults::reached(Point::StoreFolded);
    }

    fn commit(&self, mut group: Vec<Box<dyn Work>>) {
        let Err(error) = self.attempt(&mut group) else {
            return group.into_iter().for_each(|work| work.answer(None));
        };
        if group.len() == 1 || of_the_disk(&error) {
            let failed = failure(&error);
            return group.into_iter().for_each(|work| work.answer(Some(failed.clone())));
        }
        // One of them cannot be done; which one shows when each has a transaction of its own.
        for work in group {
            let mut alone = vec![work];
            let failed = self.attempt(&mut alone).err().map(|error| failure(&error));
            alone.into_iter().for_each(|work| work.answer(failed.clone()));
        }
    }

    fn attempt(&self, group: &mut [Box<dyn Work>]) -> Result<(), rusqlite::Error> {
        let mut tx = Tx { connection: &self.connection, shared: &self.shared, pending: Pending::default() };
        let done = tx.execute("BEGIN IMMEDIATE", []).and_then(|_| {
            tx.write_keys()?;
            group.iter_mut().try_for_each(|work| work.run(&mut tx))?;
            tx.write_ledger()?;
            usage::add(&tx)
        });
        let mut recount = self.shared.recount();
        let done = done.and_then(|()| tx.execute("COMMIT", []));
        if done.is_err() && !self.connection.is_autocommit() {
            // If even this fails the next BEGIN says so.
            let _reported_next_time = self.connection.execute_batch("ROLLBACK");
        }
        done?;
        tx.pending.trail.pass();
        self.shared.apply(&tx.pending);
        if let Some(recount) = recount.as_mut() {
            tx.pending.moves.iter().for_each(|step| recount.hear(step));
        }
        drop(recount);
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether a transaction of its own would fare no better.
fn of_the_disk(error: &rusqlite::Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, OutOfMemory, ReadOnly,
        SystemIoFailure,
    };
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseCorrupt
                | DatabaseLocked
                | DiskFull
                | NotADatabase
                | OutOfMemory
                | ReadOnly
                | SystemIoFailure
        )
    )
}

/// In words that hold no data: the engine's messages name tables and columns only, and conversions name types.
pub(super) fn failure(error: &rusqlite::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}
