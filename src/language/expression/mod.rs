//! Text to syntax: what a string that begins with `$.` says. No name is looked up and nothing is run here.
//!
//! Start at [`parse`]. Places are byte offsets in the text; `yaml` turns them into places of the file.

mod ast;
mod lexer;
mod parser;

pub(super) use ast::{Argument, Comparison, Invocation, Kind, Syntax};
pub(super) use parser::{Problem, parse, parse_pipe};

/// Longer expressions are not read.
pub(super) const LONGEST: usize = 4096;

/// Whether a text is computed; everything else is itself.
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with("$.")
}
