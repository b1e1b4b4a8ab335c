//! Mutants: a mapping with one thing changed. One that neither `check` nor a case notices shows what the cases do not
//! promise, or is equivalent: nothing that anybody could see changed.
//!
//! Start at [`mutants`] and [`Hunt`]. How trees and expressions are changed is in `tree` and `expression`.

mod expression;
mod hunt;
mod known;
mod tree;

pub use hunt::Hunt;
pub use known::Equivalents;

use std::sync::Arc;

use crate::diagnostic::{Source, Span, line_col};
use crate::yaml::{self, Key, Node, Scalar, Shape};

/// A mapping with one thing changed.
#[derive(Debug)]
pub struct Mutant {
    /// Where, by keys: `send.message.to`.
    pub at: String,
    /// What was changed.
    pub what: String,
    /// The line in the mapping's file, from 1.
    pub line: usize,
    /// What was changed, in the mapping's file.
    span: Span,
    root: Arc<Node>,
    /// The way from the root to what is replaced, and by what.
    steps: Vec<String>,
    node: Node,
}

impl Mutant {
    /// The mapping, without its cases.
    fn text(&self) -> String {
        let mut text = String::new();
        write(&self.root, Some((&self.steps, &self.node)), true, &mut text);
        text
    }
}

/// Who noticed a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// `check`: a problem that the mapping itself does not have, by its code.
    Check(String),
    /// A case, by its name.
    Case(String),
    /// Nobody.
    Nobody,
}

/// Not part of the contract: what names the file, and the cases themselves.
const LEFT: &[&str] = &["dsl", "platform", "provider", "onboard", "given", "cases"];

/// Every mutant of a mapping, in the order of its file; none of a file that is no YAML.
#[must_use]
pub fn mutants(source: &Source) -> Vec<Mutant> {
    let Some(root) = yaml::parse(source, &mut Vec::new()) else { return Vec::new() };
    let root = Arc::new(root);
    let mut found = Vec::new();
    visit(&root, &mut Vec::new(), &mut |node, steps| {
        for (what, changed) in tree::changes(node, steps, source) {
            let line = line_col(source, changed.at.start).line;
            let at = steps.join(".").replace(".[", "[");
            let (root, steps, node) = (root.clone(), steps.to_vec(), changed.node);
            found.push(Mutant { at, what, line, span: changed.at, root, steps, node });
        }
    });
    found
}

/// Goes over all nodes but those that are left alone, each with the keys and places (`[0]`) that lead to it.
fn visit(node: &Node, steps: &mut Vec<String>, body: &mut dyn FnMut(&Node, &[String])) {
    body(node, steps);
    for (step, child) in children(node) {
        if steps.is_empty() && LEFT.contains(&step.as_str()) {
            continue;
        }
        steps.push(step);
        visit(child, steps, body);
        steps.pop();
    }
}

fn children(node: &Node) -> Vec<(String, &Node)> {
    match &node.shape {
        Shape::Scalar(..) => Vec::new(),
        Shape::List(items) => items.iter().enumerate().map(|(place, item)| (format!("[{place}]"), item)).collect(),
        Shape::Map(entries) => entries.iter().map(|(key, value)| (key.text.to_string(), value)).collect(),
    }
}

/// A tree as JSON, which is YAML too, with another node at the end of the steps; cases are left out at the top.
fn write(node: &Node, changed: Option<(&[String], &Node)>, top: bool, out: &mut String) {
    if let Some(([], changed)) = changed {
        return write(changed, None, top, out);
    }
    let below = |step: &dyn Fn(&str) -> bool| {
        let (steps, node) = changed?;
        let (first, rest) = steps.split_first()?;
        step(first).then_some((rest, node))
    };
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match &node.shape {
        Shape::Scalar(Scalar::Null, _) => out.push_str("null"),
        Shape::Scalar(Scalar::Bool(flag), _) => out.push_str(&flag.to_string()),
        Shape::Scalar(Scalar::Number(number), _) => out.push_str(&number.to_string()),
        Shape::Scalar(Scalar::Text(own), _) => out.push_str(&text(own)),
        Shape::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                write(item, below(&|step| step == format!("[{place}]")), false, out);
            }
            out.push(']');
        }
        Shape::Map(entries) => {
            out.push('{');
            let there = |(key, _): &&(Key, Node)| !top || !["onboard", "given", "cases"].contains(&&*key.text);
            for (place, (key, value)) in entries.iter().filter(there).enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                out.push_str(&text(&key.text));
                out.push_str(": ");
                write(value, below(&|step| *step == *key.text), false, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let source = Source::new("m.yaml", text);
        mutants(&source).iter().map(|mutant| format!("{} {}: {}", mutant.line, mutant.at, mutant.what)).collect()
    }

    #[test]
    fn trees_are_changed_entry_by_entry() {
        let found = all("dsl: 1\nplatform: p\ncases: [ a ]\nb: { $when: $.x?, then: 1, else: yes }\n");
        let expected = [
            "4 : delete `b`",
            "4 : rename `b`",
            "4 b: delete `$when`",
            "4 b: delete `then`",
            "4 b: delete `else`",
            "4 b: rename `$when`",
            "4 b: rename `then`",
            "4 b: rename `else`",
            "4 b: swap `then` and `else`",
            "4 b.$when: `$.x?` becomes `$.x`",
            "4 b.then: `1` becomes `2`",
            "4 b.else: `yes` becomes `yesx`",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn rows_are_swapped_where_that_matters() {
        let found = all("tables:\n  t:\n    key: [ a, b ]\n    rows: [ { a: 1, b: 2, r: x }, { a: 1, r: y } ]\n");
        assert!(found.contains(&"4 tables.t.rows: swap [0] and [1]".to_owned()), "{found:#?}");
        assert!(found.contains(&"4 tables.t.rows: swap the results of [0] and [1]".to_owned()), "{found:#?}");
        let found = all("tables: { t: { rows: { a: 1, b: 1, c: 2 } } }\n");
        assert!(found.contains(&"1 tables.t.rows: swap `b` and `c`".to_owned()), "{found:#?}");
        assert!(!found.contains(&"1 tables.t.rows: swap `a` and `b`".to_owned()), "{found:#?}");
    }
}
