//! What the files say themselves: texts, and names of members. Whoever posts one of these says nothing of a person.

use std::collections::HashSet;

use serde_json::Value;

use super::super::api::Words;
use crate::config::Snapshot;
use crate::yaml::{self, Node};

/// What a configuration's mappings and schemas say.
pub(super) struct Known {
    words: Words,
    names: HashSet<String>,
}

impl Known {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut names = HashSet::new();
        for schema in snapshot.schemas() {
            of_schema(&serde_json::from_str(&schema.text).unwrap_or_default(), &mut names);
        }
        for mapping in &snapshot.loaded {
            let root = yaml::parse(&mapping.source, &mut Vec::new());
            root.iter().for_each(|root| of_mapping(root, &mut names));
        }
        Self { words: Words::written(&[snapshot]), names }
    }

    /// Whether a mapping or a schema has this text.
    pub(super) fn has(&self, text: &str) -> bool {
        self.words.has(text)
    }

    /// Whether a schema declares a member of that name, or a mapping reads one. Formats that have marks before a name
    /// (`@id`) mean the same name.
    pub(super) fn names(&self, name: &str) -> bool {
        let bare = name.trim_start_matches(['@', '#']);
        self.names.contains(name) || self.names.contains(bare)
    }
}

/// Every key of a schema: its own words are among them, and harm nobody.
fn of_schema(schema: &Value, names: &mut HashSet<String>) {
    match schema {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            of_schema(value, names);
        }),
        Value::Array(items) => items.iter().for_each(|item| of_schema(item, names)),
        _ => {}
    }
}

/// Every name in an expression, which the language does not tell from its own words here.
fn of_mapping(node: &Node, names: &mut HashSet<String>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if let Some(text) = node.as_text() {
        let of = text.split(|c: char| !is_name(c)).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit()));
        names.extend(of.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    node.as_list().unwrap_or_default().iter().for_each(|item| of_mapping(item, names));
    node.as_map().unwrap_or_default().iter().for_each(|(_, value)| of_mapping(value, names));
}
