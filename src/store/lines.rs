//! What waits for an engine's writer, in two lines: what the gateway has to write about messages that it took before, and
//! what somebody sends again if he is told "later". The first goes first: a flood of new messages is not waited for by those
//! on their way. Not how a writer is woken: each engine's `queue` knows that.

use std::collections::VecDeque;

use super::StoreError;

/// More than this many writes waiting for the disk is an overload.
pub(super) const WAITING: usize = 8192;
/// Of these places so many are not for what is new.
pub(super) const RESERVED: usize = WAITING / 4;
/// At most so many callers wait for one commit.
const GROUP: usize = 1024;
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

/// The two lines. `NEW`: at most so many of a group are something new, since each adds to the wait of all the others.
pub(super) struct Lines<W, const NEW: usize> {
    under_way: VecDeque<W>,
    new: VecDeque<W>,
}

impl<W, const NEW: usize> Default for Lines<W, NEW> {
    fn default() -> Self {
        Self { under_way: VecDeque::new(), new: VecDeque::new() }
    }
}

impl<W, const NEW: usize> Lines<W, NEW> {
    /// Puts it into its line; [`StoreError::Overloaded`] if there is no place.
    pub(super) fn push(&mut self, urgency: Urgency, work: W) -> Result<(), StoreError> {
        let most = if urgency == Urgency::New { WAITING - RESERVED } else { WAITING };
        if self.under_way.len() + self.new.len() >= most {
            return Err(StoreError::Overloaded);
        }
        match urgency {
            Urgency::UnderWay => self.under_way.push_back(work),
            Urgency::New => self.new.push_back(work),
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty() && self.new.is_empty()
    }

    /// Whether as many wait as may be new in a group: nothing is gained by more.
    pub(super) fn fill_a_group(&self) -> bool {
        self.under_way.len() + self.new.len() >= NEW
    }

    /// What is done together next; nothing if nobody waits.
    pub(super) fn group(&mut self) -> Vec<W> {
        let new = self.new.len().min(NEW).min(GROUP.saturating_sub(self.under_way.len()).max(LEFT));
        let under_way = self.under_way.len().min(GROUP - new);
        let mut group: Vec<_> = self.under_way.drain(..under_way).collect();
        group.extend(self.new.drain(..new));
        group
    }

    /// How many wait that were begun.
    #[cfg(test)]
    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }
}

impl<W, const NEW: usize> IntoIterator for Lines<W, NEW> {
    type Item = W;
    type IntoIter =
        std::iter::Chain<std::collections::vec_deque::IntoIter<W>, std::collections::vec_deque::IntoIter<W>>;

    /// All that wait, in no group.
    fn into_iter(self) -> Self::IntoIter {
        self.under_way.into_iter().chain(self.new)
    }
}
