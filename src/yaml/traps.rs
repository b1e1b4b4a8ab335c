//! The traps of YAML: what is valid and means something else than it looks. Each has its own message and fix.

use super::build::Role;
use super::node::{Node, Shape};
use super::scalar::Plain;
use crate::diagnostic::{Diagnostic, Source, Span};

pub(super) fn invisible(source: &Source, problems: &mut Vec<Diagnostic>) {
    let _ = (source, problems);
}

pub(super) fn rejoin(source: &Source, shape: &mut Shape, problems: &mut Vec<Diagnostic>) {
    let _ = (source, shape, problems);
}

pub(super) fn plain(source: &Source, text: &str, read: &Plain, span: Span, role: Role, problems: &mut Vec<Diagnostic>) {
    let _ = (source, text, read, span, role, problems);
}

pub(super) fn odd_key(source: &Source, node: &Node) -> Diagnostic {
    let _ = source;
    Diagnostic::error("SB0116", format!("{} cannot be a key", node.describe()))
}
