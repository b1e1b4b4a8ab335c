//! What the operator paused, in memory: what [`Store::is_paused`](super::Store::is_paused) answers from. How it is kept is each
//! engine's.

use std::collections::{BTreeMap, BTreeSet};

use super::Lane;
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// Which of a tenant's messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// All of them.
    All,
    /// Those from that sender.
    Sender(Address),
    /// Those of that campaign, from whichever sender.
    Campaign(String),
}

impl Which {
    /// Of that sender, or all.
    #[must_use]
    pub fn of_sender(sender: Option<Address>) -> Self {
        sender.map_or(Self::All, Self::Sender)
    }

    /// The sender that is meant, if it is one.
    #[must_use]
    pub const fn sender(&self) -> Option<&Address> {
        if let Self::Sender(sender) = self { Some(sender) } else { None }
    }

    /// The campaign that is meant, if it is one.
    #[must_use]
    pub fn campaign(&self) -> Option<&str> {
        if let Self::Campaign(campaign) = self { Some(campaign) } else { None }
    }

    /// As an engine keeps it: sender and campaign, empty for none.
    pub(super) fn columns(&self) -> [&str; 2] {
        [self.sender().map_or("", Address::as_str), self.campaign().unwrap_or_default()]
    }

    /// As an engine kept it.
    pub(super) fn of_columns(sender: Option<Address>, campaign: &str) -> Self {
        if campaign.is_empty() { Self::of_sender(sender) } else { Self::Campaign(campaign.to_owned()) }
    }
}

/// Messages of a tenant that do not go out until somebody says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Whose messages.
    pub tenant: Name,
    /// Which of them.
    pub which: Which,
    /// Since when.
    pub at: Timestamp,
    /// The name of the token.
    pub who: String,
    /// In words.
    pub reason: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Paused(BTreeMap<Name, BTreeMap<Which, Pause>>);

impl Paused {
    pub(super) fn holds(&self, lane: &Lane, campaign: Option<&str>) -> bool {
        let means = |which: &Which| match which {
            Which::All => true,
            Which::Sender(sender) => *sender == lane.from,
            Which::Campaign(known) => campaign == Some(known),
        };
        // Asked before each message: mostly nothing is paused.
        self.0.get(&lane.tenant).is_some_and(|own| own.keys().any(means))
    }

    pub(super) fn campaigns(&self, tenant: &Name) -> BTreeSet<String> {
        let own = self.0.get(tenant).into_iter().flat_map(BTreeMap::keys);
        own.filter_map(|which| which.campaign().map(str::to_owned)).collect()
    }

    /// Whether it was not paused.
    pub(super) fn add(&mut self, pause: &Pause) -> bool {
        let own = self.0.entry(pause.tenant.clone()).or_default();
        let new = !own.contains_key(&pause.which);
        own.entry(pause.which.clone()).or_insert_with(|| pause.clone());
        new
    }

    /// Where all are meant, all of the tenant's go on. Whether one was paused.
    pub(super) fn remove(&mut self, tenant: &Name, which: &Which) -> bool {
        let Some(own) = self.0.get_mut(tenant) else { return false };
        let before = own.len();
        own.retain(|known, _| *which != Which::All && known != which);
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
