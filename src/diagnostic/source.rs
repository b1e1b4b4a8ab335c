//! The text a problem is in, and places in it. No file is read here.

use std::sync::{Arc, OnceLock};

use super::veil;

/// A text that was read from a file, kept for excerpts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown to people, relative to where the operator stands: `mappings/acme.yaml`.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    index: Arc<OnceLock<Index>>,
}

/// Where lines begin and how many characters there are up to here and there, so that thousands of problems in a long
/// text, or on one long line, are not each looked for from its beginning. Made for the first place that is asked for.
#[derive(Debug)]
struct Index {
    /// Byte offsets of the first byte of each line.
    lines: Box<[usize]>,
    /// Characters that begin before each block of [`BLOCK`] bytes.
    chars: Box<[usize]>,
    /// The text with what no excerpt shows blotted out, byte for byte; nothing where there is none of it.
    shown: Option<Box<str>>,
}

/// Bytes that are counted for one place.
const BLOCK: usize = 1024;

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
        Self { name: name.into(), text: text.into(), index: Arc::default() }
    }

    /// The whole text as it may be shown: values below `credentials:` are blotted out, byte for byte.
    #[must_use]
    pub fn veiled(&self) -> &str {
        self.index().shown.as_deref().unwrap_or(&self.text)
    }

    /// A line, from 1, without what ends it; empty if there is none such.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        let end = self.index().lines.get(number).map_or(self.text.len(), |next| next.saturating_sub(1));
        self.text.get(self.start_of(number)..end).unwrap_or_default().trim_end_matches('\r')
    }

    /// A line as an excerpt shows it: secrets that are written out are blotted out. Places in it are those of the line.
    pub(super) fn shown(&self, number: usize) -> &str {
        let Some(shown) = &self.index().shown else { return self.line(number) };
        let start = self.start_of(number);
        shown.get(start..start + self.line(number).len()).unwrap_or_default()
    }

    /// Where a line begins, from 1; the end of the text if there is none such.
    pub(super) fn start_of(&self, number: usize) -> usize {
        let start = number.checked_sub(1).and_then(|number| self.index().lines.get(number));
        start.copied().unwrap_or(self.text.len())
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index {
            lines: std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect(),
            chars: self
                .text
                .as_bytes()
                .chunks(BLOCK)
                .scan(0, |all, block| Some(std::mem::replace(all, *all + begun(block))))
                .collect(),
            shown: veil::veiled(&self.text),
        })
    }

    /// Characters that begin before a byte offset within the text.
    fn chars_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let known = self.index().chars.get(block).copied();
        let (known, from) = known.map_or((0, 0), |known| (known, block * BLOCK));
        known + begun(&self.text.as_bytes()[from..offset])
    }

    /// The text at a place; empty if there is none such.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
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
    let offset = border(&source.text, offset);
    let line = source.index().lines.partition_point(|start| *start <= offset);
    let column = source.chars_before(offset) - source.chars_before(source.start_of(line)) + 1;
    Position { line, column }
}

/// The border of characters at a byte offset or before it.
pub(super) fn border(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    // A character has at most four bytes, so one of these four places is a border.
    (end.saturating_sub(3)..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default()
}

/// Characters that begin in these bytes of a text.
fn begun(bytes: &[u8]) -> usize {
    #[cfg(test)]
    tests::LOOKED_AT.with(|all| all.set(all.get() + bytes.len()));
    // All bytes of a character but its first are 10xxxxxx.
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Bytes whose characters were counted.
        pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    /// Ten thousand problems of a long text cost ten times what a thousand do, wherever they stand.
    #[test]
    fn a_place_costs_the_same_wherever_it_is() {
        let line = "é, ".repeat(300_000);
        for text in [line.clone(), line.replace(',', "\n")] {
            let source = Source::new("long.yaml", text.as_str());
            let last = line_col(&source, text.len());
            let before = text.split('\n').next_back().unwrap().chars().count();
            assert_eq!(last, Position { line: text.lines().count().max(1), column: before + 1 });
            LOOKED_AT.set(0);
            for place in 0..10_000 {
                let _ = line_col(&source, text.len() / 10_000 * place);
            }
            assert!(LOOKED_AT.get() <= 10_000 * 2 * BLOCK, "{}", LOOKED_AT.get());
        }
        let text = "é\n".repeat(2000);
        let source = Source::new("short.yaml", text.as_str());
        for (offset, _) in text.char_indices() {
            let column = usize::from(offset % 3 == 2) + 1;
            assert_eq!(line_col(&source, offset), Position { line: offset / 3 + 1, column }, "{offset}");
        }
    }

    #[test]
    fn lines_end_before_what_ends_them() {
        let source = Source::new("a.yaml", "aé: b\r\n\n日本: x");
        let lines: Vec<&str> = (0..5).map(|number| source.line(number)).collect();
        assert_eq!(lines, ["", "aé: b", "", "日本: x", ""]);
        assert_eq!(Source::new("a.yaml", "").line(1), "");
    }

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
    fn what_is_blotted_out_keeps_its_place() {
        let source = Source::new("a.yaml", "credentials:\n  a: sécret\r\nb: x");
        assert_eq!([1, 2, 3, 4].map(|number| source.shown(number)), ["credentials:", "  a: *******", "b: x", ""]);
        assert_eq!(Source::new("a.yaml", "a: sécret").shown(1), "a: sécret");
    }
}
