//! What became of a message, told to its platform: the words that are said, and the calls that say them.

use super::super::found::Found;
use super::{Came, Scene, calls};
use crate::delivery::{self, Input, Life, Phase, Report};
use crate::legs::report::sayings;
use crate::model::{Event, Status};
use crate::value::{Tree, Value};
use crate::yaml::Node;

pub(super) fn event<'a>(scene: &Scene<'a>, node: &Node) -> Came<'a> {
    let event = read(scene, node)?;
    let message = scene.given.message.tree().unwrap_or_default();
    let message = scene.arena.alloc(message).view(scene.arena);
    let mut found = Found::of("status");
    let mut made = Vec::new();
    if let Some(report) = reported(scene, &event) {
        let event = scene.arena.alloc(told(event, &report));
        let said = sayings(scene.tenant, message, event, &scene.given.said, scene.arena, scene.facts, scene.given.now);
        match said {
            Ok(said) => {
                said.unsaid.iter().for_each(|(_, refusal)| found.refused(refusal));
                let named = said.words.into_iter().flat_map(|saying| saying.calls);
                let legs = scene.tenant.platform.platform();
                let plans = legs.map_or(&[][..], |legs| &legs.status_calls);
                made = calls::make(scene, plans, message, named, &mut found)?;
            }
            Err(refusal) => found.refused(&refusal),
        }
    }
    found.set("calls", Value::List(scene.arena.alloc_slice_copy(&made)));
    Ok(found)
}

/// The event of the case; which message it is of need not be said.
fn read(scene: &Scene<'_>, node: &Node) -> Result<Event, Box<crate::diagnostic::Diagnostic>> {
    let Some(Tree::Map(members)) = scene.trees.read(node)?.tree() else {
        return Err(scene.trees.problem("SB0608", node.span, "an event is a map"));
    };
    let mut members = members.into_vec();
    if !members.iter().any(|(name, _)| matches!(&**name, "provider_id" | "ref")) {
        members.push(("provider_id".into(), Tree::from_text("case")));
    }
    let tree = Tree::Map(members.into());
    Event::read(tree.view(scene.arena)).map_err(|refusal| {
        let text = refusal.said();
        scene.trees.problem("SB0608", node.span, format!("this is no event of the model: {text}"))
    })
}

/// What the life of a message that the provider took makes of the news; a failure that is held has waited.
fn reported(scene: &Scene<'_>, event: &Event) -> Option<Report> {
    let now = scene.given.now;
    let policy = &scene.tenant.delivery.policy;
    let life =
        Life { phase: Phase::Submitted, attempts: 1, ..Life::new(now.after(scene.tenant.delivery.expire_after)) };
    let news = Input::News { status: event.status, failure: event.failure.clone(), at: event.at };
    let step = delivery::step(&life, &news, policy, now, 0);
    if step.report.is_some() || event.status != Some(Status::Failed) {
        return step.report;
    }
    let wake = step.life.wake?;
    delivery::step(&step.life, &Input::Due, policy, wake, 0).report
}

/// The event as the report tells it.
fn told(mut event: Event, report: &Report) -> Event {
    event.status = Some(report.status);
    event.at = report.at;
    event.failure.clone_from(&report.failure);
    event
}
