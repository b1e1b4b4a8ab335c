//! Tokens signed with HMAC-SHA256: found by their unverified identity, then verified with that identity's secrets.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto, decode_header};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Claim;
use super::findings::{Failure, Findings, Sent, after_word, header};
use crate::model::{Secret, wire};
use crate::value::{Number, Timestamp, Tree};

/// Longer than any header that a server takes; what is longer is not decoded.
const LONGEST_TOKEN: usize = 16 * 1024;

/// How far a caller's clock may be ahead of ours, and how late an `exp` of theirs may still be taken.
const SKEW: i64 = 60;

/// Every tenant's token scheme, by where the token stands and by identity.
#[derive(Default)]
pub(super) struct Tokens {
    places: Vec<Place>,
}

/// The headers that carry a token, and the claim that tells whose it is.
struct Place {
    headers: Vec<String>,
    identity: Option<String>,
    /// By the identity's value; by the empty text where no claim differs from tenant to tenant.
    holders: HashMap<String, Vec<Arc<Holder>>>,
}

/// One tenant's scheme.
pub(super) struct Holder {
    pub(super) tenant: usize,
    pub(super) secrets: Vec<Secret>,
    pub(super) claims: Vec<Claim>,
    pub(super) body_hash: Option<String>,
    pub(super) max_age: Option<Duration>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holders: usize = self.places.iter().map(|place| place.holders.len()).sum();
        f.debug_struct("Tokens").field("holders", &holders).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn add(&mut self, headers: &[String], holder: Holder) {
        let headers: Vec<String> = headers.iter().map(|name| name.to_ascii_lowercase()).collect();
        let identity = holder.claims.iter().find(|claim| claim.identity && !claim.expected.is_empty());
        let values: Vec<String> = identity.map_or_else(
            || vec![String::new()],
            |claim| claim.expected.iter().map(|value| value.expose().to_owned()).collect(),
        );
        let identity = identity.map(|claim| claim.name.clone());
        let known = self.places.iter().position(|place| place.headers == headers && place.identity == identity);
        let at = known.unwrap_or_else(|| {
            self.places.push(Place { headers, identity, holders: HashMap::new() });
            self.places.len() - 1
        });
        let holder = Arc::new(holder);
        for value in values {
            self.places[at].holders.entry(value).or_default().push(Arc::clone(&holder));
        }
    }

    /// Adds whose token this is, or why it is nobody's.
    pub(super) fn verify(&self, request: &wire::Incoming, now: Timestamp, findings: &mut Findings) {
        for place in &self.places {
            match place.token(request) {
                Ok(None) => {}
                Ok(Some(token)) => place.verify(token, request, now, findings),
                Err(failure) => findings.failed(failure),
            }
        }
    }
}

impl Place {
    /// The token in the first of the headers that is there.
    fn token<'r>(&self, request: &'r wire::Incoming) -> Result<Option<&'r str>, Failure> {
        for name in &self.headers {
            match header(request, name) {
                Sent::Nothing => {}
                Sent::Several => return Err(Failure::Wrong),
                Sent::One(value) => {
                    let bare = || Some(value.trim()).filter(|value| !value.contains([' ', '\t']));
                    return after_word(value, "Bearer").or_else(bare).map(Some).ok_or(Failure::Foreign);
                }
            }
        }
        Ok(None)
    }

    fn verify(&self, token: &str, request: &wire::Incoming, now: Timestamp, findings: &mut Findings) {
        let Some(token) = Token::read(token) else { return findings.failed(Failure::Wrong) };
        let named = self.identity.as_ref().map_or(Some(String::new()), |claim| token.claim(claim));
        let Some(holders) = named.and_then(|named| self.holders.get(&named)) else {
            return findings.failed(Failure::Nobody);
        };
        let mut signers: Vec<(&str, bool)> = Vec::new();
        let mut outcomes = Vec::with_capacity(holders.len());
        for holder in holders {
            // An empty secret would be everybody's.
            let mut secrets = holder.secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
            let signed = secrets.any(|secret| token.is_signed_with(secret, &mut signers));
            outcomes.push(if signed { holder.check(&token, request, now) } else { Err(Failure::Wrong) });
        }
        let right = holders.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok());
        findings.verified.tenants.extend(right.map(|(holder, _)| holder.tenant));
        if outcomes.contains(&Ok(())) {
            findings.verified.claims.get_or_insert_with(|| Tree::from(&Json::Object(token.claims)));
        } else {
            // One token of an account that several share: right for one of them, but for its time, is stale.
            let stale = outcomes.contains(&Err(Failure::Stale));
            findings.failed(if stale { Failure::Stale } else { Failure::Wrong });
        }
    }
}

impl Holder {
    /// What a signed token must say, its time last: only what is otherwise right is stale.
    fn check(&self, token: &Token<'_>, request: &wire::Incoming, now: Timestamp) -> Result<(), Failure> {
        let claims = self.claims.iter().filter(|claim| !claim.expected.is_empty());
        let mut right = claims.fold(true, |right, claim| right & token.says(claim));
        if let Some(claim) = &self.body_hash {
            let hash = token.body_hash.get_or_init(|| hex(&Sha256::digest(&request.body)));
            let said = token.claims.get(claim).and_then(Json::as_str).unwrap_or_default();
            right &= bool::from(said.as_bytes().ct_eq(hash.as_bytes()));
        }
        if !right {
            return Err(Failure::Wrong);
        }
        token.check_time(self.max_age, now)
    }
}

/// A token taken apart. Nothing of it is true before its signature is verified.
struct Token<'t> {
    /// What is signed.
    message: &'t str,
    signature: &'t str,
    claims: Map<String, Json>,
    /// Of the request's body: computed once, however many tenants share the account.
    body_hash: OnceCell<String>,
}

impl<'t> Token<'t> {
    /// Only with the one algorithm that shared secrets are used with, and without a key or a demand in the header.
    fn read(text: &'t str) -> Option<Self> {
        if text.len() > LONGEST_TOKEN {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (_, payload) = message.split_once('.')?;
        let header = decode_header(text).ok()?;
        let carries_key = header.jwk.is_some() || header.jku.is_some() || header.x5u.is_some() || header.x5c.is_some();
        if header.alg != Algorithm::HS256 || carries_key || header.crit.is_some() {
            return None;
        }
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        Some(Self { message, signature, claims, body_hash: OnceCell::new() })
    }

    /// A claim as text, for looking up whose token it says it is.
    fn claim(&self, name: &str) -> Option<String> {
        match self.claims.get(name)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Each secret is tried once, however many tenants of one account share it.
    fn is_signed_with<'s>(&self, secret: &'s str, tried: &mut Vec<(&'s str, bool)>) -> bool {
        let known = tried.iter().find(|(known, _)| bool::from(known.as_bytes().ct_eq(secret.as_bytes())));
        if let Some((_, signed)) = known {
            return *signed;
        }
        let key = DecodingKey::from_secret(secret.as_bytes());
        let signed = crypto::verify(self.signature, self.message.as_bytes(), &key, Algorithm::HS256).unwrap_or(false);
        tried.push((secret, signed));
        signed
    }

    /// One of the alternatives; all are compared. An optional claim may be left out.
    fn says(&self, claim: &Claim) -> bool {
        if claim.optional && !self.claims.contains_key(&claim.name) {
            return true;
        }
        let said = self.claim(&claim.name).unwrap_or_default();
        let expected = claim.expected.iter().map(Secret::expose);
        expected.fold(false, |found, value| found | bool::from(value.as_bytes().ct_eq(said.as_bytes())))
            && self.claims.contains_key(&claim.name)
    }

    /// Neither long ago nor in the future. `exp` and `nbf` need not be there; `iat` must, where an age is bounded.
    fn check_time(&self, max_age: Option<Duration>, now: Timestamp) -> Result<(), Failure> {
        let now = now.seconds();
        let [issued, expires, not_before] = ["iat", "exp", "nbf"].map(|name| self.seconds(name));
        let (issued, expires, not_before) = (issued?, expires?, not_before?);
        if let Some(max_age) = max_age {
            let oldest = now.saturating_sub(i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX));
            let issued = issued.ok_or(Failure::Wrong)?;
            if issued < oldest || issued > now.saturating_add(SKEW) {
                return Err(Failure::Stale);
            }
        }
        let ended = expires.is_some_and(|expires| now > expires.saturating_add(SKEW));
        let early = not_before.is_some_and(|start| start > now.saturating_add(SKEW));
        if ended || early { Err(Failure::Stale) } else { Ok(()) }
    }

    /// A time claim; one that is there must be a number.
    fn seconds(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(value) = self.claims.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let whole = value.as_i64().or_else(|| Number::Float(value.as_f64()?.floor()).as_i64());
        whole.map(Some).ok_or(Failure::Wrong)
    }
}

/// Lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}
