//! The vocabulary of expressions: a data table of functions with arguments, documentation, examples and a pure body.
//!
//! The table must not know the engine: what an expression is, when a call comes to nothing and what a scope holds is
//! `language`'s affair. Functions that ask the gateway are declared here and answered by [`Facts`].
//! Start at [`FUNCTIONS`]; adding a function is one row in the file of its family.

mod asking;
mod call;
mod conditions;
mod conversions;
mod encoding;
mod facts;
mod fold;
mod function;
mod lists;
mod patterns;
mod phones;
mod placeholders;
mod prepare;
mod text;
mod times;

#[cfg(test)]
pub(crate) mod tests;

pub use facts::{Facts, NoFacts};
pub use function::{Argument, Body, Call, Example, Function, FunctionError, Type};
pub use prepare::{PrepareError, Prepared, Preparer, TimeFormat, prepare};

const FAMILIES: &[&[Function]] = &[
    conversions::FUNCTIONS,
    conditions::FUNCTIONS,
    text::FUNCTIONS,
    fold::FUNCTIONS,
    patterns::FUNCTIONS,
    placeholders::FUNCTIONS,
    phones::FUNCTIONS,
    times::FUNCTIONS,
    lists::FUNCTIONS,
    encoding::FUNCTIONS,
    asking::FUNCTIONS,
];

/// The longest text that a function makes, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest list that a function makes.
pub const MAX_ITEMS: usize = crate::codec::MAX_ITEMS;

/// Every function, family by family.
pub static FUNCTIONS: &[Function] = &function::concat::<{ function::count(FAMILIES) }>(FAMILIES);

/// The function of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
