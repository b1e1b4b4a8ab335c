//! Reading the keys of one map: known ones by name, unknown and missing ones as diagnostics with a suggestion.

use crate::diagnostic::{Diagnostic, Source, Span, suggest};
use crate::yaml::{Key, Node};

/// Gathers the problems of one file while its sections are read.
#[derive(Debug)]
pub struct Reader {
    /// The file.
    pub source: Source,
    /// Every problem so far.
    pub problems: Vec<Diagnostic>,
}

impl Reader {
    /// Starts on a file.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, problems: Vec::new() }
    }

    /// An error at a place, with what to do.
    pub fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, message).at(&self.source, span).help(help));
    }

    /// A warning at a place, with what to do.
    pub fn warning(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Diagnostic::warning(code, message).at(&self.source, span).help(help));
    }

    /// The text of a scalar; anything else is an error that says what was expected.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.as_text();
        if text.is_none() {
            self.error(
                "SB0303",
                node.span,
                format!("{what} must be a text, not {}", node.describe()),
                format!("write {what} as one word or in quotes"),
            );
        }
        text
    }

    /// The members of a map; anything else is an error.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Key, Node)] {
        if let Some(members) = node.as_map() {
            return members;
        }
        self.error(
            "SB0303",
            node.span,
            format!("{what} must be a map, not {}", node.describe()),
            format!("give {what} named members, one a line"),
        );
        &[]
    }

    /// One node or a list of them.
    #[must_use]
    pub fn one_or_many(node: &Node) -> &[Node] {
        node.as_list().unwrap_or(std::slice::from_ref(node))
    }

    /// A duration such as `15m`.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<std::time::Duration> {
        let text = self.text(node, what)?;
        match crate::model::parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(problem) => {
                self.error("SB0304", node.span, format!("{what}: {problem}"), "a number and a unit, for example 15m");
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.error(
                "SB0303",
                node.span,
                format!("{what} must be true or false, not {}", node.describe()),
                "write true or false, without quotes",
            );
        }
        value
    }

    /// One of a closed list of words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.error("SB0305", node.span, format!("{what} cannot be `{text}`"), format!("one of: {}", known.join(", ")));
        None
    }
}

/// The members of one map whose keys are known.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'n> {
    members: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// Reads a map: unknown keys and missing `required` ones are reported.
    pub fn read(reader: &mut Reader, node: &'n Node, what: &str, known: &[&str], required: &[&str]) -> Self {
        let members = reader.map(node, what);
        for (key, _) in members {
            if !known.contains(&&*key.text) {
                let help = suggest(&key.text, known.iter().copied()).map_or_else(
                    || format!("{what} takes: {}", known.join(", ")),
                    |word| format!("did you mean `{word}`?"),
                );
                reader.error("SB0301", key.span, format!("{what} has no key `{}`", key.text), help);
            }
        }
        for name in required {
            if node.as_map().is_some() && !members.iter().any(|(key, _)| *key.text == **name) {
                reader.error("SB0302", node.span, format!("{what} needs `{name}`"), format!("add `{name}:`"));
            }
        }
        Self { members }
    }

    /// The member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.members.iter().find(|(key, _)| *key.text == *name).map(|(_, node)| node)
    }
}
