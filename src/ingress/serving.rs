//! How far a connection is with its request: what its service tells its socket, and whoever looks for somebody to go.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

/// Let in, and nobody has looked yet at what it says.
const NEW: u8 = 4;
/// No whole head: nothing, or a part of one.
const WAITING: u8 = 0;
/// A body is on its way.
const BODY: u8 = 1;
/// What was asked is being done.
const WORK: u8 = 2;
/// The answer is being written.
const ANSWER: u8 = 3;

/// How far a connection is.
#[derive(Debug)]
pub(super) struct Serving {
    /// A head has been read to its end; the socket takes note of it once.
    begun: AtomicBool,
    stage: AtomicU8,
    born: Instant,
    /// In milliseconds since then, when it began to wait.
    since: AtomicU64,
    leaves: AtomicBool,
    leave: Notify,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            begun: AtomicBool::default(),
            stage: AtomicU8::new(NEW),
            born: Instant::now(),
            since: AtomicU64::default(),
            leaves: AtomicBool::default(),
            leave: Notify::default(),
        }
    }
}

impl Serving {
    /// A head is there.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
        self.stage.store(BODY, Ordering::Relaxed);
    }

    /// The request is whole.
    pub(super) fn work(&self) {
        self.stage.store(WORK, Ordering::Relaxed);
    }

    /// The answer is made.
    pub(super) fn end(&self) {
        self.stage.store(ANSWER, Ordering::Relaxed);
    }

    /// What there was to write is written.
    pub(super) fn flushed(&self) {
        if self.stage.load(Ordering::Relaxed) == ANSWER {
            self.wait();
        }
    }

    /// It waits for a head from now on: what it says is read.
    pub(super) fn wait(&self) {
        let since = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.stage.store(WAITING, Ordering::Relaxed);
    }

    /// Whether a head has been read since this was asked last.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed) && self.begun.swap(false, Ordering::Relaxed)
    }

    /// A request is being served: what is read now is its body, which has a time limit of its own.
    pub(super) fn is_now(&self) -> bool {
        matches!(self.stage.load(Ordering::Relaxed), BODY | WORK)
    }

    /// Whether nothing would be lost with it: it waits for a head (`true`) or for a body, and since when.
    pub(super) fn idle(&self) -> Option<(bool, Instant)> {
        let waits = match self.stage.load(Ordering::Relaxed) {
            WAITING => true,
            BODY => false,
            _ => return None,
        };
        Some((waits, self.born + std::time::Duration::from_millis(self.since.load(Ordering::Relaxed))))
    }

    /// Tells it to go, if it still does nothing when it hears of it.
    pub(super) fn leave(&self) {
        self.leaves.store(true, Ordering::Relaxed);
        self.leave.notify_one();
    }

    /// Waits until it is told to go.
    pub(super) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }

    /// It heard of it and does not go: it has begun something.
    pub(super) fn stay(&self) {
        self.leaves.store(false, Ordering::Relaxed);
    }

    /// Whether it was told to go, and has not said that it stays.
    pub(super) fn leaves(&self) -> bool {
        self.leaves.load(Ordering::Relaxed)
    }
}
