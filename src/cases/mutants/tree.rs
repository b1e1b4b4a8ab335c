//! Changes of trees: entries and items deleted, keys renamed, rows and sides swapped, constants changed.

use super::expression;
use crate::diagnostic::{Source, Span};
use crate::value::Number;
use crate::yaml::{Key, Node, Scalar, Shape, Style};

/// A node as it was changed, and where.
pub(super) struct Changed {
    pub(super) node: Node,
    pub(super) at: Span,
}

/// What is done to the entries of a map.
type Change<'c> = dyn Fn(&mut Vec<(Key, Node)>) + 'c;

/// Lists whose order says nothing.
const SETS: &[&str] = &["again", "in_doubt", "renew", "hold", "hosts", "words", "one_of", "method", "fill", "fold"];

/// Every change of a node itself; those of its children are their own.
pub(super) fn changes(node: &Node, steps: &[String], source: &Source) -> Vec<(String, Changed)> {
    let name = steps.last().map(String::as_str).unwrap_or_default();
    match &node.shape {
        Shape::Scalar(scalar, style) => scalars(node, scalar, *style, source),
        Shape::List(items) => {
            let rows = name == "rows" || name == "checks";
            list(node, items, steps, rows || !SETS.contains(&name) && !is_route(steps))
        }
        Shape::Map(entries) => map(node, entries, steps, source),
    }
}

/// Paths of a route: any of them.
fn is_route(steps: &[String]) -> bool {
    steps.iter().any(|step| step == "route")
}

fn map(node: &Node, entries: &[(Key, Node)], steps: &[String], source: &Source) -> Vec<(String, Changed)> {
    let name = steps.last().map(String::as_str).unwrap_or_default();
    let top = steps.is_empty();
    let own = |key: &Key| !top || !super::LEFT.contains(&&*key.text);
    let whole = |place: usize| Span { start: entries[place].0.span.start, end: entries[place].1.span.end };
    let mut found = Vec::new();
    let mut with = |what: String, at: Span, change: &Change<'_>| {
        let mut changed = entries.to_vec();
        change(&mut changed);
        found.push((what, Changed { node: Node { shape: Shape::Map(changed), span: node.span }, at }));
    };
    for (place, (key, _)) in entries.iter().enumerate().filter(|(_, (key, _))| own(key)) {
        with(format!("delete `{}`", key.text), whole(place), &|entries| drop(entries.remove(place)));
    }
    for (place, (key, _)) in entries.iter().enumerate().filter(|(_, (key, _))| own(key)) {
        with(format!("rename `{}`", key.text), whole(place), &|entries| {
            entries[place].0.text = format!("{}x", entries[place].0.text).into();
        });
    }
    if name == "rows" || name == "cases" {
        for (place, pair) in entries.windows(2).enumerate() {
            if pair[0].1.raw(source) != pair[1].1.raw(source) {
                let what = format!("swap `{}` and `{}`", pair[0].0.text, pair[1].0.text);
                with(what, whole(place), &|entries| swap_values(entries, place, place + 1));
            }
        }
    }
    if name == "rules" {
        for (place, pair) in entries.windows(2).enumerate() {
            let what = format!("swap the order of `{}` and `{}`", pair[0].0.text, pair[1].0.text);
            with(what, whole(place), &|entries| entries.swap(place, place + 1));
        }
    }
    sides(entries, &mut with);
    found
}

/// `then` becomes `else`, and the other way round.
fn sides(entries: &[(Key, Node)], with: &mut dyn FnMut(String, Span, &Change<'_>)) {
    let at = |name: &str| entries.iter().position(|(key, _)| &*key.text == name);
    let Some(when) = at("$when") else { return };
    let span = entries[when].0.span;
    match (at("then"), at("else")) {
        (Some(then), Some(otherwise)) => {
            with("swap `then` and `else`".to_owned(), span, &|entries| swap_values(entries, then, otherwise));
        }
        (Some(only), None) => with("`then` becomes `else`".to_owned(), span, &|entries| {
            entries[only].0.text = "else".into();
        }),
        (None, Some(only)) => with("`else` becomes `then`".to_owned(), span, &|entries| {
            entries[only].0.text = "then".into();
        }),
        (None, None) => {}
    }
}

fn swap_values(entries: &mut [(Key, Node)], one: usize, other: usize) {
    let kept = entries[one].1.clone();
    entries[one].1 = std::mem::replace(&mut entries[other].1, kept);
}

fn list(node: &Node, items: &[Node], steps: &[String], ordered: bool) -> Vec<(String, Changed)> {
    let mut found = Vec::new();
    let mut with = |what: String, at: Span, items: Vec<Node>| {
        found.push((what, Changed { node: Node { shape: Shape::List(items), span: node.span }, at }));
    };
    for (place, item) in items.iter().enumerate() {
        let mut fewer = items.to_vec();
        fewer.remove(place);
        with(format!("delete [{place}]"), item.span, fewer);
    }
    let rows = steps.last().is_some_and(|name| name == "rows");
    for place in (1..items.len()).filter(|_| ordered) {
        let (one, other) = (&items[place - 1], &items[place]);
        let results = |row: &Node| crate::yaml::to_tree(&without_keys(row));
        let differ = if rows { results(one) != results(other) } else { true };
        if differ && (!rows || overlap(one, other)) {
            let mut swapped = items.to_vec();
            swapped.swap(place - 1, place);
            with(format!("swap [{}] and [{place}]", place - 1), one.span, swapped);
        }
        if differ && rows {
            let mut swapped = items.to_vec();
            exchange(&mut swapped, place - 1, place);
            with(format!("swap the results of [{}] and [{place}]", place - 1), one.span, swapped);
        }
    }
    found
}

/// The key columns of the shipped tables' rows are whatever the rows of one table do not all differ in; here the last
/// column of a row is its result, as everybody writes it.
fn without_keys(row: &Node) -> Node {
    let result = row.as_map().and_then(|entries| entries.last()).map(|(_, value)| value.clone());
    result.unwrap_or_else(|| row.clone())
}

/// Whether one key could fit both rows.
fn overlap(one: &Node, other: &Node) -> bool {
    let keys = one.as_map().and_then(|entries| entries.split_last()).map_or(&[][..], |(_, keys)| keys);
    keys.iter().all(|(key, value)| {
        other.get(&key.text).is_none_or(|known| crate::yaml::to_tree(known) == crate::yaml::to_tree(value))
    })
}

fn exchange(rows: &mut [Node], one: usize, other: usize) {
    let (left, right) = (without_keys(&rows[one]), without_keys(&rows[other]));
    for (row, result) in [(one, right), (other, left)] {
        if let Shape::Map(entries) = &mut rows[row].shape
            && let Some((_, value)) = entries.last_mut()
        {
            *value = result;
        }
    }
}

/// Another constant, or an expression changed in one place.
fn scalars(node: &Node, scalar: &Scalar, style: Style, source: &Source) -> Vec<(String, Changed)> {
    let changed =
        |scalar: Scalar| Changed { node: Node { shape: Shape::Scalar(scalar, style), span: node.span }, at: node.span };
    let becomes = |to: &str| format!("`{}` becomes `{to}`", short(node.as_text().unwrap_or(node.raw(source))));
    match scalar {
        Scalar::Null => Vec::new(),
        Scalar::Bool(flag) => vec![(becomes(&(!flag).to_string()), changed(Scalar::Bool(!flag)))],
        Scalar::Number(number) => {
            let next = number.as_i64().map_or(Number::from(1_i64), |whole| Number::from(whole.wrapping_add(1)));
            vec![(becomes(&next.to_string()), changed(Scalar::Number(next)))]
        }
        Scalar::Text(text) if text.starts_with("$.") => {
            let texts = expression::changes(text);
            texts.into_iter().map(|to| (becomes(&short(&to)), changed(Scalar::Text(to.into())))).collect()
        }
        Scalar::Text(text) if text.starts_with('$') => Vec::new(),
        Scalar::Text(text) => {
            let mut found =
                vec![(becomes(&short(&format!("{text}x"))), changed(Scalar::Text(format!("{text}x").into())))];
            if text.contains(" | ") {
                let piped = expression::changes(text).into_iter();
                found.extend(piped.map(|to| (becomes(&short(&to)), changed(Scalar::Text(to.into())))));
            }
            found
        }
    }
}

/// On one line.
fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
