//! The walk from a value down the trees that could have made it.

use serde_json::Value as Json;

use super::Origin;
use crate::yaml::{Node, Scalar, to_tree};

/// Trees that are looked at for one value: named trees may use each other without end.
const MOST: usize = 20_000;

/// One walk.
pub(super) struct Walk<'w> {
    /// The named trees.
    uses: Option<&'w Node>,
    /// A node's place, and what stands there.
    place: &'w dyn Fn(&Node) -> (String, String),
    left: usize,
    pub(super) found: Vec<Origin>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(uses: Option<&'w Node>, place: &'w dyn Fn(&Node) -> (String, String)) -> Self {
        Self { uses, place, left: MOST, found: Vec::new() }
    }

    /// Every field of a value that one of these trees made.
    pub(super) fn value<'n>(&mut self, trees: Vec<&'n Node>, value: &Json, field: &str)
    where
        'w: 'n,
    {
        let made = self.fitting(trees, value);
        let holds = |node: &&&Node| node.as_map().is_some_and(|_| operator(node).is_none());
        match value {
            Json::Object(members) if made.iter().any(|node| holds(&node)) => {
                for (name, value) in members {
                    let below = made.iter().filter(holds).filter_map(|node| node.get(name)).collect();
                    let dot = if field.is_empty() { "" } else { "." };
                    self.value(below, value, &format!("{field}{dot}{name}"));
                }
            }
            Json::Array(items) if made.iter().any(|node| !self.items(node).is_empty()) => {
                for (index, value) in items.iter().enumerate() {
                    let below = made.iter().flat_map(|node| self.item(node, index)).collect();
                    self.value(below, value, &format!("{field}[{index}]"));
                }
            }
            value => self.note(field, &made, Some(value.clone())),
        }
    }

    /// Every field that a tree can make.
    pub(super) fn tree<'n>(&mut self, node: &'n Node, field: &str)
    where
        'w: 'n,
    {
        for node in self.branches(node) {
            let items = self.items(node);
            match node.as_map().filter(|_| operator(node).is_none()) {
                Some(members) => {
                    let dot = if field.is_empty() { "" } else { "." };
                    members.iter().for_each(|(key, node)| self.tree(node, &format!("{field}{dot}{}", key.text)));
                }
                None if !items.is_empty() => items.into_iter().for_each(|node| self.tree(node, &format!("{field}[*]"))),
                None => self.note(field, &[node], None),
            }
        }
    }

    fn note(&mut self, field: &str, made: &[&Node], value: Option<Json>) {
        let (lines, written) = made.iter().map(|node| (self.place)(node)).unzip();
        self.found.push(Origin { field: field.to_owned(), lines, written, value });
    }

    /// The branches of these trees that could have made the value; all of them where the gateway made something else of it.
    fn fitting<'n>(&mut self, trees: Vec<&'n Node>, value: &Json) -> Vec<&'n Node>
    where
        'w: 'n,
    {
        let branches: Vec<&Node> = trees.into_iter().flat_map(|node| self.branches(node)).collect();
        let fitting: Vec<&Node> = branches.iter().copied().filter(|node| self.fits(node, value)).collect();
        if fitting.is_empty() { branches } else { fitting }
    }

    /// What a tree comes to, by whatever its conditions say.
    fn branches<'n>(&mut self, node: &'n Node) -> Vec<&'n Node>
    where
        'w: 'n,
    {
        if self.left == 0 || node.as_text() == Some("$omit") {
            return Vec::new();
        }
        self.left -= 1;
        let below: Vec<&Node> = match operator(node) {
            Some("$when") => [node.get("then"), node.get("else")].into_iter().flatten().collect(),
            Some("$match") => {
                let cases = node.get("cases").and_then(Node::as_map).unwrap_or_default();
                cases.iter().map(|(_, case)| case).chain(node.get("else")).collect()
            }
            Some("$use") => {
                let name = node.get("$use").and_then(Node::as_text);
                self.uses.zip(name).and_then(|(uses, name)| uses.get(name)).into_iter().collect()
            }
            _ => return vec![node],
        };
        below.into_iter().flat_map(|node| self.branches(node)).collect()
    }

    /// Whether a branch could have made the value.
    fn fits(&mut self, node: &Node, value: &Json) -> bool {
        match (operator(node), node.scalar(), node.as_map()) {
            (Some("$each"), ..) => value.is_array(),
            (Some("$text"), ..) => value.is_string(),
            (Some(_), ..) => true,
            (None, Some(Scalar::Text(text)), _) if text.starts_with("$.") => true,
            (None, Some(_), _) => serde_json::to_value(to_tree(node)).is_ok_and(|constant| constant == *value),
            (None, None, Some(_)) => value.as_object().is_some_and(|members| {
                let constant = |(name, value): (&String, &Json)| match node.get(name) {
                    Some(below) => {
                        let branches = self.branches(below);
                        let plain = |node: &&Node| node.scalar().is_none();
                        branches.iter().any(plain) || branches.iter().any(|node| self.fits(node, value))
                    }
                    // What the gateway added stands at the top alone, where all branches lack it.
                    None => ADDED.contains(&name.as_str()),
                };
                members.iter().all(constant)
            }),
            (None, None, None) => value.is_array(),
        }
    }

    /// The trees of a list's items.
    fn items<'n>(&self, node: &'n Node) -> Vec<&'n Node> {
        match operator(node) {
            Some("$each") => node.get("do").into_iter().collect(),
            Some(_) => Vec::new(),
            None => node.as_list().unwrap_or_default().iter().flat_map(spliced).collect(),
        }
    }

    /// Those that one item may be of: its own where each is exactly one.
    fn item<'n>(&self, node: &'n Node, index: usize) -> Vec<&'n Node> {
        let single = |node: &Node| operator(node).is_none() && node.as_text() != Some("$omit");
        match node.as_list().filter(|items| items.iter().all(single)) {
            Some(items) => items.get(index).into_iter().collect(),
            None => self.items(node),
        }
    }
}

/// What the gateway adds to a message.
const ADDED: [&str; 2] = ["kind", "ref"];

/// Inside a list `$each` is as many items as it makes.
fn spliced(node: &Node) -> Option<&Node> {
    if operator(node) == Some("$each") { node.get("do") } else { Some(node) }
}

fn operator(node: &Node) -> Option<&str> {
    node.as_map()?.iter().map(|(key, _)| &*key.text).find(|key| key.starts_with('$'))
}
