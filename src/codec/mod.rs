//! Bytes to document and back: JSON, form, query, XML, text, gzip; all bounded.
//!
//! Knows no party and no mapping. Start at [`decode`] and [`encode`].

pub mod json;

use crate::value::{Arena, Value};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with any root.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// The query string stands for the body.
    Query,
    /// XML with one root element.
    Xml,
    /// Plain text.
    Text,
}

/// Why bytes are no document. The text is for people and quotes nothing of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not of the format; `at` is a place (`line 3, column 7`).
    #[error("not {format}: {problem}{at}")]
    Syntax {
        /// The format's name.
        format: &'static str,
        /// What is wrong.
        problem: String,
        /// ` at line 3, column 7`, or empty.
        at: String,
    },
    /// Deeper, longer or larger than allowed.
    #[error("{0}")]
    Bound(String),
    /// A value the format cannot carry.
    #[error("{format} cannot carry {what}")]
    Unfit {
        /// The format's name.
        format: &'static str,
        /// What cannot be carried.
        what: String,
    },
}

/// How deep lists and maps may lie in one another.
pub const MAX_DEPTH: usize = 64;
/// How many items a list or members a map may have.
pub const MAX_ITEMS: usize = 10_000;

impl CodecError {
    fn syntax(format: &'static str, problem: impl Into<String>) -> Self {
        Self::Syntax { format, problem: problem.into(), at: String::new() }
    }

    fn too_deep() -> Self {
        Self::Bound(format!("nested deeper than {MAX_DEPTH} levels"))
    }

    fn too_many() -> Self {
        Self::Bound(format!("a list or map of more than {MAX_ITEMS} entries"))
    }
}

/// Reads a document; everything it holds borrows from `bytes` or the arena.
///
/// # Errors
/// [`CodecError`].
pub fn decode<'a>(format: Format, bytes: &'a [u8], arena: &'a Arena) -> Result<Value<'a>, CodecError> {
    match format {
        Format::Json => json::read(bytes, arena),
        _ => Err(CodecError::Bound("not built".to_owned())),
    }
}

/// Writes a document for the wire: a secret is written open, so only calls may use this.
///
/// # Errors
/// [`CodecError::Unfit`] for what the format cannot carry.
pub fn encode(format: Format, value: Value<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    match format {
        Format::Json => {
            json::write(value, out);
            Ok(())
        }
        _ => Err(CodecError::Bound("not built".to_owned())),
    }
}
