//! Words that are nobody's: those of the model, those that the parties' schemas list (`enum`, `const`), and those that
//! mappings write. All other text in a letter or a sample may be somebody's and is masked.

use std::collections::HashSet;

use serde_json::Value;

use super::mask::DIGITS;
use crate::config::Snapshot;
use crate::model::{Kind, Reason, Status, StopScope};
use crate::yaml::{self, Node};

/// Longer ones are sentences.
const LONGEST: usize = 64;

/// Texts that are shown.
#[derive(Debug, Default)]
pub(in crate::operate) struct Words(HashSet<String>);

impl Words {
    /// The model's, and those of all schemas at hand.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let statuses = [Status::Failed, Status::Submitted, Status::Delivered, Status::Read].map(Status::as_str);
        let own = statuses.into_iter().chain(Reason::ALL.iter().map(|reason| reason.as_str()));
        let own = own.chain(Kind::ALL.map(Kind::as_str)).chain(StopScope::ALL.map(StopScope::as_str));
        let mut words = Self(own.map(str::to_owned).collect());
        for schema in snapshot.schemas() {
            // One that is no JSON has a diagnostic of its own.
            words.listed(&serde_json::from_str(&schema.text).unwrap_or_default());
        }
        words
    }

    /// Those, and what the mappings write themselves.
    pub(in crate::operate) fn written(snapshots: &[&Snapshot]) -> Self {
        let mut words = Self::default();
        for snapshot in snapshots {
            words.0.extend(Self::of(snapshot).0);
            for mapping in &snapshot.loaded {
                let root = yaml::parse(&mapping.source, &mut Vec::new());
                for (key, value) in root.as_ref().and_then(Node::as_map).unwrap_or_default() {
                    // Cases speak of people, be they made up.
                    if !matches!(key.text.as_ref(), "cases" | "given") {
                        words.scalars(value);
                    }
                }
            }
        }
        words
    }

    /// Texts, the constants that stand quoted in them, and the keys of tables.
    fn scalars(&mut self, node: &Node) {
        if let Some(text) = node.as_text() {
            self.add_own(text);
            for quote in ['"', '\''] {
                text.split(quote).skip(1).step_by(2).for_each(|constant| self.add_own(constant));
            }
        }
        node.as_list().unwrap_or_default().iter().for_each(|item| self.scalars(item));
        for (key, value) in node.as_map().unwrap_or_default() {
            self.add_own(&key.text);
            self.scalars(value);
        }
    }

    /// What a mapping writes is no example: a short number is a code.
    fn add_own(&mut self, word: &str) {
        if (1..=DIGITS).contains(&word.len()) {
            self.0.insert(word.to_owned());
        } else {
            self.add(word);
        }
    }

    /// Whether a text is one of them.
    pub(in crate::operate) fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    fn listed(&mut self, schema: &Value) {
        match schema {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value) {
                        ("const", Value::String(word)) => self.add(word),
                        ("enum", Value::Array(all)) => {
                            all.iter().filter_map(Value::as_str).for_each(|word| self.add(word));
                        }
                        _ => self.listed(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.listed(item)),
            _ => {}
        }
    }

    /// What a schema lists may be an example after all: a number stays masked.
    fn add(&mut self, word: &str) {
        if word.len() <= LONGEST && word.bytes().filter(u8::is_ascii_digit).count() < word.len() {
            self.0.insert(word.to_owned());
        }
    }
}

#[cfg(test)]
impl Words {
    /// Those that a schema lists.
    pub(super) fn listed_by(schema: &str) -> Self {
        let mut words = Self::default();
        words.listed(&serde_json::from_str(schema).unwrap());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_schema_lists_are_its_words() {
        let words = Words::listed_by(
            r#"{ "description": "Asha", "properties": { "status": { "enum": [ "read", 7, "919812345670" ] },
                "type": { "const": "text" }, "name": { "type": "string", "examples": [ "Ravi" ] },
                "any": { "anyOf": [ { "const": "sent" }, { "const": { "x": "deep" } } ] } } }"#,
        );
        for word in ["read", "text", "sent"] {
            assert!(words.has(word), "{word}");
        }
        for other in ["Asha", "Ravi", "string", "919812345670", "deep", "7", "Read", ""] {
            assert!(!words.has(other), "{other}");
        }
    }

    #[test]
    fn without_schemas_there_are_the_models_words() {
        let words = Words::of(&Snapshot::default());
        assert!(words.has("delivered") && words.has("opted_out") && words.has("template") && !words.has("Asha"));
    }
}
