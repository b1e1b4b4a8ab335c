//! A problem in what somebody wrote: code, place, text, help; as text or JSON.
//!
//! Not an error of ours: a loader gathers all [`Diagnostic`]s of all files and reports them at once. No file is
//! opened here and nothing is printed. Start at [`Diagnostic`]; every code stands in [`codes::ALL`].

pub mod codes;
mod json;
mod render;
mod source;
mod suggest;
mod veil;

pub use render::{render, sort};
pub use source::{Position, Source, Span, line_col};
pub use suggest::suggest;

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
///
/// The message never repeats a value that may be a secret or a person's; the excerpt shows the operator's own line
/// and belongs on a terminal. A log takes [`Diagnostic::headline`].
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

impl Diagnostic {
    /// A problem for which the file is not taken.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A likely mistake.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    const fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self { code, severity, message, place: None, label: None, help: Vec::new() }
    }

    /// Where it is.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span) -> Self {
        self.place = Some((source.clone(), span));
        self
    }

    /// Words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// One more line of what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// One more line of what to do, if `word` is likely a slip for one of `candidates`.
    #[must_use]
    pub fn did_you_mean<'c>(self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self {
        match suggest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Whether the other is at the same place.
    #[must_use]
    pub fn place_is(&self, other: &Self) -> bool {
        let place = |problem: &Self| problem.place.as_ref().map(|(source, span)| (source.name.clone(), *span));
        place(self) == place(other)
    }

    /// Whether the file is not taken.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
