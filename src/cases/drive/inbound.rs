//! What a person wrote: the rule that fires, whether the person is suppressed then, and the calls that tell.

use super::super::compare::note;
use super::super::found::Found;
use super::section::refused;
use super::{Came, Scene, calls};
use crate::functions::Facts;
use crate::legs::Refused;
use crate::legs::inbound::{Action, Around, rule};
use crate::model::Inbound;
use crate::value::{Tree, Value};
use crate::yaml::Node;

pub(super) fn inbound<'a>(scene: &Scene<'a>, node: &Node) -> Came<'a> {
    let arena = scene.arena;
    let inbound: &Inbound = arena.alloc(read(scene, node)?);
    let view = |tree: &'a Option<Tree>| tree.as_ref().map(|tree| tree.view(arena));
    let around = Around { quoted: view(&scene.given.quoted), last: view(&scene.given.last) };
    let mut found = Found::of("inbound");
    let ruled = match rule(scene.tenant, inbound, around, arena, scene.facts, scene.given.now) {
        Ok(ruled) => ruled,
        Err(refusal) => {
            found.refused(&refusal);
            return Ok(found);
        }
    };
    let mut suppressed = scene.facts.is_suppressed(&inbound.from, &inbound.to);
    let mut named = Vec::new();
    let (mut messages, mut unmade) = (Vec::new(), Vec::new());
    for action in ruled.actions {
        match action {
            Action::Suppress => suppressed = true,
            Action::Release => suppressed = false,
            // Of the mapping: a tenant may have its own.
            Action::Reply(text) => found.set("reply", Value::Text(arena.alloc_str(&text))),
            Action::Send(Ok(answering)) => {
                let message: &'a Tree = arena.alloc(answering.message);
                messages.push(message.view(arena));
            }
            Action::Send(Err(refusal)) => {
                if scene.case.expect.get("errors").is_none() {
                    let why = refusal.clone().said();
                    found.notes.push(note("messages", "a message that is sent", why, scene.case.expect.span));
                }
                unmade.push(Refused::from(refusal));
            }
            Action::Call { name, context } => named.push((name, context)),
        }
    }
    let plans = scene.tenant.platform.platform().map_or(&[][..], |legs| &legs.inbound_calls);
    let made = calls::make(scene, plans, Value::Null, named, &mut found)?;
    if let Some(rule) = ruled.rule {
        found.set("rule", Value::Text(arena.alloc_str(&rule)));
    }
    refused(scene, &unmade, &mut found);
    found.set("messages", Value::List(arena.alloc_slice_copy(&messages)));
    found.set("suppressed", Value::Bool(suppressed));
    found.set("calls", Value::List(arena.alloc_slice_copy(&made)));
    Ok(found)
}

/// The inbound message of the case; its id and time need not be said.
fn read(scene: &Scene<'_>, node: &Node) -> Result<Inbound, Box<crate::diagnostic::Diagnostic>> {
    let Some(Tree::Map(members)) = scene.trees.read(node)?.tree() else {
        return Err(scene.trees.problem("SB0608", node.span, "an inbound message is a map"));
    };
    let mut members = members.into_vec();
    let now = scene.given.now.to_string();
    for (name, value) in [("id", "case"), ("at", &now)] {
        if !members.iter().any(|(known, _)| **known == *name) {
            members.push((name.into(), Tree::from_text(value)));
        }
    }
    let tree = Tree::Map(members.into());
    Inbound::read(tree.view(scene.arena)).map_err(|refusal| {
        let text = refusal.said();
        scene.trees.problem("SB0608", node.span, format!("this is no inbound message of the model: {text}"))
    })
}
