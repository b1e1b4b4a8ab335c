//! A message to the provider: attempts as the answers allow, each judged and settled by the life of a message.

use super::super::compare::note;
use super::super::found::{Found, call};
use super::super::payload::answers;
use super::{Came, Scene, prove};
use crate::delivery::{self, Input, Life, Outcome, Phase};
use crate::diagnostic::{Diagnostic, Span};
use crate::legs::send::{Sent, outcome, request};
use crate::legs::{Knowledge, NoCall};
use crate::mapping::SendLeg;
use crate::model::wire::Answer;
use crate::model::{Failure, Kind, Known, Message, Reason};
use crate::value::{Arena, Number, Timestamp, Tree, Value};
use crate::yaml::Node;

/// Delays are drawn; in a case they are always the same.
const JITTER: u16 = 0;

/// One message on its way.
struct Sending<'a, 's> {
    scene: &'s Scene<'a>,
    leg: &'a SendLeg,
    message: Value<'a>,
    answers: &'a [(Answer, Span)],
    used: usize,
    life: Life,
    now: Timestamp,
    held: bool,
    calls: Vec<Value<'a>>,
    failure: Option<Failure>,
    provider_id: Option<String>,
}

pub(super) fn send<'a>(scene: &Scene<'a>, node: Option<&Node>) -> Came<'a> {
    let case = scene.case;
    let Some(leg) = scene.tenant.provider.provider().and_then(|legs| legs.send.as_ref()) else {
        return Err(scene.trees.problem("SB0609", case.span, "the mapping has no `send` for a message to go over"));
    };
    let answers = scene.arena.alloc(answers(scene.trees, case.answers.as_ref())?);
    let now = scene.given.now;
    let mut sending = Sending {
        scene,
        leg,
        message: message(scene, node)?,
        answers,
        used: 0,
        life: Life::new(now.after(scene.tenant.delivery.expire_after)),
        now,
        held: false,
        calls: Vec::new(),
        failure: None,
        provider_id: None,
    };
    let mut found = Found::of("send");
    sending.run(&mut found);
    found.set("calls", Value::List(scene.arena.alloc_slice_copy(&sending.calls)));
    found.set("send", sending.view());
    Ok(found)
}

/// The stored message: that of `given`, with the stimulus laid over it. What the gateway adds is added.
fn message<'a>(scene: &Scene<'a>, node: Option<&Node>) -> Result<Value<'a>, Box<Diagnostic>> {
    let mut wanted = scene.given.message.clone();
    if let Some(node) = node {
        wanted = wanted.under(scene.trees.read(node)?);
    }
    let span = node.map_or(scene.case.span, |node| node.span);
    let Some(Tree::Map(members)) = wanted.tree() else {
        return Err(scene.trees.problem("SB0608", span, "a message is a map"));
    };
    let mut members = members.into_vec();
    let has = |members: &[(Box<str>, Tree)], name: &str| members.iter().any(|(known, _)| **known == *name);
    let kind = Kind::ALL.into_iter().find(|kind| has(&members, kind.as_str()));
    for (name, value) in [("id", Some("case")), ("ref", Some("m-case")), ("kind", kind.map(Kind::as_str))] {
        if let Some(value) = value.filter(|_| !has(&members, name)) {
            members.push((name.into(), Tree::from_text(value)));
        }
    }
    let tree: &Tree = scene.arena.alloc(Tree::Map(members.into()));
    let read = Message::stored(tree.view(scene.arena), scene.arena);
    read.map(|message| message.value).map_err(|refusal| {
        let text = refusal.said();
        scene.trees.problem("SB0608", span, format!("this is no message of the model: {text}"))
    })
}

impl<'a> Sending<'a, '_> {
    fn run(&mut self, found: &mut Found<'a>) {
        loop {
            if let Some(input) = self.before() {
                self.step(&input);
                break;
            }
            match self.attempt(found) {
                Some(outcome) => {
                    self.step(&Input::Begin);
                    self.step(&Input::Answered(outcome));
                }
                None => break,
            }
            if self.used == self.answers.len() || !self.again() {
                break;
            }
        }
        if self.used < self.answers.len() && found.notes.is_empty() {
            let (expected, made) = (format!("{} used", self.answers.len()), format!("{} used", self.used));
            found.notes.push(note("answers", expected, made, self.answers[self.used].1));
        }
    }

    /// The next attempt is due: what waits has waited.
    fn again(&mut self) -> bool {
        while let Some(wake) = self.life.wake {
            self.now = self.now.max(wake);
            self.step(&Input::Due);
            if self.life.phase.is_final() {
                break;
            }
        }
        self.life.phase == Phase::Queued
    }

    fn step(&mut self, input: &Input) {
        let step = delivery::step(&self.life, input, &self.scene.tenant.delivery.policy, self.now, JITTER);
        self.life = step.life;
        self.held = step.hold;
    }

    /// What is found before anything goes out.
    fn before(&self) -> Option<Input> {
        let text = |name: &str| self.message.text(name).unwrap_or_default();
        let (from, to) = (text("from"), text("to"));
        if crate::functions::Facts::is_suppressed(self.scene.facts, to, from) {
            return Some(Input::OptedOut);
        }
        if self.scene.tenant.number(from).is_none() {
            return Some(Input::Unsendable(Failure::ours(Reason::UnknownSender, None)));
        }
        let template = self.message.get("template")?;
        let (name, language) = (template.text("name")?, template.get("language")?.text("code")?);
        match self.scene.facts.known(name, language, from) {
            Known::Missing => {
                Some(Input::Unsendable(Failure::ours(Reason::TemplateMissing, Some(format!("{name} in {language}")))))
            }
            _ => None,
        }
    }

    /// One attempt: the call, and once more with fresh credentials where the answer asks for it.
    fn attempt(&mut self, found: &mut Found<'a>) -> Option<Outcome> {
        let Self { scene, leg, message, answers, now, .. } = *self;
        let mut renewed = false;
        loop {
            let outcall = match request(leg, scene.tenant, message, scene.facts, scene.arena, now) {
                Ok(outcall) => outcall,
                Err(NoCall::NotWanted | NoCall::NoCredential) => {
                    self.held = true;
                    found.why = Some("the tenant has no credential for the call, or it is not wanted".to_owned());
                    return None;
                }
                Err(NoCall::Refused(refusal)) => {
                    found.refused(&refusal);
                    let failure = Failure::ours(refusal.reason, refusal.text);
                    self.failure = Some(failure.clone());
                    self.step(&Input::Unsendable(failure));
                    return None;
                }
            };
            let prepared = match prove(&outcall, renewed, now) {
                Ok(prepared) => prepared,
                // Without a call no answer is used: going on would never end.
                Err(problem) => {
                    self.held = true;
                    self.failure = Some(Failure::ours(Reason::Unauthenticated, Some(problem.to_string())));
                    return None;
                }
            };
            self.calls.push(call(None, &prepared, None, scene.arena));
            self.schema(&prepared.body, found);
            let Some((answer, _)) = answers.get(self.used) else {
                if self.used > 0 {
                    found.notes.push(note("answers", "one more", "no more", scene.case.span));
                }
                return None;
            };
            self.used += 1;
            if outcall.auth.renews(answer, renewed) {
                renewed = true;
                continue;
            }
            match outcome(leg, scene.tenant, message, (answer, renewed), scene.facts, scene.arena, now) {
                Sent::Renew => renewed = true,
                Sent::Settled { outcome, provider_id } => {
                    self.note(&outcome, provider_id);
                    return Some(outcome);
                }
            }
        }
    }

    fn note(&mut self, outcome: &Outcome, provider_id: Option<String>) {
        self.provider_id = provider_id.or_else(|| self.provider_id.take());
        match outcome {
            Outcome::Taken => {}
            Outcome::Again { failure, .. }
            | Outcome::Doubt { failure }
            | Outcome::Hold { failure }
            | Outcome::Refused { failure } => self.failure = Some(failure.clone()),
        }
    }

    fn schema(&self, body: &[u8], found: &mut Found<'a>) {
        let arena = Arena::new();
        let Ok(body) = crate::codec::decode(crate::codec::Format::Json, body, &arena) else { return };
        let (schema, path) = (self.leg.call.schema.as_ref(), format!("calls[{}].body", self.calls.len() - 1));
        self.scene.schemas.check(schema, body, &path, self.scene.case.expect.span, &mut found.notes);
    }

    /// As `expect.send` reads it.
    fn view(&self) -> Value<'a> {
        let arena = self.scene.arena;
        let outcome = match self.life.phase {
            _ if self.held => "held",
            Phase::Queued | Phase::Sending => "queued",
            Phase::InDoubt => "in_doubt",
            Phase::Submitted => "sent",
            Phase::Rejected | Phase::Failed | Phase::Expired => "failed",
            Phase::Suppressed => "suppressed",
        };
        let mut members = vec![
            ("outcome", Value::Text(outcome)),
            ("attempts", Value::Number(Number::from(i64::from(self.life.attempts)))),
        ];
        members.extend(self.provider_id.as_ref().map(|id| ("provider_id", Value::Text(arena.alloc_str(id)))));
        members.extend(self.failure.as_ref().map(|failure| ("failure", failure_view(failure, arena))));
        Value::Map(arena.alloc_slice_copy(&members))
    }
}

fn failure_view<'a>(failure: &Failure, arena: &'a Arena) -> Value<'a> {
    let failure: &'a Failure = arena.alloc(failure.clone());
    failure.view(arena)
}
