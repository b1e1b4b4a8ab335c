//! The spanned tree that loaders walk. It is data: nothing here reports a problem.

use crate::diagnostic::{Source, Span};
use crate::value::{Number, Tree};

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// A literal or folded block.
    Block,
}

/// A scalar as YAML 1.2's core schema reads it; a number's spelling is [`Node::raw`].
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` (and their 1.2 spellings).
    Bool(bool),
    /// A number; one that would lose something (`+91…`, leading zeros, 1_000, beyond 64 bits) is a text instead.
    Number(Number),
    /// Anything else.
    Text(Box<str>),
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A scalar and how it was written.
    Scalar(Scalar, Style),
    /// A list.
    List(Vec<Node>),
    /// A map in source order. Keys are texts (a number key is its text); equal ones were refused.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug)]
pub struct Key {
    /// As text.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// A node of the tree with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub shape: Shape,
    /// Where it stands, quotes included; of a block scalar its content.
    pub span: Span,
}

impl Node {
    /// The value of a key, if this is a map and has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A key with its place and its value, if this is a map and has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Self)> {
        self.as_map()?.iter().find(|(name, _)| *name.text == *key).map(|(name, value)| (name, value))
    }

    /// This as a text, if it is one: a number or a boolean is none.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Shape::Scalar(Scalar::Text(text), _) = &self.shape { Some(text) } else { None }
    }

    /// This as a boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Shape::Scalar(Scalar::Bool(value), _) = &self.shape { Some(*value) } else { None }
    }

    /// This as a number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        if let Shape::Scalar(Scalar::Number(value), _) = &self.shape { Some(*value) } else { None }
    }

    /// This as a scalar, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        if let Shape::Scalar(scalar, _) = &self.shape { Some(scalar) } else { None }
    }

    /// How this scalar was written, if it is one.
    #[must_use]
    pub fn style(&self) -> Option<Style> {
        if let Shape::Scalar(_, style) = &self.shape { Some(*style) } else { None }
    }

    /// Whether it is `null`, `~` or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.shape, Shape::Scalar(Scalar::Null, _))
    }

    /// A scalar's text, a number's spelling included; `None` for `null`, booleans, lists and maps.
    #[must_use]
    pub fn scalar_text(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self.scalar()? {
            Scalar::Text(text) => Some((&**text).into()),
            Scalar::Number(number) => Some(number.to_string().into()),
            Scalar::Null | Scalar::Bool(_) => None,
        }
    }

    /// The same map without one of its keys.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let mut node = self.clone();
        if let Shape::Map(members) = &mut node.shape {
            members.retain(|(known, _)| &*known.text != key);
        }
        node
    }

    /// A list without items, for a key that was left out.
    #[must_use]
    pub fn empty_list() -> Self {
        Self { shape: Shape::List(Vec::new()), span: Span::default() }
    }

    /// This as the entries of a map, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Key, Self)]> {
        if let Shape::Map(entries) = &self.shape { Some(entries) } else { None }
    }

    /// This as the items of a list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Shape::List(items) = &self.shape { Some(items) } else { None }
    }

    /// What it is, for messages: "a text", "a list"; never its content.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match &self.shape {
            Shape::Scalar(Scalar::Null, _) => "nothing",
            Shape::Scalar(Scalar::Bool(true), _) => "`true`",
            Shape::Scalar(Scalar::Bool(false), _) => "`false`",
            Shape::Scalar(Scalar::Number(_), _) => "a number",
            Shape::Scalar(Scalar::Text(text), _) if text.is_empty() => "an empty text",
            Shape::Scalar(Scalar::Text(_), _) => "a text",
            Shape::List(items) if items.is_empty() => "an empty list",
            Shape::List(_) => "a list",
            Shape::Map(entries) if entries.is_empty() => "an empty map",
            Shape::Map(_) => "a map",
        }
    }

    /// As it stands in the source: of a number or a boolean its very spelling.
    #[must_use]
    pub fn raw<'s>(&self, source: &'s Source) -> &'s str {
        source.slice(self.span)
    }

    /// Where a part of this text stands in the source, for a caret inside an expression; `start` and `end` are
    /// offsets into the text. The whole node where that cannot be told.
    #[must_use]
    pub fn part(&self, source: &Source, start: usize, end: usize) -> Span {
        let Some(text) = self.as_text() else { return self.span };
        let raw = self.raw(source);
        let quote = raw.chars().next().filter(|_| self.style() == Some(Style::Quoted));
        let found = offset_in(raw, quote, text, start).zip(offset_in(raw, quote, text, end));
        found.map_or(self.span, |(first, last)| Span { start: self.span.start + first, end: self.span.start + last })
    }
}

/// The offset in the source's spelling of what stands at `offset` in the text: both are walked together, over
/// quotes, escapes of one character, and line breaks with the indentation after them.
fn offset_in(raw: &str, quote: Option<char>, text: &str, offset: usize) -> Option<usize> {
    let mut at = quote.map_or(0, char::len_utf8);
    for wanted in text.get(..offset)?.chars() {
        let rest = raw.get(at..)?;
        let found = rest.chars().next()?;
        let blank = &rest[..rest.len() - rest.trim_start().len()];
        at += match (found, quote) {
            ('\\', Some('"')) | ('\'', Some('\'')) => found.len_utf8() + rest.chars().nth(1)?.len_utf8(),
            // Folded, or the indentation of a block: a blank of the text may have several in the source, or none left.
            _ if wanted.is_whitespace() && (blank.is_empty() || blank.contains('\n')) => blank.len(),
            _ if found == wanted => found.len_utf8(),
            _ => return None,
        };
    }
    Some(at)
}

/// The same without places.
#[must_use]
pub fn to_tree(node: &Node) -> Tree {
    match &node.shape {
        Shape::Scalar(Scalar::Null, _) => Tree::Null,
        Shape::Scalar(Scalar::Bool(value), _) => Tree::Bool(*value),
        Shape::Scalar(Scalar::Number(value), _) => Tree::Number(*value),
        Shape::Scalar(Scalar::Text(text), _) => Tree::Text(text.clone()),
        Shape::List(items) => Tree::List(items.iter().map(to_tree).collect()),
        Shape::Map(entries) => {
            Tree::Map(entries.iter().map(|(key, value)| (key.text.clone(), to_tree(value))).collect())
        }
    }
}
