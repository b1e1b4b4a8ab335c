//! [`Program`]: a compiled tree with what its loader may ask of it.

use super::lower::Found;
use super::plan::{Expression, Leaf, Plan};
use crate::diagnostic::Span;
use crate::value::Tree;

/// A name and the first member read of it.
pub(super) type Reading = (Box<str>, Box<str>);

/// What a function that asks the gateway reads, by the function's name; no name of a scope can be this.
pub(super) const GATEWAY: &str = "the gateway";

/// A compiled tree or expression.
#[derive(Debug)]
pub struct Program {
    pub(super) plan: Plan,
    /// Where its tree stands.
    pub(super) span: Span,
    reads: Box<[Reading]>,
    varies: bool,
}

/// Each once: names that read others twice would double them with each name.
pub(super) fn distinct(mut reads: Vec<Reading>) -> Vec<Reading> {
    reads.sort();
    reads.dedup();
    reads
}

impl Program {
    pub(super) fn new(plan: Plan, span: Span, found: Found) -> Self {
        Self { plan, span, reads: distinct(found.reads).into(), varies: found.varies }
    }

    /// Whether it reads what differs from item to item of a section's `each`.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.varies
    }

    /// A tree without expressions, as it will always be; `None` if it computes anything, or is `$omit`.
    #[must_use]
    pub fn constant(&self) -> Option<&Tree> {
        match &self.plan {
            Plan::Constant(constant) => Some(&constant.tree),
            Plan::Leaf(Leaf { expression: Expression::Literal(tree), .. }) => Some(tree),
            _ => None,
        }
    }

    /// Whether it is `$omit`: nothing, for every message.
    #[must_use]
    pub fn is_omit(&self) -> bool {
        matches!(self.plan, Plan::Omit)
    }

    /// Whether a function in it asks the gateway.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.reads.iter().any(|(root, _)| &**root == GATEWAY)
    }

    /// The members it reads, also through lets and named trees, sorted: `credentials` `api_key`. The member is empty
    /// where a name is read as a whole.
    #[must_use]
    pub fn reads(&self) -> &[(Box<str>, Box<str>)] {
        &self.reads
    }
}
