//! One outgoing call: a report, an inbound post, an opt-out. Made, judged, and done, repeated or parked.

use std::time::Duration;

use tracing::{info, warn};

use super::facts::TenantFacts;
use super::patience::Patience;
use super::{Fact, Flow, Stretch, Whose, Work};
use crate::auth::AuthError;
use crate::codec::{self, Format};
use crate::config::Tenant;
use crate::faults::{self, Point};
use crate::legs::call::{Judged, judge_by_class};
use crate::legs::report::{judged, request};
use crate::legs::{NoCall, Outcall};
use crate::mapping::{Call as Plan, Turn};
use crate::model::wire::{Answer, Class};
use crate::model::{Reason, Refusal};
use crate::store::{Call, CallStep, Line, Message, NewCall, Stay, StoreError};
use crate::value::{Arena, Value};

/// The longest delay of a call. Where the lane is in trouble and not the call, the lane waits, and the call soon goes
/// again once it need not.
const LONGEST: [Duration; 2] = [Duration::from_secs(900), Duration::from_secs(60)];

/// What a call, or an attempt to send, says of whoever is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: it was not made.
    #[default]
    Nothing,
    /// They are there, whatever they said.
    Answer,
    /// No whole answer came; of an attempt, none that says what became of it.
    Silence,
    /// The operator must look first: an address, a credential.
    Hold,
    /// They want to be left alone for so long.
    Rest(Duration),
}

/// How a call ended this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// Done, parked, or put off: the store knows.
    Settled(Heard),
    /// The store did not take it; the call is where it was.
    Unsettled,
}

impl Flow {
    /// Makes one call once, and settles it. `known`: its message, which then need not be read. `probe`: nobody answered the
    /// calls before it; one that is too old to be repeated is then given up without being made.
    pub async fn call(&self, call: &Call, known: Option<&Message>, probe: bool, stay: &Stay) -> CallEnd {
        match self.try_call(call, known, probe, stay).await {
            Ok(heard) => {
                faults::reached(Point::ReportSettled);
                CallEnd::Settled(heard)
            }
            Err(problem) => {
                warn!(call = call.call.name, tenant = %call.call.tenant, %problem, "the call could not be settled");
                CallEnd::Unsettled
            }
        }
    }

    async fn try_call(
        &self,
        call: &Call,
        known: Option<&Message>,
        probe: bool,
        stay: &Stay,
    ) -> Result<Heard, StoreError> {
        let snapshot = self.snapshot.load_full();
        let Some(tenant) = snapshot.tenant(call.call.tenant.as_str()) else {
            self.put_off(call, None, None, Heard::Nothing, "its tenant has no file now").await?;
            return Ok(Heard::Nothing);
        };
        let read = match call.call.message.filter(|_| known.is_none()) {
            Some(reference) => self.store.message(reference).await?,
            None => None,
        };
        let message = known.or(read.as_ref());
        // What a report says was decided under the version that its message was accepted under; one that was redriven may go by
        // the newest, which somebody mended.
        let then = message.filter(|_| !call.newest).and_then(|message| self.under(message, tenant));
        let tenant = then.as_deref().unwrap_or(tenant);
        let Some(plan) = plan(tenant, &call.call) else {
            let why = "the mapping no longer has this call".to_owned();
            self.settle_call(call, CallStep::Park { why }, "parked").await;
            return Ok(Heard::Nothing);
        };
        if probe && self.ambient.now().since(call.call.at) > plan.retry.span {
            let why = "given up: nobody answered in its time".to_owned();
            self.settle_call(call, CallStep::Park { why }, "parked").await;
            return Ok(Heard::Nothing);
        }
        self.make(call, plan, tenant, message, stay).await
    }

    async fn make(
        &self,
        call: &Call,
        plan: &Plan,
        tenant: &Tenant,
        message: Option<&Message>,
        stay: &Stay,
    ) -> Result<Heard, StoreError> {
        let mut refused = None;
        loop {
            let mut outcall = match self.prepare_call(call, plan, tenant, message) {
                Ok(outcall) => outcall,
                Err(NoCall::NotWanted) => {
                    self.settle_call(call, CallStep::Done, "not wanted").await;
                    return Ok(Heard::Nothing);
                }
                Err(NoCall::NoCredential) => {
                    let why = "the tenant has no credential for it yet";
                    return self.put_off(call, Some(plan), None, Heard::Hold, why).await;
                }
                Err(NoCall::Refused(refusal)) => return self.cannot(call, refusal, Heard::Nothing).await,
            };
            let proof = match self.prove(&outcall.auth, &mut outcall.prepared, refused).await {
                Ok(proof) => proof,
                Err(AuthError::NoTokenNow { why, after }) => {
                    let heard = after.map_or(Heard::Silence, Heard::Rest);
                    return self.put_off(call, Some(plan), after, heard, &format!("no token: {why}")).await;
                }
                Err(problem) => return self.put_off(call, Some(plan), None, Heard::Hold, &problem.to_string()).await,
            };
            // Whoever has the tenant now may have told this, and later news since, which this would put back.
            if !stay.holds() {
                return Err(StoreError::Failed("this gateway was away from the store for too long".to_owned()));
            }
            faults::reached(Point::ReportOut);
            let began = call.call.message.and_then(|message| Some((message, self.begins(message)?)));
            let answer = self.outbound.send(outcall.prepared).await;
            faults::reached(Point::ReportIn);
            if let Some((message, began)) = began {
                let report = || Stretch::Report { call: plan.name.clone(), http: answer.http };
                self.ends((message, &tenant.name), Some(began), answer.class != Class::Success, report);
            }
            if outcall.auth.renews(&answer, refused.is_some()) {
                refused = Some(proof);
                continue;
            }
            match self.judge_call(call, plan, tenant, message, &answer, refused.is_some()) {
                Ok(Judged::Good) => {
                    info!(id = call.call.message.map(tracing::field::display), tenant = %tenant.name, call = plan.name, "report posted");
                    self.note_call(call, Fact::Told(call.call.name.clone()));
                    self.settle_call(call, CallStep::Done, &format!("posted · {}", answer.told())).await;
                    return Ok(Heard::Answer);
                }
                Ok(Judged::Bad(Turn::Renew)) => refused = Some(proof),
                Ok(Judged::Bad(Turn::Again | Turn::InDoubt)) => {
                    let after = answer.retry_after(self.ambient.now());
                    return self.put_off(call, Some(plan), after, heard(&answer, after), &answer.told()).await;
                }
                Ok(Judged::Bad(Turn::Hold)) => {
                    warn!(tenant = %tenant.name, call = plan.name, http = answer.http, "held: the operator must look at the address or the credential");
                    return self.put_off(call, Some(plan), None, Heard::Hold, &answer.told()).await;
                }
                Ok(Judged::Bad(Turn::Final)) => {
                    let (why, how) = (format!("refused: {}", answer.told()), format!("refused · {}", answer.told()));
                    self.settle_call(call, CallStep::Park { why }, &how).await;
                    return Ok(Heard::Answer);
                }
                Err(refusal) => return self.cannot(call, refusal, Heard::Answer).await,
            }
        }
    }

    /// The mapping cannot make it, or cannot tell what came of it.
    async fn cannot(&self, call: &Call, refusal: Refusal, heard: Heard) -> Result<Heard, StoreError> {
        let why = refusal.said();
        self.settle_call(call, CallStep::Park { why }, "parked").await;
        Ok(heard)
    }

    pub(super) fn prepare_call(
        &self,
        call: &Call,
        plan: &Plan,
        tenant: &Tenant,
        message: Option<&Message>,
    ) -> Result<Outcall, NoCall> {
        let now = self.ambient.now();
        let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
        let (message, context) = scope(call, message, &arena)?;
        let id = arena.alloc_str(&call.call.id.to_string());
        request(plan, tenant, message, context, id, &arena, &facts, now)
    }

    fn judge_call(
        &self,
        call: &Call,
        plan: &Plan,
        tenant: &Tenant,
        message: Option<&Message>,
        answer: &Answer,
        renewed: bool,
    ) -> Result<Judged, Refusal> {
        if let Some(judged) = judge_by_class(plan, answer, renewed) {
            return Ok(judged);
        }
        let (how, now) = ((answer, renewed), self.ambient.now());
        let (facts, arena) = (TenantFacts::new(self, tenant, now), Arena::new());
        let (message, context) = scope(call, message, &arena)?;
        let id = arena.alloc_str(&call.call.id.to_string());
        judged(plan, tenant, message, context, id, how, &arena, &facts, now)
    }

    /// Later, with growing, jittered delays; too old, it is parked.
    pub(super) async fn put_off(
        &self,
        call: &Call,
        plan: Option<&Plan>,
        asked: Option<Duration>,
        heard: Heard,
        why: &str,
    ) -> Result<Heard, StoreError> {
        let now = self.ambient.now();
        let span = plan.map_or(Duration::from_secs(86_400), |plan| plan.retry.span);
        let longest = LONGEST[usize::from(matches!(heard, Heard::Silence | Heard::Hold))];
        let doubled = Duration::from_secs(1 << call.attempts.min(10)).min(longest);
        let jitter = Duration::from_millis(u64::from(self.ambient.jitter())).mul_f64(doubled.as_secs_f64() / 4.0);
        let due = now.after((doubled + jitter).max(asked.unwrap_or_default()));
        let id = call.call.message.map(tracing::field::display);
        if due.since(call.call.at) > span {
            warn!(id, tenant = %call.call.tenant, call = call.call.name, attempts = call.attempts + 1, why, "given up, parked");
            self.settle_call(call, CallStep::Park { why: format!("given up: {why}") }, "parked").await;
            return Ok(heard);
        }
        warn!(id, tenant = %call.call.tenant, call = call.call.name, attempt = call.attempts + 1, why, "put off");
        self.settle_call(call, CallStep::Again { due }, &format!("put off · {why}")).await;
        self.tell(Work::Calls);
        Ok(heard)
    }

    fn note_call(&self, call: &Call, fact: Fact) {
        self.lately.note(Whose::Tenant(call.call.tenant.clone()), fact, self.ambient.now());
    }

    async fn settle_call(&self, call: &Call, step: CallStep, how: &str) {
        if !matches!(step, CallStep::Done) {
            self.note_call(call, Fact::Untold(call.call.name.clone(), how.to_owned()));
        }
        let line = Line { at: self.ambient.now(), text: format!("{} {how}", call.call.name) };
        if let CallStep::Park { why } = &step {
            warn!(id = call.call.message.map(tracing::field::display), tenant = %call.call.tenant, call = call.call.name, why, "call parked");
        }
        // A call that was made is not made again because the store is in trouble: the store is asked until it takes it.
        let mut patience = Patience::default();
        while let Err(problem) = self.store.settle_call(call.call.id, step.clone(), Some(line.clone())).await {
            warn!(call = call.call.name, tenant = %call.call.tenant, %problem, "the end of a call could not be stored, trying again");
            patience.wait().await;
        }
    }
}

/// What the tenant's mapping says of a call.
pub(super) fn plan<'t>(tenant: &'t Tenant, call: &NewCall) -> Option<&'t Plan> {
    let legs = tenant.platform.platform()?;
    let plans = if call.message.is_some() { &legs.status_calls } else { &legs.inbound_calls };
    plans.iter().find(|plan| plan.name == call.name)
}

/// What a bad answer says of whoever gave it, or did not.
const fn heard(answer: &Answer, after: Option<Duration>) -> Heard {
    match (answer.class, after) {
        (Class::Unreached | Class::Unanswered, _) => Heard::Silence,
        (_, Some(after)) => Heard::Rest(after),
        (_, None) => Heard::Answer,
    }
}

/// The message and the context of a call, decoded.
fn scope<'a>(
    call: &'a Call,
    message: Option<&'a Message>,
    arena: &'a Arena,
) -> Result<(Value<'a>, Value<'a>), Refusal> {
    let decode = |bytes: &'a [u8]| {
        codec::decode(Format::Json, bytes, arena)
            .map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))
    };
    let message = message.map(|message| decode(&message.message.body)).transpose()?.unwrap_or(Value::Null);
    Ok((message, decode(&call.call.context)?))
}
