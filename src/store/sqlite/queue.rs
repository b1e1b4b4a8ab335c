//! What waits for the writer, in two lines: what the gateway has to write about messages that it took before, and what
//! somebody sends again if he is told "later". The first goes first: a flood of new messages is not waited for by those
//! on their way.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::super::StoreError;
use super::writer::Work;

/// More than this many writes waiting for the disk is an overload.
pub(super) const WAITING: usize = 8192;
/// Of these places so many are not for what is new.
pub(super) const RESERVED: usize = WAITING / 4;
/// At most so many callers wait for one commit.
const GROUP: usize = 1024;
/// At most so many of them with something new: each adds to the wait of all the others.
const NEW: usize = 256;
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
    something: Condvar,
}

#[derive(Default)]
struct Lines {
    under_way: VecDeque<Box<dyn Work>>,
    new: VecDeque<Box<dyn Work>>,
    closed: bool,
    /// The writer waits for somebody: nobody else needs to be woken.
    waits: bool,
}

impl Queue {
    /// Puts it into its line; [`StoreError::Overloaded`] if there is no place.
    pub(super) fn push(&self, urgency: Urgency, work: Box<dyn Work>) -> Result<(), StoreError> {
        let mut lines = self.lines();
        if lines.closed {
            return Err(StoreError::Failed("the store is closed".to_owned()));
        }
        let most = if urgency == Urgency::New { WAITING - RESERVED } else { WAITING };
        if lines.under_way.len() + lines.new.len() >= most {
            return Err(StoreError::Overloaded);
        }
        match urgency {
            Urgency::UnderWay => lines.under_way.push_back(work),
            Urgency::New => lines.new.push_back(work),
        }
        let waits = std::mem::take(&mut lines.waits);
        drop(lines);
        if waits {
            self.something.notify_one();
        }
        Ok(())
    }

    /// Waits until something is there; what is done together next. `None` once it is closed and all is done.
    fn group(&self) -> Option<Vec<Box<dyn Work>>> {
        let nothing = |lines: &mut Lines| {
            lines.waits = lines.under_way.is_empty() && lines.new.is_empty() && !lines.closed;
            lines.waits
        };
        let mut lines = self.something.wait_while(self.lines(), nothing).unwrap_or_else(PoisonError::into_inner);
        let new = lines.new.len().min(NEW).min(GROUP.saturating_sub(lines.under_way.len()).max(LEFT));
        let under_way = lines.under_way.len().min(GROUP - new);
        let mut group: Vec<_> = lines.under_way.drain(..under_way).collect();
        group.extend(lines.new.drain(..new));
        (!group.is_empty()).then_some(group)
    }

    /// Nothing more is taken; what waits is done.
    pub(super) fn close(&self) {
        self.lines().closed = true;
        self.something.notify_one();
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        // Whole at every moment.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by whoever does the work. Once it is dropped, be it by a panic, nobody waits in vain.
#[derive(Debug)]
pub(super) struct Served(pub(super) Arc<Queue>);

impl Served {
    /// See [`Queue::group`].
    pub(super) fn group(&self) -> Option<Vec<Box<dyn Work>>> {
        self.0.group()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let mut lines = self.0.lines();
        lines.closed = true;
        let left = (std::mem::take(&mut lines.under_way), std::mem::take(&mut lines.new));
        drop(lines);
        // Whoever waited hears that it was not done.
        drop(left);
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer::task;
    use super::*;

    fn put(queue: &Queue, urgency: Urgency, count: usize) -> usize {
        let push = |_| queue.push(urgency, task(|_| Ok(())).0);
        (0..count).map(push).filter(Result::is_ok).count()
    }

    /// How many there are in the groups, one after the other, with those of the first line in them.
    fn groups(queue: &Queue) -> Vec<(usize, usize)> {
        let left = |queue: &Queue| queue.lines().under_way.len();
        let mut groups = Vec::new();
        loop {
            let before = left(queue);
            let Some(group) = queue.group() else { return groups };
            groups.push((group.len(), before - left(queue)));
        }
    }

    #[test]
    fn what_is_under_way_goes_first_and_what_is_new_goes_too() {
        for (under_way, new, expected) in [
            (3, 2, vec![(5, 3)]),
            (0, 600, vec![(256, 0), (256, 0), (88, 0)]),
            (3, 600, vec![(259, 3), (256, 0), (88, 0)]),
            (2000, 100, vec![(1024, 960), (1024, 988), (52, 52)]),
            (1000, 300, vec![(1024, 960), (276, 40)]),
        ] {
            let queue = Queue::default();
            assert_eq!((put(&queue, Urgency::New, new), put(&queue, Urgency::UnderWay, under_way)), (new, under_way));
            queue.close();
            assert_eq!(groups(&queue), expected, "{under_way} {new}");
        }
    }

    #[test]
    fn what_is_new_leaves_room_for_what_is_under_way() {
        let queue = Queue::default();
        assert_eq!(put(&queue, Urgency::New, WAITING), WAITING - RESERVED);
        assert_eq!(put(&queue, Urgency::UnderWay, WAITING), RESERVED);
        assert_eq!(queue.push(Urgency::UnderWay, task(|_| Ok(())).0), Err(StoreError::Overloaded));
    }

    #[test]
    fn nobody_waits_for_a_writer_that_is_gone() {
        let queue = Arc::<Queue>::default();
        let (work, result) = task(|_| Ok(()));
        assert_eq!(queue.push(Urgency::UnderWay, work), Ok(()));
        drop(Served(Arc::clone(&queue)));
        assert!(result.blocking_recv().is_err());
        assert_eq!(put(&queue, Urgency::UnderWay, 1), 0);
    }

    #[test]
    fn what_waits_at_the_end_is_done_and_nothing_more_is_taken() {
        let queue = Queue::default();
        assert_eq!(put(&queue, Urgency::New, 1), 1);
        queue.close();
        assert_eq!(put(&queue, Urgency::New, 1), 0);
        assert_eq!(groups(&queue), [(1, 0)]);
    }
}
