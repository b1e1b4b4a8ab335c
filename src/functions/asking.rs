//! Functions that are answered from outside: by the gateway through [`Facts`](super::Facts), and `table` by the engine.

use super::call::{Outcome, answer};
use super::function::{Argument, Call, Example, Function, Type};
use crate::value::Value;

const TEXT: &[Type] = &[Type::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument { table: true, ..Argument::one("name", TEXT) }],
        of_nothing: true,
        ..Function::row(
            "table",
            &[Type::Text, Type::Number, Type::Boolean, Type::Map],
            Type::Any,
            "the row of a table whose key is this text, or whose key columns are this map's members; else its `else`",
            table,
        )
    },
    Function {
        arguments: &[Argument::one("language", TEXT), Argument::one("sender", TEXT)],
        asks: true,
        examples: &[
            Example::gives(
                r#"$.a | template("en", $.b)"#,
                r#"{"a": "order", "b": "14155550100"}"#,
                r#"{"name": "order", "body": {"text": "Order {{1}}", "variables": 1}}"#,
            ),
            Example::nothing(r#"$.a | template("fr", $.b)"#, r#"{"a": "order", "b": "14155550100"}"#),
        ],
        ..Function::row(
            "template",
            TEXT,
            Type::Map,
            "the synced definition of that template in the account of that sender; nothing if unknown",
            template,
        )
    },
    Function {
        asks: true,
        examples: &[
            Example::gives("$.a | is_sender", r#"{"a": "14155550100"}"#, "true"),
            Example::gives("$.a | is_sender", r#"{"a": "14155550199"}"#, "false"),
        ],
        ..Function::row("is_sender", TEXT, Type::Boolean, "is one of this tenant's numbers", is_sender)
    },
    Function {
        arguments: &[Argument::one("member", TEXT)],
        asks: true,
        examples: &[
            Example::gives(r#"$.a | sender_with("shop")"#, r#"{"a": "west"}"#, r#""14155550100""#),
            Example::nothing(r#"$.a | sender_with("shop")"#, r#"{"a": "east"}"#),
        ],
        ..Function::row(
            "sender_with",
            TEXT,
            Type::Text,
            "this tenant's number whose member of that name has this value; nothing if none has",
            sender_with,
        )
    },
    Function {
        arguments: &[Argument::one("sender", TEXT)],
        asks: true,
        examples: &[Example::gives("$.a | is_suppressed($.b)", r#"{"a": "919812345678", "b": "14155550100"}"#, "true")],
        ..Function::row(
            "is_suppressed",
            TEXT,
            Type::Boolean,
            "opted out, of the tenant or that sender as `delivery.suppression` says",
            is_suppressed,
        )
    },
    Function {
        asks: true,
        examples: &[
            Example::gives("$.a | is_allowed_url", r#"{"a": "https://cdn.example/x.png"}"#, "true"),
            Example::gives("$.a | is_allowed_url", r#"{"a": "http://10.0.0.1/"}"#, "false"),
        ],
        ..Function::row(
            "is_allowed_url",
            TEXT,
            Type::Boolean,
            "its scheme, host and port are allowed by the tenant's `hosts` and the rule against private addresses",
            is_allowed_url,
        )
    },
];

/// The engine looks up tables itself; whoever runs the table of functions without it knows none.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every body")]
const fn table<'v>(_: &Call<'_, 'v>) -> Outcome<'v> {
    Ok(None)
}

fn template<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (language, sender) = (call.argument_text(0)?, call.argument_text(1)?);
    let found = call.facts.template(call.text()?, language, sender, call.arena);
    Ok(found.filter(|value| !matches!(value, Value::Null)))
}

fn is_sender<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(call.facts.is_sender(call.text()?))
}

fn sender_with<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let number = call.facts.sender_with(call.argument_text(0)?, call.text()?);
    Ok(number.map(|number| Value::Text(call.arena.alloc_str(number))))
}

fn is_suppressed<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(call.facts.is_suppressed(call.text()?, call.argument_text(0)?))
}

fn is_allowed_url<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(call.facts.is_allowed_url(call.text()?))
}
