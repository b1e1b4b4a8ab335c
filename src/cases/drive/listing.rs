//! The provider's listing of templates, page by page.

use super::super::compare::note;
use super::super::found::{Found, call};
use super::super::payload::answers;
use super::{Came, Scene, prove};
use crate::config::Number;
use crate::legs::NoCall;
use crate::legs::templates::{Listed, page, request};
use crate::mapping::{TemplatesLeg, Turn};
use crate::model::Template;
use crate::model::wire::Answer;
use crate::value::{Number as Count, Value};

/// A listing that never ends is cut here.
const PAGES: usize = 200;

pub(super) fn listing<'a>(scene: &Scene<'a>) -> Came<'a> {
    let case = scene.case;
    let legs = scene.tenant.provider.provider();
    let Some(leg) = legs.and_then(|legs| legs.templates.as_ref()) else {
        return Err(scene.trees.problem("SB0609", case.span, "the mapping has no `templates` to list"));
    };
    let Some(number) = scene.tenant.numbers.iter().find(|number| number.waba.is_some()) else {
        return Err(scene.trees.problem("SB0609", case.span, "no number of `given` has a `waba` to list templates of"));
    };
    let answers = &*scene.arena.alloc(answers(scene.trees, case.answers.as_ref())?);
    let mut found = Found::of("templates");
    let mut calls = Vec::new();
    let mut given = answers.iter();
    let mut next_answer = |call: Value<'a>| -> Option<&'a Answer> {
        calls.push(call);
        given.next().map(|(answer, _)| answer)
    };
    let listed = pages(scene, leg, number, &mut next_answer, &mut found);
    let left = given.count();
    if left > 0 {
        let (expected, made) = (format!("{} used", answers.len()), format!("{} used", answers.len() - left));
        found.notes.push(note("answers", expected, made, case.span));
    }
    found.set("calls", Value::List(scene.arena.alloc_slice_copy(&calls)));
    if let Some(listed) = listed {
        let count = Value::Number(Count::from(i64::try_from(listed.len()).unwrap_or(i64::MAX)));
        let templates: &'a [Template] = scene.arena.alloc(listed);
        let list = scene.arena.alloc_slice_fill_iter(templates.iter().map(|template| template.listed(scene.arena)));
        let members = [("count", count), ("list", Value::List(list))];
        found.set("templates", Value::Map(scene.arena.alloc_slice_copy(&members)));
    }
    Ok(found)
}

/// What it has; `None` where the list cannot be had.
fn pages<'a>(
    scene: &Scene<'a>,
    leg: &'a TemplatesLeg,
    number: &'a Number,
    answer: &mut dyn FnMut(Value<'a>) -> Option<&'a Answer>,
    found: &mut Found<'a>,
) -> Option<Vec<Template>> {
    let (mut listed, mut next, mut renewed) = (Vec::new(), None, false);
    for _ in 0..PAGES {
        let outcall = match request(leg, scene.tenant, number, next.as_ref(), scene.arena, scene.given.now) {
            Ok(outcall) => outcall,
            Err(NoCall::Refused(refusal)) => {
                found.refused(&refusal);
                return None;
            }
            Err(NoCall::NotWanted | NoCall::NoCredential) => {
                found.why = Some("the tenant has no credentials to ask with".to_owned());
                return None;
            }
        };
        let prepared = match prove(&outcall, renewed, scene.given.now) {
            Ok(prepared) => prepared,
            Err(problem) => {
                found.why = Some(problem.to_string());
                return None;
            }
        };
        let Some(answer) = answer(call(None, &prepared, None, scene.arena)) else {
            found.notes.push(note("answers", "one more", "no more", scene.case.span));
            return None;
        };
        if outcall.auth.renews(answer, renewed) {
            renewed = true;
            continue;
        }
        match page(leg, scene.tenant, number, answer, renewed, scene.arena, scene.given.now) {
            Ok(Listed::Page { templates, unreadable, next: following }) => {
                schema(scene, leg, answer, found);
                if unreadable > 0 {
                    found.why = Some(format!("{unreadable} of its items cannot be read"));
                }
                listed.extend(templates);
                next = following;
                renewed = false;
                if next.is_none() {
                    return Some(listed);
                }
            }
            Ok(Listed::Failed(Turn::Renew)) if !renewed => renewed = true,
            Ok(Listed::Failed(_)) => return None,
            Err(refusal) => {
                found.refused(&refusal);
                return None;
            }
        }
    }
    Some(listed)
}

/// An answer that was read must have the shape that the mapping declares.
fn schema(scene: &Scene<'_>, leg: &TemplatesLeg, answer: &Answer, found: &mut Found<'_>) {
    let arena = crate::value::Arena::new();
    let Ok(body) = crate::codec::decode(leg.call.decode, &answer.body, &arena) else { return };
    scene.schemas.check(leg.call.schema.as_ref(), body, "answers.body", scene.case.span, &mut found.notes);
}
