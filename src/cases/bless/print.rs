//! Values as YAML the way cases are written: on one line where that is short enough, else a line for each entry.

use crate::diagnostic::Source;
use crate::value::Tree;
use crate::yaml;

/// Longer lines are broken.
const WIDEST: usize = 120;

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Within brackets: all on one line.
    Flow,
    /// In a block. Further lines begin at `indent`; `own_line`: the first one may not go on after the key.
    Block { indent: usize, own_line: bool },
}

impl Spot {
    /// The value of a key, in a map that is written with brackets or not.
    pub(super) const fn within(self, flow: bool, key: usize) -> Self {
        if flow || matches!(self, Self::Flow) { Self::Flow } else { Self::Block { indent: key + 2, own_line: true } }
    }

    /// An item of a list.
    pub(super) const fn item(self, indent: usize) -> Self {
        if matches!(self, Self::Flow) { self } else { Self::Block { indent, own_line: false } }
    }
}

/// A value that begins in a column; `$omit` for none.
pub(super) fn value(tree: Option<&Tree>, column: usize, spot: Spot) -> String {
    let Some(tree) = tree else { return "$omit".to_owned() };
    let short = flow(tree);
    match spot {
        Spot::Block { indent, own_line } if column + short.chars().count() > WIDEST && is_broken(tree) => {
            let mut out = String::new();
            block(tree, indent, &mut out);
            if own_line { format!("\n{}{out}", " ".repeat(indent)) } else { out }
        }
        Spot::Flow | Spot::Block { .. } => short,
    }
}

/// Whether there are entries that can have a line each.
fn is_broken(tree: &Tree) -> bool {
    match tree {
        Tree::Map(members) => !members.is_empty() && !is_literal(tree),
        Tree::List(items) => !items.is_empty(),
        _ => false,
    }
}

/// Line by line; the first one is indented already.
fn block(tree: &Tree, indent: usize, out: &mut String) {
    let begin = |out: &mut String, place: usize| {
        if place > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        }
    };
    match tree {
        Tree::Map(members) => {
            for (place, (key, member)) in members.iter().enumerate() {
                begin(out, place);
                let key = text(key);
                out.push_str(&format!("{key}:"));
                let spot = Spot::Block { indent: indent + 2, own_line: true };
                let printed = value(Some(member), indent + key.len() + 2, spot);
                out.push_str(if printed.starts_with('\n') { "" } else { " " });
                out.push_str(&printed);
            }
        }
        Tree::List(items) => {
            for (place, item) in items.iter().enumerate() {
                begin(out, place);
                let spot = Spot::Block { indent: indent + 2, own_line: false };
                out.push_str(&format!("- {}", value(Some(item), indent + 2, spot)));
            }
        }
        leaf => out.push_str(&flow(leaf)),
    }
}

/// On one line.
fn flow(tree: &Tree) -> String {
    let joined = |parts: Vec<String>, open: &str, close: &str| match parts.is_empty() {
        true => format!("{open}{close}"),
        false => format!("{open} {} {close}", parts.join(", ")),
    };
    if is_literal(tree) {
        return format!("{{ $literal: {} }}", plain(tree));
    }
    match tree {
        Tree::List(items) => joined(items.iter().map(flow).collect(), "[", "]"),
        Tree::Map(members) => {
            let member = |(key, value): &(Box<str>, Tree)| format!("{}: {}", text(key), flow(value));
            joined(members.iter().map(member).collect(), "{", "}")
        }
        leaf => plain(leaf),
    }
}

/// What would mean something else in a case.
fn is_literal(tree: &Tree) -> bool {
    match tree {
        Tree::Text(text) => &**text == "$omit",
        Tree::Map(members) => members.iter().any(|(key, _)| key.starts_with('$')),
        _ => false,
    }
}

/// Without a look at `$`.
fn plain(tree: &Tree) -> String {
    match tree {
        Tree::Text(own) => text(own),
        // JSON is YAML.
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// Without quotes if that reads back as the same text.
fn text(text: &str) -> String {
    let is_tame = |c: char| c.is_ascii_alphanumeric() || " _-+./%".contains(c);
    let tame = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_tame);
    let reads_back = || {
        let mut problems = Vec::new();
        let node = yaml::parse(&Source::new("", format!("{{ k: {text} }}")), &mut problems);
        let read = node.as_ref().and_then(|node| node.get("k")).and_then(yaml::Node::as_text);
        problems.is_empty() && read == Some(text)
    };
    if tame && reads_back() { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, spot: Spot, expected: &str) {
        let source = Source::new("t.yaml", yaml);
        let tree = yaml::to_tree(&yaml::parse(&source, &mut Vec::new()).unwrap());
        assert_eq!(value(Some(&tree), 0, spot), expected);
    }

    #[test]
    fn values_are_written_as_in_cases() {
        let block = Spot::Block { indent: 4, own_line: true };
        check(
            "[ a b, 'yes', '12', 12, '', null, 'a: b', 1.50, '1e5' ]",
            block,
            r#"[ a b, "yes", "12", 12, "", null, "a: b", 1.5, "1e5" ]"#,
        );
        check("{ a: {}, b: [], 'c d': x }", block, "{ a: {}, b: [], c d: x }");
        check(
            "{ a: { $x: 1 }, b: '$omit', c: $.x }",
            Spot::Flow,
            r#"{ a: { $literal: {"$x":1} }, b: { $literal: "$omit" }, c: "$.x" }"#,
        );
        let long = "x".repeat(80);
        let two = format!("{{ a: {{ b: {long}, c: {long} }}, d: [ {long}, {{ e: {long}, f: {long} }} ] }}");
        check(
            &two,
            block,
            &format!(
                "\n    a:\n      b: {long}\n      c: {long}\n    d:\n      - {long}\n      - e: {long}\n        f: {long}"
            ),
        );
        assert_eq!(value(None, 0, block), "$omit");
    }
}
