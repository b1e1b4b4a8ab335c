//! A letter's content as the operator sees it: its shape, without what people are called, wrote, or can be reached by.

use serde_json::{Number, Value, json};

use super::words::Words;
use crate::config::Snapshot;
use crate::model::Address;

/// What may be shown of what a configuration made of somebody's message: what its own texts say.
pub struct Mask(Words);

impl Mask {
    /// Of what these configurations make.
    #[must_use]
    pub fn of(snapshots: &[&Snapshot]) -> Self {
        Self(Words::written(snapshots))
    }

    /// A value with every text masked that no file says, and every long number.
    #[must_use]
    pub fn value(&self, mut value: Value) -> Value {
        hide(&mut value, &self.0);
        value
    }

    /// Words of ours without long numbers.
    #[must_use]
    pub fn words(text: &str) -> String {
        words(text)
    }
}

/// Longer numbers may be somebody's.
pub(super) const DIGITS: usize = 6;

/// With every text masked but times and nobody's words, and every long number.
pub(super) fn masked(content: &[u8], words: &Words) -> Value {
    match serde_json::from_slice(content) {
        Ok(mut value) => {
            hide(&mut value, words);
            value
        }
        Err(_) => json!({ "bytes": content.len() }),
    }
}

/// Words that are ours but for what a party called something: without long numbers.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        let shown = if digits.len() > DIGITS { Address::from(digits).to_string() } else { digits.to_owned() };
        out.extend([shown.as_str(), &part[digits.len()..]]);
    }
    out
}

/// As it is.
pub(super) fn shown(content: &[u8]) -> Value {
    serde_json::from_slice(content).unwrap_or_else(|_| json!({ "text": String::from_utf8_lossy(content) }))
}

fn hide(value: &mut Value, words: &Words) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) if is_short(number) => {}
        Value::Number(number) => *value = masked_text(&number.to_string()),
        Value::String(text) if words.has(text) || text.parse::<jiff::Timestamp>().is_ok() => {}
        Value::String(text) => *value = masked_text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, words)),
        // A key may be a number too, where a party makes a map by person.
        Value::Object(members) => {
            let hidden = std::mem::take(members).into_iter().map(|(key, mut value)| {
                hide(&mut value, words);
                let key = if key.bytes().filter(u8::is_ascii_digit).count() > DIGITS {
                    Address::from(&*key).to_string()
                } else {
                    key
                };
                (key, value)
            });
            *members = hidden.collect();
        }
    }
}

fn is_short(number: &Number) -> bool {
    number.to_string().bytes().filter(u8::is_ascii_digit).count() <= DIGITS
}

fn masked_text(text: &str) -> Value {
    Value::String(Address::from(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_all_but_long_numbers() {
        for (text, expected) in [
            ("malformed: $.body.timestamp is no time", "malformed: $.body.timestamp is no time"),
            ("no message has the id of this status: +919812345670", "no message has the id of this status: +91***70"),
            ("919812345670, 123456 and 6598114720é", "91***70, 123456 and 65***20é"),
            ("HTTP 422 after 3 attempts", "HTTP 422 after 3 attempts"),
            ("", ""),
        ] {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn texts_and_long_numbers_are_masked_and_shape_and_times_stay() {
        let content = br#"{"to":"919812345670","n":919812345670,"code":1022,"ok":true,"at":"2026-11-04T09:14:06Z",
            "list":["Asha",{"919812345670":null}],"status":"read","word":"Read"}"#;
        let expected = json!({
            "to": "91***70", "n": "91***70", "code": 1022, "ok": true, "at": "2026-11-04T09:14:06Z",
            "list": ["***", { "91***70": null }], "status": "read", "word": "***",
        });
        let words = Words::listed_by(r#"{ "enum": [ "read" ] }"#);
        assert_eq!(masked(content, &words), expected);
        assert_eq!(masked(b"to=919812345670", &words), json!({ "bytes": 15 }));
        assert_eq!(shown(b"to=919812345670"), json!({ "text": "to=919812345670" }));
        assert_eq!(shown(content)["to"], "919812345670");
    }
}
