//! Scalars as JSON Schemas: how each is spelled.

use serde_json::{Value as Json, json};

use super::map::Kind;
use crate::functions::FUNCTIONS;
use crate::model::Reason;

/// A text that begins with `$.`.
pub(super) fn expression() -> Json {
    let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    let says = format!(
        "An expression: `$.path`, `?` where it may be missing, `| function`, `?? otherwise`. Functions: {}.",
        names.join(", ")
    );
    json!({"type": "string", "pattern": r"^\$\.", "description": says})
}

/// A leaf of a tree.
pub(super) fn leaf() -> Json {
    let says = "A literal; or computed, if it begins with `$.`; or nothing, as `$omit`.";
    json!({"type": ["string", "number", "boolean", "null"], "description": says})
}

/// Any value that is no map of a known shape.
pub(super) fn scalar(kind: Kind) -> Json {
    match kind {
        Kind::Text | Kind::Prose | Kind::File => json!({"type": "string"}),
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::Reason => {
            let words: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
            json!({"type": "string", "enum": words})
        }
        Kind::Exactly(text) => {
            let number: Option<u64> = text.parse().ok();
            json!({"enum": number.map_or_else(|| vec![json!(text)], |number| vec![json!(number), json!(text)])})
        }
        Kind::Integer => json!({"type": "integer", "minimum": 1}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Duration => json!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"}),
        Kind::Rate => {
            json!({"type": "string", "pattern": "^ *[0-9]*[1-9][0-9]* */ *([0-9]*[1-9][0-9]*)?(ms|s|m|h|d) *$"})
        }
        Kind::Size => json!({"type": ["string", "integer"], "pattern": "^[0-9]+ *(KiB|MiB)?$", "minimum": 1}),
        Kind::Digits => json!({"type": ["string", "integer"], "pattern": "^[^+]"}),
        Kind::AnswerCase => json!({"anyOf": [
            {"type": "string", "enum": ["unreached", "unanswered", "2xx", "3xx", "4xx", "5xx"]},
            {"type": "integer", "minimum": 100, "maximum": 599},
            {"type": "string", "pattern": "^[1-5][0-9][0-9]$"},
        ]}),
        Kind::Secret => json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
        Kind::Pipe => json!({"type": "string", "pattern": "^[a-z]"}),
        _ => json!({}),
    }
}
