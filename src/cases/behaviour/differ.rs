//! Where two documents differ: the deepest places that both have, and what stands there.

use serde_json::Value as Json;

/// One place.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// `calls[0].body.to`
    pub(super) path: String,
    /// What stands there in the one and in the other; nothing where nothing does.
    pub(super) values: [Option<Json>; 2],
}

/// All places, in their order. Of a part that only one has, its top.
pub(super) fn differences(old: &Json, new: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), Some(old), Some(new), &mut found);
    found
}

fn walk(path: String, old: Option<&Json>, new: Option<&Json>, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(path, old.get(key), new.get(key), found);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new))) => {
            for place in 0..old.len().max(new.len()) {
                walk(format!("{path}[{place}]"), old.get(place), new.get(place), found);
            }
        }
        _ => found.push(Difference { path, values: [old.cloned(), new.cloned()] }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_deepest_places_that_differ_are_told_and_the_top_of_what_only_one_has() {
        let old = json!({"a": {"b": 1, "c": [1, 2]}, "same": [{"x": null}], "gone": {"deep": {"er": 1}}});
        let new = json!({"a": {"b": 2, "c": [1, 2, {"n": 3}]}, "same": [{"x": null}], "new": null});
        let told = |path: &str, old: Json, new: Json| {
            let there = |value: Json| (value != "nothing").then_some(value);
            Difference { path: path.to_owned(), values: [there(old), there(new)] }
        };
        let expected = [
            told("a.b", json!(1), json!(2)),
            told("a.c[2]", json!("nothing"), json!({"n": 3})),
            told("gone", json!({"deep": {"er": 1}}), json!("nothing")),
            told("new", json!("nothing"), json!(null)),
        ];
        assert_eq!(differences(&old, &new), expected);
        assert_eq!(differences(&old, &old), []);
        assert_eq!(differences(&json!("a"), &json!(["a"])), [told("", json!("a"), json!(["a"]))]);
    }
}
