//! One expression, at every kind of place at which one may stand.

use serde_json::{Value as Json, json};
use switchboard::language::ScopeBuilder;

use crate::program::{BETWEEN, both, compile};

/// The input is an expression and, behind the line between, a body.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (expression, body) = text.split_once(BETWEEN).unwrap_or((text, r#"{"a":"x","l":[1,"y",null]}"#));
    let file = |tree: Json| {
        let mut file = json!({
            "tables": { "t": { "rows": { "x": "one", "1": { "a": "b" } }, "else": "$omit" } },
            "use": { "u": [ "$.given?" ] },
            "let": { "first": "$.body.a?", "all": "$.body.l[*]" },
            "tree": tree,
        });
        // So that it is used.
        file["tree"] = json!([ file["tree"], { "$use": "u", "with": { "given": "$.body.a? | table(t)" } } ]);
        file.to_string()
    };
    let places = [
        json!(expression),
        json!({ "$when": expression, "then": 1, "else": "$.body.a?" }),
        json!({ "$match": expression, "cases": { "x": 1 }, "else": expression }),
        json!({ "$each": expression, "do": "$.item?" }),
        json!({ "$pipe": expression, "to": "string" }),
        json!({ "$text": "{{a}}", "with": { "a": expression } }),
    ];
    for place in places {
        if let Some(compiled) = compile(&file(place), ScopeBuilder::tree) {
            both(&compiled, body.as_bytes());
        }
    }
    if let Some(compiled) = compile(&json!({ "tree": expression }).to_string(), ScopeBuilder::condition) {
        both(&compiled, body.as_bytes());
    }
}
