//! A call of ours: from a mapping's plan to a request, and what its answer means.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::answer::{content_type, headers, write};
use crate::auth::{Outgoing, Prover};
use crate::codec::{self, Format};
use crate::config::{Number as Sender, Tenant, resolve_scheme, scheme_value};
use crate::functions::NoFacts;
use crate::language::{Frame, Layout, World};
use crate::mapping::{Call, Party, Turn, UrlPlan};
use crate::model::wire::{Answer, Class, Prepared};
use crate::model::{Reason, Refusal};
use crate::value::{Arena, Number, Timestamp, Value};

/// A call ready to be signed and sent.
#[derive(Debug)]
pub struct Outcall {
    /// Without its proof.
    pub prepared: Prepared,
    /// How it proves itself.
    pub auth: Arc<Prover>,
}

/// Why there is no call.
#[derive(Debug)]
pub enum NoCall {
    /// Its `when` says no.
    NotWanted,
    /// A credential that the tenant does not have yet: held, not failed.
    NoCredential,
    /// It cannot be made.
    Refused(Refusal),
}

impl<E: Into<Refusal>> From<E> for NoCall {
    fn from(problem: E) -> Self {
        Self::Refused(problem.into())
    }
}

/// Builds a call. `frame`: the call's names with their values.
///
/// # Errors
/// [`NoCall`].
pub fn build<'v>(
    call: &'v Call,
    tenant: &Tenant,
    party: Party,
    frame: &Frame<'v>,
    timeout: Duration,
) -> Result<Outcall, NoCall> {
    if let Some(when) = &call.when
        && !when.holds(frame)?
    {
        return Err(NoCall::NotWanted);
    }
    let mut outcall = bare(call, tenant, party, frame, timeout)?;
    let headers_of = call.headers.as_ref().map(|program| program.value(frame)).transpose()?.flatten();
    let mut headers = headers(headers_of)?;
    let mut body = Vec::new();
    if let Some(program) = &call.body {
        let there = match call.encode {
            Format::Json => program.write_json(frame, &mut body)?,
            format => write(format, program.value(frame)?, &mut body)?,
        };
        if there {
            content_type(&mut headers, call.encode);
        }
    }
    outcall.prepared = Prepared { headers, body: body.into(), ..outcall.prepared };
    Ok(outcall)
}

/// The same with nothing in it: where it goes, and how it proves itself.
///
/// # Errors
/// [`NoCall`].
pub(super) fn bare<'v>(
    call: &'v Call,
    tenant: &Tenant,
    party: Party,
    frame: &Frame<'v>,
    timeout: Duration,
) -> Result<Outcall, NoCall> {
    let auth = match &call.auth {
        Some(scheme) => {
            resolve_scheme(scheme, &|program| scheme_value(program, frame))?.map(|scheme| Arc::new(scheme.into()))
        }
        None if party == Party::Platform => tenant.platform_auth.clone(),
        None => tenant.provider_auth.clone(),
    };
    let auth = auth.ok_or(NoCall::NoCredential)?;
    if let Outgoing::ClientCredentials(client) = &auth.scheme
        && !client.from_setting
    {
        listed(tenant, party, &client.url)?;
    }
    let url = url(call, frame)?;
    allowed(call, tenant, party, &url)?;
    let (headers, body) = (Vec::new(), bytes::Bytes::new());
    Ok(Outcall { prepared: Prepared { method: call.method.clone(), url, headers, body, timeout }, auth })
}

fn text<'v>(value: Option<Value<'v>>, what: &str) -> Result<std::borrow::Cow<'v, str>, Refusal> {
    match value {
        Some(Value::Text(text)) => Ok(text.into()),
        Some(Value::Number(number)) => Ok(number.to_string().into()),
        Some(Value::Bool(flag)) => Ok(flag.to_string().into()),
        Some(other) => Err(Refusal::new(Reason::Malformed, format!("{what} must be a text, not a {}", other.kind()))),
        None => Err(Refusal::new(Reason::MissingField, format!("{what} is missing"))),
    }
}

/// A credential may stand in a part of the URL: some APIs name the account there. No log and no error says more of a URL than its
/// host.
fn part_of_url<'v>(value: Option<Value<'v>>, what: &str) -> Result<std::borrow::Cow<'v, str>, Refusal> {
    match value {
        Some(Value::Secret(secret)) => Ok(secret.into()),
        other => text(other, what),
    }
}

fn url<'v>(call: &'v Call, frame: &Frame<'v>) -> Result<Url, Refusal> {
    let base = text(call.url.host().value(frame)?, "the url")?;
    let wrong = || Refusal::new(Reason::Malformed, "the url is no absolute http or https URL");
    let lasting = call.url.is_set() || call.url.host().constant().is_some();
    let mut url = call.parsed.url(&base, lasting).ok_or_else(wrong)?;
    let UrlPlan::Parts { path, query, .. } = &call.url else { return Ok(url) };
    for part in path {
        let part = part_of_url(part.value(frame)?, "a part of the url")?;
        // `.` and `..` would climb: the URL type drops them, so that a part could vanish.
        if matches!(&*part, "." | ".." | "") {
            return Err(Refusal::new(Reason::Malformed, "a part of the url is empty or climbs"));
        }
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().push(&part);
    }
    let members = query.as_ref().map(|query| query.value(frame)).transpose()?.flatten();
    for (name, value) in members.and_then(Value::as_map).unwrap_or_default() {
        url.query_pairs_mut().append_pair(name, &part_of_url(Some(*value), "a query member")?);
    }
    Ok(url)
}

/// A host from a setting is the operator's word; any other must be listed.
fn allowed(call: &Call, tenant: &Tenant, party: Party, url: &Url) -> Result<(), Refusal> {
    if call.url.is_set() {
        return Ok(());
    }
    listed(tenant, party, url)
}

fn listed(tenant: &Tenant, party: Party, url: &Url) -> Result<(), Refusal> {
    if tenant.lists_host(party, url) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    Err(Refusal::new(Reason::Forbidden, format!("the host {host} is in no `hosts` list")))
}

/// An answer as `$.answer`.
pub fn view<'v>(answer: &'v Answer, decode: Format, arena: &'v Arena) -> Value<'v> {
    let raw = std::str::from_utf8(&answer.body).map_or(Value::Null, Value::Text);
    let body = codec::decode(format_of(answer, decode), &answer.body, arena).unwrap_or(Value::Null);
    let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), Value::Text(value))).collect();
    let members = [
        ("http", answer.http.map_or(Value::Null, |http| Value::Number(Number::from(i64::from(http))))),
        ("class", Value::Text(answer.class.as_str())),
        ("headers", Value::Map(arena.alloc_slice_copy(&headers))),
        ("body", body),
        ("raw", raw),
    ];
    Value::Map(arena.alloc_slice_copy(&members))
}

fn format_of(answer: &Answer, decode: Format) -> Format {
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/x-www-form-urlencoded" => Format::Form,
        "application/xml" | "text/xml" => Format::Xml,
        _ if kind == "application/json" || kind.ends_with("+json") => Format::Json,
        _ => decode,
    }
}

/// What comes after an answer.
#[derive(Debug)]
pub enum Judged {
    /// Good.
    Good,
    /// Not good: what comes next.
    Bad(Turn),
}

/// Whether an answer is good. `frame`: the call's names, `answer` among them.
///
/// # Errors
/// What the condition faults with.
pub fn judge<'v>(call: &'v Call, answer: &Answer, renewed: bool, frame: &Frame<'v>) -> Result<Judged, Refusal> {
    let good = match &call.ok {
        Some(ok) => ok.holds(frame)?,
        None => answer.class == Class::Success,
    };
    Ok(verdict(call, answer, renewed, good))
}

/// The same where the mapping has no condition of its own, so that nothing need be read for it.
pub fn judge_by_class(call: &Call, answer: &Answer, renewed: bool) -> Option<Judged> {
    call.ok.is_none().then(|| verdict(call, answer, renewed, answer.class == Class::Success))
}

fn verdict(call: &Call, answer: &Answer, renewed: bool, good: bool) -> Judged {
    if good { Judged::Good } else { Judged::Bad(call.retry.turn(answer, renewed)) }
}

/// A question to the provider about a number.
///
/// # Errors
/// [`NoCall`].
pub(super) fn question<'v>(
    call: &'v Call,
    tenant: &'v Tenant,
    number: &'v Sender,
    arena: &'v Arena,
    now: Timestamp,
) -> Result<Outcall, NoCall> {
    let world = arena.alloc(world(tenant, Party::Provider, arena, &NoFacts, now));
    let frame = Frame::new(world, &call.layout);
    frame.set("number", number.view(arena));
    frame.set("credentials", world.credentials);
    build(call, tenant, Party::Provider, &frame, tenant.delivery.timeout)
}

/// What an answer about a number is read with.
pub(super) fn heard<'v>(world: &'v World<'v>, layout: &'v Layout, number: &'v Sender, answer: Value<'v>) -> Frame<'v> {
    let frame = Frame::new(world, layout);
    frame.set("number", number.view(world.arena));
    frame.set("answer", answer);
    frame
}

/// The world of a tenant's calls to one of its parties.
pub fn world<'v>(
    tenant: &'v Tenant,
    party: Party,
    arena: &'v Arena,
    facts: &'v dyn crate::functions::Facts,
    now: Timestamp,
) -> World<'v> {
    let mut world = World::new(arena, &tenant.mapping(party).module, facts, now);
    tenant.enter(party, true, &mut world);
    world
}
