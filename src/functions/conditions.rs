//! Functions that answer yes or no from the value alone.

use super::call::{Outcome, answer, expected};
use super::function::{Argument, Call, Example, Function, Type};
use crate::value::Value;

const SCALAR: &[Type] = &[Type::Text, Type::Number, Type::Boolean];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument::one("of", SCALAR).repeated()],
        examples: &[
            Example::gives(r#"$.a | in("IMAGE", "VIDEO")"#, r#"{"a": "VIDEO"}"#, "true"),
            Example::gives(r#"$.a | in("IMAGE", $.b)"#, r#"{"a": "TEXT", "b": "text"}"#, "false"),
            Example::gives("$.a | in(1, 2)", r#"{"a": 2.0}"#, "true"),
        ],
        ..Function::row("in", SCALAR, Type::Boolean, "is one of", is_in)
    },
    Function {
        arguments: &[Argument::one("least", &[Type::Number]), Argument::one("most", &[Type::Number])],
        examples: &[
            Example::gives("$.a | between(2, 10)", r#"{"a": 10}"#, "true"),
            Example::gives("$.a | between(2, 10)", r#"{"a": 10.5}"#, "false"),
        ],
        ..Function::row("between", &[Type::Number], Type::Boolean, "is neither less nor greater", between)
    },
    Function {
        examples: &[
            Example::gives("$.a | is_ascii", r#"{"a": "plain"}"#, "true"),
            Example::gives("$.a | is_ascii", r#"{"a": "é"}"#, "false"),
        ],
        ..Function::row("is_ascii", &[Type::Text], Type::Boolean, "has only ASCII characters", is_ascii)
    },
    Function {
        examples: &[
            Example::gives("$.a | is_gsm7", r#"{"a": "1 € à la carte"}"#, "true"),
            Example::gives("$.a | is_gsm7", r#"{"a": "नमस्ते"}"#, "false"),
        ],
        ..Function::row(
            "is_gsm7",
            &[Type::Text],
            Type::Boolean,
            "has only characters of GSM 03.38 and its extension",
            is_gsm7,
        )
    },
];

fn is_in<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    match call.input {
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => answer(call.arguments.contains(&call.input)),
        _ => Err(expected("a text, a number or a boolean")),
    }
}

fn between<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    match (call.input, call.arguments) {
        (Value::Number(number), [Value::Number(least), Value::Number(most)]) => {
            answer(number >= *least && number <= *most)
        }
        _ => Err(expected("numbers")),
    }
}

fn is_ascii<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(call.text()?.is_ascii())
}

fn is_gsm7<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(call.text()?.chars().all(gsm7))
}

/// 3GPP TS 23.038, tables of 6.2.1 and 6.2.1.1.
fn gsm7(char: char) -> bool {
    const BEYOND_ASCII: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";
    match char {
        '\n' | '\r' | '\u{c}' => true,
        '`' => false,
        ' '..='~' => true,
        _ => BEYOND_ASCII.contains(char),
    }
}
