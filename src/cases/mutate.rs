//! A sample with one value changed: a case that still passes with any value of its sample proves nothing about it.

use serde_json::Value as Json;

/// JSON pointers of every leaf of a JSON text, in its order; empty for what is no JSON.
#[must_use]
pub fn leaves(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(document) = serde_json::from_slice(text) {
        walk(&document, String::new(), &mut found);
    }
    found
}

fn walk(value: &Json, path: String, found: &mut Vec<String>) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                walk(value, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| walk(value, format!("{path}/{index}"), found));
        }
        _ => found.push(path),
    }
}

/// The text with the leaf at a pointer changed to another value of its type; `None` where there is no such leaf.
#[must_use]
pub fn changed(text: &[u8], pointer: &str) -> Option<Vec<u8>> {
    let mut document: Json = serde_json::from_slice(text).ok()?;
    let leaf = document.pointer_mut(pointer)?;
    *leaf = match &*leaf {
        Json::Null => Json::from("changed"),
        Json::Bool(flag) => Json::from(!flag),
        Json::Number(number) => number.as_i64().map_or_else(
            || Json::from(number.as_f64().unwrap_or_default() + 1.0),
            |whole| Json::from(whole.wrapping_add(1)),
        ),
        Json::String(text) => Json::from(format!("{text}0")),
        Json::Array(_) => Json::from(vec!["changed"]),
        Json::Object(_) => serde_json::json!({"changed": true}),
    };
    serde_json::to_vec(&document).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_is_named_and_changed() {
        let text = br#"{"a/b": [1, {"c": "x"}], "d": null, "e": true, "f": [], "g": 1.5}"#;
        assert_eq!(leaves(text), ["/a~1b/0", "/a~1b/1/c", "/d", "/e", "/f", "/g"]);
        for pointer in leaves(text) {
            let changed = changed(text, &pointer).unwrap();
            let (before, after): (Json, Json) =
                (serde_json::from_slice(text).unwrap(), serde_json::from_slice(&changed).unwrap());
            assert_ne!(before.pointer(&pointer), after.pointer(&pointer), "{pointer}");
        }
        assert_eq!(changed(text, "/h"), None);
        assert!(leaves(b"no JSON").is_empty());
    }
}
