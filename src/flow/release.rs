//! The operator says that what something is held for is mended: lanes try again at once, and nobody is left alone.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::held::Holding;
use super::{Flow, Work};
use crate::model::{Address, Name};
use crate::store::{CallLane, Lane};

/// The dispatcher takes what it is told at once, or is in trouble.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Of that tenant.
    pub tenant: Option<Name>,
    /// Of that sender: no calls then.
    pub sender: Option<Address>,
    /// Calls of that name: no messages then.
    pub call: Option<String>,
}

/// What was held until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Lanes that try again.
    pub lanes: Vec<Holding>,
    /// How many people are left alone no longer, by tenant and sender.
    pub recipients: BTreeMap<(Name, Address), usize>,
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

impl Flow {
    /// Lets what is held try again at once; what was. None where the dispatcher does not take it.
    pub async fn release(&self, release: Release) -> Option<Released> {
        let mut recipients = self.limits.held_recipients();
        recipients.retain(|(tenant, from), _| release.sends(tenant, from));
        self.limits.release(|recipient| release.sends(&recipient.tenant, &recipient.from));
        timeout(PATIENCE, self.work.send(Work::Release(release.clone()))).await.ok()?.ok()?;
        Some(Released { lanes: self.held.release(|what| release.means_what(what), self.ambient.now()), recipients })
    }
}
