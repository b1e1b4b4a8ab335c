//! Breaches of YAML's syntax, said in words that help, at the right place.

use granit_parser::ScanError;

use crate::diagnostic::{Diagnostic, Source, Span};

/// What the parser could not read, and the likely fix.
pub(super) fn explain(source: &Source, error: &ScanError, in_flow: bool) -> Diagnostic {
    let _ = in_flow;
    let start = error.marker().byte_offset().unwrap_or_default();
    Diagnostic::error("SB0101", error.info()).at(source, Span { start, end: start })
}
