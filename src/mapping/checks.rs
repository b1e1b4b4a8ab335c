//! `checks:`: what a request must be, and what it is told if it is not.

use super::answer::{self, AnswerPlan};
use super::fields::{Fields, Reader};
use crate::language::{Compiler, Program, ScopeBuilder};
use crate::model::Reason;
use crate::shape;
use crate::yaml::Node;

/// One of `checks:`.
#[derive(Debug)]
pub struct Check {
    /// Holds: it stops the request (unless `unless`). Absent: always.
    pub when: Option<Program>,
    /// Holds: it does not.
    pub unless: Option<Program>,
    /// What is said then.
    pub says: Says,
    /// It reads what differs from item to item, so it is asked of every item.
    pub per_item: bool,
}

/// What a check says to a request that it stops.
#[derive(Debug)]
pub enum Says {
    /// No.
    Refuse {
        /// The reason.
        reason: Reason,
        /// For people.
        text: Option<Program>,
        /// Extra members of `$.error`.
        with: Option<Program>,
    },
    /// This, and nothing else happens.
    Answer(AnswerPlan),
}

impl Check {
    /// Every program of it.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Program> {
        let says = match &self.says {
            Says::Refuse { text, with, .. } => [text.as_ref(), with.as_ref(), None],
            Says::Answer(plan) => plan.parts(),
        };
        [self.when.as_ref(), self.unless.as_ref()].into_iter().chain(says).flatten()
    }
}

/// Reads one check.
pub(super) fn check(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    node: &Node,
) -> Option<Check> {
    let fields = Fields::read(reader, node, &shape::CHECK);
    if fields.get("when").or_else(|| fields.get("unless")).is_none() {
        reader.error("SB0310", node.span, "this check would refuse everything", "add `when:` or `unless:`");
    }
    let mut condition = |name: &str| fields.get(name).map(|node| scope.check(compiler, node, name == "unless"));
    let (when, unless) = (condition("when"), condition("unless"));
    let decided = |name: &str, value: bool| fields.get(name).filter(|node| node.as_bool() == Some(value));
    if let Some(node) = decided("when", false).or_else(|| decided("unless", true)) {
        reader.warning("SB0231", node.span, "this check never refuses", "remove it, or write its condition");
    }
    if let Some(when) = fields.get("when") {
        scope.compared(when);
    }
    if let (None, Some(unless)) = (&when, fields.get("unless")) {
        // Whoever passes has it.
        scope.learn(compiler, unless);
    }
    let says = says(reader, compiler, scope, fields, node)?;
    let mut check = Check { when, unless, says, per_item: false };
    let per_item = check.programs().any(Program::varies);
    check.per_item = per_item;
    if check.per_item && matches!(check.says, Says::Answer(_)) {
        reader.error(
            "SB0322",
            node.span,
            "a check that answers speaks for the whole request, and this one reads what differs from item to item",
            "let it read the request only, or `refuse` single items",
        );
    }
    Some(check)
}

fn says(
    reader: &mut Reader,
    compiler: &mut Compiler<'_>,
    scope: &mut ScopeBuilder,
    fields: Fields<'_>,
    node: &Node,
) -> Option<Says> {
    let mut tree = |name: &str| fields.get(name).map(|node| scope.tree(compiler, node));
    match (fields.get("refuse"), fields.get("answer")) {
        (Some(word), None) => {
            let (text, with) = (tree("text"), tree("with"));
            Some(Says::Refuse { reason: reason(reader, word)?, text, with })
        }
        (None, Some(plan)) => {
            for part in ["text", "with"] {
                if let Some(node) = fields.get(part) {
                    let text = format!("`{part}` belongs to `refuse`");
                    reader.error("SB0321", node.span, text, "put it into the answer's `body`");
                }
            }
            Some(Says::Answer(answer::answer(reader, compiler, scope, plan, &shape::ANSWER)))
        }
        (both, _) => {
            let what = if both.is_some() { "either refuses or answers" } else { "refuses or answers" };
            let help = "write `refuse: REASON`, or `answer: { http, headers, body }`";
            reader.error("SB0321", node.span, format!("a check {what}"), help);
            None
        }
    }
}

/// Reads a word of the closed list of reasons.
fn reason(reader: &mut Reader, node: &Node) -> Option<Reason> {
    let words: Vec<(&str, Reason)> = Reason::ALL.iter().map(|reason| (reason.as_str(), *reason)).collect();
    reader.word(node, "a reason", &words)
}
