//! Functions between texts and other writings of them: JSON, base64, percent-encoding, digests.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::call::{Outcome, expected};
use super::function::{Argument, Call, Example, Function, Type};
use crate::codec::json;
use crate::value::Value;

const TEXT: &[Type] = &[Type::Text];

/// All but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        examples: &[Example::gives(
            "$.a | to_json",
            r#"{"a": {"b": "x\"", "a": 1.0}}"#,
            r#""{\"b\":\"x\\\"\",\"a\":1.0}""#,
        )],
        ..Function::row("to_json", &[Type::Any], Type::Text, "as compact JSON; keys keep their order", to_json)
    },
    Function {
        examples: &[Example::gives("$.a | from_json", r#"{"a": "{\"b\": [1]}"}"#, r#"{"b": [1]}"#)],
        ..Function::row("from_json", TEXT, Type::Any, "what a JSON text says", from_json)
    },
    Function {
        examples: &[Example::gives("$.a | base64", r#"{"a": "né?"}"#, r#""bsOpPw==""#)],
        ..Function::row("base64", TEXT, Type::Text, "its bytes in base64, with padding", base64)
    },
    Function {
        examples: &[
            Example::gives("$.a | unbase64", r#"{"a": "bsOpPw=="}"#, r#""né?""#),
            Example::gives("$.a | unbase64", r#"{"a": "Pz8_"}"#, r#""???""#),
        ],
        ..Function::row(
            "unbase64",
            TEXT,
            Type::Text,
            "the text that base64 says, of either alphabet, with padding or without",
            unbase64,
        )
    },
    Function {
        examples: &[Example::gives("$.a | url_encode", r#"{"a": "a b&c/é~"}"#, r#""a%20b%26c%2F%C3%A9~""#)],
        ..Function::row("url_encode", TEXT, Type::Text, "percent-encoded as one part of a URL", url_encode)
    },
    Function {
        examples: &[Example::gives(
            "$.a | sha256",
            r#"{"a": "abc"}"#,
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        )],
        ..Function::row("sha256", TEXT, Type::Text, "its SHA-256 in hexadecimal digits", sha256)
    },
    Function {
        arguments: &[Argument::one("secret", &[Type::Secret, Type::Text])],
        examples: &[Example::gives(
            "$.a | hmac_sha256($.b)",
            r#"{"a": "what do ya want for nothing?", "b": "Jefe"}"#,
            r#""5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843""#,
        )],
        ..Function::row("hmac_sha256", TEXT, Type::Text, "its HMAC-SHA-256 in hexadecimal digits", hmac_sha256)
    },
];

pub(super) fn to_json<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    if holds_secret(call.input) {
        // The result would be a plain text that may be logged.
        return Err(expected("a value without credentials"));
    }
    let mut out = Vec::with_capacity(128);
    json::write(call.input, &mut out);
    call.give(&String::from_utf8_lossy(&out))
}

fn holds_secret(value: Value<'_>) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(|item| holds_secret(*item)),
        Value::Map(members) => members.iter().any(|(_, member)| holds_secret(*member)),
        _ => false,
    }
}

fn from_json<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let text = call.text()?;
    match json::read(text.as_bytes(), call.arena) {
        Ok(Value::Null) => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(expected("a JSON text")),
    }
}

fn base64<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.give(&STANDARD.encode(call.text()?))
}

fn unbase64<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = call.text()?;
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let bytes = GeneralPurpose::new(alphabet, EITHER).decode(text).ok();
    let made = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    call.give(&made.ok_or_else(|| expected("a text in base64"))?)
}

fn url_encode<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.give(&utf8_percent_encode(call.text()?, COMPONENT).to_string())
}

fn sha256<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    call.give(&hex(&Sha256::digest(call.text()?)))
}

fn hmac_sha256<'v>(call: &Call<'_, 'v>) -> Outcome<'v> {
    let (Some(Value::Secret(secret) | Value::Text(secret)), text) = (call.argument(0), call.text()?) else {
        return Err(expected("a secret as argument"));
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    call.give(&hex(&mac.finalize().into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all text");
        text
    })
}
