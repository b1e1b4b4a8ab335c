//! Signing a case's request as its party would, by the first scheme whose credentials are given: rightly or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::auth::Scheme;
use crate::model::Secret;
use crate::model::wire::Incoming;
use crate::value::Timestamp;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Right,
    Missing,
    Wrong,
    /// With a token whose time is over.
    Stale,
}

impl Signed {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("right", Self::Right), ("missing", Self::Missing), ("wrong", Self::Wrong), ("stale", Self::Stale)];
}

/// Adds the proof. False where the scheme cannot be signed that way: only tokens become stale.
pub(super) fn sign(scheme: &Scheme, request: &mut Incoming, signed: Signed, now: Timestamp) -> bool {
    let value = |secrets: &[Secret]| {
        let right = secrets.first().map(Secret::expose).unwrap_or_default();
        if signed == Signed::Wrong { format!("{right}-wrong") } else { right.to_owned() }
    };
    match (scheme, signed) {
        (_, Signed::Missing) | (Scheme::None, _) => return true,
        (Scheme::JwtHs256 { .. }, _) => return token(scheme, request, signed, now),
        (_, Signed::Stale) => return false,
        (Scheme::Basic { username, password }, _) => {
            let name = username.first().map(Secret::expose).unwrap_or_default();
            let pair = STANDARD.encode(format!("{name}:{}", value(password)));
            request.headers.push(("authorization".to_owned(), format!("Basic {pair}")));
        }
        (Scheme::Bearer { header, token }, _) => {
            request.headers.push((header.clone(), format!("Bearer {}", value(token))));
        }
        (Scheme::Header(rules), _) => {
            let header =
                |rule: &crate::auth::HeaderRule| (rule.name.clone(), format!("{}{}", rule.prefix, value(&rule.value)));
            request.headers.extend(rules.iter().map(header));
        }
        (Scheme::Query { name, value: secrets }, _) => {
            let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, &value(secrets)).finish();
            request.query = if request.query.is_empty() { pair } else { format!("{}&{pair}", request.query) };
        }
    }
    true
}

fn token(scheme: &Scheme, request: &mut Incoming, signed: Signed, now: Timestamp) -> bool {
    let Scheme::JwtHs256 { headers, secret, claims, body_hash, max_age } = scheme else { return false };
    let mut said: Map<String, Json> =
        claims.iter().filter_map(|claim| Some((claim.name.clone(), claim.expected.first()?.expose().into()))).collect();
    let mut issued = now.seconds();
    if signed == Signed::Stale {
        let age = max_age.map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        issued = issued.saturating_sub(age).saturating_sub(3600);
        said.insert("exp".to_owned(), issued.into());
    }
    said.insert("iat".to_owned(), issued.into());
    if let Some(claim) = body_hash {
        let hash = Sha256::digest(&request.body);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        said.insert(claim.clone(), hash.into());
    }
    let secret = secret.first().map(Secret::expose).unwrap_or_default();
    let secret = if signed == Signed::Wrong { format!("{secret}-wrong") } else { secret.to_owned() };
    let key = EncodingKey::from_secret(secret.as_bytes());
    let (Some(header), Ok(token)) = (headers.first(), encode(&Header::new(Algorithm::HS256), &said, &key)) else {
        return false;
    };
    request.headers.push((header.clone(), format!("Bearer {token}")));
    true
}
