//! Conditions: boolean only. A comparison, a boolean, or an expression with `?`, which asks whether it yields anything.

use super::{Build, Lowered, Made, WHOLE, Wanted};
use crate::functions::Type;
use crate::language::expression::{Comparison, Kind, Syntax, is_expression, parse};
use crate::language::outline::{Kinds, Next};
use crate::language::path::Resolved;
use crate::language::places::Kind as PlaceKind;
use crate::language::plan::{Base, Condition, Expression, Leaf, Plan, Step, When};
use crate::language::scope::{Known, Name};
use crate::value::Tree;
use crate::yaml::Node;

impl Build<'_, '_> {
    /// A condition in a scalar; `true` and `false` are conditions too.
    pub(in crate::language) fn test(&mut self, node: &Node, (holds, fails): (PlaceKind, PlaceKind)) -> Condition {
        let expression = match node.as_bool() {
            Some(value) => Expression::Literal(Tree::Bool(value)),
            None => match self.syntax(node) {
                Some(syntax) => self.condition(node, &syntax),
                None => Expression::Literal(Tree::Bool(false)),
            },
        };
        let span = node.span;
        let (holds, fails) = (self.compiler.place(holds, span), self.compiler.place(fails, span));
        Condition { expression, span, holds, fails }
    }

    /// The same, to be run alone: it comes to true or false.
    pub(in crate::language) fn condition_node(&mut self, node: &Node, kinds: (PlaceKind, PlaceKind)) -> Plan {
        let constant = |value| Plan::constant(Tree::Bool(value), node.span);
        let (then, otherwise) = (constant(true), constant(false));
        Plan::When(Box::new(When { test: self.test(node, kinds), then, otherwise }))
    }

    /// An expression that yields a list.
    pub(in crate::language) fn list_node(&mut self, node: &Node) -> Option<Leaf> {
        let syntax = self.syntax(node)?;
        let lowered = self.value(node, &syntax, WHOLE);
        if !lowered.plural && lowered.gives != Type::List && !matches!(lowered.expression, Expression::Literal(_)) {
            self.at(
                node,
                &syntax.at,
                "SB0207",
                "a list is wanted here, and this is one value",
                Some("add `[*]` to the path, or `| list` if it may be one or many"),
            );
        }
        self.found.made = Made::of(lowered.outline);
        let place = self.compiler.place(PlaceKind::Expression, node.span);
        Some(Leaf { expression: lowered.expression, required: None, span: node.span, place })
    }

    /// Compiles an expression that holds or does not.
    pub(super) fn condition(&mut self, node: &Node, syntax: &Syntax) -> Expression {
        match &syntax.kind {
            Kind::And(parts) => {
                let before = self.scope.known.len();
                let all = parts.iter().map(|part| {
                    let condition = self.condition(node, part);
                    let tested = self.tested(part);
                    self.learn(tested);
                    condition
                });
                let all = all.collect();
                self.forget(before);
                Expression::And(all)
            }
            Kind::Or(parts) => Expression::Or(parts.iter().map(|part| self.condition(node, part)).collect()),
            Kind::Not(inner) => Expression::Not(Box::new(self.condition(node, inner))),
            Kind::Compare(..) => self.value(node, syntax, super::ONE).expression,
            Kind::Literal(Tree::Bool(value)) => Expression::Literal(Tree::Bool(*value)),
            Kind::Path { .. } | Kind::Literal(_) | Kind::Pipe(..) | Kind::First(_) => self.asked(node, syntax),
        }
    }

    /// Asks a value: whether it is true, or whether it is there.
    fn asked(&mut self, node: &Node, syntax: &Syntax) -> Expression {
        let Lowered { expression, gives, optional, shown, outline, .. } =
            self.value(node, syntax, Wanted { list: false, handled: true });
        if !optional && let Some(kinds) = self.compiler.outlines.unlike(outline, Kinds::BOOLEAN) {
            let text = format!("the table yields {}, which is neither true nor false", kinds.shown());
            self.at(
                node,
                &syntax.at,
                "SB0211",
                text,
                Some("compare it, or ask with `?` behind the path whether it is there"),
            );
            return Expression::Literal(Tree::Bool(false));
        }
        let span = node.part(&self.compiler.source, syntax.at.start, syntax.at.end);
        match gives {
            Type::Boolean => Expression::Holds(Box::new(expression), shown.into(), span),
            _ if optional => Expression::Exists(Box::new(expression)),
            Type::Any => Expression::Holds(Box::new(expression), shown.into(), span),
            _ => {
                self.at(
                    node,
                    &syntax.at,
                    "SB0211",
                    "this is neither true nor false",
                    Some("compare it, or ask with `?` behind the path whether it is there"),
                );
                Expression::Literal(Tree::Bool(false))
            }
        }
    }

    /// What is not there if a condition does not hold: only where it asks for nothing else.
    pub(in crate::language) fn refuted(&mut self, node: &Node) -> Vec<Known> {
        let text = node.as_text().filter(|text| is_expression(text));
        let Some(syntax) = text.and_then(|text| parse(text).ok()) else { return Vec::new() };
        let asks = match &syntax.kind {
            Kind::Path { optional, .. } => *optional,
            Kind::Pipe(_, calls) => calls.iter().all(|call| &*call.name == "nonempty"),
            _ => false,
        };
        let tested = if asks { self.tested(&syntax) } else { Vec::new() };
        tested.into_iter().map(|known| Known { absent: true, ..known }).collect()
    }

    /// What is there if a condition holds.
    pub(in crate::language) fn tested_node(&mut self, node: &Node) -> Vec<Known> {
        let text = node.as_text().filter(|text| is_expression(text));
        text.and_then(|text| parse(text).ok()).map_or_else(Vec::new, |syntax| self.tested(&syntax))
    }

    fn tested(&mut self, syntax: &Syntax) -> Vec<Known> {
        match &syntax.kind {
            Kind::And(parts) => parts.iter().flat_map(|part| self.tested(part)).collect(),
            Kind::Or(parts) => {
                let group = self.scope.known.len() + syntax.at.start;
                let each: Vec<Vec<Known>> = parts.iter().map(|part| self.tested(part)).collect();
                if each.iter().any(Vec::is_empty) {
                    return Vec::new();
                }
                let numbered = each.into_iter().enumerate();
                let marked = numbered.flat_map(|(part, all)| {
                    all.into_iter().map(move |known| Known { one_of: Some((group, part)), ..known })
                });
                marked.collect()
            }
            Kind::Path { text, optional: true } => self.known(text, false),
            Kind::Pipe(input, calls) if calls.iter().all(|call| &*call.name != "table") => {
                let chooses = calls.iter().any(|call| &*call.name == "in");
                match &input.kind {
                    Kind::Path { text, .. } if chooses => self.known(text, true),
                    _ => self.tested(input),
                }
            }
            Kind::Compare(how, left, right) if *how != Comparison::Unequal => {
                let sides = [(left, right), (right, left)];
                let against_literal = sides.into_iter().find(|(_, other)| is_value(other));
                against_literal.map_or_else(Vec::new, |(side, _)| match &side.kind {
                    Kind::Path { text, .. } => self.known(text, true),
                    _ => Vec::new(),
                })
            }
            _ => Vec::new(),
        }
    }

    /// Whether a member has one value only: then nothing is chosen by it.
    fn is_constant(&mut self, name: &Name, keys: &[Box<str>]) -> bool {
        let outlines = &mut self.compiler.outlines;
        let mut outline = name.known.map_or(name.outline, |known| outlines.known(&known));
        for key in keys {
            let Next::Found { outline: next, .. } = outlines.member(outline, key) else { return false };
            outline = next;
        }
        outlines.flat(outline).words.as_ref().is_some_and(|words| words.len() == 1)
    }

    /// A path that is there, also by the path that its first name stands for. `chooses`: by its value.
    pub(in crate::language) fn known(&mut self, text: &str, chooses: bool) -> Vec<Known> {
        let somewhere = Resolved { base: Base::This, taken: 0 };
        let Ok(parsed) = super::super::path::parse(text, &mut |_, _| Some(somewhere)) else { return Vec::new() };
        let Some(name) = self.scope.find(&parsed.root).cloned() else { return Vec::new() };
        let members =
            parsed.steps.iter().map_while(|step| if let Step::Key(key) = step { Some(key.clone()) } else { None });
        let own: Box<[Box<str>]> = members.collect();
        let chooses = chooses && !self.is_constant(&name, &own);
        let mut known = vec![Known { base: name.base, keys: own.clone(), chooses, one_of: None, absent: false }];
        if let Some((base, keys)) = &name.from {
            let keys = keys.iter().chain(&own).cloned().collect();
            known.push(Known { base: *base, keys, chooses, one_of: None, absent: false });
        }
        known
    }
}

fn is_value(syntax: &Syntax) -> bool {
    matches!(&syntax.kind, Kind::Literal(tree) if *tree != Tree::Null)
}
