//! The operator ends what is queued. Pausing is the store's word, which lanes and attempts ask: [`Store::is_paused`].
//!
//! [`Store::is_paused`]: crate::store::Store::is_paused

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::Flow;
use super::settle::{Along, Settled};
use crate::config::Tenant;
use crate::delivery::{Input, Phase};
use crate::model::Ref;
use crate::store::{Campaign, CampaignMessage, Lane, Message, StoreError, Which, Without};
use crate::value::Timestamp;

/// So many are ended together: they share a commit.
const TOGETHER: usize = 200;

/// Whose messages end: those that were accepted until then.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Which of a tenant's.
    pub which: Which,
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
        if let Which::Campaign(id) = &cancel.which {
            let campaign = Campaign { tenant: tenant.name.clone(), id: id.clone() };
            return self.cancel_campaign(tenant, &campaign, cancel, until).await;
        }
        let mut done = Cancelled::default();
        for lane in self.lanes_of(tenant, cancel).await? {
            let (far, mut left) = (Timestamp::from_millis(i64::MAX), Without::default());
            loop {
                let found = self.store.claim(&lane, far, TOGETHER, &left).await?;
                let full = found.len() == TOGETHER;
                let (meant, later): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(|message| message.message.at <= cancel.upto);
                left.held.extend(later.iter().map(|message| message.message.reference));
                for settled in self.end_all(tenant, meant).await? {
                    let message = &settled.message.message;
                    if message.life.phase == Phase::Failed {
                        done.messages += 1;
                    } else {
                        left.held.insert(message.reference);
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

    /// Newest first: the oldest of it may have gone out long ago.
    async fn cancel_campaign(
        &self,
        tenant: &Tenant,
        campaign: &Campaign,
        cancel: &Cancel,
        until: Instant,
    ) -> Result<Cancelled, StoreError> {
        let (mut done, mut slices) = (Cancelled::default(), self.of_campaign(campaign));
        while let Some(slice) = slices.next().await? {
            let open: Vec<Ref> = slice.iter().filter(|message| is_open(message)).map(|found| found.reference).collect();
            for some in open.chunks(TOGETHER) {
                let mut messages = Vec::new();
                for reference in some {
                    messages.extend(self.known(*reference, cancel).await?);
                }
                done.messages += failed(&self.end_all(tenant, messages).await?);
                // What has ended is passed over by whoever asks again.
                if done.messages > 0 && Instant::now() >= until {
                    return Ok(Cancelled { more: true, ..done });
                }
            }
        }
        Ok(done)
    }

    async fn open_in(&self, campaign: &Campaign) -> Result<u64, StoreError> {
        let (mut count, mut slices) = (0, self.of_campaign(campaign));
        while let Some(slice) = slices.next().await? {
            count += slice.iter().filter(|message| is_open(message)).map(|_| 1).sum::<u64>();
        }
        Ok(count)
    }

    /// How many messages of a tenant, of one sender, or of a campaign, are queued now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn would_cancel(&self, tenant: &Tenant, cancel: &Cancel) -> Result<u64, StoreError> {
        if let Which::Campaign(id) = &cancel.which {
            return self.open_in(&Campaign { tenant: tenant.name.clone(), id: id.clone() }).await;
        }
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
        Ok(failed(&self.end_all(tenant, messages).await?))
    }

    async fn known(&self, reference: Ref, cancel: &Cancel) -> Result<Option<Message>, StoreError> {
        Ok(self.store.message(reference).await?.filter(|message| message.message.at <= cancel.upto))
    }
}

fn is_meant(tenant: &Tenant, cancel: &Cancel, lane: &Lane) -> bool {
    lane.tenant == tenant.name && cancel.which.sender().is_none_or(|sender| *sender == lane.from)
}

/// Queued, or in doubt.
fn is_open(message: &CampaignMessage) -> bool {
    matches!(message.phase, Phase::Queued | Phase::InDoubt)
}

fn failed(ended: &[Settled]) -> u64 {
    let failed = ended.iter().filter(|settled| settled.message.message.life.phase == Phase::Failed);
    u64::try_from(failed.count()).unwrap_or(u64::MAX)
}
