//! Changes of an expression's text, one at a time: a `?`, a function or an alternative dropped, an operator turned, a
//! literal or the last name of a path changed.

use std::ops::Range;

/// The texts that one change makes of an expression.
pub(super) fn changes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut change = |at: Range<usize>, to: &str| {
        let changed = format!("{}{to}{}", &text[..at.start], &text[at.end..]);
        if !found.contains(&changed) && changed != text {
            found.push(changed);
        }
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = at + length(rest);
        match &rest[..end - at] {
            "?" if !text[..at].ends_with('[') => change(at..end, ""),
            "??" => {
                change(at..operand(text, end), "");
                if !text[..at].contains("??") && text.starts_with("$.") {
                    change(0..end + blanks(&text[end..]), "");
                }
            }
            "|" => change(at..function(text, end), ""),
            "==" => change(at..end, "!="),
            "!=" => change(at..end, "=="),
            "<" => change(at..end, "<="),
            "<=" => change(at..end, "<"),
            ">" => change(at..end, ">="),
            ">=" => change(at..end, ">"),
            "&&" => change(at..end, "||"),
            "||" => change(at..end, "&&"),
            "!" => change(at..end, ""),
            word if word.starts_with('"') && word.len() > 1 => change(end - 1..end - 1, "x"),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => {
                if let Ok(number) = word.parse::<u32>() {
                    change(at..end, &(number + 1).to_string());
                }
            }
            // The name after `$.` is one of the scope, and `check` knows those; a member behind it is data's.
            word if is_member(word) => change(end..end, "x"),
            _ => {}
        }
        at = end;
    }
    found
}

/// A path that reads a member.
fn is_member(word: &str) -> bool {
    let members = word.strip_prefix("$.").is_some_and(|rest| rest.contains('.'));
    members && word.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// The length of the first token: a path without brackets, a text, a number, a word, an operator, or one character.
fn length(rest: &str) -> usize {
    let word = |rest: &str| rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let path = |rest: &str| rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with('"') {
        return quoted(rest);
    }
    if rest.starts_with("$.") || rest.starts_with("@.") {
        return 2 + path(&rest[2..]);
    }
    if let Some(operator) = ["??", "==", "!=", "<=", ">=", "&&", "||"].into_iter().find(|known| rest.starts_with(known))
    {
        return operator.len();
    }
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') { word(rest) } else { first }
}

/// A text in double quotes.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn blanks(rest: &str) -> usize {
    rest.len() - rest.trim_start().len()
}

/// Where an alternative that begins here ends: at the next operator that binds looser, or the bracket around it.
fn operand(text: &str, from: usize) -> usize {
    let (mut at, mut depth) = (from, 0_usize);
    while at < text.len() {
        let end = at + length(&text[at..]);
        match &text[at..end] {
            "(" | "[" => depth += 1,
            ")" | "]" if depth == 0 => return at,
            ")" | "]" => depth -= 1,
            "??" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" if depth == 0 => return at,
            _ => {}
        }
        at = end;
    }
    at
}

/// Where a function that begins here ends, its arguments included.
fn function(text: &str, from: usize) -> usize {
    let mut at = from + blanks(&text[from..]);
    at += length(&text[at..]);
    if !text[at..].starts_with('(') {
        return at;
    }
    operand(text, at + 1) + 1
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(changes(text), expected, "{text}");
    }

    #[test]
    fn one_thing_changes_at_a_time() {
        check("$.body.to?", &["$.body.tox?", "$.body.to"]);
        check("$.to | phone", &["$.to "]);
        check(
            "$.a.b | prefix(\"+\") | lower",
            &[
                "$.a.bx | prefix(\"+\") | lower",
                "$.a.b  | lower",
                "$.a.b | prefix(\"+x\") | lower",
                "$.a.b | prefix(\"+\") ",
            ],
        );
        check("$.a ?? $.b?", &["$.a ", "$.b?", "$.a ?? $.b"]);
        check("$.a == 1 && $.b?", &["$.a != 1 && $.b?", "$.a == 2 && $.b?", "$.a == 1 || $.b?", "$.a == 1 && $.b"]);
        check("$.a[?!@.b]", &["$.a[?@.b]"]);
        check("$.a | capture(\"a|b\\\"?\")", &["$.a ", "$.a | capture(\"a|b\\\"?x\")"]);
        check("number_keys | to_json", &["number_keys "]);
    }
}
