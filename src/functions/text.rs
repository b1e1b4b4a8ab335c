//! Functions of texts. Folding is `fold`'s, regular expressions are `patterns`', phone numbers are `phones`'.

use percent_encoding::percent_decode_str;

use super::MAX_TEXT;
use super::call::{Outcome, amount, expected, too_long};
use super::function::{Argument, Call, Example, Function, Type};
use crate::value::Value;

const TEXT: &[Type] = &[Type::Text];
const INTEGER: &[Type] = &[Type::Integer];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        examples: &[Example::gives("$.a | length", r#"{"a": "né😀"}"#, "3")],
        ..Function::row("length", TEXT, Type::Integer, "the number of its characters", length)
    },
    Function {
        examples: &[Example::gives("$.a | bytes", r#"{"a": "né😀"}"#, "7")],
        ..Function::row("bytes", TEXT, Type::Integer, "the number of its bytes in UTF-8", bytes)
    },
    Function {
        examples: &[Example::gives("$.a | lower", r#"{"a": "ÉTÉ"}"#, r#""été""#)],
        ..Function::row("lower", TEXT, Type::Text, "in lower case", lower)
    },
    Function {
        examples: &[Example::gives("$.a | upper", r#"{"a": "straße"}"#, r#""STRASSE""#)],
        ..Function::row("upper", TEXT, Type::Text, "in upper case", upper)
    },
    Function {
        examples: &[Example::gives("$.a | trim", r#"{"a": " \t a b\n"}"#, r#""a b""#)],
        ..Function::row("trim", TEXT, Type::Text, "without white space around it", trim)
    },
    Function {
        arguments: &[Argument::one("text", TEXT)],
        examples: &[Example::gives(r#"$.a | prefix("+")"#, r#"{"a": "919"}"#, r#""+919""#)],
        ..Function::row("prefix", TEXT, Type::Text, "with the argument in front of it", prefix)
    },
    Function {
        arguments: &[Argument::one("characters", INTEGER)],
        examples: &[
            Example::gives("$.a | truncate(2)", r#"{"a": "né😀"}"#, r#""né""#),
            Example::gives("$.a | truncate(20)", r#"{"a": "short"}"#, r#""short""#),
        ],
        ..Function::row("truncate", TEXT, Type::Text, "its first characters, at most so many", truncate)
    },
    Function {
        arguments: &[Argument::one("from", INTEGER), Argument::one("to", INTEGER).optional()],
        examples: &[
            Example::gives("$.a | slice(1, 3)", r#"{"a": "né😀x"}"#, r#""é😀""#),
            Example::gives("$.a | slice(-4)", r#"{"a": "card 1234"}"#, r#""1234""#),
        ],
        ..Function::row(
            "slice",
            TEXT,
            Type::Text,
            "its characters from the first place up to the second, which is left out; below 0 from the end",
            slice,
        )
    },
    Function {
        examples: &[
            Example::gives(
                "$.a | file_name",
                r#"{"a": "https://cdn.example/x/my%20bill.pdf?v=1#p"}"#,
                r#""my bill.pdf""#,
            ),
            Example::nothing("$.a | file_name", r#"{"a": "https://cdn.example/download"}"#),
        ],
        ..Function::row(
            "file_name",
            TEXT,
            Type::Text,
            "the last segment of a URL's path if it has an extension, else nothing",
            file_name,
        )
    },
];

fn length<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    amount(call.text()?.chars().count())
}

fn bytes<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    amount(call.text()?.len())
}

fn lower<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.give(&call.text()?.to_lowercase())
}

fn upper<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.give(&call.text()?.to_uppercase())
}

fn trim<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    Ok(Some(Value::Text(call.text()?.trim())))
}

fn prefix<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (before, text) = (call.argument_text(0)?, call.text()?);
    if before.len().saturating_add(text.len()) > MAX_TEXT {
        return Err(too_long());
    }
    call.give(&[before, text].concat())
}

fn truncate<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let most = call.argument_integer(0)?.and_then(|most| usize::try_from(most).ok());
    let most = most.ok_or_else(|| expected("a number of characters as argument"))?;
    let text = call.text()?;
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    Ok(Some(Value::Text(&text[..end])))
}

fn slice<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let text = call.text()?;
    let from = call.argument_integer(0)?.ok_or_else(|| expected("an integer as argument"))?;
    let start = place(text, from);
    let end = call.argument_integer(1)?.map_or(text.len(), |to| place(text, to));
    Ok(Some(Value::Text(text.get(start..end).unwrap_or_default())))
}

/// Where a character begins, counted from the start, or from the end if below 0.
fn place(text: &str, at: i64) -> usize {
    let count = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
    if at >= 0 {
        return text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    }
    text.char_indices().nth_back(count - 1).map_or(0, |(at, _)| at)
}

fn file_name<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let url = call.text()?;
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => url,
    };
    let segment = path.rsplit('/').next().unwrap_or_default();
    if !has_extension(segment) {
        return Ok(None);
    }
    // A name that hides a directory or a control character stays encoded.
    match percent_decode_str(segment).decode_utf8() {
        Ok(name) if !name.contains(['/', '\\']) && !name.contains(char::is_control) => call.give(&name),
        _ => call.give(segment),
    }
}

fn has_extension(segment: &str) -> bool {
    segment.rsplit_once('.').is_some_and(|(name, extension)| !name.is_empty() && !extension.is_empty())
}
