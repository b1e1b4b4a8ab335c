//! What the operator paused, in memory: what [`Store::is_paused`](super::Store::is_paused) answers from. How it is kept is each
//! engine's.

use std::collections::BTreeMap;

use super::Lane;
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// A sender of a tenant, or all of them, from which nothing goes out until somebody says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Whose messages.
    pub tenant: Name,
    /// From that sender alone.
    pub sender: Option<Address>,
    /// Since when.
    pub at: Timestamp,
    /// The name of the token.
    pub who: String,
    /// In words.
    pub reason: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Paused(BTreeMap<Name, BTreeMap<Option<Address>, Pause>>);

impl Paused {
    pub(super) fn holds(&self, lane: &Lane) -> bool {
        // Asked before each message: mostly nothing is paused.
        self.0
            .get(&lane.tenant)
            .is_some_and(|own| own.keys().any(|known| known.as_ref().is_none_or(|from| *from == lane.from)))
    }

    /// Whether it was not paused.
    pub(super) fn add(&mut self, pause: &Pause) -> bool {
        let own = self.0.entry(pause.tenant.clone()).or_default();
        let new = !own.contains_key(&pause.sender);
        own.entry(pause.sender.clone()).or_insert_with(|| pause.clone());
        new
    }

    /// Without a sender all of the tenant's go on. Whether one was paused.
    pub(super) fn remove(&mut self, tenant: &Name, sender: Option<&Address>) -> bool {
        let Some(own) = self.0.get_mut(tenant) else { return false };
        let before = own.len();
        own.retain(|known, _| sender.is_some() && known.as_ref() != sender);
        let changed = own.len() < before;
        if own.is_empty() {
            self.0.remove(tenant);
        }
        changed
    }

    pub(super) fn all(&self) -> Vec<Pause> {
        self.0.values().flat_map(BTreeMap::values).cloned().collect()
    }
}
