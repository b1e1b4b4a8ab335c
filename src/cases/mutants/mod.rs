//! Mutants: a mapping with one thing changed. One that neither `check` nor a case notices shows what the cases do not
//! promise, or is equivalent: nothing that anybody could see changed.
//!
//! Start at [`mutants`] and [`Hunt`]. How trees and expressions are changed is beside.

mod expression;
mod known;
mod tree;

pub use known::Equivalents;

use super::suite::Subject;
use super::{Material, Suite, Verdict};
use crate::diagnostic::{Diagnostic, Source, line_col};
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
    text: String,
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
const LEFT: &[&str] = &["dsl", "platform", "provider", "given", "cases"];

/// Every mutant of a mapping, in the order of its file; none of a file that is no YAML.
#[must_use]
pub fn mutants(source: &Source) -> Vec<Mutant> {
    let Some(root) = yaml::parse(source, &mut Vec::new()) else { return Vec::new() };
    let mut found = Vec::new();
    let mut steps = Vec::new();
    visit(&root, &mut steps, &mut |node, steps| {
        let changes = tree::changes(node, steps, source);
        for (what, changed) in changes {
            let line = line_col(source, changed.at.start).line;
            let at = steps.join(".").replace(".[", "[");
            let text = json(&replaced(&root, steps, changed.node));
            found.push(Mutant { at, what, line, text });
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

/// The tree with another node at the end of the steps.
fn replaced(root: &Node, steps: &[String], changed: Node) -> Node {
    let Some((step, rest)) = steps.split_first() else { return changed };
    let mut root = root.clone();
    let child = match &mut root.shape {
        Shape::Scalar(..) => None,
        Shape::List(items) => {
            let place = step.trim_matches(['[', ']']).parse::<usize>().ok();
            place.and_then(|place| items.get_mut(place))
        }
        Shape::Map(entries) => entries.iter_mut().find(|(key, _)| *key.text == **step).map(|(_, value)| value),
    };
    if let Some(child) = child {
        *child = replaced(child, rest, changed);
    }
    root
}

/// A tree as JSON, which is YAML too.
fn json(node: &Node) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let joined = |parts: Vec<String>| parts.join(", ");
    match &node.shape {
        Shape::Scalar(Scalar::Null, _) => "null".to_owned(),
        Shape::Scalar(Scalar::Bool(flag), _) => flag.to_string(),
        Shape::Scalar(Scalar::Number(number), _) => number.to_string(),
        Shape::Scalar(Scalar::Text(own), _) => text(own),
        Shape::List(items) => format!("[{}]", joined(items.iter().map(json).collect())),
        Shape::Map(entries) => {
            let entry = |(key, value): &(Key, Node)| format!("{}: {}", text(&key.text), json(value));
            format!("{{{}}}", joined(entries.iter().map(entry).collect()))
        }
    }
}

/// Hunts the mutants of one suite's mapping.
pub struct Hunt<'s> {
    suite: &'s Suite,
    /// Problems of the mapping itself, by code.
    known: Vec<&'static str>,
    /// The cases in the order in which they are asked: who noticed last is asked first, since neighbours of a mutant
    /// are mostly noticed by the same case.
    order: Vec<usize>,
}

impl<'s> Hunt<'s> {
    /// Begins. The cases of the suite must pass.
    #[must_use]
    pub fn new(suite: &'s Suite) -> Self {
        let known = codes(&Subject::compile(&Source::new(suite.source.name.clone(), plain(&suite.source)), None).1);
        Self { suite, known, order: (0..suite.cases.len()).collect() }
    }

    /// Who notices.
    pub fn notice(&mut self, mutant: &Mutant, material: &Material<'_>) -> Noticed {
        let source = Source::new(self.suite.source.name.clone(), mutant.text.as_str());
        let (subject, problems) = Subject::compile(&source, Some(&self.suite.subject));
        let mut left = self.known.clone();
        for code in codes(&problems) {
            match left.iter().position(|known| *known == code) {
                Some(place) => drop(left.swap_remove(place)),
                None => return Noticed::Check(code.to_owned()),
            }
        }
        let Some(mapping) = &subject.mapping else { return Noticed::Check("no mapping".to_owned()) };
        let asked = self.order.iter().position(|case| {
            let outcome = self.suite.outcome(&subject, mapping, &self.suite.cases[*case], material);
            !matches!(outcome.verdict, Verdict::Passed)
        });
        match asked {
            Some(place) => {
                let case = self.order.remove(place);
                self.order.insert(0, case);
                Noticed::Case(self.suite.cases[case].name.clone())
            }
            None => Noticed::Nobody,
        }
    }
}

/// The mapping as mutants are written, without a change.
fn plain(source: &Source) -> String {
    yaml::parse(source, &mut Vec::new()).map_or_else(String::new, |root| json(&root))
}

fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
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
