//! The operator ends what is queued. Pausing is the store's word, which lanes and attempts ask: [`Store::is_paused`].
//!
//! [`Store::is_paused`]: crate::store::Store::is_paused

use std::collections::{BTreeSet, HashSet};

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::Flow;
use super::settle::{Along, Settled};
use crate::config::Tenant;
use crate::delivery::{Input, Phase};
use crate::model::{Address, Ref};
use crate::store::{Lane, Message, StoreError};
use crate::value::Timestamp;

/// So many are ended together: they share a commit.
const TOGETHER: usize = 200;

/// Whose messages end: those that were accepted until then.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// From that sender alone.
    pub sender: Option<Address>,
    /// Later ones go on.
    pub upto: Timestamp,
}

/// How many ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// That were queued, or in doubt.
    pub messages: u64,
    /// The time was over before all were.
    pub more: bool,
}

impl Flow {
    /// Ends what is queued, and what is in doubt; what is under way goes on. Whoever asks again after a stop goes on where it
    /// stopped.
    ///
    /// # Errors
    /// What the store says; what ended until then has ended.
    pub async fn cancel(&self, tenant: &Tenant, cancel: &Cancel, until: Instant) -> Result<Cancelled, StoreError> {
        let mut done = Cancelled::default();
        for lane in self.lanes_of(tenant, cancel).await? {
            let (far, mut left) = (Timestamp::from_millis(i64::MAX), HashSet::new());
            loop {
                let found = self.store.claim(&lane, far, TOGETHER, &left).await?;
                let full = found.len() == TOGETHER;
                let (meant, later): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|message| message.message.at <= cancel.upto);
                left.extend(later.iter().map(|message| message.message.reference));
                for settled in self.end_all(tenant, meant).await? {
                    let message = &settled.message.message;
                    if message.life.phase == Phase::Failed {
                        done.messages += 1;
                    } else {
                        left.insert(message.reference);
                    }
                }
                if !full {
                    break;
                }
                if Instant::now() >= until {
                    return Ok(Cancelled { more: true, ..done });
                }
            }
            done.messages += self.end_doubtful(tenant, &lane, cancel).await?;
        }
        Ok(done)
    }

    /// How many messages of a tenant, or of one sender, are queued now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn would_cancel(&self, tenant: &Tenant, cancel: &Cancel) -> Result<u64, StoreError> {
        let queued = self.store.lanes().await?.into_iter().filter(|(lane, _)| is_meant(tenant, cancel, lane));
        let mut count: u64 = queued.map(|(_, queued)| queued).sum();
        for lane in self.lanes_of(tenant, cancel).await? {
            count += u64::try_from(self.store.doubtful(&lane).await?.len()).unwrap_or(u64::MAX);
        }
        Ok(count)
    }

    /// Those of its file, and those that left it and have messages still.
    async fn lanes_of(&self, tenant: &Tenant, cancel: &Cancel) -> Result<BTreeSet<Lane>, StoreError> {
        let own = tenant.numbers.iter().map(|number| Lane { tenant: tenant.name.clone(), from: number.number.clone() });
        let queued = self.store.lanes().await?.into_iter().map(|(lane, _)| lane);
        Ok(own.chain(queued).filter(|lane| is_meant(tenant, cancel, lane)).collect())
    }

    async fn end_all(&self, tenant: &Tenant, messages: Vec<Message>) -> Result<Vec<Settled>, StoreError> {
        let each = messages
            .into_iter()
            .map(|message| async move { self.settle(Ok(message), tenant, &Input::Cancelled, &Along::default()).await });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// Those whose outcome is not known would be sent anew, where the tenant wants that.
    async fn end_doubtful(&self, tenant: &Tenant, lane: &Lane, cancel: &Cancel) -> Result<u64, StoreError> {
        let mut messages = Vec::new();
        for reference in self.store.doubtful(lane).await? {
            messages.extend(self.known(reference, cancel).await?);
        }
        let ended = self.end_all(tenant, messages).await?;
        let failed = ended.iter().filter(|settled| settled.message.message.life.phase == Phase::Failed);
        Ok(u64::try_from(failed.count()).unwrap_or(u64::MAX))
    }

    async fn known(&self, reference: Ref, cancel: &Cancel) -> Result<Option<Message>, StoreError> {
        Ok(self.store.message(reference).await?.filter(|message| message.message.at <= cancel.upto))
    }
}

fn is_meant(tenant: &Tenant, cancel: &Cancel, lane: &Lane) -> bool {
    lane.tenant == tenant.name && cancel.sender.as_ref().is_none_or(|sender| *sender == lane.from)
}
