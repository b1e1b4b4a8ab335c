//! A refusal, whatever led to it: the party told no in its own words. Most reasons are the gateway's own (a queue that is
//! full, an address that is not allowed), and no request of a case would come to them.

use super::super::found::Found;
use super::{Came, Scene};
use crate::language::World;
use crate::legs::{Refused, answer};
use crate::model::{Reason, Refusal};
use crate::value::{Tree, Value};
use crate::yaml::Node;

pub(super) fn refused<'a>(scene: &Scene<'a>, node: &Node) -> Came<'a> {
    let wrong = |text: String| scene.trees.problem("SB0608", node.span, text);
    let Some(error @ Tree::Map(_)) = scene.trees.read(node)?.tree() else {
        return Err(wrong("an error is a map with its `reason`".to_owned()));
    };
    let arena = scene.arena;
    let error = arena.alloc(error).view(arena);
    let reason = error.text("reason").unwrap_or_default();
    let reason: Reason = reason.parse().map_err(|_| wrong(format!("`{reason}` is no reason")))?;
    let cause = error.text("cause");
    let cause = cause.map(|cause| {
        let known = ["missing", "stale", "wrong"].into_iter().find(|known| *known == cause);
        known.ok_or_else(|| wrong(format!("`{cause}` is no cause: one of missing, stale, wrong")))
    });
    let seconds = error.get("retry_after").and_then(|seconds| match seconds {
        Value::Number(seconds) => u32::try_from(seconds.as_i64()?).ok(),
        _ => None,
    });
    let refused = Refused {
        cause: cause.transpose()?,
        retry_after: seconds,
        ..Refusal { text: error.text("text").map(str::to_owned), ..reason.into() }.into()
    };
    let mapping = scene.tenant.mapping(scene.party);
    let mut world = World::new(arena, &mapping.module, scene.facts, scene.given.now);
    scene.tenant.enter(scene.party, false, &mut world);
    let mut found = Found::of("refused");
    found.refused(&refused.refusal);
    found.reply(&answer::refuse(arena.alloc(world), mapping, &[arena.alloc(refused)], None), arena);
    Ok(found)
}
