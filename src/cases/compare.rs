//! What was found against what is expected: maps are subsets where they are not `$exact`, lists go item by item, leaves
//! are equal.

use super::Mismatch;
use super::wanted::{Shape, Wanted};
use crate::diagnostic::Span;
use crate::value::{Tree, Value};

/// Notes every difference under `path`. `exact`: a map may have nothing else.
pub(super) fn compare(
    wanted: &Wanted,
    found: Option<Value<'_>>,
    path: &str,
    exact: bool,
    differences: &mut Vec<Mismatch>,
) {
    match (&wanted.shape, found) {
        (Shape::Omit, None) => {}
        (Shape::Exact(inner), found) => compare(inner, found, path, true, differences),
        (Shape::Map(members), Some(Value::Map(there))) => {
            for (key, value) in members {
                let found = found.and_then(|found| member(found, key, path));
                compare(value, found, &joined(path, key), exact, differences);
            }
            for (key, value) in there.iter().filter(|_| exact) {
                if !members.iter().any(|(known, _)| same_name(known, key, path)) {
                    let nothing = Wanted { shape: Shape::Omit, span: wanted.span };
                    differences.push(mismatch(&nothing, Some(*value), &joined(path, key)));
                }
            }
        }
        (Shape::List(items), Some(Value::List(found))) if items.len() == found.len() => {
            for (index, (item, found)) in items.iter().zip(found).enumerate() {
                compare(item, Some(*found), &format!("{path}[{index}]"), exact, differences);
            }
        }
        (Shape::Leaf(leaf), Some(found)) if equal(leaf, found) => {}
        _ => differences.push(mismatch(wanted, found, path)),
    }
}

/// The member of that name in a map at a path.
pub(super) fn member<'v>(found: Value<'v>, key: &str, path: &str) -> Option<Value<'v>> {
    found.as_map()?.iter().find(|(name, _)| same_name(name, key, path)).map(|(_, value)| *value)
}

/// Header names are the same in any case; nowhere else are names.
pub(super) fn same_name(one: &str, other: &str, path: &str) -> bool {
    let headers = path == "answer.headers" || (path.starts_with("calls[") && path.ends_with("].headers"));
    one == other || headers && one.eq_ignore_ascii_case(other)
}

pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A model value's time is an instant, however the case writes it.
fn equal(leaf: &Tree, found: Value<'_>) -> bool {
    match (leaf, found) {
        (Tree::Null, Value::Null) => true,
        (Tree::Bool(wanted), Value::Bool(found)) => *wanted == found,
        (Tree::Number(wanted), Value::Number(found)) => *wanted == found,
        (Tree::Text(wanted), Value::Text(found)) => **wanted == *found,
        (Tree::Text(wanted), Value::Time(found)) => {
            wanted.parse::<jiff::Timestamp>().is_ok_and(|wanted| wanted.as_millisecond() == found.millis())
        }
        _ => false,
    }
}

fn mismatch(wanted: &Wanted, found: Option<Value<'_>>, path: &str) -> Mismatch {
    let expected = match (&wanted.shape, found) {
        (Shape::List(items), Some(Value::List(_))) => format!("{} items: {}", items.len(), shown_tree(wanted)),
        _ => shown_tree(wanted),
    };
    let found = match found {
        Some(Value::List(items)) => format!("{} items: {}", items.len(), shown(found)),
        _ => shown(found),
    };
    Mismatch { path: path.to_owned(), expected, found, span: wanted.span }
}

/// A difference that is no comparison of values.
pub(super) fn note(path: &str, expected: impl Into<String>, found: impl Into<String>, span: Span) -> Mismatch {
    Mismatch { path: path.to_owned(), expected: expected.into(), found: found.into(), span }
}

fn shown_tree(wanted: &Wanted) -> String {
    wanted.tree().map_or_else(|| "$omit".to_owned(), |tree| cut(serde_json::to_string(&tree).unwrap_or_default()))
}

fn shown(found: Option<Value<'_>>) -> String {
    found.map_or_else(|| "$omit".to_owned(), |found| cut(serde_json::to_string(&found).unwrap_or_default()))
}

/// Enough to see what it is.
fn cut(text: String) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
