//! The operator says that what a lane is held for is mended: it probes at once.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Flow, Work};
use crate::model::{Address, Name};
use crate::store::Lane;

/// Lanes answer at once; one that does not is busy and so not held.
const PATIENCE: Duration = Duration::from_secs(2);

/// More lanes than this are released too, but not named.
const NAMED: usize = 1024;

/// Which lanes, and who is to hear of those that were held.
#[derive(Clone, Debug)]
pub struct Release {
    /// Of that tenant.
    pub tenant: Option<Name>,
    /// Of that sender.
    pub sender: Option<Address>,
    /// Told by each lane that was held.
    pub held: mpsc::Sender<Lane>,
}

impl Release {
    /// Whether a lane is meant.
    #[must_use]
    pub fn means(&self, lane: &Lane) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| *tenant == lane.tenant)
            && self.sender.as_ref().is_none_or(|sender| *sender == lane.from)
    }
}

impl Flow {
    /// Lets held lanes probe at once; those that were held. None where the dispatcher does not take it.
    pub async fn release(&self, tenant: Option<Name>, sender: Option<Address>) -> Option<Vec<Lane>> {
        let (held, mut released) = mpsc::channel(NAMED);
        let told = self.work.send(Work::Release(Release { tenant, sender, held }));
        timeout(PATIENCE, told).await.ok()?.ok()?;
        let mut lanes = Vec::new();
        // Ends when every lane has let go of its end.
        while let Ok(Some(lane)) = timeout(PATIENCE, released.recv()).await {
            lanes.push(lane);
        }
        lanes.sort();
        Some(lanes)
    }
}
