//! Memory that lanes share: messages of all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Messages of all lanes together in memory, about; each has some whatever the others have.
const MESSAGES: usize = 20_000;
/// Of one lane at most, and at least.
const MOST: usize = 2000;
const LEAST: usize = 32;

/// One lane more, until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    /// One more of so many.
    pub(super) fn new(lanes: &Arc<AtomicUsize>) -> Self {
        lanes.fetch_add(1, Ordering::Relaxed);
        Self(lanes.clone())
    }

    /// How many messages this lane may have in memory: fewer, the more lanes there are.
    pub(super) fn messages(&self) -> usize {
        (MESSAGES / self.0.load(Ordering::Relaxed).max(1)).clamp(LEAST, MOST)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_share_what_there_is_of_memory() {
        let lanes = Arc::default();
        let first = Open::new(&lanes);
        assert_eq!(first.messages(), MOST);
        let others: Vec<Open> = (1..40).map(|_| Open::new(&lanes)).collect();
        assert_eq!(first.messages(), 500);
        let many: Vec<Open> = (0..10_000).map(|_| Open::new(&lanes)).collect();
        assert_eq!(first.messages(), LEAST);
        drop((others, many));
        assert_eq!(first.messages(), MOST);
    }
}
