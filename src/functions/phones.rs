//! Phone numbers: a cheap normaliser for numbers that name their country, and the numbering plans for those that do not.

use std::borrow::Cow;

use phonenumber::country;

use super::call::{Outcome, answer, expected};
use super::function::{Argument, Call, Example, Function, FunctionError, Type};
use super::prepare::{PrepareError, Prepared, literal_text};
use crate::value::Value;

/// E.164 allows 15; the shortest in use with their country code have 7.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// No number is written longer than this; the numbering plans are not asked about longer texts.
const WRITTEN: usize = 40;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        arguments: &[Argument::one("country", &[Type::Text]).optional()],
        examples: &[
            Example::gives("$.a | phone", r#"{"a": "+1 (415) 555-2671"}"#, r#""14155552671""#),
            Example::gives(r#"$.a | phone("IN")"#, r#"{"a": "098765 43210"}"#, r#""919876543210""#),
        ],
        prepare,
        ..Function::row(
            "phone",
            &[Type::Text, Type::Integer],
            Type::Text,
            "the digits of an E.164 number; with a country its national forms are read too",
            phone,
        )
    },
    Function {
        examples: &[
            Example::gives("$.a | is_phone", r#"{"a": "+91-98765.43210"}"#, "true"),
            Example::gives("$.a | is_phone", r#"{"a": "my-user"}"#, "false"),
            Example::nothing("$.a | is_phone", "{}"),
        ],
        ..Function::row("is_phone", &[Type::Any], Type::Boolean, "would be read by `phone`", is_phone)
    },
];

fn prepare(literals: &[Option<Value<'_>>]) -> Result<Prepared, PrepareError> {
    match literal_text(literals, 0, "a country as two letters")? {
        None => Ok(Prepared::None),
        Some(name) => match name.parse() {
            Ok(country) => Ok(Prepared::Country(country)),
            Err(_) => Err(PrepareError("no such country: expected two capital letters such as \"IN\"".to_owned())),
        },
    }
}

fn phone<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let text = &*match (call.input, written(call.input)) {
        (_, Some(text)) => text,
        (Value::Number(_), None) => return Err(no_phone()),
        _ => return Err(expected("a text")),
    };
    if let Some(digits) = country_of(call)?.and_then(|country| national(text, country)) {
        return call.give(&digits);
    }
    match (normalise(text), call.input) {
        (Some(Digits::Already), Value::Text(_)) => Ok(Some(call.input)),
        (Some(Digits::Already), _) => call.give(text),
        (Some(Digits::Made(digits)), _) => call.give(&digits),
        (None, _) => Err(no_phone()),
    }
}

fn is_phone<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    answer(written(call.input).is_some_and(|text| normalise(&text).is_some()))
}

fn no_phone() -> FunctionError {
    FunctionError::InvalidRecipient("expected a phone number with its country code".to_owned())
}

/// The number as somebody wrote it; JSON's `1.5` and `-1` are numbers, but of no phone.
fn written(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => number.as_i64().filter(|whole| *whole > 0).map(|whole| Cow::Owned(whole.to_string())),
        _ => None,
    }
}

/// The country, prepared, or named by the message or a setting.
fn country_of(call: &Call<'_, '_>) -> Result<Option<country::Id>, FunctionError> {
    match (call.prepared, call.argument(0)) {
        (Prepared::Country(country), _) => Ok(Some(*country)),
        (_, None) => Ok(None),
        (_, Some(Value::Text(name))) => name.parse().map(Some).map_err(|_| expected("a country as two letters")),
        (_, Some(_)) => Err(expected("a country as two letters")),
    }
}

enum Digits {
    /// The text is nothing else.
    Already,
    Made(String),
}

/// The digits of a number that begins with its country code, which never begins with 0.
fn normalise(text: &str) -> Option<Digits> {
    if text.starts_with('0') || text.len() > 4 * WRITTEN {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return DIGITS.contains(&text.len()).then_some(Digits::Already);
    }
    let text = text.trim_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let mut digits = String::with_capacity(16);
    for char in text.chars() {
        match char {
            '0'..='9' => digits.push(char),
            '(' | ')' | '.' | '-' => {}
            _ if char.is_whitespace() => {}
            _ => return None,
        }
    }
    (DIGITS.contains(&digits.len()) && !digits.starts_with('0')).then_some(Digits::Made(digits))
}

/// The digits of a number that is valid in the country's plan; nothing if it names its own country with a `+`.
fn national(text: &str, country: country::Id) -> Option<String> {
    let text = text.trim();
    if text.starts_with('+') || text.len() > WRITTEN {
        return None;
    }
    let number = phonenumber::parse(Some(country), text).ok().filter(phonenumber::PhoneNumber::is_valid)?;
    let digits = number.format().mode(phonenumber::Mode::E164).to_string();
    digits.strip_prefix('+').map(str::to_owned)
}
