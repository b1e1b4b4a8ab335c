//! One input to one message's life, durably: state, reports and history in one write. Answers and webhooks end here.

use std::time::Duration;

use tracing::{error, warn};

use super::facts::TenantFacts;
use super::patience::Patience;
use super::{Flow, Work, letters};
use crate::codec::{self, Format};
use crate::config::{Delivery, Tenant};
use crate::delivery::{self, Input, Life, Phase, Report, Step, Told};
use crate::legs::report::{Saying, Sayings, sayings};
use crate::model::{Address, Event, Failure, Reason, Ref, Refusal};
use crate::store::{Change, Charge, DeadLetter, Line, Message, NewCall, Origin, Part, StoreError};
use crate::value::{Arena, Timestamp};

/// What an input brings with it besides itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Along {
    /// The provider's id, learned now.
    pub(super) provider_id: Option<String>,
    /// The provider's event, where there is one: reports carry its words.
    pub(super) event: Option<Event>,
    /// Another address of the recipient.
    pub(super) alias: Option<Address>,
    /// What the provider says of an attempt's cost.
    pub(super) charge: Option<Charge>,
    /// The letter that this was kept in.
    pub(super) letter: Option<i64>,
    /// What its line of history says besides; nothing of a person.
    pub(super) notes: Vec<String>,
}

/// What a message was found not to fit, though it is sent.
pub(super) const MISFIT: &str = "does not fit its template: ";

/// What a message waited for before its attempt.
pub(super) const WAITED: &str = "waited for its turn: ";

/// Whether a part of a line of history is what the gateway noted besides.
#[must_use]
pub fn is_note(part: &str) -> bool {
    part.starts_with(MISFIT) || part.starts_with(WAITED)
}

/// What a platform is told of a message: words that were said by now, the calls that say them, what could not be said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) words: Vec<String>,
    pub(super) calls: Vec<NewCall>,
    pub(super) letters: Vec<DeadLetter>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Settled {
    /// The message after the change.
    pub(super) message: Message,
    /// What the machine said.
    pub(super) step: Step,
}

impl Flow {
    /// Applies an input to a message; `known` saves reading it. Another change meanwhile: read again, apply again.
    pub(super) async fn settle(
        &self,
        known: Result<Message, Ref>,
        tenant: &Tenant,
        input: &Input,
        along: &Along,
    ) -> Result<Option<Settled>, StoreError> {
        let mut known = known;
        loop {
            let message = match known {
                Ok(message) => message,
                Err(reference) => match self.store.message(reference).await? {
                    Some(message) => message,
                    None => return Ok(None),
                },
            };
            if message.message.is_forgotten() {
                return Ok(None);
            }
            let reference = message.message.reference;
            let now = self.ambient.now();
            let stored = &message.message.life;
            let step = delivery::step(stored, input, &tenant.delivery.policy, now, self.ambient.jitter());
            let (mut change, said) = self.change(&message, tenant, &step, along, now);
            change.goes_on = only_time(input, &change.life);
            let overtakes = !change.goes_on;
            let called = change.calls.len();
            let bill = change.billed.bill().cloned();
            let mut fresh = self.fresh(&change.calls, &message);
            let woken = change.life.wake.is_some();
            match self.store.update(change).await {
                Ok(need_not_wait) => {
                    if overtakes {
                        self.afoot.note(reference);
                    }
                    self.pulse.moved((&message.message.lane.tenant, reference), &message.message.life, &step, now);
                    self.announce(&message, input, &step, woken);
                    if !need_not_wait {
                        fresh.clear();
                    }
                    let all = fresh.len() == called;
                    self.hand_calls_over(fresh, all);
                    let mut message = message;
                    message.message.life = step.life.clone();
                    message.provider_id = along.provider_id.clone().or(message.provider_id);
                    message.said = said;
                    message.bill = bill.unwrap_or(message.bill);
                    message.revision += 1;
                    return Ok(Some(Settled { message, step }));
                }
                Err(StoreError::Conflict) => known = Err(reference),
                Err(problem) => {
                    error!(id = %reference, %problem, "could not be settled");
                    return Err(problem);
                }
            }
        }
    }

    fn change(
        &self,
        message: &Message,
        tenant: &Tenant,
        step: &Step,
        along: &Along,
        now: Timestamp,
    ) -> (Change, Vec<String>) {
        let report = step.report.as_ref().filter(|_| message.message.origin == Origin::Platform);
        let Said { words: said, calls, letters } = match report {
            Some(report) => self.report(message, tenant, &event_of(message, report, along), now),
            None => Said { words: message.said.clone(), ..Said::default() },
        };
        let mut text = line(step, along);
        if !letters.is_empty() {
            text.push_str(" · the mapping cannot say so, kept");
        }
        let change = Change {
            provider_id: along.provider_id.clone().filter(|id| message.provider_id.as_ref() != Some(id)),
            said: (said.len() != message.said.len()).then(|| said.clone()),
            calls,
            letters,
            redrives: along.letter,
            alias: along.alias.clone(),
            billed: message.billed(&step.life, along.charge.as_ref()),
            ..Change::of(message, step.life.clone(), Line { at: now, text })
        };
        (change, said)
    }

    /// Under the version that the message was accepted under. What the mapping cannot say is kept until it can.
    fn report(&self, message: &Message, tenant: &Tenant, event: &Event, now: Timestamp) -> Said {
        let then = self.under(message, tenant);
        let said = self.say(message, then.as_deref().unwrap_or(tenant), event, now).unwrap_or_else(|refusal| {
            let letter = letters::unsaid(message, tenant, event, &refusal, now);
            Said { words: message.said.clone(), letters: vec![letter], ..Said::default() }
        });
        for letter in &said.letters {
            error!(id = %message.message.reference, tenant = %tenant.name, status = letter.name, why = letter.why, "the mapping cannot say what became of it: kept as a dead letter");
        }
        said
    }

    /// The words for an event in that tenant's mapping, and their calls.
    pub(super) fn say(
        &self,
        message: &Message,
        tenant: &Tenant,
        event: &Event,
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
        let value = codec::decode(Format::Json, &message.message.body, &arena)
            .map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))?;
        let mut said = Said { words: message.said.clone(), ..Said::default() };
        let about = Some(message.message.reference);
        let Sayings { words, unsaid } = sayings(tenant, value, event, &message.said, &arena, &facts, now)?;
        for Saying { word, calls } in words {
            said.words.push(word);
            let calls = calls.into_iter().map(|(name, context)| self.new_call(tenant, name, about, context, now));
            said.calls.extend(calls);
        }
        for (status, refusal) in unsaid {
            let lower = Event { status: Some(status), ..event.clone() };
            said.letters.push(letters::unsaid(message, tenant, &lower, &refusal, now));
        }
        Ok(said)
    }

    /// A call to be queued.
    pub(super) fn new_call(
        &self,
        tenant: &Tenant,
        name: String,
        message: Option<Ref>,
        context: Vec<u8>,
        at: Timestamp,
    ) -> NewCall {
        NewCall { id: self.next_id(), tenant: tenant.name.clone(), name, message, context: context.into(), at }
    }

    /// The time in a message's `wake` has come.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wake(&self, reference: Ref) -> Result<(), StoreError> {
        self.nudge(reference, &Input::Due).await
    }

    /// An attempt came to grief: in doubt, like one that a stop cut off. It blocks its message until that is stored.
    pub async fn broke_off(&self, reference: Ref) {
        let mut patience = Patience::default();
        while let Err(problem) = self.nudge(reference, &Input::Interrupted).await {
            error!(id = %reference, %problem, "it could not be settled, trying again");
            patience.wait().await;
        }
    }

    /// An attempt was under way when the gateway stopped, or another one, whose work is this one's now: its outcome is unknown.
    ///
    /// # Errors
    /// What the store says.
    pub async fn interrupted(&self, reference: Ref) -> Result<(), StoreError> {
        let Some(message) = self.store.message(reference).await? else { return Ok(()) };
        // Whoever has the tenant may have seen to it before, and sent it anew.
        let Some(_stay) = self.store.stay(&[Part::Tenant(message.message.lane.tenant)]) else { return Ok(()) };
        self.nudge(reference, &Input::Interrupted).await
    }

    async fn nudge(&self, reference: Ref, input: &Input) -> Result<(), StoreError> {
        let Some(message) = self.store.message(reference).await? else { return Ok(()) };
        let snapshot = self.snapshot.load_full();
        let Some(tenant) = snapshot.tenant(message.message.lane.tenant.as_str()) else {
            return self.wait_for_tenant(message, input).await;
        };
        let settled = self.settle(Ok(message), tenant, input, &Along::default()).await?;
        if let Some(settled) = settled.filter(|settled| ready(&settled.message)) {
            self.tell(Work::Message(Box::new(settled.message)));
        }
        Ok(())
    }

    /// Without its tenant's file nobody can be told anything of a message: what is to be told waits until it is back.
    async fn wait_for_tenant(&self, message: Message, input: &Input) -> Result<(), StoreError> {
        let (reference, now) = (message.message.reference, self.ambient.now());
        warn!(id = %reference, tenant = %message.message.lane.tenant, "its tenant has no file now: it waits");
        let life = absent(&message.message.life, input, now);
        let goes_on = only_time(input, &life);
        let line = Line { at: now, text: "waits for its tenant's file".to_owned() };
        let change = Change { goes_on, ..Change::of(&message, life, line) };
        match self.store.update(change).await {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}

/// The life of a message whose tenant has no file: its time goes on, its reports wait.
fn absent(life: &Life, input: &Input, now: Timestamp) -> Life {
    let later = Some(now.after(ABSENT));
    match life.phase {
        // Ended, so that it is never sent late; the failure is told when somebody can be told.
        Phase::Queued if *input == Input::Due && now >= life.expires => {
            let told = Told::Held { until: now, failure: Failure::ours(Reason::Expired, None), at: now };
            Life { phase: Phase::Expired, wake: later, told, ..life.clone() }
        }
        // Ready, or in doubt after a stop: neither tells anybody anything.
        Phase::Queued | Phase::Sending => {
            delivery::step(life, input, &Delivery::default().policy, now, JITTER_OF_NOBODY).life
        }
        _ => Life { wake: later, ..life.clone() },
    }
}

/// No delay is computed for a message whose tenant is away.
const JITTER_OF_NOBODY: u16 = 0;

/// How often a message whose tenant has no file looks for it.
const ABSENT: Duration = Duration::from_secs(900);

/// Its time came while a lane, which goes by the same time, may have begun an attempt: that one is not over.
fn only_time(input: &Input, after: &Life) -> bool {
    *input == Input::Due && after.phase == Phase::Queued
}

/// Waits for nothing but its turn.
fn ready(message: &Message) -> bool {
    message.message.life.phase == Phase::Queued && message.message.life.wake.is_none()
}

/// What a report tells: the provider's event where it caused the report, else our own.
fn event_of(message: &Message, report: &Report, along: &Along) -> Event {
    let caused = along.event.as_ref().filter(|event| event.status == Some(report.status));
    let mut event = caused.cloned().unwrap_or_else(|| Event {
        provider_id: along.provider_id.clone().or_else(|| message.provider_id.clone()),
        reference: Some(message.message.reference.into()),
        status: None,
        word: None,
        at: report.at,
        user: None,
        cost: None,
        failure: None,
    });
    event.status = Some(report.status);
    event.at = report.at;
    event.failure.clone_from(&report.failure);
    event
}

/// A line of history: what the machine said, with the provider's word and code.
fn line(step: &Step, along: &Along) -> String {
    let word = along.event.as_ref().and_then(|event| event.word.as_deref());
    let code =
        step.report.as_ref().and_then(|report| report.failure.as_ref()).and_then(|failure| failure.code.as_deref());
    let mut text = step.note.to_owned();
    for more in [word, code].into_iter().flatten().chain(along.notes.iter().map(String::as_str)) {
        text.push_str(" · ");
        text.push_str(more);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_tenant_leaves_the_timers_and_keeps_what_is_to_be_told() {
        let now = Timestamp::from_millis(1_000_000);
        let (past, future) = (Timestamp::from_millis(999_000), Timestamp::from_millis(9_000_000));
        let queued = Life::new(future);
        let expired = absent(&Life::new(past), &Input::Due, now);
        assert_eq!((expired.phase, expired.wake), (Phase::Expired, Some(now.after(ABSENT))));
        let back = delivery::step(&expired, &Input::Due, &Delivery::default().policy, now.after(ABSENT), 0);
        assert_eq!(back.report.and_then(|report| report.failure).map(|failure| failure.reason), Some(Reason::Expired));
        let ready = absent(&Life { wake: Some(past), ..queued.clone() }, &Input::Due, now);
        assert_eq!((ready.phase, ready.wake), (Phase::Queued, None));
        let doubtful = absent(&queued, &Input::Interrupted, now);
        assert_eq!(doubtful.phase, Phase::InDoubt, "an attempt that was under way is never forgotten");
        let waiting = Life { wake: Some(past), ..doubtful.clone() };
        assert_eq!(absent(&waiting, &Input::Due, now).wake, Some(now.after(ABSENT)));
        assert_eq!(absent(&waiting, &Input::Due, now).told, doubtful.told);
    }
}
