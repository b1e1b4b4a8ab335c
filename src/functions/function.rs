//! The shape of one row of the table: [`Function`], what its body gets ([`Call`]) and how it fails ([`FunctionError`]).

use super::facts::Facts;
use super::prepare::{Prepared, Preparer, nothing_to_prepare};
use crate::value::{Arena, Value};

/// A value's type as the checker knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any of them, or not known before a message is there.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A number without a fraction; fits wherever a number does.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A point in time.
    Time,
    /// A list.
    List,
    /// A map.
    Map,
    /// A credential.
    Secret,
}

/// A function's argument.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// For documentation and messages.
    pub name: &'static str,
    /// The types it may have.
    pub types: &'static [Type],
    /// Else it may be left out.
    pub required: bool,
    /// The last one, which may be repeated.
    pub rest: bool,
    /// Must be a literal: it is compiled at load, by [`prepare`](super::prepare()).
    pub literal: bool,
    /// A bare name of a table.
    pub table: bool,
}

impl Argument {
    /// A required argument of one type.
    pub(super) const fn one(name: &'static str, types: &'static [Type]) -> Self {
        Self { name, types, required: true, rest: false, literal: false, table: false }
    }
    /// A required literal.
    pub(super) const fn literal(name: &'static str, types: &'static [Type]) -> Self {
        Self { literal: true, ..Self::one(name, types) }
    }
    /// The same, but may be left out.
    pub(super) const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
    /// The same, but may be repeated.
    pub(super) const fn repeated(self) -> Self {
        Self { rest: true, ..self }
    }
}

/// One function: what the checker, the documentation and the engine know of it.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// As written after `|`.
    pub name: &'static str,
    /// The types it may be applied to.
    pub takes: &'static [Type],
    /// In their order.
    pub arguments: &'static [Argument],
    /// The type of what it yields; [`Type::Any`]: not known before it ran (for `nonempty`, the type taken).
    pub gives: Type,
    /// Asks the gateway, so its answer may be slightly stale.
    pub asks: bool,
    /// Runs on nothing too, as [`Value::Null`]; otherwise nothing in, nothing out.
    pub of_nothing: bool,
    /// What it does, in one sentence.
    pub says: &'static str,
    /// Executed by the tests and shown in the documentation.
    pub examples: &'static [Example],
    /// Compiles its literal arguments.
    pub prepare: Preparer,
    /// What it does.
    pub body: Body,
}

impl Function {
    /// A row with everything left out that most functions do not have; the rest is set by struct update.
    pub(super) const fn row(
        name: &'static str,
        takes: &'static [Type],
        gives: Type,
        says: &'static str,
        body: Body,
    ) -> Self {
        Self {
            name,
            takes,
            arguments: &[],
            gives,
            asks: false,
            of_nothing: false,
            says,
            examples: &[],
            prepare: nothing_to_prepare,
            body,
        }
    }
}

/// An expression, what it is given, and what it comes to.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// In the language's syntax.
    pub expression: &'static str,
    /// The scope as JSON: `{"a": "x"}`.
    pub given: &'static str,
    /// As JSON; `None`: nothing.
    pub gives: Option<&'static str>,
}

impl Example {
    /// Comes to a value.
    pub(super) const fn gives(expression: &'static str, given: &'static str, gives: &'static str) -> Self {
        Self { expression, given, gives: Some(gives) }
    }
    /// Comes to nothing.
    pub(super) const fn nothing(expression: &'static str, given: &'static str) -> Self {
        Self { expression, given, gives: None }
    }
}

/// A pure function from a value to a value, or to nothing.
pub type Body = for<'v> fn(&Call<'_, 'v>) -> Result<Option<Value<'v>>, FunctionError>;

/// What a body is called with. Neither the input nor an argument is ever nothing, unless [`Function::of_nothing`].
#[derive(Clone, Copy)]
pub struct Call<'c, 'v> {
    /// The value it is applied to.
    pub input: Value<'v>,
    /// Its arguments in order, literals included.
    pub arguments: &'c [Value<'v>],
    /// What was made of its literals at load.
    pub prepared: &'c Prepared,
    /// Where new values live.
    pub arena: &'v Arena,
    /// Who answers questions.
    pub facts: &'v dyn Facts,
}

/// Why a function could not. Its text says what was expected, never what was there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The value cannot be read as what the function takes; the message is refused as `malformed`.
    #[error("{0}")]
    Malformed(String),
    /// No phone number; the message is refused as `invalid_recipient`.
    #[error("{0}")]
    InvalidRecipient(String),
    /// The result would be larger than allowed.
    #[error("{0}")]
    Bound(String),
}

/// How many functions there are.
pub(super) const fn count(families: &[&[Function]]) -> usize {
    let (mut all, mut family) = (0, 0);
    while family < families.len() {
        all += families[family].len();
        family += 1;
    }
    all
}

/// All families in one array, when the program is compiled.
pub(super) const fn concat<const N: usize>(families: &[&[Function]]) -> [Function; N] {
    let mut all = [families[0][0]; N];
    let (mut at, mut family) = (0, 0);
    while family < families.len() {
        let mut row = 0;
        while row < families[family].len() {
            all[at] = families[family][row];
            at += 1;
            row += 1;
        }
        family += 1;
    }
    all
}
