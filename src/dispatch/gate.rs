//! How many calls of one provider account are under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// A semaphore per account, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Gates {
    /// The account's semaphore. A changed size holds from the next start on: permits are out with calls under way.
    pub(super) fn of(&self, account: &str, size: usize) -> Arc<Semaphore> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(account) {
            return gate.clone();
        }
        let gate = Arc::new(Semaphore::new(size));
        gates.insert(account.to_owned(), gate.clone());
        gate
    }
}
