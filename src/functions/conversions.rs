//! The only conversions between types. What does not convert is an error, not nothing.

use super::call::{Outcome, expected};
use super::function::{Argument, Call, Example, Function, Type};
use crate::codec::json;
use crate::value::{Number, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        examples: &[
            Example::gives("$.a | string", r#"{"a": 1.0}"#, r#""1.0""#),
            Example::gives("$.a | string", r#"{"a": {"b": [1, "c"]}}"#, r#""{\"b\":[1,\"c\"]}""#),
            Example::nothing("$.a | string", "{}"),
        ],
        ..Function::row("string", &[Type::Any], Type::Text, "as a text; a map or list as its compact JSON", string)
    },
    Function {
        examples: &[
            Example::gives("$.a | number", r#"{"a": "-12.50"}"#, "-12.5"),
            Example::gives("$.a | number", r#"{"a": 7}"#, "7"),
        ],
        ..Function::row("number", &[Type::Any], Type::Number, "as a number", number)
    },
    Function {
        examples: &[
            Example::gives("$.a | integer", r#"{"a": "42"}"#, "42"),
            Example::gives("$.a | integer", r#"{"a": 3.0}"#, "3"),
        ],
        ..Function::row("integer", &[Type::Any], Type::Integer, "as a number without a fraction", integer)
    },
    Function {
        arguments: &[Argument::one("much", &[Type::Integer])],
        examples: &[
            Example::gives("$.a | plus(1)", r#"{"a": 0}"#, "1"),
            Example::gives("$.a | plus($.b)", r#"{"a": 3, "b": -5}"#, "-2"),
        ],
        ..Function::row("plus", &[Type::Integer], Type::Integer, "greater by so much", plus)
    },
    Function {
        examples: &[
            Example::gives("$.a | boolean", r#"{"a": "True"}"#, "true"),
            Example::gives("$.a | boolean", r#"{"a": 0}"#, "false"),
        ],
        ..Function::row(
            "boolean",
            &[Type::Any],
            Type::Boolean,
            "as true or false: those words in any case, and 1 or 0",
            boolean,
        )
    },
    Function {
        examples: &[
            Example::nothing("$.a | nonempty", r#"{"a": ""}"#),
            Example::gives("$.a | nonempty", r#"{"a": [0]}"#, "[0]"),
            Example::nothing("$.a | nonempty", r#"{"a": {}}"#),
        ],
        ..Function::row("nonempty", &[Type::Any], Type::Any, "an empty text, list or map becomes nothing", nonempty)
    },
];

fn string<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    match call.input {
        Value::Text(_) | Value::Secret(_) => Ok(Some(call.input)),
        Value::Time(time) => call.give(&time.to_string()),
        _ => super::encoding::to_json(call),
    }
}

fn number<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    read_number(call.input).map(|number| Some(Value::Number(number))).ok_or_else(|| expected("a number"))
}

fn integer<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let whole = match read_number(call.input) {
        Some(Number::Float(_)) => read_number(call.input).and_then(Number::as_i64).map(Number::Int),
        other => other,
    };
    whole.map(|number| Some(Value::Number(number))).ok_or_else(|| expected("a number without a fraction"))
}

fn plus<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let Value::Number(number) = call.input else { return Err(expected("a number")) };
    let sum = number.as_i64().zip(call.argument_integer(0)?).and_then(|(a, b)| a.checked_add(b));
    sum.map(|sum| Some(Value::Number(sum.into()))).ok_or_else(|| expected("a number without a fraction"))
}

/// A number, or a text that JSON would read as one; leading zeros and a plus sign are taken too.
fn read_number(value: Value<'_>) -> Option<Number> {
    let text = match value {
        Value::Number(number) => return Some(number),
        Value::Text(text) => text,
        _ => return None,
    };
    // The float parser would also take words such as `inf` and `nan`.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    let whole = text.parse().map(Number::Int).or_else(|_| text.parse().map(Number::Large));
    whole.ok().or_else(|| text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::Float))
}

fn boolean<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let yes = match call.input {
        Value::Bool(value) => Some(value),
        Value::Text(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        Value::Number(Number::Int(1)) => Some(true),
        Value::Number(Number::Int(0)) => Some(false),
        _ => None,
    };
    yes.map(|value| Some(Value::Bool(value))).ok_or_else(|| expected("true or false"))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every body")]
fn nonempty<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let empty = match call.input {
        Value::Text(text) | Value::Secret(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(members) => members.is_empty(),
        _ => false,
    };
    Ok((!empty).then_some(call.input))
}

/// A scalar as text, for functions that put values into texts.
pub(super) fn scalar<'v>(value: Value<'v>, into: &mut Vec<u8>) -> bool {
    match value {
        Value::Text(text) => into.extend_from_slice(text.as_bytes()),
        Value::Number(number) => json::write_number(number, into),
        Value::Bool(_) => json::write(value, into),
        Value::Time(time) => into.extend_from_slice(time.to_string().as_bytes()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Secret(_) => return false,
    }
    true
}
