//! Calls to the platform that a status or a person's message leads to: each built as it would go out.

use super::super::compare::note;
use super::super::found::{Found, call};
use super::{Scene, prove};
use crate::codec::{self, Format};
use crate::legs::NoCall;
use crate::legs::report::request;
use crate::mapping::Call;
use crate::value::Value;

/// Builds every named call from its context. One that cannot be made fails the case: it would be parked.
pub(super) fn make<'a>(
    scene: &Scene<'a>,
    plans: &'a [Call],
    message: Value<'a>,
    named: impl IntoIterator<Item = (String, Vec<u8>)>,
    found: &mut Found<'a>,
) -> Vec<Value<'a>> {
    let arena = scene.arena;
    let now = scene.given.now;
    let mut made = Vec::new();
    for (place, (name, context)) in named.into_iter().enumerate() {
        let Some(plan) = plans.iter().find(|plan| plan.name == name) else { continue };
        let id: &'a str = arena.alloc_str(&(place + 1).to_string());
        let context = codec::decode(Format::Json, arena.alloc_slice_copy(&context), arena).unwrap_or(Value::Null);
        let why = match request(plan, scene.tenant, message, context, id, arena, scene.facts, now) {
            Ok(outcall) => match prove(outcall, now) {
                Ok(prepared) => {
                    schema(scene, plan, &prepared.body, made.len(), found);
                    made.push(call(Some(&plan.name), &prepared, arena));
                    continue;
                }
                Err(problem) => problem.to_string(),
            },
            Err(NoCall::NotWanted) => continue,
            Err(NoCall::NoCredential) => "the tenant has no credential for it".to_owned(),
            Err(NoCall::Refused(refusal)) => refusal.text.unwrap_or_else(|| refusal.reason.to_string()),
        };
        let span = scene.case.expect.span;
        found.notes.push(note(&format!("calls[{}]", made.len()), format!("the call `{name}`"), why, span));
    }
    made
}

fn schema(scene: &Scene<'_>, plan: &Call, body: &[u8], place: usize, found: &mut Found<'_>) {
    let arena = crate::value::Arena::new();
    let Ok(body) = codec::decode(Format::Json, body, &arena) else { return };
    let path = format!("calls[{place}].body");
    scene.schemas.check(plan.schema.as_ref(), body, &path, scene.case.expect.span, &mut found.notes);
}
