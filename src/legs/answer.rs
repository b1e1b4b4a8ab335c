//! What a party is told, in its own words: answers and refusals.

use bytes::Bytes;

use super::document::Document;
use crate::codec::{self, Format};
use crate::language::{Frame, World};
use crate::mapping::{AnswerPlan, Mapping};
use crate::model::wire::Reply;
use crate::model::{Reason, Refusal};
use crate::value::{Arena, Number, Tree, Value};

/// A refusal with what a mapping may say of it.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// `missing`, `stale` or `wrong`, for `unauthenticated`.
    pub cause: Option<&'static str>,
    /// Seconds after which a repeat is welcome.
    pub retry_after: Option<u32>,
    /// Members that the check added.
    pub with: Option<Tree>,
    /// Which item of the request it is about, and its place; none where it is about the request.
    pub item: Option<Box<(Tree, usize)>>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cause: None, retry_after: None, with: None, item: None }
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Refusal::from(reason).into()
    }
}

/// What a check may not add: the gateway says it.
const OURS: [&str; 7] = ["reason", "text", "path", "cause", "retry_after", "item", "index"];

impl Refused {
    /// As `$.error`.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let mut members = vec![("reason", Value::Text(self.refusal.reason.as_str()))];
        members.extend(self.refusal.text.as_deref().map(|text| ("text", Value::Text(text))));
        members.extend(self.refusal.path.as_deref().map(|path| ("path", Value::Text(path))));
        members.extend(self.cause.map(|cause| ("cause", Value::Text(cause))));
        let seconds = self.retry_after.map(|seconds| Value::Number(Number::from(i64::from(seconds))));
        members.extend(seconds.map(|seconds| ("retry_after", seconds)));
        if let Some((item, index)) = self.item.as_deref() {
            let index = u64::try_from(*index).unwrap_or(u64::MAX);
            members.extend([("item", item.view(arena)), ("index", Value::Number(Number::from(index)))]);
        }
        let more = self.with.as_ref().map(|with| with.view(arena));
        let more = more.and_then(Value::as_map).unwrap_or_default();
        members.extend(more.iter().filter(|(name, _)| !OURS.contains(name)));
        Value::Map(arena.alloc_slice_copy(&members))
    }
}

/// Tells a party no, for one reason or several. `document`: as far as the request was read.
///
/// Falls back to a plain status where the mapping has no `refused` or it faults: a caller is always answered.
#[must_use]
pub fn refuse<'v>(
    world: &'v World<'v>,
    mapping: &'v Mapping,
    refused: &[&'v Refused],
    document: Option<&Document<'v>>,
) -> Reply {
    let reason = refused.first().map_or(Reason::Unknown, |first| first.refusal.reason);
    let Some(refusals) = &mapping.refused else { return plain(reason) };
    let frame = Frame::new(world, &refusals.layout);
    let errors = world.arena.alloc_slice_fill_iter(refused.iter().map(|refused| refused.view(world.arena)));
    frame.set("error", errors.first().copied().unwrap_or(Value::Null));
    frame.set("errors", Value::List(errors));
    if let Some(document) = document {
        document.set(&frame);
    }
    answer(&refusals.plan, &frame).unwrap_or_else(|_| plain(reason))
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
