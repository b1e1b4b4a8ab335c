//! Breaches of YAML's syntax, said in words that help, at the right place.
//!
//! The parser says where it gave up. Here is what likely led there: first the traps of mapping files, then the
//! parser's own kinds in plain words.

use granit_parser::{ErrorKind, ScanError};

use super::scan::{self, Line};
use super::traps;
use crate::diagnostic::{Diagnostic, Source, Span};

/// What the parser could not read, and the likely fix. `in_flow`: inside `{ }` or `[ ]`.
pub(super) fn explain(source: &Source, error: &ScanError, in_flow: bool) -> Diagnostic {
    let start = error.marker().byte_offset().unwrap_or_default().min(source.text.len());
    let line = Line::around(&source.text, start);
    if let Some(problem) = trap(source, error.kind(), &line, start, in_flow) {
        return problem;
    }
    // The parser points behind a tab.
    let tab = is_tab(error.kind()).then(|| line.text.find('\t')).flatten();
    let start = tab.map_or(start, |at| line.start + at);
    let length = source.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    in_plain_words(error).at(source, Span { start, end: start + length })
}

fn trap(source: &Source, kind: &ErrorKind, line: &Line<'_>, start: usize, in_flow: bool) -> Option<Diagnostic> {
    if let Some(found) = line.expression_around(start, in_flow) {
        let expression = source.slice(found.span);
        let problem = match kind {
            _ if found.in_flow => traps::cut_expression(expression),
            ErrorKind::MappingValueNotAllowed => {
                Diagnostic::error("SB0112", "a colon and a blank cut this unquoted expression")
                    .help(format!("put it in quotes: {}", scan::quoted(expression)))
            }
            ErrorKind::CommentInterceptedScalar => Diagnostic::error("SB0113", "a comment cuts this folded expression")
                .help("move the comment above the key"),
            _ => return None,
        };
        return Some(problem.at(source, found.span));
    }
    let before = source.text.get(..start).unwrap_or_default();
    if before.ends_with('$') && source.text.get(start..).is_some_and(|rest| rest.starts_with('{')) {
        let problem =
            Diagnostic::error("SB0110", "inside `{ }` or `[ ]` the bracket of `${…}` cuts this unquoted text");
        return Some(problem.help("put it in quotes: \"${…}\"").at(source, Span { start: start - 1, end: start + 1 }));
    }
    if let Some(span) = line.template_before(start) {
        return Some(traps::template().at(source, span));
    }
    matches!(kind, ErrorKind::MappingValueNotAllowed).then(|| stray_colon(source, line, start))
}

/// A colon where no key can end: prose after a key, or a line that was taken for the rest of the text above it.
fn stray_colon(source: &Source, line: &Line<'_>, start: usize) -> Diagnostic {
    let at = start - line.start;
    let before = line.text.get(..at).unwrap_or_default();
    if !before.contains(": ") && !before.trim_start().starts_with("- ") && line.start > 0 {
        return Diagnostic::error(
            "SB0101",
            "a key cannot stand here: the line above already holds a text, which goes on here",
        )
        .at(source, Span { start: start - before.trim_start().len(), end: start })
        .help(
            "indent it like the key above, or take the text away from that key; a key ends with a colon and a blank",
        );
    }
    let quote = if line.text.contains("{{") { "put the template in quotes" } else { "put the text in quotes" };
    Diagnostic::error("SB0112", "a colon and a blank end a key, but this one stands within a text")
        .at(source, Span { start, end: start + 1 })
        .help(format!("{quote}, or write it as a block after `|-`"))
}

fn syntax(message: impl Into<String>, help: &str) -> Diagnostic {
    let problem = Diagnostic::error("SB0101", message);
    if help.is_empty() { problem } else { problem.help(help) }
}

const fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    )
}

fn in_plain_words(error: &ScanError) -> Diagnostic {
    match error.kind() {
        kind if is_tab(kind) => Diagnostic::error("SB0107", "a tab stands where YAML wants spaces")
            .help("indent with spaces, two per level"),
        ErrorKind::DirectiveDisallowed => Diagnostic::error("SB0117", "directives (`%…`) are not taken")
            .help("remove the line; if a text begins with `%`, put it in quotes"),
        ErrorKind::RecursionLimitExceeded => Diagnostic::error("SB0108", "lists and maps are nested too deep"),
        ErrorKind::MissingAnchorOrAliasName => Diagnostic::error("SB0103", "aliases and anchors are not taken")
            .help("put a text that begins with `*` or `&` in quotes"),
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape => {
            Diagnostic::error("SB0104", "tags are not taken").help("put a text that begins with `!` in quotes")
        }
        kind => in_brackets(kind)
            .or_else(|| in_quotes(kind))
            .or_else(|| in_blocks(kind))
            .unwrap_or_else(|| syntax(error.info(), "")),
    }
}

fn in_brackets(kind: &ErrorKind) -> Option<Diagnostic> {
    Some(match kind {
        ErrorKind::UnclosedFlowCollection { open } => syntax(
            format!("the `{open}` that opens here is never closed"),
            "close it, or put the text in quotes if the bracket belongs to it",
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => syntax("the file ends inside brackets", "close them"),
        ErrorKind::MisplacedFlowCollectionEnd => {
            syntax("this bracket closes nothing", "remove it, or put the text in quotes if the bracket belongs to it")
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => syntax(
            format!("`{open}` is closed by `{close}`"),
            "close each bracket with its own kind, the innermost first",
        ),
        ErrorKind::ExpectedFlowMappingSeparator => syntax(
            "a comma or `}` is missing here",
            "a bracket inside an unquoted text ends it: put such a text in quotes",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => syntax(
            "a comma or `]` is missing here",
            "a bracket inside an unquoted text ends it: put such a text in quotes",
        ),
        ErrorKind::BlockEntryInFlowCollection => {
            syntax("`- ` does not belong inside brackets", "separate the items by commas")
        }
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            syntax("`-` and a bracket or comma cannot begin a text", "put the text in quotes")
        }
        ErrorKind::InvalidFlowScalarIndent => syntax("text in brackets must be indented deeper than their key", ""),
        _ => return None,
    })
}

fn in_quotes(kind: &ErrorKind) -> Option<Diagnostic> {
    Some(match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => syntax(
            "the quote that opens here is never closed",
            "close it; inside '…' a quote is written twice, inside \"…\" as \\\"",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => syntax(
            "text stands after the closing quote",
            "put the whole value in quotes; inside '…' a quote is written twice, inside \"…\" as \\\"",
        ),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => syntax(
            "a backslash in this text begins no escape that YAML knows",
            "use single quotes, in which a backslash is itself, or write `\\\\`",
        ),
        ErrorKind::InvalidQuotedScalarIndent => syntax(
            "the quoted text goes on here with too little indentation",
            "close the quote, or indent the line deeper than the key",
        ),
        _ => return None,
    })
}

fn in_blocks(kind: &ErrorKind) -> Option<Diagnostic> {
    Some(match kind {
        ErrorKind::ExpectedBlockMappingKey => syntax(
            "a key is expected here",
            "keys of one map begin in the same column; a value that goes on after a closing quote or bracket needs quotes as a whole",
        ),
        ErrorKind::ExpectedBlockSequenceEntry => syntax(
            "an item (`- `) is expected here",
            "a list and keys cannot share one block: indent the one or the other",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => {
            syntax("a list cannot begin on the line of its key", "begin it on the next line, or write `[ … ]`")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            syntax("this line is no `key: value`", "a key ends with a colon and a blank, on its own line")
        }
        ErrorKind::MappingKeyNotAllowed => {
            syntax("a key cannot begin here", "put a text that begins with `?` in quotes")
        }
        ErrorKind::MappingValueNotAllowed => {
            syntax("a colon and a blank end a key, but there is none here", "put the text in quotes")
        }
        ErrorKind::InvalidIndentation => {
            syntax("the indentation fits no line above", "keys of one map begin in the same column")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            syntax(format!("an unquoted text cannot begin with {character}"), "put the text in quotes")
        }
        ErrorKind::CommentInterceptedScalar => syntax(
            "a comment stands amid a text of several lines",
            "move the comment above the key, or put the text in quotes",
        ),
        ErrorKind::CommentNotSeparated => {
            syntax("a comment needs a blank before its `#`", "put the text in quotes if `#` belongs to it")
        }
        ErrorKind::InvalidBlockScalarHeader => {
            syntax("after `|` or `>` the line must end", "begin the text on the next line, or put it in quotes")
        }
        ErrorKind::InvalidBlockScalarIndent | ErrorKind::ZeroBlockScalarIndent => {
            syntax("the lines of this block are not indented alike", "indent all of them deeper than their key")
        }
        ErrorKind::InvalidDocumentEnd => syntax("nothing may follow `...` on its line", ""),
        ErrorKind::BomInsideDocument => syntax("a byte-order mark stands inside the file", "remove it"),
        _ => return None,
    })
}
