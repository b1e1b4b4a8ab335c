//! What whoever makes calls is told from outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::flow::FreshCall;
use crate::store::Release;

/// Handed over and not taken yet; more are found in the store.
const HANDED: usize = 1024;

/// What it is told, until it looks.
#[derive(Default)]
pub(super) struct Errands {
    changed: Notify,
    /// There is something in the store.
    queued: AtomicBool,
    handed: Mutex<Vec<FreshCall>>,
    releases: Mutex<Vec<Release>>,
}

impl Errands {
    /// Calls were queued, or have another time.
    pub(super) fn notify(&self) {
        self.queued.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// This one was.
    pub(super) fn hand(&self, call: FreshCall) {
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        if handed.len() < HANDED {
            handed.push(call);
            drop(handed);
            return self.changed.notify_one();
        }
        drop(handed);
        // Fresh no more, so that it is found.
        drop(call);
        self.notify();
    }

    /// The operator says that what calls are stopped for is mended.
    pub(super) fn release(&self, release: Release) {
        let mut releases = self.releases.lock().unwrap_or_else(PoisonError::into_inner);
        if !releases.contains(&release) {
            releases.push(release);
        }
        drop(releases);
        self.changed.notify_one();
    }

    /// Waits for any of it.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether calls were queued since this was asked last.
    pub(super) fn are_queued(&self) -> bool {
        self.queued.swap(false, Ordering::Acquire)
    }

    /// What was handed over since.
    pub(super) fn handed(&self) -> Vec<FreshCall> {
        std::mem::take(&mut *self.handed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was released since.
    pub(super) fn releases(&self) -> Vec<Release> {
        std::mem::take(&mut *self.releases.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
