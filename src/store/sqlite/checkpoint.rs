//! Moves what the log holds into the file, beside the writer: done within a commit, it is the longest wait of all, and
//! everybody's.
//!
//! Most of it is done by a thread with a connection of its own. The log begins anew only if nothing is left in it, and
//! while the writer goes on something always is: the little that was written meanwhile the writer itself moves, seldom.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::open::{self, OpenError};

/// So many more pages in the log are worth moving.
const PAGES: i32 = 1000;
/// A log as long as this, 32 MiB, begins anew: readers search the whole of it.
const LONG: i32 = 8000;
/// So many pages are little.
const LITTLE: i32 = 500;
/// A writer that writes faster than this thread moves has more to do itself after so many tries.
const TRIES: usize = 4;

/// The mover, until it is stopped.
pub(super) struct Checkpoints(JoinHandle<()>);

impl Checkpoints {
    /// Looks after the log of the writer's connection; ends when that connection is closed, or given another hook.
    pub(super) fn start(path: &Path, writer: &mut Connection) -> Result<Self, OpenError> {
        let connection = open::connect_to_move(path)?;
        let (grown, wake) = sync_channel(1);
        let rest = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&rest);
        let run = move || wake_and_move(&connection, &wake, &theirs);
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned()).spawn(run)?;
        writer.wal_hook(Some(hook(grown, rest)))?;
        Ok(Self(thread))
    }

    /// Waits for the end of what is being moved.
    pub(super) fn stop(self, writer: &mut Connection) {
        let none: Option<fn(&mut Wal, i32) -> rusqlite::Result<()>> = None;
        // The hook holds the thread's only waker. A thread that panicked has ended too.
        let _ended = writer.wal_hook(none).map(|()| self.0.join());
    }
}

/// What the writer does after each commit. What fails here is left for the next time: the commit stands.
fn hook(grown: SyncSender<()>, rest: Arc<AtomicBool>) -> impl FnMut(&mut Wal, i32) -> rusqlite::Result<()> {
    let mut told = 0;
    move |log, pages| {
        told = told.min(pages);
        if rest.swap(false, Ordering::Relaxed) {
            let _left_for_the_next_time = log.checkpoint();
        } else if pages - told >= PAGES {
            told = pages;
            // Full: it was told and has not come to it.
            let _ = grown.try_send(());
        }
        Ok(())
    }
}

fn wake_and_move(connection: &Connection, wake: &Receiver<()>, rest: &AtomicBool) {
    while wake.recv().is_ok() {
        for tries in 1..=TRIES {
            // A disk that says no here says it to the writer too.
            let Ok((pages, moved)) = passive(connection) else { break };
            if pages < LONG {
                break;
            }
            if pages - moved < LITTLE || tries == TRIES {
                rest.store(true, Ordering::Relaxed);
                break;
            }
        }
    }
}

/// Moves what can be moved without anybody waiting: how many pages the log has, and how many of them are moved.
fn passive(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))
}
