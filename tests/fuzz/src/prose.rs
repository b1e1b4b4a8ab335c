//! Template texts: of `$text`, and of a tenant's replies. A value that looks like a template is only text.

use serde_json::json;
use switchboard::language::{Prose, ScopeBuilder};

use crate::program::{both, compile};

/// What stands in every name's place.
const VALUE: &str = "{{x}} \u{7}<&> $.body.x {{{y}}} \\{{z}}";

/// The input is a template.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(prose) = Prose::parse(text) else { return };
    let names: Vec<&str> = prose.names().collect();
    assert!(names.iter().all(|name| !name.is_empty()));
    assert_eq!(prose.fill(|_| None).is_none(), !names.is_empty());
    let empty = prose.fill(|_| Some("")).expect("every name has a value");
    let filled = prose.fill(|_| Some(VALUE)).expect("every name has a value");
    // The values come through whole, and only at the names' places.
    let (parts, marked) = (filled.split(VALUE).collect::<String>(), prose.fill(|_| Some("\u{1}")).expect("as before"));
    assert!(parts == empty || text.contains(VALUE) || empty.contains("{{"), "{text:?}: {filled:?}");
    assert_eq!(marked.replace('\u{1}', ""), empty.replace('\u{1}', ""));
    assert!(marked.matches('\u{1}').count() >= names.len());
    let with: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!(VALUE))).collect();
    let file = json!({ "tree": { "$text": text, "with": with } }).to_string();
    if let Some(compiled) = compile(&file, ScopeBuilder::tree) {
        both(&compiled, b"{}");
    }
}
