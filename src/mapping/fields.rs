//! Reading the keys of one map: known ones by name, unknown and missing ones as diagnostics with a suggestion.

use crate::diagnostic::{Diagnostic, Source, Span, suggest};
use crate::shape::MapShape;
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
    /// Reads a map of that shape: unknown keys and missing ones that are required are reported.
    pub fn read(reader: &mut Reader, node: &'n Node, shape: &MapShape) -> Self {
        let fields = Self::with(reader, node, shape.what, &shape.names().collect::<Vec<_>>(), shape.elsewhere);
        for member in shape.members().filter(|member| member.required) {
            if node.as_map().is_some() && fields.get(member.name).is_none() {
                let (what, name) = (shape.what, member.name);
                reader.error("SB0302", node.span, format!("{what} needs `{name}`"), format!("add `{name}:`"));
            }
        }
        fields
    }

    /// Reads a map whose keys are names that another file gives.
    pub fn named(reader: &mut Reader, node: &'n Node, what: &str, known: &[&str]) -> Self {
        Self::with(reader, node, what, known, &[])
    }

    fn with(reader: &mut Reader, node: &'n Node, what: &str, known: &[&str], elsewhere: &[(&str, &str)]) -> Self {
        let members = reader.map(node, what);
        for (key, _) in members.iter().filter(|(key, _)| !known.contains(&&*key.text)) {
            let belongs =
                elsewhere.iter().find(|(name, _)| **name == *key.text).map(|(_, where_to)| (*where_to).to_owned());
            let near = || suggest(&key.text, known.iter().copied()).map(|word| format!("did you mean `{word}`?"));
            let help = belongs.or_else(near).unwrap_or_else(|| format!("{what} takes: {}", known.join(", ")));
            reader.error("SB0301", key.span, format!("{what} has no key `{}`", key.text), help);
        }
        Self { members }
    }

    /// The member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.members.iter().find(|(key, _)| *key.text == *name).map(|(_, node)| node)
    }
}
