//! Syntax to plan: names become slots, types and cardinality are checked, and every doubt is an error now.
//!
//! Start at [`Build`]: one tree on its way. Trees themselves are `tree`'s.

mod condition;
mod function;
mod name;
mod walk;

use super::compiler::Compiler;
use super::expression::{Kind, Syntax, is_expression, parse};
use super::outline::{ANYTHING, Kinds, OutlineId};
use super::places::Kind as PlaceKind;
use super::plan::{Expression, Path};
use super::program::Reading;
use super::scope::{Known, ScopeBuilder, Trail};
use crate::functions::Type;
use crate::value::Tree;
use crate::yaml::Node;

pub(in crate::language) use walk::Missing;
use walk::Walked;

/// A tree on its way to a plan, and what was learned on the way.
pub(super) struct Build<'b, 'd> {
    pub(super) compiler: &'b mut Compiler<'d>,
    pub(super) scope: &'b mut ScopeBuilder,
    /// How deep the tree is here.
    pub(super) depth: usize,
    /// How deep the trees are in which this one is used by name.
    pub(super) around: usize,
    /// The choices that lead here.
    pub(super) ways: Vec<Way>,
    found: Found,
}

/// A choice that was made above.
pub(super) enum Way {
    /// A condition, and whether it holds here.
    When(Box<str>, bool),
    /// A `$match`, and which case this is.
    Match(Box<str>, Box<str>),
    /// A `$match` none of whose cases it is.
    Otherwise(Box<str>),
}

/// What a compiled tree turned out to need and to be.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What it reads.
    pub(super) reads: Vec<Reading>,
    /// It reads a secret.
    pub(super) secret: bool,
    /// It reads what differs from item to item.
    pub(super) varies: bool,
    /// It is nothing but this path.
    pub(super) alias: Option<Box<str>>,
    /// It is a row of this table.
    pub(super) table: Option<usize>,
    /// What the tree that was compiled last comes to.
    pub(super) made: Made,
}

/// What a tree comes to, as far as that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    /// `None`: nothing at all.
    pub(super) outline: Option<OutlineId>,
    /// It may come to nothing.
    pub(super) vanishes: bool,
    /// The path that it is, from a root.
    pub(super) from: Option<(super::plan::Base, Box<[Box<str>]>)>,
    /// What of that path may be missing.
    pub(super) trail: Trail,
}

impl Made {
    /// A value of that outline.
    pub(super) fn of(outline: OutlineId) -> Self {
        Self { outline: Some(outline), ..Self::default() }
    }
}

/// An expression with what is known of its value.
pub(super) struct Lowered {
    pub(super) expression: Expression,
    pub(super) gives: Type,
    /// A plural path: a list, even of one.
    pub(super) plural: bool,
    /// A `?` stands in its last alternative.
    pub(super) optional: bool,
    /// The paths it reads, for people.
    pub(super) shown: String,
    /// Is a secret itself: a path into one.
    pub(super) secret: bool,
    /// The table it is a row of.
    pub(super) table: Option<usize>,
    /// What is known of the value.
    pub(super) outline: OutlineId,
    /// What may be missing, so that there is no value.
    pub(super) missing: Option<Missing>,
    /// How it was read, if it is a path.
    pub(super) walked: Option<Walked>,
}

impl Lowered {
    /// Something that was reported; whatever follows from it is not.
    pub(super) fn broken() -> Self {
        Self { optional: true, ..Self::of(Expression::Literal(Tree::Null), Type::Any) }
    }

    fn of(expression: Expression, gives: Type) -> Self {
        Self {
            expression,
            gives,
            plural: false,
            optional: false,
            shown: String::new(),
            secret: false,
            table: None,
            outline: ANYTHING,
            missing: None,
            walked: None,
        }
    }
}

/// How an expression may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// A list is as good as one value.
    pub(super) list: bool,
    /// Somebody else says what happens if there is nothing: another alternative.
    pub(super) handled: bool,
}

/// What is said of a condition that begins with its negation.
const NEGATED: &str = "an expression begins with `$.`: for the opposite write `unless` in a check, leave `then` out of a `$when`, or swap it \
                       with `else`; behind `&&` and `||` there is `!`";

/// One value that has to be there, or the place says otherwise.
pub(super) const ONE: Wanted = Wanted { list: false, handled: false };
/// One value or a list.
pub(super) const WHOLE: Wanted = Wanted { list: true, handled: false };

impl<'b, 'd> Build<'b, 'd> {
    pub(super) fn new(compiler: &'b mut Compiler<'d>, scope: &'b mut ScopeBuilder) -> Self {
        Self { compiler, scope, depth: 0, around: 0, ways: Vec::new(), found: Found::default() }
    }

    pub(super) fn finish(self) -> Found {
        self.found
    }

    pub(super) fn found(&mut self) -> &mut Found {
        &mut self.found
    }

    /// Reads the expression in a scalar; reports what is none.
    pub(super) fn syntax(&mut self, node: &Node) -> Option<Syntax> {
        let text = node.as_text().filter(|text| is_expression(text));
        let Some(text) = text else {
            self.compiler.problem(
                "SB0201",
                format!("expected an expression, found {}", node.describe()),
                node.span,
                |p| match node.as_text() {
                    Some(text) if text.starts_with('!') => p.help(NEGATED),
                    _ => p.help("an expression begins with `$.`, as in `$.body.to`"),
                },
            );
            return None;
        };
        match parse(text) {
            Ok(syntax) => Some(syntax),
            Err(problem) => {
                self.unreadable(node, problem);
                None
            }
        }
    }

    pub(super) fn unreadable(&mut self, node: &Node, problem: super::expression::Problem) {
        let span = node.part(&self.compiler.source, problem.at.start, problem.at.end);
        let help = problem.help;
        self.compiler.problem("SB0201", problem.message, span, |found| match help {
            Some(help) => found.help(help),
            None => found,
        });
    }

    /// Reports an error at a part of an expression.
    pub(super) fn at(
        &mut self,
        node: &Node,
        at: &std::ops::Range<usize>,
        code: &'static str,
        message: impl Into<String>,
        help: Option<&str>,
    ) {
        let span = node.part(&self.compiler.source, at.start, at.end);
        self.compiler.problem(code, message, span, |problem| match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    /// Compiles an expression for its value.
    pub(super) fn value(&mut self, node: &Node, syntax: &Syntax, wanted: Wanted) -> Lowered {
        match &syntax.kind {
            Kind::Path { text, optional } => {
                let wanted = Wanted { handled: wanted.handled || *optional, ..wanted };
                let read = self.path(node, &syntax.at, text, wanted);
                Lowered { optional: *optional || read.optional, ..read }
            }
            Kind::Literal(tree) => self.literal(tree),
            Kind::Pipe(input, calls) => self.pipe(node, input, calls, wanted),
            Kind::First(parts) => self.first(node, parts),
            Kind::Compare(how, left, right) => {
                let (one, other) = (self.side(node, left), self.side(node, right));
                self.comparable(node, (left, one.outline), right);
                self.comparable(node, (right, other.outline), left);
                let sides = Box::new((one.expression, other.expression));
                Lowered::of(Expression::Compare(*how, sides), Type::Boolean)
            }
            Kind::Not(_) | Kind::And(_) | Kind::Or(_) => Lowered::of(self.condition(node, syntax), Type::Boolean),
        }
    }

    pub(super) fn literal(&mut self, tree: &Tree) -> Lowered {
        let outline = match tree {
            Tree::Text(text) => self.compiler.outlines.words([&**text]),
            other => self.compiler.outlines.of(Kinds::of(type_of(other))),
        };
        Lowered { outline, ..Lowered::of(Expression::Literal(tree.clone()), type_of(tree)) }
    }

    fn first(&mut self, node: &Node, parts: &[Syntax]) -> Lowered {
        let mut shown = Vec::new();
        let mut alternatives = Vec::new();
        let (mut gives, mut optional, mut secret) = (None, false, false);
        let (mut outlines, mut missing, mut answered) = (Vec::new(), None, false);
        let mut walked = Vec::new();
        for part in parts {
            if answered {
                self.unreachable(node, &part.at, "this alternative is never taken: the one before is always there");
            }
            let lowered = self.value(node, part, Wanted { list: false, handled: true });
            if !lowered.shown.is_empty() {
                shown.push(lowered.shown);
            }
            gives = Some(gives.map_or(lowered.gives, |known| if known == lowered.gives { known } else { Type::Any }));
            optional = lowered.optional;
            secret |= lowered.secret;
            outlines.push(lowered.outline);
            missing = lowered.missing;
            walked.extend(lowered.walked);
            answered = matches!(&lowered.expression, Expression::Literal(tree) if *tree != Tree::Null);
            let span = node.part(&self.compiler.source, part.at.start, part.at.end);
            alternatives.push((lowered.expression, self.compiler.place(PlaceKind::Alternative, span)));
        }
        Lowered {
            optional,
            secret,
            outline: self.compiler.outlines.one_of(outlines),
            missing: missing.filter(|_| !self.one_is_there(&walked)),
            shown: shown.join(" or "),
            ..Lowered::of(Expression::First(alternatives.into()), gives.unwrap_or(Type::Any))
        }
    }

    /// A side of a comparison, where nothing is a value. A secret is none: comparing one says something about it.
    fn side(&mut self, node: &Node, syntax: &Syntax) -> Lowered {
        let lowered = self.value(node, syntax, Wanted { list: false, handled: true });
        if lowered.secret {
            self.at(node, &syntax.at, "SB0222", "a secret is not compared", Some("ask with `?` whether there is one"));
        }
        lowered
    }

    /// Warns where a value is compared with a word that it never is.
    fn comparable(&mut self, node: &Node, (side, outline): (&Syntax, OutlineId), other: &Syntax) {
        let (Kind::Literal(Tree::Text(word)), false) = (&other.kind, matches!(side.kind, Kind::Literal(_))) else {
            return;
        };
        let Some(words) = self.compiler.outlines.flat(outline).words.clone() else { return };
        if !words.contains(word) {
            let span = node.part(&self.compiler.source, other.at.start, other.at.end);
            let shown = node.as_text().and_then(|text| text.get(side.at.clone())).unwrap_or("this");
            self.compiler.never(span, &format!("`{shown}` is never `{word}`"), word, &words);
        }
    }

    /// Compiles a path and checks it against the scope.
    fn path(&mut self, node: &Node, at: &std::ops::Range<usize>, text: &str, wanted: Wanted) -> Lowered {
        let mut missed = Vec::new();
        let parsed = super::path::parse(text, &mut |name, steps| {
            let found = self.resolve(node, at, name, steps, true);
            let led_astray = found.as_ref().is_some_and(|found| found.secret);
            if led_astray {
                self.at(node, at, "SB0222", "a secret is not compared", None);
            }
            missed.push(found.is_none() || led_astray);
            found.map(|found| found.resolved)
        });
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(problem) => {
                let help = problem.help.unwrap_or("the reference of docs/language.md shows what a path may hold");
                self.at(node, at, "SB0202", problem.message, Some(help));
                return Lowered::broken();
            }
        };
        let Some(name) = self.resolve(node, at, &parsed.root, &parsed.steps, wanted.handled) else {
            return Lowered::broken();
        };
        if missed.contains(&true) {
            return Lowered::broken();
        }
        let steps: Box<[_]> = parsed.steps.into_iter().skip(name.resolved.taken).collect();
        let path = Path { base: name.resolved.base, steps };
        let plural = path.is_plural();
        let walked = self.scope.find(&parsed.root).cloned().filter(|name| !name.secret);
        let walked = walked.map(|name| self.walk(node, at, text, &name, &path.steps));
        if plural && !wanted.list {
            self.at(
                node,
                at,
                "SB0206",
                "this path is a list, and one value is wanted here",
                Some("pick one with `[0]`, or apply a function of lists such as `count` or `first`"),
            );
            return Lowered::broken();
        }
        let shown = name.shown(text);
        let outline = walked.as_ref().map_or(ANYTHING, |walked| walked.outline);
        let yielded = self.compiler.outlines.is_cell(outline);
        // What was compared above is not any row's value any more.
        let outline = if yielded && self.is_chosen(text) { ANYTHING } else { outline };
        let missing = walked.as_ref().filter(|_| !plural).and_then(|walked| self.missing(walked));
        let gives = match name.gives {
            _ if plural => Type::List,
            // Tenants' rows may be of other kinds.
            Type::Any if yielded => Type::Any,
            Type::Any => self.compiler.outlines.flat(outline).kinds.as_type(),
            known => known,
        };
        let span = node.part(&self.compiler.source, at.start, at.end);
        let expression = if plural { Expression::Collect(path, span) } else { Expression::Read(path) };
        let (secret, table) = (name.secret, name.table);
        Lowered { plural, secret, shown, table, outline, missing, walked, ..Lowered::of(expression, gives) }
    }

    /// Whether a condition above chose by the value of this path, and not only by whether it is there.
    fn is_chosen(&self, path: &str) -> bool {
        let above = self.ways.iter().map(|way| match way {
            Way::When(asked, _) | Way::Match(asked, _) | Way::Otherwise(asked) => asked,
        });
        let mut above = above.chain(&self.scope.conditions);
        above.any(|asked| asked.contains(path) && **asked != *format!("{path}?"))
    }

    /// Warns of what no message ever comes to.
    pub(super) fn unreachable(&mut self, node: &Node, at: &std::ops::Range<usize>, message: &str) {
        let span = node.part(&self.compiler.source, at.start, at.end);
        self.compiler.unreachable(span, message, "remove it, or change what stands before it");
    }

    /// Adds what was tested; gives back how much was known before, for [`forget`](Self::forget).
    pub(super) fn learn(&mut self, tested: Vec<Known>) -> usize {
        let before = self.scope.known.len();
        self.scope.known.extend(tested);
        before
    }

    /// Drops what was learned since.
    pub(super) fn forget(&mut self, before: usize) {
        self.scope.known.truncate(before);
    }
}

/// The type of a literal.
pub(super) fn type_of(tree: &Tree) -> Type {
    match tree {
        Tree::Null => Type::Any,
        Tree::Bool(_) => Type::Boolean,
        Tree::Number(crate::value::Number::Float(_)) => Type::Number,
        Tree::Number(_) => Type::Integer,
        Tree::Text(_) => Type::Text,
        Tree::List(_) => Type::List,
        Tree::Map(_) => Type::Map,
    }
}
