//! What trees and expressions become: the whole contract between what compiles (`lower`, `tree`) and what runs (`run`).
//!
//! A plan is immutable, holds no name and needs no look-up by one: names are slots, tables and named trees are
//! numbers, constant sub-trees are already written. It borrows nothing, so a mapping can be shared by all requests.

use crate::diagnostic::Span;
use crate::functions::{Function, Prepared};
use crate::language::expression::Comparison;
use crate::language::places::Place;
use crate::language::text::Segment;
use crate::value::Tree;

/// A compiled tree.
#[derive(Debug, Default)]
pub(super) enum Plan {
    /// Nothing: `$omit`.
    #[default]
    Omit,
    /// The same for every message.
    Constant(Constant),
    /// An expression.
    Leaf(Leaf),
    /// A map with at least one member that is computed.
    Map(Box<[Member]>),
    /// A list with at least one item that is computed.
    List(Box<[Plan]>),
    /// `$when`: the side chosen; an absent side is [`Plan::Omit`].
    When(Box<When>),
    /// `$match`.
    Match(Box<Match>),
    /// `$each`.
    Each(Box<Each>),
    /// `$use`.
    Use(Box<Use>),
    /// `$pipe`, as an expression over its tree.
    Pipe(Leaf),
    /// `$text`.
    Text(Box<Text>),
}

/// A sub-tree without expressions, also as JSON.
#[derive(Debug)]
pub(super) struct Constant {
    pub(super) tree: Tree,
    pub(super) json: Box<[u8]>,
    pub(super) span: Span,
}

/// An expression at a key, in a list, or alone.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) expression: Expression,
    /// `None`: nothing is allowed here. Else what to name as missing.
    pub(super) required: Option<Box<str>>,
    pub(super) span: Span,
    /// It came to a value.
    pub(super) place: Place,
}

/// A member of a map.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: Box<str>,
    /// `,"key":` as JSON; the comma is left out where it is the first.
    pub(super) written: Box<[u8]>,
    pub(super) plan: Plan,
}

/// `$when`.
#[derive(Debug)]
pub(super) struct When {
    pub(super) test: Condition,
    pub(super) then: Plan,
    pub(super) otherwise: Plan,
}

/// An expression that holds or does not.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expression: Expression,
    pub(super) span: Span,
    /// It held.
    pub(super) holds: Place,
    /// It did not.
    pub(super) fails: Place,
}

/// `$match`.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) on: Leaf,
    /// In the order written; few enough that looking through them beats hashing.
    pub(super) cases: Box<[Case]>,
    /// `None`: a value without a case is refused.
    pub(super) otherwise: Option<(Plan, Place)>,
    /// What is matched, for messages: the path.
    pub(super) shown: Box<str>,
}

/// A case of `$match`.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: Box<str>,
    pub(super) plan: Plan,
    pub(super) place: Place,
}

/// `$each`.
#[derive(Debug)]
pub(super) struct Each {
    pub(super) of: Leaf,
    pub(super) item: usize,
    pub(super) index: usize,
    pub(super) body: Plan,
}

/// `$use`.
#[derive(Debug)]
pub(super) struct Use {
    /// Its number in the module.
    pub(super) named: usize,
    /// In the order of the named tree's slots.
    pub(super) with: Box<[Plan]>,
    pub(super) span: Span,
}

/// `$text`.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) segments: Box<[Segment]>,
    /// The names and values of `with`, in the order of the segments' numbers.
    pub(super) with: Box<[(Box<str>, Plan)]>,
    pub(super) span: Span,
}

/// A compiled expression; it yields a value or nothing.
#[derive(Debug)]
pub(super) enum Expression {
    /// A literal.
    Literal(Tree),
    /// A singular path.
    Read(Path),
    /// A plural path: a list, even of one.
    Collect(Path, Span),
    /// A tree, under `$pipe`.
    Tree(Box<Plan>),
    /// A function.
    Call(Box<Call>),
    /// `table(name)`.
    Lookup(Box<Lookup>),
    /// `??`.
    First(Box<[(Expression, Place)]>),
    /// A comparison.
    Compare(Comparison, Box<(Expression, Expression)>),
    /// `!`.
    Not(Box<Expression>),
    /// `&&`.
    And(Box<[Expression]>),
    /// `||`.
    Or(Box<[Expression]>),
    /// Whether it yields anything.
    Exists(Box<Expression>),
    /// A boolean in a condition; nothing is false, anything else is refused.
    Holds(Box<Expression>, Box<str>, Span),
}

/// A function applied.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) prepared: Prepared,
    pub(super) input: Expression,
    pub(super) arguments: Box<[Expression]>,
    /// The path it is applied to, for messages.
    pub(super) shown: Box<str>,
    pub(super) span: Span,
}

/// A look-up in a table.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) input: Expression,
    /// Its number in the module.
    pub(super) table: usize,
}

/// A compiled path.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) base: Base,
    pub(super) steps: Box<[Step]>,
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// A slot of the frame.
    Slot(usize),
    /// The tenant's settings.
    Settings,
    /// The tenant's credentials.
    Credentials,
    /// The tenant's name.
    Tenant,
    /// When the request or event was taken in.
    Now,
    /// `@` of a filter.
    This,
}

/// A step of a path; the last three are plural.
#[derive(Debug)]
pub(super) enum Step {
    /// A member.
    Key(Box<str>),
    /// An item, from the end if negative.
    Index(i64),
    /// All items or members.
    Wildcard,
    /// Items from, and up to but without.
    Slice(Option<i64>, Option<i64>),
    /// Items or members that fit.
    Filter(Test),
}

/// A filter's condition; null is a value here, as RFC 9535 has it.
#[derive(Debug)]
pub(super) enum Test {
    Or(Box<[Test]>),
    And(Box<[Test]>),
    Not(Box<Test>),
    Exists(Path),
    Compare(Comparison, Operand, Operand),
}

/// A side of a comparison in a filter.
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Tree),
    Path(Path),
    /// `length(…)` of a singular path.
    Length(Path),
    /// `count(…)`.
    Count(Path),
}

impl Step {
    /// Whether it may find more than one.
    pub(super) const fn is_plural(&self) -> bool {
        matches!(self, Self::Wildcard | Self::Slice(..) | Self::Filter(_))
    }
}

impl Path {
    /// Whether it may find more than one.
    pub(super) fn is_plural(&self) -> bool {
        self.steps.iter().any(Step::is_plural)
    }
}

impl Constant {
    /// Writes a tree once, so that nobody writes it again.
    pub(super) fn new(tree: Tree, span: Span) -> Self {
        let arena = crate::value::Arena::new();
        let mut json = Vec::new();
        crate::codec::json::write(tree.view(&arena), &mut json);
        Self { tree, json: json.into(), span }
    }
}

impl Plan {
    /// A tree that is the same for every message.
    pub(super) fn constant(tree: Tree, span: Span) -> Self {
        Self::Constant(Constant::new(tree, span))
    }
}
