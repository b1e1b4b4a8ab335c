//! What a lane is told that must neither be lost nor wait in line behind its messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// One order. A lane follows them one after the other: the last word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The provider says that this sender or its account must stop.
    Hold,
    /// The operator says that a held lane may try again.
    Release,
}

/// One lane's.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Rings when there is something for the lane to look at.
    pub(super) bell: std::sync::Arc<Notify>,
    /// A transactional message is in the store that did not fit into the lane's queue.
    urgent: AtomicBool,
    list: Mutex<Vec<Order>>,
}

impl Orders {
    /// Gives an order; one that was given just before is not given twice, so the list stays short.
    pub(super) fn give(&self, order: Order) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.last() != Some(&order) {
            list.push(order);
        }
        drop(list);
        self.bell.notify_one();
    }

    /// All orders since the last time.
    pub(super) fn take(&self) -> Vec<Order> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A transactional message waits in the store.
    pub(super) fn hurry(&self) {
        self.urgent.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Whether one does, since the last time.
    pub(super) fn urgent(&self) -> bool {
        self.urgent.swap(false, Ordering::Relaxed)
    }
}
