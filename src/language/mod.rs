//! The mapping language: expressions, trees, tables and scopes; checked and compiled at load, run per message.
//!
//! Compile: a [`Compiler`] per mapping file knows its tables and named trees; a [`ScopeBuilder`] per section knows the
//! names in scope and turns YAML nodes into [`Program`]s; [`Compiler::finish`] yields the immutable [`Module`].
//! Run: a [`World`] per request holds what all programs ask; a [`Frame`] per section holds the names' values;
//! [`Program::value`] builds a tree, [`Program::write_json`] writes the same straight to bytes. An [`Observer`] of a
//! module is told what its programs reach.
//!
//! Inside: `expression` and `path` read text; `lower` and `tree` check it against `scope`, `table` and the functions
//! and make a `plan`; `run` runs plans. What reads never runs, what runs never reads.
//! Absent on purpose: I/O, clock, await, and any way to evaluate data.

mod compiler;
mod expression;
mod lower;
mod observer;
mod outline;
mod overrides;
mod path;
mod places;
mod plain;
mod plan;
mod program;
mod run;
mod scope;
mod table;
mod text;
mod tree;
mod want;

#[cfg(test)]
pub(crate) mod tests;

pub use compiler::{Compiler, Declared, Module};
pub use observer::{Asked, Event, Let, Observer};
pub use outline::{Known, LISTED, OutlineId};
pub use overrides::Overrides;
pub use places::{Kind, Place, Reachable};
pub use plain::PlainRead;
pub use program::Program;
pub use run::{Fault, Frame, Miss, World};
pub use scope::{Layout, Root, ScopeBuilder};
pub use text::{Prose, ProseError};
pub use want::{Schemas, Want};
