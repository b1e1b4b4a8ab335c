//! The writer's lines ([`Lines`]), for a writer that is a thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::StoreError;
use super::super::lines::Lines;
pub(super) use super::super::lines::Urgency;
use super::writer::Work;

/// At most so many of a group are something new.
const NEW: usize = 256;

/// A group of so many says that many are at work: the next one waits for more of them. A commit costs as much as writing a
/// dozen messages, and without the wait a fast disk has it done for every few.
const BUSY: usize = 8;
/// Groups follow each other no faster then. On a slow disk they never do.
const APART: Duration = Duration::from_millis(2);

/// What waits.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    something: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Lines<Box<dyn Work>, NEW>,
    closed: bool,
    /// The writer waits for somebody: nobody else needs to be woken.
    waits: bool,
    /// When the last group was taken, if it was one of many.
    crowd: Option<Instant>,
}

impl Waiting {
    /// How long more are waited for.
    fn rest(&self) -> Option<Duration> {
        let since = self.crowd.filter(|_| !self.closed && !self.lines.fill_a_group())?.elapsed();
        APART.checked_sub(since)
    }
}

impl Queue {
    /// Puts it into its line; [`StoreError::Overloaded`] if there is no place.
    pub(super) fn push(&self, urgency: Urgency, work: Box<dyn Work>) -> Result<(), StoreError> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(StoreError::Failed("the store is closed".to_owned()));
        }
        waiting.lines.push(urgency, work)?;
        let waits = std::mem::take(&mut waiting.waits);
        drop(waiting);
        if waits {
            self.something.notify_one();
        }
        Ok(())
    }

    /// Waits until something is there; what is done together next. `None` once it is closed and all is done.
    fn group(&self) -> Option<Vec<Box<dyn Work>>> {
        let nothing = |waiting: &mut Waiting| {
            waiting.waits = waiting.lines.is_empty() && !waiting.closed;
            waiting.waits
        };
        let mut waiting = self.something.wait_while(self.waiting(), nothing).unwrap_or_else(PoisonError::into_inner);
        if let Some(rest) = waiting.rest() {
            drop(waiting);
            std::thread::sleep(rest);
            waiting = self.waiting();
        }
        let group = waiting.lines.group();
        waiting.crowd = (group.len() >= BUSY).then(Instant::now);
        (!group.is_empty()).then_some(group)
    }

    /// Nothing more is taken; what waits is done.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.something.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Whole at every moment.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut waiting = self.0.waiting();
        waiting.closed = true;
        let left = std::mem::take(&mut waiting.lines);
        drop(waiting);
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
    use super::super::super::lines::{RESERVED, WAITING};
    use super::super::writer::task;
    use super::*;

    fn put(queue: &Queue, urgency: Urgency, count: usize) -> usize {
        let push = |_| queue.push(urgency, task(|_| Ok(())).0);
        (0..count).map(push).filter(Result::is_ok).count()
    }

    /// How many there are in the groups, one after the other, with those of the first line in them.
    fn groups(queue: &Queue) -> Vec<(usize, usize)> {
        let left = |queue: &Queue| queue.waiting().lines.under_way();
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
