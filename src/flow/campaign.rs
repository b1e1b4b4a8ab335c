//! A platform's campaign, gone through newest first. What is done with its queue is `steer`'s.

use super::Flow;
use crate::model::Ref;
use crate::store::{Campaign, CampaignMessage, Store, StoreError};

/// Looked at in one go: a reader of the store is free for others between two.
const SLICE: usize = 2000;

/// A campaign's messages, newest first, some at a time.
pub struct Slices<'f> {
    store: &'f dyn Store,
    campaign: &'f Campaign,
    below: Option<Ref>,
    more: bool,
}

impl Slices<'_> {
    /// The next ones; nothing after the last.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next(&mut self) -> Result<Option<Vec<CampaignMessage>>, StoreError> {
        if !self.more {
            return Ok(None);
        }
        let slice = self.store.of_campaign(self.campaign, self.below, SLICE).await?;
        self.more = slice.len() == SLICE;
        self.below = slice.last().map(|last| last.reference);
        Ok(Some(slice))
    }

    /// Whether there may be others.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.more
    }
}

impl Flow {
    /// All messages of a campaign that are kept.
    #[must_use]
    pub fn of_campaign<'f>(&'f self, campaign: &'f Campaign) -> Slices<'f> {
        Slices { store: &*self.store, campaign, below: None, more: true }
    }
}
