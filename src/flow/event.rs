//! A provider's status of a message: found by our id or the provider's, settled, acknowledged once durable.

use tracing::{info, warn};

use super::Flow;
use super::request::Passage;
use super::settle::Along;
use crate::auth::Verified;
use crate::config::{Hit, Tenant};
use crate::delivery::Input;
use crate::model::wire::Reply;
use crate::model::{Event, Reason, Refusal, Status};
use crate::store::{Message, StoreError};

impl Flow {
    pub(super) async fn status(
        &self,
        passage: &Passage,
        hit: &Hit,
        verified: &Verified,
        event: Event,
        reply: Reply,
    ) -> Reply {
        let message = match self.message_of(&event).await {
            Ok(message) => message,
            Err(problem) => return self.durable::<()>(passage, hit, Err(problem), reply),
        };
        let owner = message.and_then(|message| {
            let tenant = owner(passage, verified, &message)?;
            Some((message, tenant))
        });
        let Some((message, tenant)) = owner else {
            let refusal = Refusal::new(Reason::Unknown, "no message of a verified tenant has this id");
            return self.park(passage, hit, verified.tenants.first().copied(), &refusal, reply).await;
        };
        info!(id = %message.message.reference, tenant = %tenant.name, status = event.word.as_deref(), "status received");
        if event.status.is_none() {
            warn!(id = %message.message.reference, tenant = %tenant.name, word = event.word.as_deref(), "a status that the mapping does not know: recorded, not reported");
        }
        let status = match self.is_of_an_older_attempt(&message, &event).await {
            Ok(true) => None,
            Ok(false) => event.status,
            Err(problem) => return self.durable::<()>(passage, hit, Err(problem), reply),
        };
        let input = Input::News { status, failure: event.failure.clone(), at: event.at };
        let along = Along {
            provider_id: event.provider_id.clone(),
            alias: event.user.as_deref().map(Into::into),
            event: Some(event),
        };
        let settled = self.settle(Ok(message), tenant, &input, &along).await;
        self.durable(passage, hit, settled, reply)
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
