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

/// The text without the leaf at a pointer; `None` where there is no such leaf.
#[must_use]
pub fn without(text: &[u8], pointer: &str) -> Option<Vec<u8>> {
    let mut document: Json = serde_json::from_slice(text).ok()?;
    let (owner, name) = pointer.rsplit_once('/')?;
    let taken = match document.pointer_mut(owner)? {
        Json::Object(members) => members.remove(&name.replace("~1", "/").replace("~0", "~")).is_some(),
        Json::Array(items) => {
            let place = name.parse::<usize>().ok().filter(|place| *place < items.len());
            place.map(|place| items.remove(place)).is_some()
        }
        _ => false,
    };
    taken.then(|| serde_json::to_vec(&document).ok()).flatten()
}

/// The text with a member of a map set: what is wrong with a sample, mended.
#[must_use]
pub fn with(text: &[u8], pointer: &str, value: &Json) -> Option<Vec<u8>> {
    let mut document: Json = serde_json::from_slice(text).ok()?;
    let (owner, name) = pointer.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(owner)? {
        Json::Object(members) => members.insert(name, value.clone()),
        Json::Array(items) => Some(std::mem::replace(items.get_mut(name.parse::<usize>().ok()?)?, value.clone())),
        _ => return None,
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
        let read = |text: Option<Vec<u8>>| serde_json::from_slice::<Json>(&text.unwrap()).unwrap();
        assert_eq!(read(without(text, "/a~1b/0")).pointer("/a~1b"), Some(&serde_json::json!([{"c": "x"}])));
        assert_eq!(read(without(text, "/g")).get("g"), None);
        assert_eq!((without(text, "/h"), without(text, "/a~1b/2")), (None, None));
        assert_eq!(read(with(text, "/h", &Json::from(1))).get("h"), Some(&Json::from(1)));
        assert_eq!(read(with(text, "/a~1b/1/c", &Json::from(1))).pointer("/a~1b/1/c"), Some(&Json::from(1)));
        assert!(leaves(b"no JSON").is_empty());
    }
}
