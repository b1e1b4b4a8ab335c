//! A mapping's schemes with one tenant's values in them.

use std::collections::BTreeSet;

use super::side::Side;
use crate::auth::{Claim, HeaderRule, Outgoing, Scheme};
use crate::functions::NoFacts;
use crate::language::{Fault, Frame, Layout, Program, World};
use crate::mapping::{Mapping, SchemeIn, SchemeOut};
use crate::model::Secret;
use crate::value::{Arena, Timestamp, Value};

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
    side: &'c Side,
    turns: usize,
}

impl<'c> Values<'c> {
    fn new(mapping: &'c Mapping, layout: &'c Layout, side: &'c Side) -> Self {
        let turns = side.credentials.iter().map(|(_, values)| values.len()).max().unwrap_or(0).max(1);
        Self { mapping, layout, side, turns }
    }

    fn all(&self, program: &Program) -> Vec<Secret> {
        let mut seen = BTreeSet::new();
        let turns = (0..self.turns).filter_map(|turn| self.turn(program, turn));
        turns.filter(|secret| seen.insert(secret.expose().to_owned())).collect()
    }

    fn one(&self, program: &Program) -> Option<Secret> {
        self.turn(program, 0)
    }

    fn text(&self, program: &Program) -> Option<String> {
        self.one(program).map(|secret| secret.expose().to_owned())
    }

    fn turn(&self, program: &Program, turn: usize) -> Option<Secret> {
        let arena = Arena::new();
        let mut world = World::new(&arena, &self.mapping.module, &NoFacts, Timestamp::default());
        world.settings = self.side.settings.view(&arena);
        world.credentials = self.side.secrets(turn, &arena);
        let frame = Frame::new(&world, self.layout);
        program.value(&frame).ok().flatten().and_then(secret)
    }
}

/// The inbound schemes whose credentials the tenant has, with its values.
#[must_use]
pub fn incoming(mapping: &Mapping, (schemes, layout): &(Vec<SchemeIn>, Layout), side: &Side) -> Vec<Scheme> {
    let values = Values::new(mapping, layout, side);
    schemes
        .iter()
        .filter(|scheme| complete(side, &scheme.programs()))
        .filter_map(|scheme| match scheme {
            SchemeIn::None => Some(Scheme::None),
            SchemeIn::Basic { username, password } => {
                Some(Scheme::Basic { username: values.all(username), password: values.all(password) })
            }
            SchemeIn::Bearer { header, token } => {
                Some(Scheme::Bearer { header: header.to_ascii_lowercase(), token: values.all(token) })
            }
            SchemeIn::Header(rules) => {
                let rule = |(name, prefix, value): &(Program, String, Program)| {
                    let name = values.text(name)?.to_ascii_lowercase();
                    Some(HeaderRule { name, prefix: prefix.clone(), value: values.all(value) })
                };
                rules.iter().map(rule).collect::<Option<Vec<_>>>().map(Scheme::Header)
            }
            SchemeIn::Query { name, value } => Some(Scheme::Query { name: name.clone(), value: values.all(value) }),
            SchemeIn::JwtHs256 { headers, secret, claims, body_hash, max_age } => {
                let mut identity = false;
                let claims = claims.iter().filter_map(|claim| {
                    let expected = values.all(&claim.expected);
                    // The first claim that is no constant of the mapping tells whose token it is.
                    let first = claim.expected.constant().is_none() && !identity;
                    identity |= first;
                    let name = claim.name.clone();
                    (!expected.is_empty()).then_some(Claim {
                        name,
                        expected,
                        identity: first,
                        optional: claim.optional,
                    })
                });
                let claims = claims.collect();
                let max_age = max_age.as_ref().and_then(|program| values.text(program));
                let max_age = max_age.and_then(|text| crate::model::parse_duration(&text).ok());
                let (headers, body_hash) = (headers.clone(), body_hash.clone());
                Some(Scheme::JwtHs256 { headers, secret: values.all(secret), claims, body_hash, max_age })
            }
        })
        .collect()
}

/// The first of the mapping's schemes whose credentials the tenant has, with its values.
#[must_use]
pub fn outgoing(mapping: &Mapping, side: &Side) -> Option<Outgoing> {
    let (schemes, layout) = &mapping.auth_out;
    if schemes.is_empty() {
        return Some(Outgoing::None);
    }
    let values = Values::new(mapping, layout, side);
    let usable = schemes.iter().find(|scheme| complete(side, &scheme.programs()))?;
    resolve(usable, &|program| Ok(values.one(program))).ok().flatten()
}

/// A scheme with values; `None` where one of them is nothing.
///
/// # Errors
/// What computing a value faults with.
pub fn resolve<'p>(
    scheme: &'p SchemeOut,
    value: &dyn Fn(&'p Program) -> Result<Option<Secret>, Fault>,
) -> Result<Option<Outgoing>, Fault> {
    Ok(match scheme {
        SchemeOut::None => Some(Outgoing::None),
        SchemeOut::Basic { username, password } => {
            value(username)?.zip(value(password)?).map(|(username, password)| Outgoing::Basic { username, password })
        }
        SchemeOut::Bearer { header, token } => {
            value(token)?.map(|token| Outgoing::Bearer { header: header.clone(), token })
        }
        SchemeOut::Header(rules) => {
            let mut headers = Vec::new();
            for (name, prefix, program) in rules {
                let Some(secret) = value(program)? else { return Ok(None) };
                headers.push((name.clone(), Secret::new(format!("{prefix}{}", secret.expose()))));
            }
            Some(Outgoing::Header(headers))
        }
        SchemeOut::Query { name, value: program } => {
            value(program)?.map(|value| Outgoing::Query { name: name.clone(), value })
        }
        SchemeOut::JwtRs256 { key, claims, valid } => {
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
