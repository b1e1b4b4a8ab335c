//! `$use`, `$pipe` and `$text`: trees made of trees.

use super::Place;
use crate::diagnostic::{Diagnostic, Span};
use crate::functions::Type;
use crate::language::compiler::{Body, Compiler};
use crate::language::expression::parse_pipe;
use crate::language::lower::{Build, Lowered, Made, Missing};
use crate::language::outline::{ANYTHING, Kinds};
use crate::language::places::Kind;
use crate::language::plan::{Base, Expression, Leaf, Plan, Text, Use};
use crate::language::program::distinct;
use crate::language::text::Prose;
use crate::yaml::{Key, Node};

/// A named tree is checked with the values of at most so many of its uses: trees that use each other twice would
/// double the work with every level.
const REVIEWS: usize = 16;

/// A name of `with` and its tree.
struct Given {
    name: Box<str>,
    plan: Plan,
    made: Made,
}

impl Build<'_, '_> {
    pub(super) fn used(&mut self, name: &Node, with: Option<&Node>) -> Plan {
        let given = self.given(with);
        let Some(text) = name.as_text() else {
            self.compiler.error("SB0219", "`$use` names a tree of `use:`", name.span);
            return Plan::Omit;
        };
        let Some(number) = self.compiler.uses.iter().position(|named| &*named.name == text) else {
            let known: Vec<_> = self.compiler.uses.iter().map(|named| named.name.clone()).collect();
            self.compiler.problem("SB0219", format!("there is no tree `{text}` under `use:`"), name.span, |problem| {
                problem.did_you_mean(text, known.iter().map(|known| &**known))
            });
            return Plan::Omit;
        };
        let made = self.within(number, &given);
        let reads = self.compiler.uses[number].reads.clone();
        self.reads(&reads, name.span);
        let wanted = self.compiler.uses[number].with.clone().unwrap_or_default();
        self.same_names(name, text, &wanted, &given);
        self.found().made = made;
        let mut given: Vec<_> = given.into_iter().map(|given| (given.name, Some(given.plan))).collect();
        let mut take = |name: &str| {
            let found = given.iter_mut().find(|(known, _)| **known == *name);
            found.and_then(|(_, plan)| plan.take()).unwrap_or_default()
        };
        let with = wanted.iter().map(|name| take(name)).collect();
        Plan::Use(Box::new(Use { named: number, with, span: name.span }))
    }

    /// The names of `with` and their trees. A secret is not handed on: inside nobody would know it for one.
    fn given(&mut self, with: Option<&Node>) -> Vec<Given> {
        let Some(with) = with else { return Vec::new() };
        let Some(entries) = with.as_map() else {
            self.compiler.error("SB0214", "`with` is a map of names", with.span);
            return Vec::new();
        };
        let mut given = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let before = std::mem::take(&mut self.found().secret);
            let plan = self.tree(node, Place::Free);
            if std::mem::replace(&mut self.found().secret, before) {
                self.compiler.problem("SB0222", "a secret is not given on under another name", node.span, |problem| {
                    problem.help("write it where the call needs it")
                });
            }
            let made = std::mem::take(&mut self.found().made);
            given.push(Given { name: key.text.clone(), plan, made: self.as_given(&made, &key.text, key.span) });
        }
        given
    }

    /// What a name of `with` is inside of the named tree: its path is not known there, only what may be missing.
    fn as_given(&self, made: &Made, name: &str, span: Span) -> Made {
        let (base, keys) = made.from.clone().unwrap_or((Base::This, Box::default()));
        let missing = self.first_missing(base, &keys, &made.trail);
        let written = || Missing { member: name.into(), declared: None, span };
        let missing = missing.or_else(|| made.vanishes.then(written));
        let trail = missing.into_iter().map(|missing| (0, missing)).collect();
        Made { outline: made.outline, vanishes: made.vanishes, from: None, trail }
    }

    /// Compiles a named tree with the names that its first use gives. Later uses give the same names and other
    /// values, so it is checked with them again, as long as that is not without end.
    fn within(&mut self, number: usize, given: &[Given]) -> Made {
        let unknown = Made::of(ANYTHING);
        let named = &mut self.compiler.uses[number];
        if named.busy || named.reviews > REVIEWS {
            return unknown;
        }
        let first = named.with.is_none();
        let names: Vec<Box<str>> = given.iter().map(|given| given.name.clone()).collect();
        if !first && named.with.as_ref() != Some(&names) {
            return unknown;
        }
        (named.busy, named.reviews) = (true, named.reviews + 1);
        let node = named.node.clone();
        named.with = Some(names);
        let mut scope = Compiler::inside(given.iter().map(|given| (&*given.name, &given.made)));
        let around = self.around + self.depth;
        let mut build = Build::new(self.compiler, &mut scope);
        build.around = around;
        let plan = build.tree(&node, Place::Required);
        let found = build.finish();
        let named = &mut self.compiler.uses[number];
        named.busy = false;
        if first {
            named.reads = distinct(found.reads);
            named.body = Some(Body { plan, starts: scope.starts.into() });
        }
        found.made
    }

    fn same_names(&mut self, at: &Node, tree: &str, wanted: &[Box<str>], given: &[Given]) {
        let missing = wanted.iter().find(|name| given.iter().all(|known| known.name != **name));
        let strange = given.iter().map(|given| &given.name).find(|name| !wanted.contains(name));
        let text = match (missing, strange) {
            (Some(name), _) => format!("`with` lacks the name `{name}`"),
            (None, Some(name)) => format!("`with` has the name `{name}`, which the first use does not give"),
            (None, None) => return,
        };
        let names = wanted.join(", ");
        self.compiler.problem("SB0220", text, at.span, |problem| {
            problem.help(format!("each use of `{tree}` gives the same names: {names}; `$omit` gives nothing"))
        });
    }

    pub(super) fn piped(&mut self, key: &Key, tree: &Node, to: Option<&Node>) -> Plan {
        let before = std::mem::take(&mut self.found().secret);
        let plan = self.tree(tree, Place::Free);
        if std::mem::replace(&mut self.found().secret, before) {
            self.compiler.error("SB0222", "a tree with a secret goes through no function", tree.span);
        }
        let Some(to) = to else {
            self.lacks(key, "to");
            return Plan::Omit;
        };
        let Some(text) = to.as_text() else {
            self.compiler.error("SB0214", "`to` is one function or more, joined with `|`", to.span);
            return Plan::Omit;
        };
        let calls = match parse_pipe(text) {
            Ok(calls) => calls,
            Err(problem) => {
                self.unreadable(to, problem);
                return Plan::Omit;
            }
        };
        let gives = match tree.shape {
            crate::yaml::Shape::List(_) => Type::List,
            _ => Type::Any,
        };
        let outline = self.found().made.outline.unwrap_or(ANYTHING);
        let input = Lowered { gives, outline, ..Lowered::tree(plan) };
        let lowered = self.calls(to, input, &calls);
        self.found().made = Made { vanishes: self.vanishes(&lowered), ..Made::of(lowered.outline) };
        let place = self.compiler.place(Kind::Expression, to.span);
        Plan::Pipe(Leaf { expression: lowered.expression, required: None, span: to.span, place })
    }

    pub(super) fn prose(&mut self, template: &Node, with: Option<&Node>) -> Plan {
        let mut given = self.given(with);
        let Some(text) = template.as_text() else {
            self.compiler.error("SB0221", "`$text` is a template", template.span);
            return Plan::Omit;
        };
        self.found().made = Made::of(self.compiler.outlines.of(Kinds::TEXT));
        let prose = match Prose::parse(text) {
            Ok(prose) => prose,
            Err(problem) => {
                self.compiler.problem("SB0221", problem.to_string(), template.span, |problem| {
                    problem.help("compute the value in `with`, and write `{{name}}` here")
                });
                return Plan::Omit;
            }
        };
        let mut values = Vec::new();
        for name in prose.names() {
            match given.iter().position(|known| *known.name == *name) {
                Some(place) => {
                    let Given { name, plan, .. } = given.swap_remove(place);
                    values.push((name, plan));
                }
                None => {
                    let text = format!("the template reads `{name}`, which `with` does not give");
                    self.compiler.problem("SB0221", text, template.span, |problem| {
                        problem.did_you_mean(name, given.iter().map(|known| &*known.name))
                    });
                }
            }
        }
        for Given { name, .. } in given {
            let problem = Diagnostic::warning("SB0225", format!("the template does not read `{name}`"));
            let problem = problem.at(&self.compiler.source, template.span);
            self.compiler.report(problem.help("remove it from `with`, or write it into the template"));
        }
        if values.len() < prose.names().count() {
            return Plan::Omit;
        }
        Plan::Text(Box::new(Text { segments: prose.segments().into(), with: values.into(), span: template.span }))
    }
}

impl Lowered {
    /// A tree as the input of functions.
    fn tree(plan: Plan) -> Self {
        Self { expression: Expression::Tree(Box::new(plan)), shown: "the tree of `$pipe`".to_owned(), ..Self::broken() }
    }
}
