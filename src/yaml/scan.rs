//! Looking at the source itself: how far an unquoted expression was meant to reach, and what stands on a line.
//! For messages only: nothing here decides what a file means.

use crate::diagnostic::Span;

/// Whether a text is meant as an expression.
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with("$.")
}

/// Whether a bracket or a quote of an expression is open at its end.
pub(super) fn is_open(expression: &str) -> bool {
    let mut state = Balance::default();
    expression.chars().for_each(|c| state.step(c));
    state.depth > 0 || state.quote.is_some()
}

/// Whether an expression breaks off after an operator.
pub(super) fn is_dangling(expression: &str) -> bool {
    ["|", "??", "&&", "==", "!=", "<", ">", "<=", ">=", ","].iter().any(|operator| expression.ends_with(operator))
}

/// Brackets and quotes that are open so far.
#[derive(Default)]
pub(super) struct Balance {
    depth: usize,
    quote: Option<char>,
    escaped: bool,
}

impl Balance {
    pub(super) fn step(&mut self, c: char) {
        match (self.quote, c) {
            (Some(_), _) if self.escaped => self.escaped = false,
            (Some(_), '\\') => self.escaped = true,
            (Some(quote), _) if quote == c => self.quote = None,
            (Some(_), _) => {}
            (None, '"') => self.quote = Some(c),
            // `['name']`; elsewhere it is an apostrophe.
            (None, '\'') if self.depth > 0 => self.quote = Some(c),
            (None, '(' | '[' | '{') => self.depth += 1,
            (None, ')' | ']' | '}') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
    }

    pub(super) const fn is_level(&self) -> bool {
        self.depth == 0 && self.quote.is_none()
    }
}

/// Where the expression that starts at the beginning of `text` was meant to end, on its line. Inside `{ }` and `[ ]`
/// that is at the comma or bracket that is not its own.
pub(super) fn meant_end(text: &str, in_flow: bool) -> usize {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let mut state = Balance::default();
    for (at, c) in line.char_indices() {
        let ends_flow = in_flow && matches!(c, ',' | '}' | ']');
        let begins_comment = c == '#' && line[..at].ends_with([' ', '\t']);
        if state.is_level() && (ends_flow || begins_comment) {
            return line[..at].trim_end().len();
        }
        state.step(c);
    }
    line.trim_end().len()
}

/// One line of the source with what stands in it unquoted.
pub(super) struct Line<'t> {
    /// The offset of its first byte.
    pub(super) start: usize,
    /// The line without its end.
    pub(super) text: &'t str,
}

/// An unquoted part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it stands.
    pub(super) span: Span,
    /// Whether it stands inside `{ }` or `[ ]` that were opened on its line.
    pub(super) in_flow: bool,
}

impl<'t> Line<'t> {
    /// The line that holds an offset.
    pub(super) fn around(text: &'t str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].split('\n').next().unwrap_or_default();
        Self { start, text: line.trim_end_matches('\r') }
    }

    /// The unquoted expression that was meant to hold `offset`, if there is one.
    pub(super) fn expression_around(&self, offset: usize, in_flow: bool) -> Option<Found> {
        self.unquoted("$.").find_map(|(at, depth)| {
            let in_flow = in_flow || depth > 0;
            let length = meant_end(&self.text[at..], in_flow);
            let span = Span { start: self.start + at, end: self.start + at + length };
            (span.start <= offset && offset <= span.end).then_some(Found { span, in_flow })
        })
    }

    /// The first unquoted `{{` that begins at or before `offset`, up to its `}}`.
    pub(super) fn template_before(&self, offset: usize) -> Option<Span> {
        let at = self.text.find("{{").filter(|at| self.start + at <= offset && !self.is_quoted(*at))?;
        let length = self.text[at..].find("}}").map_or(2, |end| end + 2);
        Some(Span { start: self.start + at, end: self.start + at + length })
    }

    fn is_quoted(&self, at: usize) -> bool {
        let (mut quote, mut last) = (None, ' ');
        for c in self.text[..at].chars() {
            match quote {
                Some(open) if open == c => quote = None,
                None if matches!(c, '"' | '\'') && matches!(last, ' ' | '\t' | '[' | '{' | ',') => quote = Some(c),
                _ => {}
            }
            last = c;
        }
        quote.is_some()
    }

    /// Where `start` begins an unquoted scalar, and in how many brackets.
    fn unquoted(&self, start: &'t str) -> impl Iterator<Item = (usize, usize)> + '_ {
        let brackets = |text: &str| {
            text.chars().fold(0_usize, |depth, c| match c {
                '{' | '[' => depth + 1,
                '}' | ']' => depth.saturating_sub(1),
                _ => depth,
            })
        };
        self.text.match_indices(start).filter_map(move |(at, _)| {
            let before = &self.text[..at];
            let trimmed = before.trim_end();
            let begins = trimmed.is_empty()
                || trimmed.ends_with(['[', '{', ','])
                || (trimmed.len() < before.len() && trimmed.ends_with([':', '-']));
            (begins && !self.is_quoted(at)).then(|| (at, brackets(before)))
        })
    }
}

/// An expression in the quotes that need nothing changed in it, if there are such.
pub(super) fn quoted(expression: &str) -> String {
    if expression.contains('\'') && !expression.contains(['"', '\\']) {
        format!("\"{expression}\"")
    } else {
        format!("'{}'", expression.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_and_closed_expressions() {
        for text in ["$.e | table(a", "$.x[", "$.a == \"x", "$.a['it", "$.x[?@.a == \"]\""] {
            assert!(is_open(text), "{text}");
        }
        for text in ["$.e | table(a, b)", "$.x[0]", "$.a == \"x)\"", "$.a['b\"]", "$.a == \"\\\"(\"", "$.it's"] {
            assert_eq!(is_open(text), text == "$.a['b\"]", "{text}");
        }
    }

    #[test]
    fn where_an_expression_was_meant_to_end() {
        let check = |text: &str, in_flow, expected: &str| assert_eq!(&text[..meant_end(text, in_flow)], expected);
        check("$.x[0] }", true, "$.x[0]");
        check("$.x | in(\"A,\", \"B\"), b: 1 }", true, "$.x | in(\"A,\", \"B\")");
        check("$.a == \"x: y\"  # c", false, "$.a == \"x: y\"");
        check("$.a, $.b }\nc", false, "$.a, $.b }");
    }

    #[test]
    fn quotes_that_fit() {
        assert_eq!(quoted("$.x | in(\"A\")"), "'$.x | in(\"A\")'");
        assert_eq!(quoted("$.x['a-b']"), "\"$.x['a-b']\"");
        assert_eq!(quoted("$.x['a'] == \"b\""), "'$.x[''a''] == \"b\"'");
    }
}
