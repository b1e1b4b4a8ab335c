//! A provider's status of a message: found by our id or the provider's, and settled.

use tracing::{info, warn};

use super::Flow;
use super::request::Passage;
use super::settle::Along;
use crate::auth::Verified;
use crate::config::Tenant;
use crate::delivery::Input;
use crate::model::{Event, Reason, Refusal, Status};
use crate::store::{Message, StoreError};

/// Done, or why it cannot be used.
pub(super) type Used = Result<(), Refusal>;

impl Flow {
    pub(super) async fn status(
        &self,
        passage: &Passage,
        verified: &Verified,
        event: Event,
    ) -> Result<Used, StoreError> {
        let message = self.message_of(&event).await?;
        let owner = message.and_then(|message| {
            let tenant = owner(passage, verified, &message)?;
            Some((message, tenant))
        });
        let Some((message, tenant)) = owner else {
            return Ok(Err(Refusal::new(Reason::Unknown, "no message of a verified tenant has this id")));
        };
        info!(id = %message.message.reference, tenant = %tenant.name, status = event.word.as_deref(), "status received");
        if event.status.is_none() {
            warn!(id = %message.message.reference, tenant = %tenant.name, word = event.word.as_deref(), "a status that the mapping does not know: recorded, not reported");
        }
        let older = self.is_of_an_older_attempt(&message, &event).await?;
        let status = event.status.filter(|_| !older);
        let input = Input::News { status, failure: event.failure.clone(), at: event.at };
        let along = Along {
            provider_id: event.provider_id.clone(),
            alias: event.user.as_deref().map(Into::into),
            event: Some(event),
        };
        self.settle(Ok(message), tenant, &input, &along).await?;
        Ok(Ok(()))
    }

    /// A failure of an attempt that was followed by another says nothing of that one: it is recorded only.
    async fn is_of_an_older_attempt(&self, message: &Message, event: &Event) -> Result<bool, StoreError> {
        let (Some(said), Some(newest)) = (&event.provider_id, &message.provider_id) else { return Ok(false) };
        if event.status != Some(Status::Failed) || said == newest {
            return Ok(false);
        }
        let known = self.store.by_provider_id(said).await?;
        Ok(known.is_some_and(|known| known.message.reference == message.message.reference))
    }

    /// Our own id first: it is there even before the provider's answer to the send was stored.
    async fn message_of(&self, event: &Event) -> Result<Option<Message>, StoreError> {
        if let Some(reference) = event.reference
            && let Some(message) = self.store.message(reference).await?
        {
            return Ok(Some(message));
        }
        match &event.provider_id {
            Some(id) => self.store.by_provider_id(id).await,
            None => Ok(None),
        }
    }
}

/// The message's tenant, if its credential verified the request.
fn owner<'s>(passage: &'s Passage, verified: &Verified, message: &Message) -> Option<&'s Tenant> {
    let place = passage.snapshot.index_of(message.message.lane.tenant.as_str())?;
    verified.tenants.contains(&place).then(|| passage.snapshot.tenants.get(place)).flatten().map(|tenant| &**tenant)
}
