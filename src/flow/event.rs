//! A provider's status of a message: found by our id or the provider's, and settled. One that finds none is looked for
//! again for a while: the answer to the send may be on its way to the store, or another node may hold the message.

use std::time::Duration;

use tracing::{info, warn};

use super::afoot::Judging;
use super::letters;
use super::request::{Passage, Way};
use super::settle::Along;
use super::{Flow, Stretch};
use crate::auth::Verified;
use crate::config::{Snapshot, Tenant};
use crate::delivery::Input;
use crate::model::{Event, Refusal, Status};
use crate::store::{DeadLetter, Message, StoreError};
use crate::value::Timestamp;

/// Done, or why it cannot be used.
pub(super) type Used = Result<(), Refusal>;

/// Looked for again after one second, then after four times as long each time: about six minutes in all.
const LOOKS: u32 = 5;
/// Looked for again at once; more wait for the next turn.
const MOST: usize = 256;
/// Names of tenants that are kept with a status; the others of a larger account are known by sharing it.
const NAMES: usize = 64;
/// Of one tenant: a provider account that others send through, too, brings statuses that never find a message.
const KEEP: usize = 20_000;

/// Whose credentials vouch for an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Vouched<'v> {
    /// Those of tenants by their places.
    By(&'v Verified),
    /// Those of tenants that were called so, or share the account of one.
    Then(&'v [String]),
}

impl Vouched<'_> {
    fn for_tenant(self, snapshot: &Snapshot, place: usize, tenant: &Tenant) -> bool {
        match self {
            Self::By(verified) => verified.tenants.contains(&place),
            Self::Then(names) => names
                .iter()
                .filter_map(|name| snapshot.tenant(name))
                .any(|known| known.name == tenant.name || known.account() == tenant.account()),
        }
    }
}

/// When unmatched statuses are looked for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The earliest time, if there are any.
    pub next: Option<Timestamp>,
    /// More are due now.
    pub more: bool,
}

impl Flow {
    /// Settles an event; gives it back where no message of a tenant whose credential vouches for it has its id.
    pub(super) async fn status(
        &self,
        snapshot: &Snapshot,
        vouched: Vouched<'_>,
        event: Event,
        letter: Option<i64>,
    ) -> Result<Option<Event>, StoreError> {
        let named = event.reference.map(|id| self.afoot.judge(id.message));
        let message = self.message_of(&event).await?;
        let owner = message.and_then(|message| {
            let tenant = owner(snapshot, vouched, &message)?;
            Some((message, tenant))
        });
        let Some((message, tenant)) = owner else { return Ok(Some(event)) };
        let came = self.begins(message.message.reference);
        let (message, _judging) = self.held_still(message, named).await?;
        info!(id = %message.message.reference, tenant = %tenant.name, status = event.word.as_deref(), "status received");
        if event.status.is_none() {
            warn!(id = %message.message.reference, tenant = %tenant.name, word = event.word.as_deref(), "a status that the mapping does not know: recorded, not reported");
        }
        if message.message.is_forgotten() {
            info!(id = %message.message.reference, tenant = %tenant.name, "its recipient was forgotten: nothing is recorded");
            if let Some(letter) = letter {
                self.store.discard(letter).await?;
            }
            return Ok(None);
        }
        let (message, attempt) = self.attempt_of(message, tenant, &event).await?;
        let charge = self.charge(&message, &event);
        if attempt == Attempt::Earlier && event.status.is_none_or(|status| status <= Status::Submitted) {
            info!(id = %message.message.reference, tenant = %tenant.name, "of an earlier attempt: says nothing of the one that followed");
            self.charge_earlier(message, charge).await?;
            if let Some(letter) = letter {
                self.store.discard(letter).await?;
            }
            return Ok(None);
        }
        let input = Input::News { status: event.status, failure: event.failure.clone(), at: event.at };
        let along = Along {
            provider_id: event.provider_id.clone().filter(|_| attempt == Attempt::Last),
            alias: event.user.as_deref().map(Into::into),
            event: Some(event),
            charge,
            letter,
            notes: Vec::new(),
        };
        let id = message.message.reference;
        let word = came.and_then(|_| along.event.as_ref()?.word.clone());
        self.settle(Ok(message), tenant, &input, &along).await?;
        self.ends((id, &tenant.name), came, false, || Stretch::Status { word });
        Ok(None)
    }

    /// A letter for a status that matches nothing: looked for again by itself.
    pub(super) fn unmatched(
        &self,
        passage: &Passage,
        way: Way<'_>,
        verified: &Verified,
        (tenant, event): (Option<usize>, Event),
    ) -> DeadLetter {
        let tenant = passage.tenant(tenant).map(|tenant| tenant.name.clone());
        let name = way.shown(passage).into_owned();
        let mut came = passage.came(way, verified);
        came.verified.truncate(NAMES);
        info!(id = %passage.id, tenant = tenant.as_ref().map(crate::model::Name::as_str), status = event.word.as_deref(), "a status of no known message: looked for again");
        let due = Some(passage.now.after(pause(0)));
        DeadLetter { due, ..letters::unmatched(tenant, name, &event, came, passage.now) }
    }

    /// Looks again for the messages of statuses whose time for it has come. What is still not found waits longer each time,
    /// and at last is on the list of dead letters.
    ///
    /// # Errors
    /// What the store says.
    pub async fn look_again(&self) -> Result<Looked, StoreError> {
        let now = self.ambient.now();
        let (letters, mut next) = self.store.letters_due(now, MOST).await?;
        let more = letters.len() == MOST;
        let mut in_vain = Vec::new();
        for letter in letters {
            if let Some(why) = self.look_once(&letter).await? {
                let due = (letter.attempts < LOOKS - 1).then(|| now.after(pause(letter.attempts + 1)));
                if due.is_none() {
                    warn!(
                        letter = letter.id,
                        tenant = letter.tenant.as_ref().map(crate::model::Name::as_str),
                        why,
                        "no message was found for a status: kept as a dead letter"
                    );
                }
                next = due.into_iter().chain(next).min();
                in_vain.push((letter.id, due));
            }
        }
        if !in_vain.is_empty() {
            let gone = self.store.put_off(in_vain, KEEP).await?;
            if gone > 0 {
                warn!(gone, most = KEEP, "too many statuses of no known message: the oldest are no longer kept");
            }
        }
        Ok(Looked { next, more })
    }

    /// Looks once more for the message of a kept status; why it stays.
    ///
    /// # Errors
    /// What the store says; the letter is where it was.
    pub async fn look_once(&self, letter: &DeadLetter) -> Result<Option<String>, StoreError> {
        let event = match letters::read(&letter.content) {
            Ok(event) => event,
            Err(why) => return Ok(Some(why)),
        };
        let snapshot = self.snapshot.load_full();
        let names = letter.came.as_ref().map_or(&[][..], |came| &came.verified);
        let left = self.status(&snapshot, Vouched::Then(names), event, Some(letter.id)).await?;
        Ok(left.map(|_| letter.why.clone()))
    }

    /// Which attempt an event speaks of: as our id says that the provider echoes, else by the provider's own.
    pub(super) async fn attempt_of(
        &self,
        message: Message,
        tenant: &Tenant,
        event: &Event,
    ) -> Result<(Message, Attempt), StoreError> {
        let life = &message.message.life;
        let (is_final, resent) = (life.phase.is_final(), life.resends > 0);
        let goes_on = !is_final || message.begun || self.afoot.has(message.message.reference);
        // Without a resend the first id that is learned is of the attempt that settled the message.
        let has_another =
            goes_on || !resent && message.provider_id.is_some() && message.provider_id != event.provider_id;
        let of_newest = self.is_of_newest(&message, event);
        match of_newest {
            Some(true) if is_final => return Ok((message, Attempt::Last)),
            // That an earlier one is worth another says nothing of the other, and once one was sent anew for that, nothing
            // but real success of the earlier ones does.
            Some(false) if goes_on && resent || has_another && is_worth_another(tenant, event) => {
                return Ok((message, Attempt::Earlier));
            }
            _ => {}
        }
        let (message, attempt) = self.attempt_by_id(message, event).await?;
        Ok((message, if of_newest == Some(false) && attempt == Attempt::Last { Attempt::Unknown } else { attempt }))
    }

    /// The message as it is while none of its attempts can begin.
    async fn held_still<'f>(
        &'f self,
        message: Message,
        named: Option<Judging<'f>>,
    ) -> Result<(Message, Judging<'f>), StoreError> {
        let reference = message.message.reference;
        if let Some(judging) = named.filter(|judging| judging.is_of(reference)) {
            return Ok((message, judging));
        }
        // It was found by the provider's id, before anybody could know which one to hold.
        let judging = self.afoot.judge(reference);
        Ok((self.store.message(reference).await?.unwrap_or(message), judging))
    }

    /// Whether an event is of the newest attempt, which a provider that echoes our id says.
    fn is_of_newest(&self, message: &Message, event: &Event) -> Option<bool> {
        let reference = message.message.reference;
        let id = event.reference.filter(|id| id.message == reference)?;
        Some(id.attempt.get() >= self.afoot.newest(reference, &message.message.life, message.begun))
    }

    /// A provider's id that is known settled its attempt, so a message that is open again was queued anew after it; and one
    /// that is settled knows the id of its last attempt, if its answer was not lost.
    ///
    /// The id may have been learned since the message was read: then it is judged, and given back, as it is now.
    async fn attempt_by_id(&self, message: Message, event: &Event) -> Result<(Message, Attempt), StoreError> {
        let (Some(said), Some(known)) = (&event.provider_id, &message.provider_id) else {
            return Ok((message, Attempt::Last));
        };
        let now = if said == known { None } else { self.store.by_provider_id(said).await? };
        let now = now.filter(|now| now.message.reference == message.message.reference);
        let of_it = said == known || now.is_some();
        let message = now.unwrap_or(message);
        let last = message.provider_id.as_ref() == Some(said);
        let attempt = match message.message.life.phase.is_final() {
            true if last => Attempt::Last,
            true if !of_it => Attempt::Unknown,
            false if !of_it => Attempt::Last,
            _ => Attempt::Earlier,
        };
        Ok((message, attempt))
    }

    /// Our own id first: it is there even before the provider's answer to the send was stored.
    pub(super) async fn message_of(&self, event: &Event) -> Result<Option<Message>, StoreError> {
        if let Some(reference) = event.reference
            && let Some(message) = self.store.message(reference.message).await?
        {
            return Ok(Some(message));
        }
        match &event.provider_id {
            Some(id) => self.store.by_provider_id(id).await,
            None => Ok(None),
        }
    }
}

/// A failure after which the message is sent anew, if that is what its tenant wants.
fn is_worth_another(tenant: &Tenant, event: &Event) -> bool {
    tenant.delivery.policy.resend && event.failure.as_ref().is_some_and(|failure| failure.resend.is_some())
}

/// Which attempt a status speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The last one.
    Last,
    /// One that was followed by another: only real success still counts.
    Earlier,
    /// One whose answer was lost, so nobody knows when it was. Its id does not become the last one's.
    Unknown,
}

/// The message's tenant, if a credential of it vouches for the event.
pub(super) fn owner<'s>(snapshot: &'s Snapshot, vouched: Vouched<'_>, message: &Message) -> Option<&'s Tenant> {
    let place = snapshot.index_of(message.message.lane.tenant.as_str())?;
    let tenant = snapshot.tenants.get(place)?;
    vouched.for_tenant(snapshot, place, tenant).then_some(tenant)
}

/// Before a status is looked for again, after so many times.
const fn pause(times: u32) -> Duration {
    Duration::from_secs(4_u64.saturating_pow(times))
}
