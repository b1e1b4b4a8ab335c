//! `{{1}}` in texts, both ways: `fill` puts values in, `values_of` reads them back out of a finished text.

use super::MAX_TEXT;
use super::call::{Outcome, expected, too_long};
use super::conversions::scalar;
use super::function::{Argument, Call, Example, Function, Type};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument::one("values", &[Type::List])],
        examples: &[Example::gives(
            "$.a | fill($.b)",
            r#"{"a": "Hi {{1}}, {{2}} or {{ 2 }}", "b": ["Asha", 7]}"#,
            r#""Hi Asha, 7 or 7""#,
        )],
        ..Function::row("fill", &[Type::Text], Type::Text, "with the values in place of {{1}}, {{2}}, …", fill)
    },
    Function {
        arguments: &[Argument::one("definition", &[Type::Map])],
        examples: &[
            Example::gives(
                "$.a | values_of($.b)",
                r#"{"a": "Hi Asha, order 7 is here", "b": {"body": {"text": "Hi {{1}}, order {{2}} is here"}}}"#,
                r#"["Asha", "7"]"#,
            ),
            Example::nothing("$.a | values_of($.b)", r#"{"a": "Bye", "b": {"body": {"text": "Hi {{1}}"}}}"#),
        ],
        ..Function::row(
            "values_of",
            &[Type::Text],
            Type::List,
            "the variables' values, when a finished text fits the body of a template's definition; else nothing",
            values_of,
        )
    },
];

/// A text cut at its placeholders: the text before each and its name, and the text behind the last.
struct Pieces<'t> {
    slots: Vec<(&'t str, &'t str)>,
    tail: &'t str,
}

fn cut(text: &str) -> Pieces<'_> {
    let (mut slots, mut literal, mut from) = (Vec::new(), 0, 0);
    while let Some((open, name, end)) = next_placeholder(text, from) {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            from = open + 1;
            continue;
        }
        slots.push((&text[literal..open], name));
        (literal, from) = (end, end);
    }
    Pieces { slots, tail: &text[literal..] }
}

/// The next `{{…}}`: where it begins, what is inside, where it ends.
fn next_placeholder(text: &str, from: usize) -> Option<(usize, &str, usize)> {
    let open = from + text[from..].find("{{")?;
    let close = open + text[open..].find("}}")?;
    Some((open, text.get(open + 2..close).unwrap_or_default().trim(), close + 2))
}

fn fill<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let text = call.text()?;
    let Some(Value::List(values)) = call.argument(0) else { return Err(expected("a list of values")) };
    let pieces = cut(text);
    let mut made = Vec::with_capacity(text.len());
    for (before, name) in &pieces.slots {
        made.extend_from_slice(before.as_bytes());
        match name.parse::<usize>() {
            Ok(number) => {
                let value = number.checked_sub(1).and_then(|at| values.get(at));
                let value = value.ok_or_else(|| expected(&format!("a value for {{{{{number}}}}}")))?;
                if !scalar(*value, &mut made) {
                    return Err(expected("texts, numbers or booleans as values"));
                }
            }
            // A named one is not ours to fill.
            Err(_) => made.extend_from_slice(format!("{{{{{name}}}}}").as_bytes()),
        }
        if made.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    made.extend_from_slice(pieces.tail.as_bytes());
    call.give(&String::from_utf8_lossy(&made))
}

fn values_of<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let text = call.text()?;
    let Some(definition) = call.argument(0).filter(|value| value.as_map().is_some()) else {
        return Err(expected("a definition as argument"));
    };
    let Some(body) = definition.get("body").and_then(|body| body.text("text")) else { return Ok(None) };
    match crate::model::values_of(body, text) {
        Some(values) => call.give_list(&values.into_iter().map(Value::Text).collect::<Vec<_>>()),
        None => Ok(None),
    }
}
