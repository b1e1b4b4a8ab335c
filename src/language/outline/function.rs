//! What functions make of an outline, where more is known than the type in their table.

use std::ops::Range;

use super::{ANYTHING, Kinds, Known, Next, OutlineId, Outlines};
use crate::functions::{Function, Type};
use crate::language::expression::Argument;
use crate::value::Tree;

/// A template as it is listed.
pub const LISTED: Known = Known::Map(&[
    ("id", Known::TEXT),
    ("name", Known::TEXT),
    ("language", Known::TEXT),
    ("status", Known::TEXT),
    ("category?", Known::TEXT),
    ("parameter_format?", Known::TEXT),
    ("components?", Known::LIST),
]);

/// A synced template, with what `template(…)` adds.
const TEMPLATE: Known = Known::With(
    &LISTED,
    &[("variables", Known::INTEGER), ("header?", SECTION), ("body?", SECTION), ("buttons", BUTTONS), ("cards", CARDS)],
);
const SECTION: Known = Known::Map(&[("format?", Known::TEXT), ("text?", Known::TEXT), ("variables", Known::INTEGER)]);
const BUTTONS: Known =
    Known::List(&Known::Map(&[("index", Known::INTEGER), ("type", Known::TEXT), ("dynamic", Known::BOOLEAN)]));
const CARDS: Known = Known::List(&Known::Map(&[("header?", SECTION), ("body?", SECTION), ("buttons", BUTTONS)]));

impl Outlines {
    /// The outline of what a function yields.
    pub(in crate::language) fn after(
        &mut self,
        function: &Function,
        arguments: &[(Argument, Range<usize>)],
        input: OutlineId,
    ) -> OutlineId {
        let next = match function.name {
            "nonempty" => return input,
            "template" => return self.known(&TEMPLATE),
            "first" | "last" => self.item(input),
            "list" if self.flat(input).kinds == Kinds::LIST => return input,
            "list" if !self.flat(input).kinds.meets(Kinds::LIST) => return self.list(input),
            "get" => match arguments {
                [(Argument::Literal(Tree::Text(name)), _)] => self.member(input, name),
                _ => Next::Open,
            },
            _ if function.gives == Type::Any => Next::Open,
            _ => return self.of(Kinds::of(function.gives)),
        };
        if let Next::Found { outline, .. } = next { outline } else { ANYTHING }
    }
}
