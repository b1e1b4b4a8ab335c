//! The writer's lines ([`Lines`]), for a writer that is a task and whose database may be away.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::super::StoreError;
use super::super::lines::Lines;
pub(super) use super::super::lines::Urgency;
use super::work::Work;

/// At most so many of a group are something new.
const NEW: usize = 512;

/// What waits.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    something: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: Lines<Work, NEW>,
    closed: bool,
    /// The database is away, and why: nobody waits for it.
    away: Option<StoreError>,
}

impl Queue {
    /// Puts it into its line; [`StoreError::Overloaded`] if there is no place.
    pub(super) fn push(&self, urgency: Urgency, work: Work) -> Result<(), StoreError> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(super::closed());
        }
        if let Some(why) = &waiting.away {
            return Err(why.clone());
        }
        waiting.lines.push(urgency, work)?;
        drop(waiting);
        self.something.notify_one();
        Ok(())
    }

    /// Waits until something is there; what is done together next. `None` once it is closed and all is done.
    pub(super) async fn group(&self) -> Option<Vec<Work>> {
        loop {
            let something = self.something.notified();
            {
                let mut waiting = self.waiting();
                let group = waiting.lines.group();
                if !group.is_empty() {
                    return Some(group);
                }
                if waiting.closed {
                    return None;
                }
            }
            something.await;
        }
    }

    /// The database is away: who waits hears of it now, who comes at once. `None`: it is back.
    pub(super) fn away(&self, why: Option<&StoreError>) {
        let mut waiting = self.waiting();
        let told = why.map(|_| std::mem::take(&mut waiting.lines));
        waiting.away = why.cloned();
        drop(waiting);
        for work in told.into_iter().flatten() {
            work.answer(why.cloned());
        }
    }

    /// Nothing more is taken; what waits is done.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.something.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.waiting().closed
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Whole at every moment.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
