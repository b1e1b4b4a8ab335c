//! The traps of YAML: what is valid and means something else than it looks. Each has its own message and fix.

use super::build::Role;
use super::node::{Key, Node, Scalar, Shape, Style};
use super::scalar::{self, Plain};
use super::scan;
use crate::diagnostic::{Diagnostic, Source, Span};

/// An expression cut into more pieces is not put together again: what follows may be long.
const PIECES: usize = 16;
/// So many cut expressions, or keys without a blank, of one list or map are reported; one shows the pattern.
const ALIKE: usize = 20;

/// An unquoted scalar that other tools, or people, read otherwise.
pub(super) fn plain(source: &Source, text: &str, read: &Plain, span: Span, role: Role, problems: &mut Vec<Diagnostic>) {
    let found = match read {
        // `suppression: off` is a word of these files, and means the same to whoever reads a boolean.
        _ if role == Role::Value && matches!(text, "on" | "off") => None,
        _ if scalar::is_old_boolean(text) => Some(old_boolean(role)),
        Plain::LossyNumber if role == Role::Value => Some(lossy_number(text)),
        Plain::Trimmed(_) if role == Role::Value => Some(
            Diagnostic::warning("SB0118", "this is read as a number, without the zeros at its end")
                .help("put it in quotes if it is a version, a name or an amount to be shown"),
        ),
        _ => None,
    };
    problems.extend(found.map(|problem| problem.at(source, span)));
    if role == Role::Value {
        problems.extend(cut_by_comment(source, text, span));
    }
}

fn old_boolean(role: Role) -> Diagnostic {
    let problem = Diagnostic::warning("SB0114", "other YAML tools read a boolean here; this is a text");
    match role {
        Role::Key => problem.help("put the key in quotes"),
        Role::Value => problem.help("put it in quotes, or write `true` or `false` if a boolean is meant"),
    }
}

fn lossy_number(text: &str) -> Diagnostic {
    let why = if text.starts_with('+') {
        "its plus"
    } else if text.contains('_') || text.starts_with(['.']) || text.chars().any(|c| c.is_ascii_alphabetic()) {
        "its notation"
    } else if text == "-0" {
        "its minus"
    } else if text.trim_start_matches('-').starts_with('0') && !text.contains('.') {
        "its leading zeros"
    } else {
        "digits"
    };
    Diagnostic::warning("SB0115", format!("this looks like a number and is kept as a text: a number would lose {why}"))
        .help("put it in quotes, so that every tool reads a text")
}

/// ` #` begins a comment also amid a text. An expression that breaks off there is surely cut; prose before `#5` likely.
fn cut_by_comment(source: &Source, text: &str, span: Span) -> Option<Diagnostic> {
    let rest = source.text.get(span.end..)?;
    let comment = rest.trim_start_matches([' ', '\t']);
    if !comment.starts_with('#') || comment.len() == rest.len() {
        return None;
    }
    let blanks = rest.len() - comment.len();
    let comment = comment.split(['\n', '\r']).next()?.trim_end();
    let at = Span { start: span.end + blanks, end: span.end + blanks + comment.len() };
    let help = "put the whole text in quotes if `#` belongs to it";
    if scan::is_expression(text) && (scan::is_open(text) || scan::is_dangling(text)) {
        return Some(Diagnostic::error("SB0113", "a comment cuts the expression").at(source, at).help(help));
    }
    let hugs_the_text = blanks == 1 && comment[1..].starts_with(char::is_alphanumeric);
    let number_follows = comment[1..].starts_with(|c: char| c.is_ascii_digit());
    let likely = hugs_the_text && (number_follows || text.contains(' ')) && !scan::is_expression(text);
    likely.then(|| {
        Diagnostic::warning("SB0113", "the text ends here: what follows is a comment").at(source, at).help(help)
    })
}

/// A key that is no text, and its place.
pub(super) fn odd_key(source: &Source, node: &Node) -> (Diagnostic, Span) {
    let before = source.text.get(..node.span.start).unwrap_or_default();
    let problem = match &node.shape {
        Shape::Map(_) if before.ends_with('{') => {
            let closes = source.text.get(node.span.end..).is_some_and(|rest| rest.starts_with('}'));
            let span = Span { start: node.span.start - 1, end: node.span.end + usize::from(closes) };
            return (template(), span);
        }
        Shape::Scalar(..) => Diagnostic::error("SB0116", "a key is missing before the colon")
            .help("write the key, or `\"\"` for an empty one"),
        _ => Diagnostic::error("SB0116", format!("{} cannot be a key", node.describe()))
            .help("a key is one text; quote it if it begins with a bracket"),
    };
    (problem, node.span)
}

/// `{{` that is not in quotes.
pub(super) fn template() -> Diagnostic {
    Diagnostic::error("SB0111", "an unquoted `{{` opens two maps")
        .help("put the whole text in quotes, or write it as a block after `|-`")
}

/// Mends a `{ … }` or `[ … ]` in which YAML's commas cut an expression, and says so: the pieces up to the expression's
/// own closing bracket become one text again, so that nothing further is reported of them.
pub(super) fn rejoin(source: &Source, shape: Shape, problems: &mut Vec<Diagnostic>) -> Shape {
    match shape {
        Shape::List(items) => Shape::List(join_pieces(source, items, |item| item, |item| item.span.end, problems)),
        Shape::Map(entries) => {
            problems.extend(entries.iter().filter_map(|(key, value)| glued(source, key, value)).take(ALIKE));
            let end = |(key, value): &(Key, Node)| key.span.end.max(value.span.end);
            Shape::Map(join_pieces(source, entries, |(_, value)| value, end, problems))
        }
        scalar @ Shape::Scalar(..) => scalar,
    }
}

fn join_pieces<T>(
    source: &Source,
    pieces: Vec<T>,
    value: fn(&mut T) -> &mut Node,
    end: fn(&T) -> usize,
    problems: &mut Vec<Diagnostic>,
) -> Vec<T> {
    let ends: Vec<usize> = pieces.iter().map(end).collect();
    let mut joined = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter().zip(1..);
    let most = problems.len() + ALIKE;
    while let Some((mut piece, next)) = pieces.next() {
        let rest = ends.get(next..).filter(|_| problems.len() < most).unwrap_or_default();
        if let Some((span, more)) = whole(source, value(&mut piece), rest) {
            *value(&mut piece) = mended(source, span, problems);
            pieces.by_ref().take(more).for_each(drop);
        }
        joined.push(piece);
    }
    joined
}

/// `{http:200}`: one key without a value, where a blank after the colon was forgotten.
fn glued(source: &Source, key: &Key, value: &Node) -> Option<Diagnostic> {
    let bare = value.is_null() && value.span.start == value.span.end;
    let word = key.text.split_once(':').is_some_and(|(word, rest)| !rest.is_empty() && word.chars().all(is_of_a_word));
    (bare && word && source.slice(key.span) == &*key.text).then(|| {
        Diagnostic::error("SB0116", "a blank is missing after the colon: all of this is one key")
            .at(source, key.span)
            .help("write a blank after the colon")
    })
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$')
}

/// How many of the pieces that end at `ends` belong to the expression in `node`, and the place of it all.
fn whole(source: &Source, node: &Node, ends: &[usize]) -> Option<(Span, usize)> {
    let text = node.as_text().filter(|_| node.style() == Some(Style::Plain))?;
    if !scan::is_expression(text) || !scan::is_open(text) {
        return None;
    }
    let spans = ends.iter().take(PIECES).map(|end| Span { start: node.span.start, end: *end });
    spans.zip(1..).find(|(span, _)| !scan::is_open(source.slice(*span)))
}

fn mended(source: &Source, span: Span, problems: &mut Vec<Diagnostic>) -> Node {
    problems.push(cut_expression(source.slice(span)).at(source, span));
    Node { shape: Shape::Scalar(Scalar::Text(source.slice(span).into()), Style::Plain), span }
}

/// An expression in `{ … }` or `[ … ]` that YAML cuts at a comma or bracket.
pub(super) fn cut_expression(expression: &str) -> Diagnostic {
    let problem = Diagnostic::error("SB0110", "inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression");
    problem.help(format!("put it in quotes: {}", scan::quoted(expression)))
}

/// Characters that make a file read otherwise than it looks; each kind is reported once.
pub(super) fn invisible(source: &Source, problems: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    for (at, c) in source.text.char_indices().filter(|(at, c)| !(*at == 0 && *c == '\u{feff}')) {
        let Some(problem) = hidden(c).filter(|_| !seen.contains(&c)) else { continue };
        seen.push(c);
        problems.push(problem.at(source, Span { start: at, end: at + c.len_utf8() }));
    }
}

fn hidden(c: char) -> Option<Diagnostic> {
    let code = || format!("U+{:04X}", u32::from(c));
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => None,
        c if c.is_control() => Some(
            Diagnostic::error("SB0119", format!("a control character stands here ({})", code()))
                .help("remove it; in double quotes it can be written as an escape"),
        ),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(
            Diagnostic::error("SB0119", format!("a mark that turns the direction of writing stands here ({})", code()))
                .help("remove it; in double quotes it can be written as an escape"),
        ),
        '\u{a0}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => Some(
            Diagnostic::warning(
                "SB0119",
                format!("a blank that is no space stands here ({}); YAML takes it as a letter", code()),
            )
            .help("type a space instead, or remove it; often it comes with a copied text"),
        ),
        _ => None,
    }
}
