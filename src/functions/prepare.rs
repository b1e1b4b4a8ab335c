//! [`prepare`]: literal arguments compiled once, at load: regular expressions, time formats, zones, countries.

use super::fold::Folding;
use super::function::Function;
use crate::value::Value;

/// What [`prepare`] made of literal arguments.
#[derive(Clone, Debug, Default)]
pub enum Prepared {
    /// There was nothing to prepare.
    #[default]
    None,
    /// Of `capture` and `replace`.
    Regex(Box<regex::Regex>),
    /// Of `time`: a format, and the zone of times without one.
    Time(Box<TimeFormat>),
    /// Of `phone`: whose national forms are read.
    Country(phonenumber::country::Id),
    /// Of `fold`: what is ignored.
    Fold(Folding),
    /// Of `epoch`: milliseconds, else seconds.
    Millis(bool),
}

/// How `time` reads a text.
#[derive(Clone, Debug)]
pub struct TimeFormat {
    /// In strftime's terms.
    pub format: String,
    /// For times that name no zone themselves.
    pub zone: Option<jiff::tz::TimeZone>,
}

/// Why a literal argument is no good; one sentence for the author of the mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PrepareError(pub String);

/// Compiles the literals among the arguments; `None` stands for an argument that is not a literal.
pub type Preparer = for<'a> fn(&[Option<Value<'a>>]) -> Result<Prepared, PrepareError>;

/// Compiles a function's literal arguments, in order; `None` stands for one that is not a literal.
///
/// # Errors
/// What is wrong with a literal, for the author of the mapping.
pub fn prepare(function: &'static Function, literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    (function.prepare)(literals)
}

/// Reads a literal argument as a text; `None` where the argument is left out or no literal.
pub(super) fn literal_text<'a>(
    literals: &[Option<Value<'a>>],
    at: usize,
    what: &str,
) -> Result<Option<&'a str>, PrepareError> {
    match literals.get(at).copied().flatten() {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(PrepareError(format!("expected {what}"))),
    }
}

/// Of the functions without literals.
pub(super) fn nothing_to_prepare(_: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    Ok(Prepared::None)
}
