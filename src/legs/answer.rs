//! What a party is told, in its own words: answers and refusals.

use bytes::Bytes;

use super::document::Document;
use crate::codec::{self, Format};
use crate::language::{Frame, World};
use crate::mapping::{AnswerPlan, Mapping};
use crate::model::wire::Reply;
use crate::model::{Reason, Refusal};
use crate::value::{Number, Value};

/// A refusal with what a mapping may say of it.
#[derive(Clone, Debug)]
pub struct Refused<'v> {
    /// Why.
    pub refusal: Refusal,
    /// `missing`, `stale` or `wrong`, for `unauthenticated`.
    pub cause: Option<&'static str>,
    /// Seconds after which a repeat is welcome.
    pub retry_after: Option<u32>,
    /// Members that the check added.
    pub with: Option<Value<'v>>,
}

impl From<Refusal> for Refused<'_> {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cause: None, retry_after: None, with: None }
    }
}

impl From<Reason> for Refused<'_> {
    fn from(reason: Reason) -> Self {
        Refusal::from(reason).into()
    }
}

impl<'v> Refused<'v> {
    /// As `$.error`.
    fn view(&'v self, world: &World<'v>) -> Value<'v> {
        let mut members = vec![("reason", Value::Text(self.refusal.reason.as_str()))];
        if let Some(text) = &self.refusal.text {
            members.push(("text", Value::Text(text)));
        }
        if let Some(cause) = self.cause {
            members.push(("cause", Value::Text(cause)));
        }
        if let Some(seconds) = self.retry_after {
            members.push(("retry_after", Value::Number(Number::from(i64::from(seconds)))));
        }
        let more = self.with.and_then(Value::as_map).unwrap_or_default();
        members.extend(more.iter().filter(|(name, _)| !["reason", "text", "cause", "retry_after"].contains(name)));
        Value::Map(world.arena.alloc_slice_copy(&members))
    }
}

/// Tells a party no. `document`: as far as the request was read.
///
/// Falls back to a plain status where the mapping has no `refused` or it faults: a caller is always answered.
#[must_use]
pub fn refuse<'v>(
    world: &'v World<'v>,
    mapping: &'v Mapping,
    refused: &'v Refused<'v>,
    document: Option<&Document<'v>>,
) -> Reply {
    let Some(refusals) = &mapping.refused else { return plain(refused.refusal.reason) };
    let frame = Frame::new(world, &refusals.layout);
    let error = refused.view(world);
    frame.set("error", error);
    frame.set("errors", Value::List(world.arena.alloc_slice_copy(&[error])));
    if let Some(document) = document {
        document.set(&frame);
    }
    answer(&refusals.plan, &frame).unwrap_or_else(|_| plain(refused.refusal.reason))
}

fn plain(reason: Reason) -> Reply {
    let http = match reason {
        Reason::Unauthenticated | Reason::UnknownTenant => 401,
        Reason::Forbidden | Reason::SourceNotAllowed => 403,
        Reason::BodyTooLong => 413,
        Reason::Throttled => 429,
        Reason::Overloaded => 503,
        _ => 400,
    };
    Reply { http, headers: Vec::new(), body: Bytes::new() }
}

/// Writes an answer of ours.
///
/// # Errors
/// What its programs fault with, or a status or header that HTTP does not have.
pub fn answer<'v>(plan: &'v AnswerPlan, frame: &Frame<'v>) -> Result<Reply, Refusal> {
    let http = match &plan.http {
        None => 200,
        Some(program) => match program.value(frame)? {
            None => 200,
            Some(Value::Number(number)) => number
                .as_i64()
                .and_then(|http| u16::try_from(http).ok())
                .filter(|http| (200..=599).contains(http))
                .ok_or_else(|| Refusal::new(Reason::Malformed, "an answer's http must be from 200 to 599"))?,
            Some(other) => {
                return Err(Refusal::new(
                    Reason::Malformed,
                    format!("an answer's http must be a number, not a {}", other.kind()),
                ));
            }
        },
    };
    let mut headers = headers(plan.headers.as_ref().map(|program| program.value(frame)).transpose()?.flatten())?;
    let mut body = Vec::new();
    if let Some(program) = &plan.body {
        let there = match plan.encode {
            Format::Json => program.write_json(frame, &mut body)?,
            format => write(format, program.value(frame)?, &mut body)?,
        };
        if there {
            content_type(&mut headers, plan.encode);
        }
    }
    Ok(Reply { http, headers, body: body.into() })
}

/// Writes a value that may be nothing; whether there was one.
pub(super) fn write(format: Format, value: Option<Value<'_>>, out: &mut Vec<u8>) -> Result<bool, Refusal> {
    let Some(value) = value else { return Ok(false) };
    codec::encode(format, value, out).map_err(|problem| Refusal::new(Reason::Malformed, problem.to_string()))?;
    Ok(true)
}

/// Says what the body is, unless the mapping did.
pub(super) fn content_type(headers: &mut Vec<(String, String)>, format: Format) {
    if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        return;
    }
    let kind = match format {
        Format::Json => "application/json",
        Format::Form | Format::Query => "application/x-www-form-urlencoded",
        Format::Xml => "application/xml",
        Format::Text => "text/plain; charset=utf-8",
    };
    headers.push(("content-type".to_owned(), kind.to_owned()));
}

/// A map of headers; numbers and booleans are written as texts. Line breaks are refused: they would begin new headers.
pub(super) fn headers(value: Option<Value<'_>>) -> Result<Vec<(String, String)>, Refusal> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let wrong = |what: &str| Refusal::new(Reason::Malformed, format!("headers: {what}"));
    let members = value.as_map().ok_or_else(|| wrong("must be a map"))?;
    let mut headers = Vec::with_capacity(members.len());
    for (name, value) in members {
        let text = match value {
            Value::Text(text) | Value::Secret(text) => (*text).to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => continue,
            other => return Err(wrong(&format!("`{name}` must be a text, not a {}", other.kind()))),
        };
        if !text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
            || !name.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(wrong(&format!("`{name}` has a character that a header cannot have")));
        }
        headers.push(((*name).to_owned(), text));
    }
    Ok(headers)
}
