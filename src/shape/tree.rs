//! The operators of trees, with the parts that may stand beside each.

use super::map::{Kind, Member};

/// An operator: a map with this key is a node.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// The operator's own key and what it holds.
    pub head: Member,
    /// The parts that may stand beside it.
    pub parts: &'static [Member],
    /// At least one of these is needed.
    pub needs_one: &'static [&'static str],
    /// What it yields.
    pub yields: &'static str,
}

impl Operator {
    const fn new(head: Member, parts: &'static [Member], yields: &'static str) -> Self {
        Self { head: head.required(), parts, needs_one: &[], yields }
    }

    /// The operator of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.head.name == name)
    }

    /// The names of its parts.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.parts.iter().map(|part| part.name)
    }
}

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

const NAMES: Kind = Kind::Named(&Kind::Tree);

/// All operators. `$omit` is a leaf, and `$file` stands only in cases.
pub static OPERATORS: &[Operator] = &[
    Operator {
        needs_one: &["then", "else"],
        ..Operator::new(
            member("$when", Kind::Condition, "the condition", "$.body.footer?"),
            &[
                member("then", Kind::Tree, "if it holds", "$.body.footer"),
                member("else", Kind::Tree, "if it does not", "none"),
            ],
            "the side chosen; an absent side is `$omit`",
        )
    },
    Operator::new(
        member("$match", Kind::Expression, "what is compared with the cases", "$.body.type"),
        &[
            member("cases", NAMES, "from values, compared as text, to trees", "{ text: $.body.text }").required(),
            member("else", Kind::Tree, "if no case fits", "$omit"),
        ],
        "the case; none that fits, and no `else`: refused as `malformed`, naming the path",
    ),
    Operator::new(
        member("$each", Kind::Expression, "the list", "\"$.body.values[*]\""),
        &[
            member("do", Kind::Tree, "what becomes of an item", "{ text: $.item }").required(),
            member("as", Kind::Text, "the item's name", "value").or("item"),
        ],
        "a list; the item is `$.item` (or the name that `as` gives), its place `$.index`. Inside a list \
             it splices; `$omit` items vanish, `$.index` still counts them",
    ),
    Operator::new(
        member("$use", Kind::Text, "the name of a tree under `use`", "component"),
        &[member("with", NAMES, "the names it sees", "{ component: $.item }")],
        "the named tree of `use`; it sees the names of `with` and those of everywhere. Each use gives \
             the same names",
    ),
    Operator::new(
        member(
            "$pipe",
            Kind::Tree,
            "the tree that is built first",
            "{ $each: \"$.body.buttons[*]\", do: $.item.label }",
        ),
        &[member("to", Kind::Pipe, "the functions, left to right", "number_keys | to_json").required()],
        "builds the tree, then applies functions; nothing drops the key",
    ),
    Operator::new(
        member("$text", Kind::Prose, "the template", "\"Hi {{name}}\""),
        &[member("with", NAMES, "the names it shows", "{ name: $.body.name }")],
        "one text by a Handlebars template of nothing but `{{names}}`; every name must hold something",
    ),
    Operator::new(
        member("$literal", Kind::Any, "the value", "$.not.read"),
        &[],
        "the value itself, whatever it looks like",
    ),
];
