//! The syntax tree of an expression. It knows places, and no scope.

use std::ops::Range;

use crate::value::Tree;

/// A part of an expression and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::language) struct Syntax {
    /// What it is.
    pub(in crate::language) kind: Kind,
    /// Byte offsets in the expression's text.
    pub(in crate::language) at: Range<usize>,
}

/// What a part of an expression is; tightest first.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::language) enum Kind {
    /// A path as written, without the `?` behind it.
    Path {
        /// `$.body.to`.
        text: Box<str>,
        /// Whether a `?` stands behind it.
        optional: bool,
    },
    /// A literal.
    Literal(Tree),
    /// Functions applied from left to right.
    Pipe(Box<Syntax>, Vec<Invocation>),
    /// `??`: two or more alternatives.
    First(Vec<Syntax>),
    /// A comparison.
    Compare(Comparison, Box<Syntax>, Box<Syntax>),
    /// `!`.
    Not(Box<Syntax>),
    /// `&&`: two or more.
    And(Vec<Syntax>),
    /// `||`: two or more.
    Or(Vec<Syntax>),
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::language) struct Invocation {
    /// The function's name.
    pub(in crate::language) name: Box<str>,
    /// Where the name stands.
    pub(in crate::language) at: Range<usize>,
    /// In their order.
    pub(in crate::language) arguments: Vec<(Argument, Range<usize>)>,
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::language) enum Argument {
    /// A literal.
    Literal(Tree),
    /// A path, and whether a `?` stands behind it.
    Path(Box<str>, bool),
    /// A bare name: a table's.
    Name(Box<str>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::language) enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}
