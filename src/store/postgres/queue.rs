//! What waits for the writer, in two lines: what the gateway has to write about messages that it took before, and what
//! somebody sends again if he is told "later". The first goes first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::super::StoreError;
use super::work::Work;

/// More than this many writes waiting for the database is an overload.
const WAITING: usize = 8192;
/// Of these places so many are not for what is new.
const RESERVED: usize = WAITING / 4;
/// At most so many callers wait for one commit.
const GROUP: usize = 1024;
/// At most so many of them with something new: each adds to the wait of all the others.
const NEW: usize = 512;
/// So many places of a group are left to what is new, whatever else there is.
const LEFT: usize = 64;

/// Which line a write waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It has been begun: an attempt, an answer, the end of a call.
    UnderWay,
    /// It can be sent again: a new message, a webhook.
    New,
}

/// The two lines.
#[derive(Default)]
pub(super) struct Queue {
    lines: Mutex<Lines>,
    something: Notify,
}

#[derive(Default)]
struct Lines {
    under_way: VecDeque<Work>,
    new: VecDeque<Work>,
    closed: bool,
    /// The database is away, and why: nobody waits for it.
    away: Option<StoreError>,
}

impl Queue {
    /// Puts it into its line; [`StoreError::Overloaded`] if there is no place.
    pub(super) fn push(&self, urgency: Urgency, work: Work) -> Result<(), StoreError> {
        let mut lines = self.lines();
        if lines.closed {
            return Err(super::closed());
        }
        if let Some(why) = &lines.away {
            return Err(why.clone());
        }
        let most = if urgency == Urgency::New { WAITING - RESERVED } else { WAITING };
        if lines.under_way.len() + lines.new.len() >= most {
            return Err(StoreError::Overloaded);
        }
        match urgency {
            Urgency::UnderWay => lines.under_way.push_back(work),
            Urgency::New => lines.new.push_back(work),
        }
        drop(lines);
        self.something.notify_one();
        Ok(())
    }

    /// Waits until something is there; what is done together next. `None` once it is closed and all is done.
    pub(super) async fn group(&self) -> Option<Vec<Work>> {
        loop {
            let something = self.something.notified();
            {
                let mut lines = self.lines();
                let new = lines.new.len().min(NEW).min(GROUP.saturating_sub(lines.under_way.len()).max(LEFT));
                let under_way = lines.under_way.len().min(GROUP - new);
                let mut group: Vec<_> = lines.under_way.drain(..under_way).collect();
                group.extend(lines.new.drain(..new));
                if !group.is_empty() {
                    return Some(group);
                }
                if lines.closed {
                    return None;
                }
            }
            something.await;
        }
    }

    /// The database is away: who waits hears of it now, who comes at once. `None`: it is back.
    pub(super) fn away(&self, why: Option<&StoreError>) {
        let mut lines = self.lines();
        let waiting = if why.is_some() {
            std::mem::take(&mut lines.under_way).into_iter().chain(std::mem::take(&mut lines.new)).collect()
        } else {
            Vec::new()
        };
        lines.away = why.cloned();
        drop(lines);
        for work in waiting {
            work.answer(why.cloned());
        }
    }

    /// Nothing more is taken; what waits is done.
    pub(super) fn close(&self) {
        self.lines().closed = true;
        self.something.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lines().closed
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        // Whole at every moment.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
