//! The vocabulary of expressions: a data table of functions with arguments, documentation, examples and a pure body.
//!
//! The table must not know the engine: what an expression is, when a call comes to nothing and what a scope holds is
//! `language`'s affair. Functions that ask the gateway are declared here and answered by [`Facts`].
//! Start at [`FUNCTIONS`]; adding a function is one row in the file of its family.

mod facts;
mod function;
mod prepare;
mod text;

pub use facts::{Facts, NoFacts};
pub use function::{Argument, Body, Call, Example, Function, FunctionError, Type};
pub use prepare::{PrepareError, Prepared, Preparer, prepare};

const FAMILIES: &[&[Function]] = &[text::FUNCTIONS];

/// Every function, family by family.
pub static FUNCTIONS: &[Function] = &function::concat::<{ function::count(FAMILIES) }>(FAMILIES);

/// The function of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
