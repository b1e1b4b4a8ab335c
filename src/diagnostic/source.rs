//! The text a problem is in, and places in it. No file is read here.

use std::sync::Arc;

/// A text that was read from a file, kept for excerpts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown to people, relative to where the operator stands: `mappings/acme.yaml`.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// Where in a source: byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte.
    pub end: usize,
}

/// A place as people count: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Source {
    /// A text and the name people know it by.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The text at a place; empty if there is none such.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The same source with the text at `span` blotted out, byte for byte: for an excerpt of a line that holds a
    /// secret.
    #[must_use]
    pub fn masked(&self, span: Span) -> Self {
        let mut text = self.text.to_string();
        if text.get(span.start..span.end).is_some() {
            text.replace_range(span.start..span.end, &"*".repeat(span.end - span.start));
        }
        Self { name: self.name.clone(), text: text.into() }
    }
}

impl Span {
    /// From the start of this to the end of `last`.
    #[must_use]
    pub const fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// Line and column of a byte offset. One beyond the end, or inside a character, counts as the place before it.
#[must_use]
pub fn line_col(source: &Source, offset: usize) -> Position {
    let before = up_to(&source.text, offset);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    Position { line, column: before[start..].chars().count() + 1 }
}

fn up_to(text: &str, offset: usize) -> &str {
    let end = offset.min(text.len());
    // A character has at most four bytes, so one of these four places is a border.
    (end.saturating_sub(3)..=end).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_from_one() {
        let source = Source::new("a.yaml", "aé: b\r\n日本: x\n");
        let check = |offset, line, column| assert_eq!(line_col(&source, offset), Position { line, column }, "{offset}");
        check(0, 1, 1);
        check(1, 1, 2);
        check(2, 1, 2); // inside é
        check(3, 1, 3);
        check(8, 2, 1);
        check(14, 2, 3);
        check(17, 2, 6);
        check(18, 3, 1);
        check(999, 3, 1);
    }

    #[test]
    fn masking_keeps_places() {
        let source = Source::new("a.yaml", "key: sécret # x");
        let masked = source.masked(Span { start: 5, end: 12 });
        assert_eq!(&*masked.text, "key: ******* # x");
        assert_eq!(&*source.masked(Span { start: 7, end: 99 }).text, &*source.text);
    }
}
