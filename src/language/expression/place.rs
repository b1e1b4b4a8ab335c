//! [`Quote`]: from an offset in a scalar's text to the place in the YAML file where that character was written.

use std::ops::Range;

use crate::diagnostic::Span;

/// A scalar's text beside the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub(in crate::language) struct Quote<'s> {
    /// The whole file.
    file: &'s str,
    /// Where the scalar stands, quotes included.
    span: Span,
    /// What it says.
    text: &'s str,
}

impl<'s> Quote<'s> {
    pub(in crate::language) fn new(file: &'s str, span: Span, text: &'s str) -> Self {
        Self { file, span, text }
    }

    /// The place of a part of the text; the scalar's own place where its writing cannot be followed.
    pub(in crate::language) fn span(&self, at: Range<usize>) -> Span {
        let (Some(start), Some(end)) = (self.offset(at.start), self.offset(at.end.max(at.start + 1).min(self.text.len())))
        else {
            return self.span;
        };
        Span { start, end: end.max(start) }
    }

    /// Walks the file's bytes beside the text: folded lines are one blank, `''` is one quote, `\x` one character.
    fn offset(&self, wanted: usize) -> Option<usize> {
        let written = self.file.get(self.span.start..self.span.end)?;
        let quote = written.chars().next().filter(|sign| matches!(sign, '"' | '\''));
        let mut at = usize::from(quote.is_some());
        if matches!(written.as_bytes().first(), Some(b'|' | b'>')) {
            at = written.find('\n')? + 1;
        }
        let mut read = 0;
        for meant in self.text.chars() {
            at += skipped(&written[at..], meant);
            if read >= wanted {
                return Some(self.span.start + at);
            }
            let length = written_length(&written[at..], meant, quote)?;
            at += length;
            read += meant.len_utf8();
        }
        Some(self.span.start + at)
    }
}

/// How many bytes of indentation stand before the next character that means something.
fn skipped(written: &str, meant: char) -> usize {
    if meant.is_whitespace() { 0 } else { written.len() - written.trim_start().len() }
}

/// How many bytes the next character of the text takes in the file; `None` if it cannot be told.
fn written_length(written: &str, meant: char, quote: Option<char>) -> Option<usize> {
    if written.starts_with('\\') && quote == Some('"') {
        // A simple escape; longer ones are not followed.
        return written[1..].chars().next().filter(|sign| !matches!(sign, 'x' | 'u' | 'U')).map(|sign| 1 + sign.len_utf8());
    }
    if quote == Some('\'') && written.starts_with("''") && meant == '\'' {
        return Some(2);
    }
    if written.starts_with(meant) {
        return Some(meant.len_utf8());
    }
    // A line break folded to a blank; the indentation behind it is skipped before the next character.
    (meant == ' ' && written.starts_with(['\n', '\r'])).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, text: &str, part: &str) {
        let file = format!("key: {written}\n");
        let quote = Quote::new(&file, Span { start: 5, end: 5 + written.len() }, text);
        let at = text.find(part).unwrap();
        let span = quote.span(at..at + part.len());
        assert_eq!(&file[span.start..span.end], part, "{written}");
    }

    #[test]
    fn parts_are_found_in_every_style() {
        check("$.a | lower", "$.a | lower", "lower");
        check("'$.a | in(\"x\", $.b)'", "$.a | in(\"x\", $.b)", "$.b");
        check("'$.a[''x''] | upper'", "$.a['x'] | upper", "upper");
        check("\"$.a == \\\"x\\\" && $.c\"", "$.a == \"x\" && $.c", "$.c");
        check("$.a\n    ?? $.b\n    ?? $.c", "$.a ?? $.b ?? $.c", "$.c");
        check(">-\n    $.a\n    ?? $.bcd", "$.a ?? $.bcd", "$.bcd");
    }

    #[test]
    fn what_cannot_be_followed_is_the_scalar() {
        let file = "\"\\u0024.a | x\"";
        let span = Span { start: 0, end: file.len() };
        assert_eq!(Quote::new(file, span, "$.a | x").span(6..7), span);
    }
}
