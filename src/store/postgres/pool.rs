//! Connections that read: a few, made when they are asked for, and anew when they are gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::StoreError;
use super::connection::{Conn, Connector};
use super::trouble::Trouble;

/// How many read at a time; each takes several questions one after the other.
const MOST: usize = 4;
/// A database that could not be reached is not asked for again sooner: whoever asks hears at once that it is away.
const PAUSE: Duration = Duration::from_millis(250);

/// The pool.
pub(super) struct Pool {
    connector: Connector,
    slots: [Mutex<Slot>; MOST],
    next: AtomicUsize,
    stopped: AtomicBool,
}

#[derive(Default)]
struct Slot {
    conn: Option<Arc<Conn>>,
    failed: Option<(Instant, StoreError)>,
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, slots: Default::default(), next: AtomicUsize::new(0), stopped: AtomicBool::new(false) }
    }

    /// One that is open.
    pub(super) async fn get(&self) -> Result<Arc<Conn>, Trouble> {
        let closed = || Trouble::Refused(super::closed());
        if self.stopped.load(Ordering::Relaxed) {
            return Err(closed());
        }
        let place = self.next.fetch_add(1, Ordering::Relaxed) % MOST;
        let mut slot = self.slots[place].lock().await;
        if let Some(conn) = slot.conn.as_ref().filter(|conn| !conn.is_closed()) {
            return Ok(Arc::clone(conn));
        }
        slot.conn = None;
        if let Some((_, problem)) = slot.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(Trouble::Refused(problem.clone()));
        }
        match self.connector.connect().await {
            Ok(_) if self.stopped.load(Ordering::Relaxed) => Err(closed()),
            Ok(conn) => {
                let conn = Arc::new(conn);
                slot.conn = Some(Arc::clone(&conn));
                slot.failed = None;
                Ok(conn)
            }
            Err(trouble) => {
                slot.failed = Some((Instant::now(), trouble.told()));
                Err(trouble)
            }
        }
    }

    /// No more questions; what was asked is answered.
    pub(super) async fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        for slot in &self.slots {
            slot.lock().await.conn = None;
        }
    }

    /// The same where nobody waits for it.
    pub(super) fn stop_soon(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        for slot in &self.slots {
            if let Ok(mut slot) = slot.try_lock() {
                slot.conn = None;
            }
        }
    }
}
