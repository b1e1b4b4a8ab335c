//! Functions of texts. Regular expressions are `patterns`', numbers of phones `phones`'.

use super::function::{Argument, Call, Example, Function, FunctionError, Type};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        examples: &[Example { expression: "$.a | upper", given: r#"{"a": "straße"}"#, gives: Some(r#""STRASSE""#) }],
        ..Function::row("upper", &[Type::Text], Type::Text, "the text in upper case", upper)
    },
    Function {
        arguments: &[Argument::one("text", &[Type::Text])],
        examples: &[Example { expression: "$.a | prefix(\"+\")", given: r#"{"a": "919"}"#, gives: Some(r#""+919""#) }],
        ..Function::row("prefix", &[Type::Text], Type::Text, "the text behind another", prefix)
    },
];

fn upper<'v>(call: &Call<'_, 'v>) -> Result<Option<Value<'v>>, FunctionError> {
    let Some(text) = call.input.as_text() else { return Err(FunctionError::Malformed("expected a text".to_owned())) };
    Ok(Some(Value::Text(call.arena.alloc_str(&text.to_uppercase()))))
}

fn prefix<'v>(call: &Call<'_, 'v>) -> Result<Option<Value<'v>>, FunctionError> {
    let (Some(text), Some(Value::Text(before))) = (call.input.as_text(), call.arguments.first()) else {
        return Err(FunctionError::Malformed("expected a text".to_owned()));
    };
    Ok(Some(Value::Text(call.arena.alloc_str(&[before, text].concat()))))
}
