//! Functions that look for something in a text: `capture` and `replace` by regular expression, `split` by a plain one.
//!
//! Regular expressions are compiled at load, bounded in size, and matched in linear time; none comes from a message.

use regex::{Captures, Regex, RegexBuilder};

use super::MAX_TEXT;
use super::call::{Outcome, expected, too_long};
use super::function::{Argument, Call, Example, Function, FunctionError, Type};
use super::prepare::{PrepareError, Prepared, literal_text};
use crate::value::Value;

const TEXT: &[Type] = &[Type::Text];

/// How large a compiled expression, and its cache of states, may be.
const SIZE: usize = 1 << 20;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument::literal("regex", TEXT)],
        examples: &[
            Example::gives(
                r##"$.a | capture("#(.+)$")"##,
                r##"{"a": "https://docs.example/errors#1022"}"##,
                r#""1022""#,
            ),
            Example::gives(r#"$.a | capture("[0-9]+")"#, r#"{"a": "code 470: window"}"#, r#""470""#),
            Example::nothing(r#"$.a | capture("[0-9]+")"#, r#"{"a": "no digits"}"#),
        ],
        prepare,
        ..Function::row(
            "capture",
            TEXT,
            Type::Text,
            "the first group of the first match, or the whole match of an expression without groups; else nothing",
            capture,
        )
    },
    Function {
        arguments: &[Argument::literal("regex", TEXT), Argument::literal("by", TEXT)],
        examples: &[
            Example::gives(r#"$.a | replace("[ -]+", "_")"#, r#"{"a": "a - b-c"}"#, r#""a_b_c""#),
            Example::gives(r#"$.a | replace("(\\d+)/(\\d+)", "$2/$1")"#, r#"{"a": "1/2"}"#, r#""2/1""#),
        ],
        prepare,
        ..Function::row(
            "replace",
            TEXT,
            Type::Text,
            "with every match replaced; `$1` stands for the first group, `$$` for a dollar sign",
            replace,
        )
    },
    Function {
        arguments: &[Argument::literal("separator", TEXT)],
        examples: &[
            Example::gives(r#"$.a | split(",")"#, r#"{"a": "x,,y"}"#, r#"["x", "", "y"]"#),
            Example::gives(r#"$.a | split(",")"#, r#"{"a": ""}"#, "[]"),
        ],
        prepare: prepare_separator,
        ..Function::row("split", TEXT, Type::List, "the texts between the separators; of an empty text none", split)
    },
];

fn prepare(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    literal_text(literals, 1, "a text as replacement")?;
    let pattern = literal_text(literals, 0, "a regular expression")?;
    let pattern = pattern.ok_or_else(|| PrepareError("expected a regular expression as literal".to_owned()))?;
    match RegexBuilder::new(pattern).size_limit(SIZE).dfa_size_limit(SIZE).build() {
        Ok(regex) => Ok(Prepared::Regex(Box::new(regex))),
        Err(error) => Err(PrepareError(format!("no regular expression: {error}"))),
    }
}

fn prepare_separator(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    match literal_text(literals, 0, "a text as separator")? {
        Some("") => Err(PrepareError("a separator must not be empty".to_owned())),
        _ => Ok(Prepared::None),
    }
}

fn regex<'c>(call: &Call<'c, '_>) -> Result<&'c Regex, FunctionError> {
    if let Prepared::Regex(regex) = call.prepared { Ok(regex) } else { Err(expected("a regular expression")) }
}

fn capture<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (regex, text) = (regex(call)?, call.text()?);
    let found = if regex.captures_len() == 1 {
        regex.find(text)
    } else {
        regex.captures(text).and_then(|captures| captures.get(1))
    };
    Ok(found.map(|found| Value::Text(found.as_str())))
}

fn replace<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (regex, text, by) = (regex(call)?, call.text()?, call.argument_text(1)?);
    let mut made = String::new();
    let mut end = 0;
    // Not `Regex::replace_all`: a replacement at every character of a long text must meet the bound on its way.
    for captures in regex.captures_iter(text) {
        let whole = whole(&captures);
        made.push_str(&text[end..whole.start]);
        captures.expand(by, &mut made);
        end = whole.end;
        if made.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    if end == 0 && made.is_empty() {
        return Ok(Some(call.input));
    }
    made.push_str(&text[end..]);
    call.give(&made)
}

fn whole(captures: &Captures<'_>) -> std::ops::Range<usize> {
    captures.get(0).map(|found| found.range()).expect("group 0 is the match itself")
}

fn split<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (text, separator) = (call.text()?, call.argument_text(0)?);
    if text.is_empty() || separator.is_empty() {
        return call.give_list(&[]);
    }
    // One more than allowed is enough for the bound to be seen.
    let parts: Vec<_> = text.split(separator).take(super::MAX_ITEMS + 1).map(Value::Text).collect();
    call.give_list(&parts)
}
