//! YAML nodes to plans: leaves are literals or expressions, a map with one operator key is a node, all else is itself.
//!
//! Start at [`Build::tree`](super::lower::Build). What computes nothing is folded here, so that a message pays only
//! for what differs from message to message.

mod choose;
mod compose;
mod ways;

use super::expression::is_expression;
use super::lower::{Build, Lowered, Made, ONE, WHOLE};
use super::outline::{ANYTHING, Kinds, Outline as Built};
use super::places::Kind;
use super::plan::{Constant, Expression, Leaf, Member, Plan};
use crate::diagnostic::Span;
use crate::shape::{OPERATORS, Operator};
use crate::value::Tree;
use crate::yaml::{Key, Node, Scalar, Shape, to_tree};

/// Trees may be nested this deep.
const DEEPEST: usize = 48;
/// Trees with the named trees around them, one within another: each is compiled where it is used first, and more than
/// a run would follow need not be followed here.
const DEEPEST_NAMED: usize = 128;

/// What a place says of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Refused, unless the expression has a `?`.
    Required,
    /// Taken: whoever reads the name decides.
    Free,
}

impl Build<'_, '_> {
    /// Compiles a tree.
    pub(super) fn tree(&mut self, node: &Node, place: Place) -> Plan {
        self.depth += 1;
        if self.depth > DEEPEST || self.around + self.depth > DEEPEST_NAMED {
            let text = match self.depth > DEEPEST {
                true => format!("trees are nested deeper than {DEEPEST}"),
                false => {
                    format!("trees are nested deeper than {DEEPEST_NAMED}, with the named trees that use this one")
                }
            };
            self.compiler.error("SB0223", text, node.span);
            self.depth -= 1;
            self.found().made = Made::of(ANYTHING);
            return Plan::Omit;
        }
        // Whoever builds a value says what it is; what does not is not known.
        self.found().made = Made::of(ANYTHING);
        let plan = match &node.shape {
            Shape::Scalar(Scalar::Text(text), _) if &**text == "$omit" => {
                self.found().made = Made { vanishes: true, ..Made::default() };
                Plan::Omit
            }
            Shape::Scalar(Scalar::Text(text), _) if is_expression(text) => self.leaf(node, place),
            Shape::Scalar(Scalar::Text(text), _) => {
                self.suspect(node, text);
                self.unfilled(node, text);
                self.literally(node)
            }
            Shape::Scalar(..) => self.literally(node),
            Shape::List(items) => self.list(items, node.span),
            Shape::Map(entries) => match entries.iter().find(|(key, _)| key.text.starts_with('$')) {
                Some((key, value)) => self.operator(entries, key, value, place),
                None => self.map(entries, node.span),
            },
        };
        self.depth -= 1;
        plan
    }

    /// A text that is itself, but looks as if it were meant otherwise.
    fn suspect(&mut self, node: &Node, text: &str) {
        let nearly = ["$omitt", "$omited", "$ommit", "$Omit", "$OMIT"].contains(&text);
        if nearly || (text.trim_start().len() < text.len() && is_expression(text.trim_start())) {
            let problem = crate::diagnostic::Diagnostic::warning("SB0212", "this text is itself, and is not computed");
            let problem = problem.at(&self.compiler.source, node.span);
            self.compiler.report(problem.help(if nearly {
                "nothing is written `$omit`"
            } else {
                "an expression begins with `$.`, without blanks before it"
            }));
        }
    }

    /// A text that holds what only `$text` fills in.
    fn unfilled(&mut self, node: &Node, text: &str) {
        if let Some(what) = filled(text) {
            let message = format!("this text is itself: `{what}` in it is not filled in");
            let problem =
                crate::diagnostic::Diagnostic::warning("SB0235", message).at(&self.compiler.source, node.span);
            let problem = problem.help("write { $text: \"Hello {{name}}\", with: { name: $.body.name } }");
            self.compiler.report(problem.help("if it is meant as it stands: { $literal: … }"));
        }
    }

    /// An expression at a place.
    fn leaf(&mut self, node: &Node, place: Place) -> Plan {
        let Some(syntax) = self.syntax(node) else { return Plan::Omit };
        let lowered = self.value(node, &syntax, WHOLE);
        if self.depth == 1 && place == Place::Free {
            let found = self.found();
            found.table = lowered.table;
            let plain = matches!(lowered.expression, Expression::Read(_));
            found.alias = plain.then(|| lowered.shown.clone().into());
        }
        self.found().made = self.made(&lowered);
        let required = place == Place::Required && !lowered.optional && !lowered.plural;
        if let Some(missing) = lowered.missing.as_ref().filter(|_| required) {
            self.unanswered(missing);
        }
        Plan::Leaf(Leaf {
            expression: lowered.expression,
            required: required.then(|| lowered.shown.into()),
            span: node.span,
            place: self.compiler.place(Kind::Expression, node.span),
        })
    }

    fn list(&mut self, items: &[Node], span: Span) -> Plan {
        let mut outlines = Vec::new();
        let mut plans = Vec::with_capacity(items.len());
        for item in items {
            plans.push(self.tree(item, Place::Required));
            let Some(outline) = self.found().made.outline else { continue };
            let spliced = matches!(plans.last(), Some(Plan::Each(_)));
            let inner = if spliced { self.compiler.outlines.flat(outline).items.unwrap_or(ANYTHING) } else { outline };
            outlines.push(inner);
        }
        let outline = self.compiler.outlines.one_of(outlines);
        self.found().made = Made::of(self.compiler.outlines.list(outline));
        let plans: Vec<Plan> = plans.into_iter().filter(|plan| !matches!(plan, Plan::Omit)).collect();
        if plans.iter().all(|plan| matches!(plan, Plan::Constant(_))) {
            let trees = plans.into_iter().filter_map(|plan| match plan {
                Plan::Constant(Constant { tree, .. }) => Some(tree),
                _ => None,
            });
            return Plan::constant(Tree::List(trees.collect()), span);
        }
        Plan::List(plans.into())
    }

    fn map(&mut self, entries: &[(Key, Node)], span: Span) -> Plan {
        let mut members = Vec::with_capacity(entries.len());
        let source = self.compiler.outlines.source(&self.compiler.source);
        let mut outline = Built { kinds: Kinds::MAP, sealed: true, ..Built::default() };
        outline.origin = entries.first().map(|(key, _)| (source, key.span));
        for (key, node) in entries {
            let plan = self.tree(node, Place::Required);
            let made = std::mem::take(&mut self.found().made);
            if let Some(id) = made.outline {
                outline.members.push((key.text.clone(), id, Some((source, key.span))));
                outline.required.extend((!made.vanishes).then(|| key.text.clone()));
            }
            if !matches!(plan, Plan::Omit) {
                members.push(member(&key.text, plan));
            }
        }
        self.found().made = Made::of(self.compiler.outlines.add(outline));
        if members.iter().all(|member| matches!(member.plan, Plan::Constant(_))) {
            let trees = members.into_iter().filter_map(|member| match member.plan {
                Plan::Constant(Constant { tree, .. }) => Some((member.key, tree)),
                _ => None,
            });
            return Plan::constant(Tree::Map(trees.collect()), span);
        }
        Plan::Map(members.into())
    }

    fn operator(&mut self, entries: &[(Key, Node)], key: &Key, value: &Node, place: Place) -> Plan {
        let Some(operator) = Operator::find(&key.text) else {
            self.unknown_operator(key);
            return Plan::Omit;
        };
        if !self.stands_alone(entries, key, &operator.parts().collect::<Vec<_>>()) {
            return Plan::Omit;
        }
        let part = |name: &str| entries.iter().find(|(key, _)| &*key.text == name).map(|(_, node)| node);
        match &*key.text {
            "$when" => self.when(key, value, part("then"), part("else"), place),
            "$match" => self.matched(key, value, part("cases"), part("else"), place),
            "$each" => self.each(key, value, part("do"), part("as")),
            "$use" => self.used(value, part("with")),
            "$pipe" => self.piped(key, value, part("to")),
            "$text" => self.prose(value, part("with")),
            _ => self.literally(value),
        }
    }

    /// A constant.
    fn literally(&mut self, node: &Node) -> Plan {
        let said = match node.scalar() {
            Some(Scalar::Text(text)) => Some((Kinds::TEXT, Some([text.clone()].into()))),
            Some(Scalar::Number(_)) => Some((Kinds::NUMBER, None)),
            Some(Scalar::Bool(_)) => Some((Kinds::BOOLEAN, None)),
            Some(Scalar::Null) | None => None,
        };
        let source = self.compiler.outlines.source(&self.compiler.source);
        let outline = said.map_or(ANYTHING, |(kinds, words)| {
            let origin = Some((source, node.span));
            self.compiler.outlines.add(Built { kinds, words, origin, ..Built::default() })
        });
        self.found().made = Made::of(outline);
        Plan::constant(to_tree(node), node.span)
    }

    fn unknown_operator(&mut self, key: &Key) {
        let name = key.text.clone();
        self.compiler.problem("SB0212", format!("there is no operator `{name}`"), key.span, |problem| {
            let problem = problem.did_you_mean(&name, OPERATORS.iter().map(|operator| operator.head.name));
            match &*name {
                "$if" | "$unless" | "$cond" => problem.help("a choice is `$when` with `then` and `else`"),
                "$switch" | "$case" => problem.help("a choice by value is `$match` with `cases` and `else`"),
                "$for" | "$foreach" | "$map" => problem.help("a list is made by `$each` with `do`"),
                "$concat" | "$join" => problem.help("texts are run together by `$text`, or by `$pipe` to `join(…)`"),
                "$omit" => problem.help("`$omit` stands alone, in place of a value"),
                "$file" => problem.help("`$file` is for `given` and `cases`"),
                _ => problem
                    .help("a key that begins with `$` is an operator; write it under `$literal` to have it as it is"),
            }
        });
    }

    /// An operator stands beside its own parts and nothing else.
    fn stands_alone(&mut self, entries: &[(Key, Node)], operator: &Key, parts: &[&str]) -> bool {
        let mut alone = true;
        for (key, _) in entries.iter().filter(|(key, _)| key.span != operator.span) {
            if parts.contains(&&*key.text) {
                continue;
            }
            alone = false;
            let text = if key.text.starts_with('$') {
                format!("`{}` and `{}` are two operators, and a map holds one", operator.text, key.text)
            } else {
                format!("`{}` stands beside the operator `{}`", key.text, operator.text)
            };
            let own = parts.join("`, `");
            self.compiler.problem("SB0213", text, key.span, |problem| {
                let problem = problem.did_you_mean(&key.text, parts.iter().copied());
                problem.help(match parts.len() {
                    0 => format!("beside `{}` stands nothing", operator.text),
                    _ => {
                        format!("beside `{}` may stand `{own}`; put the operator under a key of its own", operator.text)
                    }
                })
            });
        }
        alone
    }

    /// Reports a part that an operator cannot do without.
    fn lacks(&mut self, operator: &Key, part: &str) {
        let text = format!("`{}` needs `{part}`", operator.text);
        self.compiler.error("SB0214", text, operator.span);
    }

    /// An expression for one value, where nothing is taken.
    fn free_leaf(&mut self, node: &Node) -> Option<Lowered> {
        let syntax = self.syntax(node)?;
        Some(self.value(node, &syntax, super::lower::Wanted { handled: true, ..ONE }))
    }

    /// What an expression comes to. A path keeps what of it may be missing, so that its reader may ask for that.
    fn made(&self, lowered: &Lowered) -> Made {
        let outline = Some(lowered.outline);
        let vanishes = self.vanishes(lowered);
        match &lowered.walked {
            Some(walked) if walked.plain => {
                Made { outline, vanishes, from: Some(walked.from.clone()), trail: walked.trail.clone() }
            }
            _ => Made {
                outline,
                vanishes,
                from: None,
                trail: lowered.missing.iter().map(|missing| (0, missing.clone())).collect(),
            },
        }
    }

    /// Whether it may come to nothing. A table answers for what is not there, and what is broken was reported, and
    /// says nothing more.
    fn vanishes(&self, lowered: &Lowered) -> bool {
        let broken = matches!(&lowered.expression, Expression::Literal(Tree::Null));
        let looked_up = matches!(&lowered.expression, Expression::Lookup(_));
        let total = |table: usize| self.compiler.tables[table].always_yields();
        lowered.optional && !broken && !(looked_up && lowered.table.is_some_and(total))
    }
}

/// A member with its key as JSON.
fn member(key: &str, plan: Plan) -> Member {
    let mut written = vec![b','];
    crate::codec::json::write_text(key, &mut written);
    written.push(b':');
    Member { key: key.into(), written: written.into(), plan }
}

/// What in a text looks as if it were to be filled in. `{{1}}` is a template's own.
fn filled(text: &str) -> Option<&str> {
    let path = text.match_indices(" $.").map(|(at, _)| &text[at + 1..]);
    let mut path = path.filter(|rest| rest[2..].starts_with(|c: char| c.is_alphabetic() || c == '_'));
    if let Some(rest) = path.next() {
        return rest.split(|c: char| c.is_whitespace() || matches!(c, ',' | '!' | '?' | ';')).next();
    }
    text.match_indices("{{").find_map(|(at, _)| {
        let end = at + text[at..].find("}}")?;
        let name = text[at + 2..end].trim();
        (!name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit())).then(|| &text[at..end + 2])
    })
}
