//! How a scalar is written: as it was, unless other tools would read it otherwise or the line is too long.

use granit_parser::ScalarStyle;

use super::layout::{Item, Shape};
use crate::yaml::scalar::{self, Plain};
use crate::yaml::scan::{self, Balance};

/// What may not stand unquoted in an expression in brackets.
const CUTS: [char; 7] = [',', '[', ']', '{', '}', '?', '|'];

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
    /// A value in brackets.
    Flow,
}

/// A scalar on one line.
pub(super) fn inline(text: &str, item: &Item, role: Role) -> String {
    let Shape::Scalar(style, said) = &item.shape else { return String::new() };
    let raw = &text[item.at.clone()];
    match style {
        ScalarStyle::Plain if wants_quotes(said, role) => quoted(said),
        ScalarStyle::Plain if said.contains('\n') => as_json(said),
        ScalarStyle::Plain => said.clone(),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if !raw.contains('\n') => raw.to_owned(),
        _ => as_json(said),
    }
}

/// A scalar under a key or dash, on as many lines as it takes; `room` is what the first line has for it.
pub(super) fn lines(text: &str, item: &Item, room: usize) -> Vec<String> {
    let Shape::Scalar(style, said) = &item.shape else { return Vec::new() };
    let raw = &text[item.at.clone()];
    let folded = raw.contains('\n');
    let one = match style {
        ScalarStyle::Plain if wants_quotes(said, Role::Value) => return vec![quoted(said)],
        ScalarStyle::Plain => said.clone(),
        ScalarStyle::SingleQuoted if scan::is_expression(said) && !said.contains('\n') => {
            format!("'{}'", said.replace('\'', "''"))
        }
        ScalarStyle::DoubleQuoted if scan::is_expression(said) && !said.contains(['\n', '"', '\\']) => {
            format!("\"{said}\"")
        }
        _ => String::new(),
    };
    let is_expression = scan::is_expression(said) && !said.contains('\n') && !one.is_empty();
    if is_expression && (folded || one.chars().count() > room) {
        return alternatives(one, folded, room);
    }
    if !folded {
        return vec![if *style == ScalarStyle::Plain { one } else { raw.to_owned() }];
    }
    let end = |line: &str| if line.trim_end().ends_with('\\') { line.to_owned() } else { line.trim_end().to_owned() };
    let mut lines = raw.lines();
    let first = lines.next().map(end).into_iter();
    first.chain(lines.map(|line| end(line.trim_start()))).collect()
}

/// An expression with one alternative a line: cut at the weakest operator there is outside of brackets. One that was
/// folded stays so; functions begin a line only where the whole is too long.
fn alternatives(expression: String, folded: bool, room: usize) -> Vec<String> {
    let fits = expression.chars().count() <= room;
    for operator in ["||", "&&", "??", "|"] {
        let cuts = cuts(&expression, operator);
        if cuts.is_empty() {
            continue;
        }
        if fits && (operator == "|" || !folded) {
            break;
        }
        let ends = cuts.iter().copied().chain([expression.len()]);
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        return starts.zip(ends).map(|(start, end)| expression[start..end].trim().to_owned()).collect();
    }
    vec![expression]
}

/// Where an operator stands outside of brackets and quotes.
fn cuts(expression: &str, operator: &str) -> Vec<usize> {
    let mut balance = Balance::default();
    let body = expression.strip_prefix(['\'', '"']).unwrap_or(expression);
    let start = expression.len() - body.len();
    let mut cuts = Vec::new();
    for (at, c) in body.char_indices() {
        let spaced =
            body[..at].ends_with(' ') && body[at..].strip_prefix(operator).is_some_and(|rest| rest.starts_with(' '));
        if balance.is_level() && spaced {
            cuts.push(start + at);
        }
        balance.step(c);
    }
    cuts
}

/// Whether a text without quotes would be cut by a bracket, or read as something else by other tools.
fn wants_quotes(said: &str, role: Role) -> bool {
    if role == Role::Flow && scan::is_expression(said) && said.contains(CUTS) {
        return true;
    }
    if scalar::is_old_boolean(said) {
        return role == Role::Key || !matches!(said, "on" | "off");
    }
    role != Role::Key && scalar::plain(said) == Plain::LossyNumber
}

fn quoted(said: &str) -> String {
    if scan::is_expression(said) { scan::quoted(said) } else { as_json(said) }
}

/// A text in double quotes; JSON's escapes are YAML's too.
fn as_json(said: &str) -> String {
    serde_json::Value::from(said).to_string()
}
