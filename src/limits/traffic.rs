//! What the listeners count of their callers, for whoever watches.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The connections of one listener.
#[derive(Debug, Default)]
pub struct Traffic {
    open: AtomicUsize,
    surplus: AtomicU64,
    displaced: AtomicU64,
}

impl Traffic {
    /// One more is open.
    pub fn came(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One is over.
    pub fn went(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// One was closed at once: its source has as many as one may have, and none of them is idle.
    pub fn was_surplus(&self) {
        self.surplus.fetch_add(1, Ordering::Relaxed);
    }

    /// One that was idle was closed for a newcomer.
    pub fn was_displaced(&self) {
        self.displaced.fetch_add(1, Ordering::Relaxed);
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many were closed at once.
    pub fn surplus(&self) -> u64 {
        self.surplus.load(Ordering::Relaxed)
    }

    /// How many were closed for a newcomer.
    pub fn displaced(&self) -> u64 {
        self.displaced.load(Ordering::Relaxed)
    }
}
