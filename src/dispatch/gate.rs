//! What lanes share: how many calls of one provider account are under way at once, and memory for messages.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// Messages of all lanes together in memory, about; each has some whatever the others have.
const MESSAGES: usize = 20_000;
/// Of one lane at most, and at least.
const MOST: usize = 2000;
const LEAST: usize = 32;

/// A semaphore per account, made when first asked for, and the number of lanes that are open.
#[derive(Debug, Default)]
pub(super) struct Gates {
    accounts: Mutex<HashMap<String, Arc<Semaphore>>>,
    lanes: AtomicUsize,
}

/// One lane more, until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<Gates>);

impl Open {
    pub(super) fn new(gates: &Arc<Gates>) -> Self {
        gates.lanes.fetch_add(1, Ordering::Relaxed);
        Self(gates.clone())
    }

    /// How many messages this lane may have in memory: fewer, the more lanes there are.
    pub(super) fn messages(&self) -> usize {
        (MESSAGES / self.0.lanes.load(Ordering::Relaxed).max(1)).clamp(LEAST, MOST)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lanes.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gates {
    /// The account's semaphore. A changed size holds from the next start on: permits are out with calls under way.
    pub(super) fn of(&self, account: &str, size: usize) -> Arc<Semaphore> {
        let mut gates = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(account) {
            return gate.clone();
        }
        let gate = Arc::new(Semaphore::new(size));
        gates.insert(account.to_owned(), gate.clone());
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_share_what_there_is_of_memory() {
        let gates = Arc::new(Gates::default());
        let first = Open::new(&gates);
        assert_eq!(first.messages(), MOST);
        let others: Vec<Open> = (1..40).map(|_| Open::new(&gates)).collect();
        assert_eq!(first.messages(), 500);
        let many: Vec<Open> = (0..10_000).map(|_| Open::new(&gates)).collect();
        assert_eq!(first.messages(), LEAST);
        drop((others, many));
        assert_eq!(first.messages(), MOST);
    }
}
