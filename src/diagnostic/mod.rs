//! A problem in what somebody wrote: code, place, text, help; as text or JSON.
//!
//! Not an error of ours: a loader gathers all [`Diagnostic`]s of all files and reports them at once. No file is
//! opened here and nothing is printed.

use std::sync::Arc;

/// A text that was read from a file, kept for excerpts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown to people, relative to where the operator stands: `mappings/acme.yaml`.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// Where in a source: byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte.
    pub end: usize,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Works, but is likely a mistake.
    Warning,
    /// The file is not taken.
    Error,
}

/// One problem, with its place and what to do.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable, for searching: `SB0101`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where, if it is in a file.
    pub place: Option<(Source, Span)>,
    /// Words beside the caret: what was found or expected there.
    pub label: Option<String>,
    /// What to do, one line each.
    pub help: Vec<String>,
}
