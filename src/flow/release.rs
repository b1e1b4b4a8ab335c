//! The operator says that what something is held for is mended: lanes try again at once, and nobody is left alone. Whichever
//! gateway is asked, all of them over the same store do it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::{Flow, Work};
use crate::model::{Address, Name};
use crate::store::{Holding, Holds, Release, StoreError};

/// The dispatcher takes what it is told at once, or is in trouble.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was held until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Lanes that try again.
    pub lanes: Vec<Holding>,
    /// How many people are left alone no longer, by tenant and sender.
    pub recipients: BTreeMap<(Name, Address), usize>,
}

impl Flow {
    /// Lets what is held try again at once, at every gateway; what was. None where the dispatcher does not take it.
    ///
    /// # Errors
    /// What the store says: then nothing is released.
    pub async fn release(&self, release: Release) -> Result<Option<Released>, StoreError> {
        let (Holds { lanes, people }, now) = (self.all_held(), self.ambient.now());
        self.store.release_beside(release.clone()).await?;
        // Before the lanes look: whom they step over then waits as long as before.
        self.let_go(&release);
        let Ok(Ok(())) = timeout(PATIENCE, self.work.send(Work::Release(release.clone()))).await else {
            return Ok(None);
        };
        let waits = lanes.into_iter().filter(|(what, hold)| hold.probe > now && release.means_what(what));
        let recipients = people.into_iter().filter(|((tenant, from), _)| release.sends(tenant, from));
        Ok(Some(Released { lanes: waits.map(|(what, _)| what).collect(), recipients: recipients.collect() }))
    }

    /// Nobody who is meant is left alone here any more; lanes that are meant try again when the dispatcher tells them.
    pub fn let_go(&self, release: &Release) {
        self.limits.release(|recipient| release.sends(&recipient.tenant, &recipient.from));
        self.held.release(|what| release.means_what(what), self.ambient.now());
    }
}
