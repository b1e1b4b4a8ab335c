//! One attempt to send one message: recorded, made, settled.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::afoot::{self, Attempting};
use super::calls::Heard;
use super::facts::{TenantFacts, suppressed};
use super::patience::Patience;
use super::settle::{Along, MISFIT, Settled, WAITED};
use super::{Flow, Stretch};
use crate::auth::AuthError;
use crate::codec::{self, Format};
use crate::config::{Number, Preflight, Tenant};
use crate::delivery::{Input, Outcome, Phase};
use crate::faults::{self, Point};
use crate::legs::send::{Sent, as_attempt, outcome, request};
use crate::legs::{NoCall, Outcall, misfit};
use crate::limits::{Turned, keys};
use crate::mapping::SendLeg;
use crate::model::wire::{Answer, Class};
use crate::model::{ClientRef, Failure, Reason, Refusal, StopScope};
use crate::store::{Message, NewMessage, Origin, Stay, StoreError};
use crate::value::{Arena, Value};

/// What an attempt means for its lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The message is still queued and may go again at once or when its `wake` comes.
    pub again: bool,
    /// The lane is held.
    pub hold: bool,
    /// Whose sending stops, if it is more than one recipient's.
    pub stop: Option<StopScope>,
    /// What it says of the provider.
    pub heard: Heard,
}

/// What is known of an attempt before anything goes out.
enum Ready<'t> {
    Call(Outcall),
    /// The number's list has no such template, by name and language.
    Unlisted(&'t Number, String, String),
}

/// Nobody's fault that the message can mend: the lane waits.
const HELD: After = After { again: true, hold: true, stop: None, heard: Heard::Nothing };

/// Nothing was done with this copy of the message.
const STALE: After = After { again: true, hold: false, stop: None, heard: Heard::Nothing };

const TOO_MANY_REQUESTS: u16 = 429;

impl Flow {
    /// Makes one attempt. A store in trouble is waited for: it is nobody's word against the message or its lane.
    /// `stay`: the lane is here; where it is not any more, nothing goes out. `waited`: for which limits, for its history.
    pub async fn attempt(&self, message: Message, stay: &Stay, waited: Option<String>) -> After {
        let (id, turn) = (message.message.reference, Instant::now());
        let mut patience = Patience::default();
        loop {
            if !stay.holds() {
                return After { again: true, ..After::default() };
            }
            match self.try_attempt(&message, turn, stay, waited.as_deref()).await {
                Ok(after) => return after,
                Err(problem) => warn!(%id, %problem, "the attempt could not be recorded, trying again"),
            }
            // Nothing went out: it is found in the store at the next start.
            if self.ending.load(Ordering::Relaxed) {
                return After::default();
            }
            patience.wait().await;
        }
    }

    async fn try_attempt(
        &self,
        message: &Message,
        turn: Instant,
        stay: &Stay,
        waited: Option<&str>,
    ) -> Result<After, StoreError> {
        let snapshot = self.snapshot.load_full();
        let tenant = snapshot.tenant(message.message.lane.tenant.as_str()).filter(|tenant| tenant.enabled);
        let Some(tenant) = tenant else { return Ok(HELD) };
        let Some(leg) = tenant.provider.provider().and_then(|legs| legs.send.as_ref()) else { return Ok(HELD) };
        // A number that left the file may be a slip of the pen: its queue waits, and expires in its time.
        if tenant.number(message.message.lane.from.as_str()).is_none() {
            return Ok(HELD);
        }
        if let Some(input) = self.before(message, tenant) {
            return Box::pin(self.end(message, tenant, &input, &Along::default())).await;
        }
        if self.store.is_paused(&message.message.lane, message.message.campaign.as_deref()) {
            return Ok(STALE);
        }
        let id = afoot::next(message.message.reference, &message.message.life);
        let outcall = match self.outcall(message, tenant, leg, id).await {
            Ok(outcall) => outcall,
            Err(NoCall::NoCredential) => return Ok(HELD),
            // Its own trouble: the messages behind it have nothing to do with it.
            Err(NoCall::NotWanted) => {
                let why = Some("the provider's mapping makes no call for it".to_owned());
                let input = Input::Unsendable(Failure::ours(Reason::Unknown, why));
                return Box::pin(self.end(message, tenant, &input, &Along::default())).await;
            }
            Err(NoCall::Refused(refusal)) => {
                let along = Along { notes: vec![refusal.whole()], ..Along::default() };
                let input = Input::Unsendable(Failure::ours(refusal.reason, refusal.text));
                return Box::pin(self.end(message, tenant, &input, &along)).await;
            }
        };
        let waited = waited.map(|waited| format!("{WAITED}{waited}"));
        let notes = waited.into_iter().chain(self.misfit(message, tenant)).collect();
        // Somebody speaks of this message just now: it is read again.
        let Some(attempting) = self.afoot.begin(id) else { return Ok(STALE) };
        // Recorded before the call: after a crash this attempt is in doubt, never forgotten.
        match self.store.begin(vec![(message.message.reference, message.revision)]).await {
            Ok(()) => {}
            // Sent, settled or begun meanwhile: this copy is stale, and the store knows better.
            Err(StoreError::Conflict) => return Ok(STALE),
            Err(problem) => return Err(problem),
        }
        if message.message.life.attempts == 0 {
            let now = self.ambient.now();
            self.pulse.tried(&tenant.name, now.since(message.message.at), now);
            let queued = self.begins(message.message.reference).map(|_| message.message.at);
            self.ends((message.message.reference, &tenant.name), queued, false, || Stretch::Wait);
        }
        faults::reached(Point::SendBegun);
        let (input, provider_id, heard) = self.exchange(message, tenant, leg, outcall, (turn, &attempting, stay)).await;
        faults::reached(Point::SendIn);
        let along = Along { provider_id, notes, ..Along::default() };
        let after = self.end_surely(message, tenant, &input, &along, stay).await;
        faults::reached(Point::SendSettled);
        Ok(After { heard, ..after })
    }

    /// What came of an attempt is known, and blocks its message until it is stored: the store is asked until it takes it. A
    /// gateway that stops meanwhile finds the attempt in doubt.
    async fn end_surely(&self, message: &Message, tenant: &Tenant, input: &Input, along: &Along, stay: &Stay) -> After {
        let reference = message.message.reference;
        let (mut known, mut patience) = (Ok(message.clone()), Patience::default());
        loop {
            if !stay.holds() && !self.still_counts(message, input).await {
                return After::default();
            }
            match self.settle(known, tenant, input, along).await {
                Ok(settled) => return after(settled),
                Err(problem) => {
                    warn!(id = %reference, %problem, "the outcome could not be stored, trying again");
                    patience.wait().await;
                    known = Err(reference);
                }
            }
        }
    }

    /// The message may be another gateway's by now. That this attempt reached the provider is always news; that it did not is
    /// none where the message was sent anew, and its end is that of the later attempt.
    async fn still_counts(&self, message: &Message, input: &Input) -> bool {
        if matches!(input, Input::Answered(Outcome::Taken)) {
            return true;
        }
        let (life, mut patience) = (&message.message.life, Patience::default());
        loop {
            match self.store.message(message.message.reference).await {
                Ok(Some(now)) => {
                    let now = now.message.life;
                    return now.phase == Phase::InDoubt || (now.attempts, now.resends) == (life.attempts, life.resends);
                }
                Ok(None) => return false,
                Err(_) => patience.wait().await,
            }
        }
    }

    async fn end(&self, message: &Message, tenant: &Tenant, input: &Input, along: &Along) -> Result<After, StoreError> {
        Ok(after(self.settle(Ok(message.clone()), tenant, input, along).await?))
    }

    /// What is found before anything goes out: time over, opted out.
    fn before(&self, message: &Message, tenant: &Tenant) -> Option<Input> {
        let message = &message.message;
        if self.ambient.now() >= message.life.expires {
            return Some(Input::Due);
        }
        self.opted_out(message, tenant).then_some(Input::OptedOut)
    }

    /// Replies to an opt-out or opt-in are what the person expects; every other message meets the list again.
    fn opted_out(&self, message: &NewMessage, tenant: &Tenant) -> bool {
        message.origin != Origin::Consent && suppressed(self, tenant, &message.lane.from, &message.to)
    }

    /// The call of an attempt. A template that no list knew at accept is looked for again in a fresh one.
    async fn outcall(
        &self,
        message: &Message,
        tenant: &Tenant,
        leg: &SendLeg,
        id: ClientRef,
    ) -> Result<Outcall, NoCall> {
        let (number, name, language) = match self.prepare(message, tenant, (leg, id), true)? {
            Ready::Call(outcall) => return Ok(outcall),
            Ready::Unlisted(number, name, language) => (number, name, language),
        };
        // Boxed, as whatever is seldom waited for: an attempt is moved to its task, and each of its bytes with it.
        if let Ok(synced) = Box::pin(self.sync(tenant, number, false)).await
            && synced.find(&name, &language).is_none()
        {
            let missing = Refusal::new(Reason::TemplateMissing, format!("{name} in {language}"));
            return Err(missing.of_part("template.name", None).into());
        }
        match self.prepare(message, tenant, (leg, id), false)? {
            Ready::Call(outcall) => Ok(outcall),
            Ready::Unlisted(..) => Err(Refusal::from(Reason::TemplateMissing).into()),
        }
    }

    fn prepare<'t>(
        &self,
        message: &Message,
        tenant: &'t Tenant,
        (leg, id): (&SendLeg, ClientRef),
        listed: bool,
    ) -> Result<Ready<'t>, NoCall> {
        let now = self.ambient.now();
        // Asked anew: much may have happened since the message was accepted.
        let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
        let value = as_attempt(decode(&message.message.body, &arena)?, id, &arena);
        if let Some(unlisted) = self.unlisted(message, tenant, value).filter(|_| listed) {
            return Ok(unlisted);
        }
        request(leg, tenant, value, &facts, &arena, now).map(Ready::Call)
    }

    /// What of it does not fit its template, where its tenant has it sent all the same. For its history: said once.
    fn misfit(&self, message: &Message, tenant: &Tenant) -> Option<String> {
        if tenant.delivery.preflight == Preflight::Refuse || message.message.life.attempts > 0 {
            return None;
        }
        let (facts, arena) = (TenantFacts::new(self, tenant, self.ambient.now()), Arena::new());
        let misfit = misfit(tenant, decode(&message.message.body, &arena).ok()?, &facts, &arena)?;
        Some(format!("{MISFIT}{}", misfit.whole()))
    }

    /// A template that is not in the number's list, where there is one.
    fn unlisted<'t>(&self, message: &Message, tenant: &'t Tenant, value: Value<'_>) -> Option<Ready<'t>> {
        if tenant.delivery.preflight != Preflight::Refuse {
            return None;
        }
        let template = value.get("template")?;
        let (name, language) = (template.text("name")?, template.get("language")?.text("code")?);
        let number = tenant.number(message.message.lane.from.as_str())?;
        let synced = self.templates.view(tenant, number)?;
        let missing = synced.find(name, language).is_none();
        missing.then(|| Ready::Unlisted(number, name.to_owned(), language.to_owned()))
    }

    async fn exchange(
        &self,
        message: &Message,
        tenant: &Tenant,
        leg: &SendLeg,
        outcall: Outcall,
        (turn, attempting, stay): (Instant, &Attempting<'_>, &Stay),
    ) -> (Input, Option<String>, Heard) {
        let mut refused = None;
        loop {
            let mut prepared = outcall.prepared.clone();
            let proved = self.prove(&outcall.auth, &mut prepared, refused).await;
            // What was refused for its credentials was not sent; perhaps a status settled the message meanwhile.
            if refused.is_some() && !self.is_unchanged(message).await {
                return (unsent(), None, Heard::Nothing);
            }
            self.at_its_pace(message, tenant, turn).await;
            // The list of templates, the store and the token took their time. After these lines nothing waits.
            if let Some(input) = self.in_vain(&message.message, tenant, attempting) {
                return (input, None, Heard::Nothing);
            }
            // Others may send it by now, or have heard from its recipient what is not known here.
            if !stay.holds() {
                warn!(id = %message.message.reference, tenant = %tenant.name, "not sent: this gateway was away from the store for too long");
                return (unsent(), None, Heard::Nothing);
            }
            let sent = self.limits.now();
            let began = self.begins(message.message.reference);
            let (answer, proof) = match proved {
                Ok(proof) => {
                    info!(id = %message.message.reference, tenant = %tenant.name, to = %message.message.to, attempt = message.message.life.attempts + 1, "dispatched");
                    faults::reached(Point::SendOut);
                    (self.outbound.send(prepared).await, proof)
                }
                Err(problem) => return (Input::Answered(without_proof(&problem)), None, Heard::Silence),
            };
            let attempt = || Stretch::Send { attempt: message.message.life.attempts + 1, http: answer.http };
            self.ends((message.message.reference, &tenant.name), began, answer.class != Class::Success, attempt);
            if outcall.auth.renews(&answer, refused.is_some()) {
                refused = Some(proof);
                continue;
            }
            match self.judge(message, tenant, leg, &answer, refused.is_some()) {
                Sent::Renew => refused = Some(proof),
                Sent::Settled { outcome, provider_id } => {
                    self.note_trouble(message, tenant, &answer, &outcome);
                    self.slow_down(message, tenant, &answer, &outcome, sent);
                    let heard = heard(&answer, &outcome);
                    return (Input::Answered(outcome), provider_id, heard);
                }
            }
        }
    }

    /// Why a call that is ready need not begin any more.
    pub(super) fn in_vain(&self, message: &NewMessage, tenant: &Tenant, attempting: &Attempting<'_>) -> Option<Input> {
        let opted_out = self.opted_out(message, tenant);
        if opted_out {
            return Some(Input::OptedOut);
        }
        let late = self.ambient.now() >= message.life.expires;
        if late {
            return Some(Input::Due);
        }
        if self.store.is_paused(&message.lane, message.campaign.as_deref()) {
            return Some(unsent());
        }
        attempting.is_overtaken().then(unsent)
    }

    /// Whether nothing happened to the message since it was read; if nobody can say, no.
    async fn is_unchanged(&self, message: &Message) -> bool {
        let now = self.store.message(message.message.reference).await;
        now.is_ok_and(|now| now.is_some_and(|now| now.revision == message.revision))
    }

    fn judge(&self, message: &Message, tenant: &Tenant, leg: &SendLeg, answer: &Answer, renewed: bool) -> Sent {
        let now = self.ambient.now();
        let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
        // Seldom does an answer mean something else for another message.
        let value = Some(leg)
            .filter(|leg| leg.call.asks_after(&["message", "number"]))
            .map(|_| decode(&message.message.body, &arena));
        let value = value.and_then(Result::ok).unwrap_or(Value::Null);
        outcome(leg, tenant, value, (answer, renewed), &facts, &arena, now)
    }

    /// A provider that says "too fast" is sent less for a while: from this number, or, where the mapping would have its
    /// account stop, from all of the account's.
    fn slow_down(&self, message: &Message, tenant: &Tenant, answer: &Answer, outcome: &Outcome, sent: Duration) {
        let (after, failure) = match outcome {
            Outcome::Again { after, failure } => (*after, failure),
            Outcome::Doubt { failure } | Outcome::Hold { failure } | Outcome::Refused { failure } => (None, failure),
            Outcome::Taken => return,
        };
        if answer.http != Some(TOO_MANY_REQUESTS) && failure.reason != Reason::Throttled {
            return;
        }
        let number = message.message.lane.from.as_str();
        let (key, scope) = match failure.stop {
            // Too much for that person says nothing of the number's pace.
            Some(StopScope::Recipient) => return,
            Some(StopScope::Account) => (keys::account(tenant.account()), "account"),
            Some(StopScope::Number) | None => (keys::number(tenant.provider.name.as_str(), number), "number"),
        };
        if let Some(Turned::Down(percent)) = self.limits.throttled(&key, sent, after) {
            warn!(tenant = %tenant.name, number, scope, percent, "the provider says too fast: slowed down");
        }
    }

    fn note_trouble(&self, message: &Message, tenant: &Tenant, answer: &Answer, outcome: &Outcome) {
        if answer.class != Class::Success {
            let id = message.message.reference;
            warn!(%id, tenant = %tenant.name, http = answer.http, class = answer.class.as_str(), trouble = answer.trouble.as_deref(), outcome = kind(outcome), "the provider did not take it");
        }
    }
}

/// Whoever leaves messages in doubt is not there for the next ones either.
const fn heard(answer: &Answer, outcome: &Outcome) -> Heard {
    match outcome {
        Outcome::Doubt { .. } => Heard::Silence,
        _ if answer.http.is_none() => Heard::Silence,
        _ => Heard::Answer,
    }
}

/// The message was changed after its attempt was recorded, so its life says what follows: this attempt was none.
fn unsent() -> Input {
    Input::Answered(Outcome::Again { after: None, failure: Failure::ours(Reason::Unknown, None) })
}

/// Nothing was sent: later where a token cannot be had now, else the operator must look.
fn without_proof(problem: &AuthError) -> Outcome {
    let failure = |reason| Failure::ours(reason, Some(problem.to_string()));
    match problem {
        AuthError::NoTokenNow { after, .. } => {
            Outcome::Again { after: *after, failure: failure(Reason::ProviderUnavailable) }
        }
        _ => Outcome::Hold { failure: failure(Reason::Unauthenticated) },
    }
}

/// What a settled attempt means for its lane.
fn after(settled: Option<Settled>) -> After {
    settled.map_or_else(After::default, |settled| After {
        again: settled.message.message.life.phase == Phase::Queued,
        hold: settled.step.hold,
        stop: settled.step.stop.filter(|scope| *scope != StopScope::Recipient),
        heard: Heard::Nothing,
    })
}

fn decode<'a>(body: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, Refusal> {
    codec::decode(Format::Json, body, arena).map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))
}

/// What an outcome is, without the failure's texts.
const fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "taken",
        Outcome::Again { .. } => "again",
        Outcome::Doubt { .. } => "in doubt",
        Outcome::Hold { .. } => "held",
        Outcome::Refused { .. } => "refused",
    }
}
