//! Calls to the platform that a status or a person's message leads to: each built as it would go out, and judged by the
//! answer that the case gives it.

use super::super::compare::note;
use super::super::found::{Found, call};
use super::super::payload::answers;
use super::{Scene, prove};
use crate::codec::{self, Format};
use crate::diagnostic::{Diagnostic, Span};
use crate::legs::call::Judged;
use crate::legs::report::{judged, request};
use crate::legs::{NoCall, Outcall};
use crate::mapping::{Call, Turn};
use crate::model::Refusal;
use crate::model::wire::Answer;
use crate::value::Value;

/// Builds every named call from its context. One that cannot be made is parked, and fails a case that expects no calls.
pub(super) fn make<'a>(
    scene: &Scene<'a>,
    plans: &'a [Call],
    message: Value<'a>,
    named: impl IntoIterator<Item = (String, Vec<u8>)>,
    found: &mut Found<'a>,
) -> Result<Vec<Value<'a>>, Box<Diagnostic>> {
    let arena = scene.arena;
    let answers: &'a [(Answer, Span)] = arena.alloc(answers(scene.trees, scene.case.answers.as_ref())?);
    let mut making = Making { scene, left: answers.iter(), made: Vec::new() };
    for (place, (name, context)) in named.into_iter().enumerate() {
        let Some(plan) = plans.iter().find(|plan| plan.name == name) else { continue };
        let id: &'a str = arena.alloc_str(&(place + 1).to_string());
        let context = codec::decode(Format::Json, arena.alloc_slice_copy(&context), arena).unwrap_or(Value::Null);
        if let Err(why) = making.call(plan, (message, context, id), found) {
            if scene.case.expect.get("calls").is_none() {
                let path = format!("calls[{}]", making.made.len());
                found.notes.push(note(&path, format!("the call `{name}`"), &*why, scene.case.expect.span));
            }
            let members = [("call", plan.name.as_str()), ("came", "parked"), ("why", arena.alloc_str(&why))];
            let members = members.map(|(key, value)| (key, Value::Text(value)));
            making.made.push(Value::Map(arena.alloc_slice_copy(&members)));
        }
    }
    if let Some((_, span)) = making.left.next() {
        let (all, used) = (answers.len(), making.made.len());
        found.notes.push(note("answers", format!("{all} used"), format!("{used} used"), *span));
    }
    Ok(making.made)
}

/// Calls on their way.
struct Making<'a, 's> {
    scene: &'s Scene<'a>,
    left: std::slice::Iter<'a, (Answer, Span)>,
    made: Vec<Value<'a>>,
}

impl<'a> Making<'a, '_> {
    /// Makes one call, and once more where its answer asks for fresh credentials.
    fn call(
        &mut self,
        plan: &'a Call,
        (message, context, id): (Value<'a>, Value<'a>, &'a str),
        found: &mut Found<'a>,
    ) -> Result<(), String> {
        let Scene { arena, tenant, facts, given, .. } = *self.scene;
        for renewed in [false, true] {
            let outcall: Outcall = match request(plan, tenant, message, context, id, arena, facts, given.now) {
                Ok(outcall) => outcall,
                Err(NoCall::NotWanted) => return Ok(()),
                Err(NoCall::NoCredential) => return Err("the tenant has no credential for it".to_owned()),
                Err(NoCall::Refused(refusal)) => return Err(refusal.said()),
            };
            let prepared = prove(&outcall, renewed, given.now).map_err(|problem| problem.to_string())?;
            schema(self.scene, plan, &prepared.body, self.made.len(), found);
            let answer = self.left.next().map(|(answer, _)| answer);
            if answer.is_some_and(|answer| outcall.auth.renews(answer, renewed)) {
                self.made.push(call(Some(&plan.name), &prepared, Some("renewed"), arena));
                continue;
            }
            let judged = answer.map(|answer| {
                let how = (answer, renewed);
                judged(plan, tenant, message, context, id, how, arena, facts, given.now).map_err(Refusal::said)
            });
            let came = judged.transpose()?.map(|judged| match judged {
                Judged::Good => "done",
                Judged::Bad(Turn::Renew) => "renewed",
                Judged::Bad(Turn::Again | Turn::InDoubt) => "again",
                Judged::Bad(Turn::Hold) => "held",
                Judged::Bad(Turn::Final) => "parked",
            });
            self.made.push(call(Some(&plan.name), &prepared, came, arena));
            if came != Some("renewed") {
                break;
            }
        }
        Ok(())
    }
}

fn schema(scene: &Scene<'_>, plan: &Call, body: &[u8], place: usize, found: &mut Found<'_>) {
    let arena = crate::value::Arena::new();
    let Ok(body) = codec::decode(Format::Json, body, &arena) else { return };
    let path = format!("calls[{place}].body");
    scene.schemas.check(plan.schema.as_ref(), body, &path, scene.case.expect.span, &mut found.notes);
}
