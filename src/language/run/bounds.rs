//! What one run may take. Passing a bound is a fault that names it, never a slow or a dead gateway.

use super::{Done, Fault, Run};
use crate::diagnostic::Span;
use crate::language::plan::Plan;
use crate::value::Value;

/// Plans, items and functions looked at in one run.
const STEPS: u32 = 100_000;
/// Trees, choices, lets and named trees inside of each other. Together with the bound on an expression's own depth
/// this bounds the stack.
const DEPTH: u32 = 64;
/// Items of a list that is made.
pub(super) const ITEMS: usize = 10_000;
/// Bytes that are written.
pub(super) const BYTES: usize = 1024 * 1024;

impl Run<'_> {
    /// One step further.
    #[inline]
    pub(super) fn step(&self, span: Span) -> Done<()> {
        let steps = self.world.steps.get() + 1;
        self.world.steps.set(steps);
        if steps > STEPS {
            return Err(Fault::malformed(format!("more than {STEPS} steps are needed"), span));
        }
        Ok(())
    }

    /// A step for each value that a name's own one is made of. What a name holds may stand in several places, so that a
    /// few names, each with the one before twice, would be more than a machine can write.
    pub(super) fn spread(&self, made_by: &Plan, value: Option<Value<'_>>, span: Span) -> Done<()> {
        match (made_by, value) {
            (Plan::Map(_) | Plan::List(_) | Plan::When(_) | Plan::Match(_) | Plan::Use(_), Some(value)) => {
                self.each_of(value, span)
            }
            _ => Ok(()),
        }
    }

    fn each_of(&self, value: Value<'_>, span: Span) -> Done<()> {
        match value {
            Value::List(items) => items.iter().try_for_each(|item| {
                self.step(span)?;
                self.each_of(*item, span)
            }),
            Value::Map(members) => members.iter().try_for_each(|(_, member)| {
                self.step(span)?;
                self.each_of(*member, span)
            }),
            _ => Ok(()),
        }
    }

    /// One level deeper. The place is asked for only if that is too deep.
    #[inline]
    pub(super) fn deeper(&self, span: impl FnOnce() -> Span) -> Done<Self> {
        let steps = self.world.steps.get() + 1;
        self.world.steps.set(steps);
        if steps > STEPS {
            return Err(Fault::malformed(format!("more than {STEPS} steps are needed"), span()));
        }
        if self.depth >= DEPTH {
            return Err(Fault::malformed(format!("nested deeper than {DEPTH}"), span()));
        }
        Ok(Self { depth: self.depth + 1, ..*self })
    }
}

/// Whether a list may take one item more.
pub(super) fn one_more(items: usize, span: Span) -> Done<()> {
    if items >= ITEMS {
        return Err(Fault::malformed(format!("a list of more than {ITEMS} items"), span));
    }
    Ok(())
}
