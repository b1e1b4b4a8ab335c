//! What came of a case's stimulus, as one document with the members that `expect` knows.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Mismatch;
use crate::codec::{self, Format};
use crate::model::Refusal;
use crate::model::wire::{Prepared, Reply};
use crate::value::{Arena, Number, Value};

/// What came of it.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// `send`, `status`, `inbound`, `templates`; empty where no leg was reached.
    pub(super) leg: &'static str,
    members: Vec<(&'a str, Value<'a>)>,
    /// Differences that no expectation need name: schemas, answers left over, calls that cannot be made.
    pub(super) notes: Vec<Mismatch>,
    /// Why there is not more: a refusal's reason and text.
    pub(super) why: Option<String>,
    /// Every message that is refused, or does not fit its template and is sent all the same (true).
    pub(super) refusals: Vec<(Refusal, bool)>,
}

impl<'a> Found<'a> {
    pub(super) fn of(leg: &'static str) -> Self {
        Self { leg, ..Self::default() }
    }

    pub(super) fn set(&mut self, name: &'static str, value: Value<'a>) {
        self.members.push((name, value));
    }

    pub(super) fn reply(&mut self, reply: &Reply, arena: &'a Arena) {
        let mut members = vec![
            ("http", Value::Number(Number::from(i64::from(reply.http)))),
            ("headers", headers(&reply.headers, arena)),
            ("body", body(&reply.headers, &reply.body, arena)),
        ];
        members.retain(|(_, value)| !matches!(value, Value::Null));
        self.set("answer", Value::Map(arena.alloc_slice_copy(&members)));
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) {
        let text = refusal.text.as_deref().map_or(Cow::Borrowed(""), |text| format!(": {text}").into());
        self.why = Some(format!("{}{text}", refusal.reason));
    }

    pub(super) fn value(&self, arena: &'a Arena) -> Value<'a> {
        Value::Map(arena.alloc_slice_copy(&self.members))
    }
}

/// One call of ours, signed, and what its answer came to.
pub(super) fn call<'a>(name: Option<&'a str>, call: &Prepared, came: Option<&'a str>, arena: &'a Arena) -> Value<'a> {
    let mut members = vec![
        ("method", Value::Text(arena.alloc_str(&call.method))),
        ("url", Value::Text(arena.alloc_str(call.url.as_str()))),
        ("headers", headers(&call.headers, arena)),
        ("body", body(&call.headers, &call.body, arena)),
    ];
    members.extend(claims(&call.headers, arena).map(|claims| ("claims", claims)));
    members.extend(name.map(|name| ("call", Value::Text(name))));
    members.extend(came.map(|came| ("came", Value::Text(came))));
    members.retain(|(_, value)| !matches!(value, Value::Null));
    Value::Map(arena.alloc_slice_copy(&members))
}

/// What a token that we signed says: with a key that is made for the run, no case can know the token itself.
fn claims<'a>(headers: &[(String, String)], arena: &'a Arena) -> Option<Value<'a>> {
    let token = headers.iter().find_map(|(_, value)| value.strip_prefix("Bearer "))?;
    let [_, claims, _] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let claims = URL_SAFE_NO_PAD.decode::<&str>(claims).ok()?;
    codec::decode(Format::Json, arena.alloc_slice_copy(&claims), arena).ok()
}

fn headers<'a>(headers: &[(String, String)], arena: &'a Arena) -> Value<'a> {
    let headers = headers.iter().map(|(name, value)| {
        let name: &'a str = arena.alloc_str(name);
        (name, Value::Text(arena.alloc_str(value)))
    });
    Value::Map(arena.alloc_slice_fill_iter(headers.collect::<Vec<_>>()))
}

/// A body by its content type; what cannot be read is its text. An empty one is nothing.
fn body<'a>(headers: &[(String, String)], bytes: &[u8], arena: &'a Arena) -> Value<'a> {
    if bytes.is_empty() {
        return Value::Null;
    }
    let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map(|(_, kind)| kind.split(';').next().unwrap_or_default().trim()).unwrap_or_default();
    let format = match kind {
        "application/x-www-form-urlencoded" => Format::Form,
        "application/xml" | "text/xml" => Format::Xml,
        "text/plain" => Format::Text,
        _ => Format::Json,
    };
    let bytes: &'a [u8] = arena.alloc_slice_copy(bytes);
    codec::decode(format, bytes, arena)
        .unwrap_or_else(|_| Value::Text(arena.alloc_str(&String::from_utf8_lossy(bytes))))
}
