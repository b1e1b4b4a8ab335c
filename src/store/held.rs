//! What a process holds, since a party said so or does not answer, and that the operator lets it try again: what processes
//! that share a store tell each other. Each finds out for itself what it holds; none of it outlives its process.

use std::collections::BTreeMap;

use super::{CallLane, Lane};
use crate::model::{Address, Name};
use crate::value::Timestamp;

/// What may be held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The messages of one sender of one tenant.
    Messages(Lane),
    /// One kind of call of one tenant.
    Calls(CallLane),
}

/// Since when, and until when nothing is tried. Over is a hold only when a try went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub since: Timestamp,
    /// When one is tried.
    pub probe: Timestamp,
}

/// Everything that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Lanes.
    pub lanes: BTreeMap<Holding, Hold>,
    /// How many people are left alone, by tenant and sender.
    pub people: BTreeMap<(Name, Address), usize>,
}

/// What is to try again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Of that tenant.
    pub tenant: Option<Name>,
    /// Of that sender: no calls then.
    pub sender: Option<Address>,
    /// Calls of that name: no messages then.
    pub call: Option<String>,
}

impl Holding {
    /// Whose it is.
    #[must_use]
    pub const fn tenant(&self) -> &Name {
        match self {
            Self::Messages(lane) => &lane.tenant,
            Self::Calls(lane) => &lane.tenant,
        }
    }
}

impl Holds {
    /// Nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.people.is_empty()
    }

    /// What others hold besides. A lane that went from one process to another may for a moment be held by both: `self` knows
    /// better.
    #[must_use]
    pub fn and(mut self, beside: Self) -> Self {
        for (what, hold) in beside.lanes {
            self.lanes.entry(what).or_insert(hold);
        }
        for (whose, count) in beside.people {
            *self.people.entry(whose).or_default() += count;
        }
        self
    }
}

impl Release {
    /// Whether a lane is meant.
    #[must_use]
    pub fn means(&self, lane: &Lane) -> bool {
        self.sends(&lane.tenant, &lane.from)
    }

    /// Whether a lane of calls is meant.
    #[must_use]
    pub fn means_calls(&self, lane: &CallLane) -> bool {
        self.of(&lane.tenant) && self.sender.is_none() && self.call.as_ref().is_none_or(|call| *call == lane.name)
    }

    /// Whether it is meant, whichever it is.
    #[must_use]
    pub fn means_what(&self, what: &Holding) -> bool {
        match what {
            Holding::Messages(lane) => self.means(lane),
            Holding::Calls(lane) => self.means_calls(lane),
        }
    }

    /// Whether the messages of that sender are meant.
    #[must_use]
    pub fn sends(&self, tenant: &Name, from: &Address) -> bool {
        self.of(tenant) && self.call.is_none() && self.sender.as_ref().is_none_or(|sender| sender == from)
    }

    fn of(&self, tenant: &Name) -> bool {
        self.tenant.as_ref().is_none_or(|known| known == tenant)
    }
}
