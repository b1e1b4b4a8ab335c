//! Diagnostics as text for a terminal, in the form compilers use, and their order.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use super::source::border;
use super::{Diagnostic, Severity, Source, Span, line_col};

/// Longer lines are cut around the caret.
const WIDEST: usize = 140;
/// How much of a cut line stands before the caret.
const BEFORE: usize = 60;

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Diagnostic {
    /// Several lines: head, place, excerpt with caret, help. Ends with a newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}", self.severity, self.code, printable(&self.message))?;
        let mut gutter = 1;
        if let Some((source, span)) = &self.place {
            let place = line_col(source, span.start);
            gutter = place.line.to_string().len();
            writeln!(f, "{:gutter$}--> {}:{}:{}", "", printable(&source.name), place.line, place.column)?;
            excerpt(f, source, *span, self.label.as_deref(), gutter)?;
        }
        for help in &self.help {
            writeln!(f, "{:gutter$} = help: {}", "", printable(help))?;
        }
        Ok(())
    }
}

impl Diagnostic {
    /// One line without an excerpt: for logs, which must not show what stands in the file.
    #[must_use]
    pub fn headline(&self) -> String {
        let mut line = String::new();
        if let Some((source, span)) = &self.place {
            let place = line_col(source, span.start);
            // Writing to a String cannot fail.
            let _ = write!(line, "{}:{}:{}: ", printable(&source.name), place.line, place.column);
        }
        let _ = write!(line, "{}[{}]: {}", self.severity, self.code, printable(&self.message));
        line
    }
}

fn excerpt(f: &mut fmt::Formatter<'_>, source: &Source, span: Span, label: Option<&str>, gutter: usize) -> fmt::Result {
    let place = line_col(source, span.start);
    let line = source.shown(place.line);
    // Of a long line only what is shown is looked at: there may be thousands of problems on it.
    let at = border(line, span.start.saturating_sub(source.start_of(place.line)));
    let before = if line.chars().nth(WIDEST).is_some() { BEFORE } else { WIDEST };
    let from = line[..at].char_indices().rev().take(before).last().map_or(at, |(from, _)| from);
    let shown: String = line[from..].chars().take(WIDEST).collect();
    let marked =
        source.slice(span).split('\n').next().unwrap_or_default().trim_end_matches('\r').chars().take(WIDEST).count();

    let lead = if from > 0 { "…" } else { "" };
    let tail = if from + shown.len() < line.len() { "…" } else { "" };
    let skipped = line[from..at].chars().count();
    let indent = skipped + lead.chars().count();
    let carets = "^".repeat(marked.min(shown.chars().count().saturating_sub(skipped)).max(1));

    writeln!(f, "{:gutter$} |", "")?;
    let line = format!("{} | {lead}{}{tail}", place.line, printable(&shown));
    writeln!(f, "{}", line.trim_end())?;
    let label = label.map_or_else(String::new, |label| format!(" {}", printable(label)));
    writeln!(f, "{:gutter$} | {:indent$}{carets}{label}", "", "")
}

/// What cannot move the cursor or colour the terminal. One character for one, so that carets stay in place.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) => {
            '\u{fffd}'
        }
        c => c,
    };
    text.chars().map(shown).collect()
}

/// All problems as text, one blank line between two, and a last line that counts them.
#[must_use]
pub fn render(problems: &[Diagnostic]) -> String {
    let mut text = String::new();
    for problem in problems {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{problem}");
    }
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (errors, problems.len() - errors) {
        (0, 0) => {}
        (0, warnings) => text.push_str(&format!("{}\n", count(warnings, "warning"))),
        (errors, 0) => text.push_str(&format!("{}\n", count(errors, "error"))),
        (errors, warnings) => text.push_str(&format!("{}, {}\n", count(errors, "error"), count(warnings, "warning"))),
    }
    text
}

/// By file and place, those without a place first; at one place errors first.
pub fn sort(problems: &mut [Diagnostic]) {
    problems.sort_by(compare);
}

fn compare(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let place = |problem: &Diagnostic| problem.place.as_ref().map(|(source, span)| (source.name.clone(), span.start));
    place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity)).then(a.code.cmp(b.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new("mappings/acme.yaml", "dsl: 1\nsend:\n\trequird: é \u{1b}[31m\n")
    }

    fn unknown_key() -> Diagnostic {
        Diagnostic::error("SB0301", "the key `requird` is not known here")
            .at(&source(), Span { start: 14, end: 21 })
            .label("not a key of a read")
            .did_you_mean("requird", ["required", "get"])
            .help("known are `get`, `required`")
    }

    #[test]
    fn text_as_compilers_write_it() {
        let expected = "\
error[SB0301]: the key `requird` is not known here
 --> mappings/acme.yaml:3:2
  |
3 |  requird: é \u{fffd}[31m
  |  ^^^^^^^ not a key of a read
  = help: did you mean `required`?
  = help: known are `get`, `required`
";
        assert_eq!(unknown_key().to_string(), expected);
    }

    #[test]
    fn without_a_place() {
        let problem = Diagnostic::warning("SB0401", "no tenant is declared").help("add a file to `tenants/`");
        let expected = "warning[SB0401]: no tenant is declared\n  = help: add a file to `tenants/`\n";
        assert_eq!(problem.to_string(), expected);
        assert_eq!(problem.headline(), "warning[SB0401]: no tenant is declared");
    }

    #[test]
    fn a_headline_shows_nothing_of_the_file() {
        let expected = "mappings/acme.yaml:3:2: error[SB0301]: the key `requird` is not known here";
        assert_eq!(unknown_key().headline(), expected);
    }

    #[test]
    fn the_gutter_is_as_wide_as_the_line_number() {
        let source = Source::new("a.yaml", format!("{}key: x\r\n", "\n".repeat(99)));
        let problem = Diagnostic::error("SB0101", "bad").at(&source, Span { start: 99, end: 102 });
        let expected = "error[SB0101]: bad\n   --> a.yaml:100:1\n    |\n100 | key: x\n    | ^^^\n";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let source = Source::new("a.yaml", format!("{}HERE{}", "a".repeat(500), "b".repeat(500)));
        let text = Diagnostic::error("SB0101", "bad").at(&source, Span { start: 500, end: 504 }).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[3], format!("1 | …{}HERE{}…", "a".repeat(60), "b".repeat(76)));
        assert_eq!(lines[4], format!("  | {}^^^^", " ".repeat(61)));
    }

    #[test]
    fn a_place_at_or_beyond_the_end_and_over_lines() {
        let source = Source::new("a.yaml", "a: [\n b");
        let at = |start, end| Diagnostic::error("SB0101", "bad").at(&source, Span { start, end }).to_string();
        assert!(at(7, 7).ends_with("2 |  b\n  |   ^\n"), "{}", at(7, 7));
        assert!(at(99, 120).ends_with("2 |  b\n  |   ^\n"), "{}", at(99, 120));
        assert!(at(3, 7).ends_with("1 | a: [\n  |    ^\n"), "{}", at(3, 7));
    }

    #[test]
    fn sorted_by_file_and_place_and_counted() {
        let other = Source::new("a.yaml", "x: 1\ny: 2\n");
        let at = |start| Span { start, end: start + 1 };
        let mut problems = vec![
            unknown_key(),
            Diagnostic::warning("SB0114", "later").at(&other, at(5)),
            Diagnostic::warning("SB0115", "same place").at(&other, at(0)),
            Diagnostic::error("SB0102", "first").at(&other, at(0)),
            Diagnostic::warning("SB0401", "nowhere"),
        ];
        sort(&mut problems);
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["SB0401", "SB0102", "SB0115", "SB0114", "SB0301"]);
        assert!(render(&problems).ends_with("2 errors, 3 warnings\n"));
        assert_eq!(render(&[]), "");
    }
}
