//! A mapping's schemes with one tenant's values in them.

use std::time::Duration;

use super::side::Side;
use super::tenant::lists;
use crate::auth::{Claim, ClientCredentials, HeaderRule, Outgoing, Part, Scheme, Signature};
use crate::functions::NoFacts;
use crate::language::{Fault, Frame, Layout, Program, World};
use crate::mapping::{ClaimIn, HeaderPlan, HmacPlan, Mapping, PartPlan, Reader, SchemePlan};
use crate::model::Secret;
use crate::value::{Arena, Timestamp, Tree, Value};
use crate::yaml::Node;

/// A text or a secret; anything else is none of a scheme's values.
fn secret(value: Value<'_>) -> Option<Secret> {
    match value {
        Value::Text(text) | Value::Secret(text) => Some(Secret::new(text.to_owned())),
        Value::Number(number) => Some(Secret::new(number.to_string())),
        _ => None,
    }
}

/// Whether the tenant has every credential that these programs read. An optional read (`?`) needs none.
fn complete(side: &Side, programs: &[&Program]) -> bool {
    let reads = programs.iter().flat_map(|program| program.reads());
    reads.filter(|(root, _)| &**root == "credentials").all(|(_, name)| side.has(name))
}

/// What a program yields for each turn of the rotated credentials, without repeats.
struct Values<'c> {
    mapping: &'c Mapping,
    layout: &'c Layout,
    name: &'c str,
    side: &'c Side,
    turns: usize,
}

impl<'c> Values<'c> {
    fn new(mapping: &'c Mapping, layout: &'c Layout, name: &'c str, side: &'c Side) -> Self {
        let turns = side.credentials.iter().map(|(_, values)| values.len()).max().unwrap_or(0).max(1);
        Self { mapping, layout, name, side, turns }
    }

    fn all(&self, program: &Program) -> Vec<Secret> {
        let mut all: Vec<Secret> = Vec::new();
        for secret in (0..self.turns).filter_map(|turn| self.turn(program, turn)) {
            // Few: one, or two while one is rotated.
            if all.iter().all(|known| known.expose() != secret.expose()) {
                all.push(secret);
            }
        }
        all
    }

    fn one(&self, program: &Program) -> Option<Secret> {
        self.turn(program, 0)
    }

    fn text(&self, program: &Program) -> Option<String> {
        self.one(program).map(|secret| secret.expose().to_owned())
    }

    /// A duration; nothing where the program yields nothing.
    fn duration(&self, program: &Program) -> Result<Option<Duration>, ()> {
        match self.try_turn(program, 0) {
            Ok(None) => Ok(None),
            Ok(Some(secret)) => crate::model::parse_duration(secret.expose()).map(Some).map_err(drop),
            Err(_) => Err(()),
        }
    }

    fn turn(&self, program: &Program, turn: usize) -> Option<Secret> {
        self.try_turn(program, turn).ok().flatten()
    }

    fn try_turn(&self, program: &Program, turn: usize) -> Result<Option<Secret>, Fault> {
        let arena = Arena::new();
        let mut world = World::new(&arena, &self.mapping.module, &NoFacts, Timestamp::default());
        world.tenant = self.name;
        world.settings = self.side.settings.view(&arena);
        world.credentials = self.side.secrets(turn, &arena);
        let frame = Frame::new(&world, self.layout);
        Ok(program.value(&frame)?.and_then(secret))
    }
}

/// The inbound schemes whose credentials the tenant of that name has, with its values.
#[must_use]
pub fn incoming(
    mapping: &Mapping,
    (schemes, layout): &(Vec<SchemePlan>, Layout),
    name: &str,
    side: &Side,
) -> Vec<Scheme> {
    let values = Values::new(mapping, layout, name, side);
    schemes
        .iter()
        .filter(|scheme| complete(side, &scheme.programs()))
        .filter_map(|scheme| match scheme {
            SchemePlan::None => Some(Scheme::None),
            SchemePlan::Basic { username, password } => {
                Some(Scheme::Basic { username: values.all(username), password: values.all(password) })
            }
            SchemePlan::Bearer { header, token } => {
                Some(Scheme::Bearer { header: header.to_ascii_lowercase(), token: values.all(token) })
            }
            SchemePlan::Header(rules) => {
                let rule = |HeaderPlan { name, prefix, value }: &HeaderPlan| {
                    let name = values.text(name)?.to_ascii_lowercase();
                    Some(HeaderRule { name, prefix: prefix.clone(), value: values.all(value) })
                };
                rules.iter().map(rule).collect::<Option<Vec<_>>>().map(Scheme::Header)
            }
            SchemePlan::Query { name, value } => Some(Scheme::Query { name: name.clone(), value: values.all(value) }),
            SchemePlan::Path { name, value } => Some(Scheme::Path { name: name.0.clone(), value: values.all(value) }),
            SchemePlan::Hmac(plan) => signature(plan, &values).map(Box::new).map(Scheme::Hmac),
            SchemePlan::JwtRs256In { jwks, headers, claims, body_hash, max_age } => {
                let max_age = max_age.as_ref().map_or(Ok(None), |program| values.duration(program)).ok()?;
                let (jwks, claims) = (values.text(jwks)?, known_claims(claims, &values)?);
                let (headers, body_hash) = (headers.clone(), body_hash.clone());
                Some(Scheme::JwtRs256 { jwks, headers, claims, body_hash, max_age })
            }
            // Ours only.
            SchemePlan::JwtRs256 { .. } | SchemePlan::ClientCredentials(_) => None,
            SchemePlan::JwtHs256 { headers, secret, claims, body_hash, max_age } => {
                // Without its bound a token would be good for ever: then it is good for nothing.
                let max_age = max_age.as_ref().map_or(Ok(None), |program| values.duration(program)).ok()?;
                let claims = known_claims(claims, &values)?;
                let (headers, body_hash) = (headers.clone(), body_hash.clone());
                Some(Scheme::JwtHs256 { headers, secret: values.all(secret), claims, body_hash, max_age })
            }
        })
        .collect()
}

/// `None` where a value cannot be had: without its bound a signature would be good for ever, without its identity
/// anybody's.
fn signature(plan: &HmacPlan, values: &Values<'_>) -> Option<Signature> {
    let identity = plan.identity.as_ref().map(|(read, value)| (read.clone(), values.all(value)));
    if identity.as_ref().is_some_and(|(_, values)| values.is_empty()) {
        return None;
    }
    let max_age = plan.max_age.as_ref().map_or(Ok(None), |program| values.duration(program)).ok()?;
    let form = form(plan, values.all(&plan.secret), &|program| Ok(values.one(program))).ok().flatten()?;
    Some(Signature { max_age, identity, ..form })
}

/// What is the same of a signature of theirs and one of ours.
fn form<'p>(
    plan: &'p HmacPlan,
    secret: Vec<Secret>,
    value: &dyn Fn(&'p Program) -> Result<Option<Secret>, Fault>,
) -> Result<Option<Signature>, Fault> {
    let mut message = Vec::new();
    for part in &plan.message {
        message.push(match part {
            PartPlan::Read(read) => Part::Read(read.clone()),
            PartPlan::Value(program) => match value(program)? {
                Some(text) => Part::Text(text),
                None => return Ok(None),
            },
        });
    }
    Ok(Some(Signature {
        secret,
        algorithm: plan.algorithm,
        encoding: plan.encoding,
        place: plan.signature.clone(),
        prefix: plan.prefix.clone(),
        message,
        at: plan.at.clone(),
        max_age: None,
        identity: None,
    }))
}

/// The claims that are checked, each with what it must be. The first that is no constant of the mapping tells whose token
/// it is; one that a token may leave out cannot. `None` where a value cannot be had: what was to be checked is not let off.
fn known_claims(claims: &[ClaimIn], values: &Values<'_>) -> Option<Vec<Claim>> {
    let mut identity = false;
    let mut known = Vec::new();
    for claim in claims {
        values.try_turn(&claim.expected, 0).ok()?;
        let expected = values.all(&claim.expected);
        if expected.is_empty() {
            continue;
        }
        let first = claim.expected.constant().is_none() && !claim.optional && !identity;
        identity |= first;
        known.push(Claim { name: claim.name.clone(), expected, identity: first, optional: claim.optional });
    }
    Some(known)
}

/// Reports what only a tenant's values show: a URL that is none or may not be called, an age that is none. `hosts`: the
/// tenant's own.
pub(super) fn check(
    reader: &mut Reader,
    node: &Node,
    mapping: &Mapping,
    (name, side): (&str, &Side),
    hosts: &[String],
) {
    let span = node.get("settings").map_or(node.span, |node| node.span);
    let own = mapping.sections().filter_map(|section| section.auth.as_ref());
    for (schemes, layout) in [&mapping.auth_in, &mapping.auth_out].into_iter().chain(own) {
        let values = Values::new(mapping, layout, name, side);
        for scheme in schemes.iter().filter(|scheme| complete(side, &scheme.programs())) {
            let Some((program, text)) = scheme.url().and_then(|program| Some((program, values.text(program)?))) else {
                continue;
            };
            if let Err((code, what, help)) = fetchable(mapping, hosts, &text, is_set(program)) {
                reader.error(code, span, what, help);
            }
        }
    }
    for call in mapping.calls() {
        let Some(text) = call.url.host().constant().and_then(Tree::as_text) else { continue };
        let listed = url::Url::parse(text).is_ok_and(|url| lists(mapping.hosts.iter().chain(hosts), &url));
        if !listed {
            let what = format!(
                "the call `{}` of `{}` goes to {text}, whose host is in no `hosts` list",
                call.name, mapping.name
            );
            let help = "list it under `hosts` of the mapping or of this tenant, or let the URL come from a setting";
            reader.error("SB0416", node.get("hosts").map_or(node.span, |node| node.span), what, help);
        }
    }
    // A call's own scheme may read the message; what it says as it stands is known.
    for scheme in mapping.calls().filter_map(|call| call.auth.as_ref()) {
        if let Some(text) = scheme.url().and_then(Program::constant).and_then(Tree::as_text)
            && let Err((code, what, help)) = fetchable(mapping, hosts, text, false)
        {
            reader.error(code, span, what, help);
        }
    }
    let sections = mapping.sections().filter_map(|section| section.auth.as_ref());
    for (schemes, layout) in std::iter::once(&mapping.auth_in).chain(sections) {
        let values = Values::new(mapping, layout, name, side);
        for scheme in schemes {
            let Some(program) = scheme.max_age() else { continue };
            if complete(side, &scheme.programs()) && values.duration(program).is_err() {
                reader.error(
                    "SB0413",
                    node.get("settings").map_or(node.span, |node| node.span),
                    format!("`max_age` in `auth` of `{}` comes to no duration", mapping.name),
                    "for example 24h: see `auth` in the mapping and the setting it reads",
                );
            }
        }
    }
}

/// Whether the URL is the operator's word: from settings alone.
fn is_set(program: &Program) -> bool {
    let reads = program.reads();
    !reads.is_empty() && reads.iter().all(|(root, _)| &**root == "settings")
}

/// Whether something may be fetched from there, as calls may be made; else the code, what is wrong, and the fix.
fn fetchable(
    mapping: &Mapping,
    hosts: &[String],
    text: &str,
    is_set: bool,
) -> Result<(), (&'static str, String, &'static str)> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let Some(url) = url else {
        let what = format!("a URL in `auth` of `{}` comes to none", mapping.name);
        return Err((
            "SB0415",
            what,
            "it begins with https:// and a host: see `auth` in the mapping and the setting it reads",
        ));
    };
    if is_set || lists(mapping.hosts.iter().chain(hosts), &url) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    let what = format!("the host {host} in `auth` of `{}` is in no `hosts` list", mapping.name);
    Err(("SB0416", what, "list it under `hosts` of the mapping or of this tenant, or let the URL come from a setting"))
}

/// The first of the mapping's schemes whose credentials the tenant has, with its values.
#[must_use]
pub fn outgoing(mapping: &Mapping, name: &str, side: &Side) -> Option<Outgoing> {
    let (schemes, layout) = &mapping.auth_out;
    if schemes.is_empty() {
        return Some(Outgoing::None);
    }
    let values = Values::new(mapping, layout, name, side);
    let usable = schemes.iter().find(|scheme| complete(side, &scheme.programs()))?;
    resolve(usable, &|program| Ok(values.one(program))).ok().flatten()
}

/// A scheme with values; `None` where one of them is nothing.
///
/// # Errors
/// What computing a value faults with.
pub fn resolve<'p>(
    scheme: &'p SchemePlan,
    value: &dyn Fn(&'p Program) -> Result<Option<Secret>, Fault>,
) -> Result<Option<Outgoing>, Fault> {
    Ok(match scheme {
        SchemePlan::None => Some(Outgoing::None),
        SchemePlan::Basic { username, password } => {
            value(username)?.zip(value(password)?).map(|(username, password)| Outgoing::Basic { username, password })
        }
        SchemePlan::Bearer { header, token } => {
            value(token)?.map(|token| Outgoing::Bearer { header: header.clone(), token })
        }
        SchemePlan::Header(rules) => {
            let mut headers = Vec::new();
            for HeaderPlan { name, prefix, value: secret } in rules {
                let Some((name, secret)) = value(name)?.zip(value(secret)?) else { return Ok(None) };
                headers.push((name.expose().to_owned(), Secret::new(format!("{prefix}{}", secret.expose()))));
            }
            Some(Outgoing::Header(headers))
        }
        SchemePlan::Query { name, value: program } => {
            value(program)?.map(|value| Outgoing::Query { name: name.clone(), value })
        }
        SchemePlan::Hmac(plan) => {
            let Some(secret) = value(&plan.secret)? else { return Ok(None) };
            form(plan, vec![secret], value)?.map(|signature| Outgoing::Hmac(Box::new(signature)))
        }
        SchemePlan::ClientCredentials(plan) => {
            let (Some(url), Some(id), Some(secret)) = (value(&plan.url)?, value(&plan.id)?, value(&plan.secret)?)
            else {
                return Ok(None);
            };
            let Ok(url) = url::Url::parse(url.expose()) else { return Ok(None) };
            let mut params = Vec::new();
            for (name, program) in &plan.params {
                params.extend(value(program)?.map(|value| (name.clone(), value)));
            }
            let scope = plan.scope.as_ref().map(value).transpose()?.flatten();
            Some(Outgoing::ClientCredentials(Box::new(ClientCredentials {
                url,
                from_setting: is_set(&plan.url),
                id,
                secret,
                scope: scope.map(|scope| scope.expose().to_owned()),
                style: plan.style,
                params,
            })))
        }
        // Theirs only.
        SchemePlan::Path { .. } | SchemePlan::JwtHs256 { .. } | SchemePlan::JwtRs256In { .. } => None,
        SchemePlan::JwtRs256 { key, claims, valid } => {
            let Some(key) = value(key)? else { return Ok(None) };
            let mut named = Vec::new();
            for (name, program) in claims {
                if let Some(secret) = value(program)? {
                    named.push((name.clone(), secret.expose().to_owned()));
                }
            }
            Some(Outgoing::JwtRs256 { key, claims: named, valid: *valid })
        }
    })
}

/// A value that a program yields, as a scheme takes it.
///
/// # Errors
/// What the program faults with.
pub fn scheme_value<'v>(program: &'v Program, frame: &Frame<'v>) -> Result<Option<Secret>, Fault> {
    Ok(program.value(frame)?.and_then(secret))
}
