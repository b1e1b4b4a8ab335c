//! Text to spanned tree: YAML 1.2 with places and quoting style, and its traps caught.
//!
//! Knows no key's meaning. The parser underneath is the one of the package behind the name `serde_yaml`; no other
//! room names either. Start at [`parse`] and [`Node`]; [`settings`] reads plain structs.

mod build;
mod format;
mod node;
mod parse;
mod scalar;
mod scan;
mod settings;
mod syntax;
mod traps;
#[cfg(test)]
mod traps_test;

pub use format::format;
pub use node::{Key, Node, Scalar, Shape, Style, to_tree};
pub use parse::parse;
pub use settings::settings;
