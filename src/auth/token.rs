//! Tokens signed with a shared secret or with a key of a published set: found by their unverified identity, then verified
//! with that identity's secrets or set. The algorithm is that of the scheme, whatever a token says.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto, decode_header};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::findings::{self, Failure, Findings, Sent, after_word, header};
use super::{Claim, KeyRing, KeySet, MOST_KEYS, Request};
use crate::model::{Print, Secret, wire};
use crate::value::{Number, Timestamp, Tree};

/// Longer than any header that a server takes; what is longer is not decoded.
const LONGEST_TOKEN: usize = 16 * 1024;

/// How far a caller's clock may be ahead of ours, and how late an `exp` of theirs may still be taken.
const SKEW: i64 = 60;

/// The claim that may be a list.
const AUDIENCE: &str = "aud";

/// Every tenant's token scheme, by where the token stands and by identity.
#[derive(Default)]
pub(super) struct Tokens {
    places: Vec<Place>,
    /// The URLs of all key sets.
    pub(super) sets: BTreeSet<Arc<str>>,
    /// Tenants whose key set is one too many.
    pub(super) crowded: Vec<usize>,
}

/// The headers that carry a token, and the claim that tells whose it is.
struct Place {
    algorithm: Algorithm,
    headers: Vec<String>,
    identity: Option<String>,
    /// By the identity's value; by the empty text where no claim differs from tenant to tenant.
    holders: HashMap<String, Vec<Arc<Holder>>>,
}

/// One tenant's scheme.
pub(super) struct Holder {
    pub(super) tenant: usize,
    pub(super) key: Key,
    pub(super) claims: Vec<Claim>,
    pub(super) body_hash: Option<String>,
    pub(super) max_age: Option<Duration>,
}

/// What a token is verified with.
pub(super) enum Key {
    /// Alternatives.
    Secrets(Vec<Secret>),
    /// The URL of the set that has the token's key.
    Set(Arc<str>),
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
        let algorithm = match &holder.key {
            Key::Secrets(_) => Algorithm::HS256,
            Key::Set(_) => Algorithm::RS256,
        };
        let same =
            |place: &Place| (place.algorithm, &place.headers, &place.identity) == (algorithm, &headers, &identity);
        let at = self.places.iter().position(same).unwrap_or_else(|| {
            self.places.push(Place { algorithm, headers, identity, holders: HashMap::new() });
            self.places.len() - 1
        });
        let holder = Arc::new(holder);
        for value in values {
            let holders = self.places[at].holders.entry(value).or_default();
            if let Key::Set(url) = &holder.key {
                let sets: BTreeSet<&Arc<str>> = holders.iter().filter_map(|known| known.set()).collect();
                if sets.len() >= MOST_KEYS && !sets.contains(url) {
                    self.crowded.push(holder.tenant);
                    continue;
                }
                self.sets.insert(Arc::clone(url));
            }
            holders.push(Arc::clone(&holder));
        }
    }

    /// The URLs of the key sets that lack a token's key.
    pub(super) fn lacking(&self, request: &Request<'_>) -> Vec<&str> {
        let mut lacking = Vec::new();
        for place in self.places.iter().filter(|place| place.algorithm == Algorithm::RS256) {
            let Ok(Some(token)) = place.token(request.incoming) else { continue };
            let Some(token) = Token::read(token, place.algorithm) else { continue };
            for url in place.named(&token).iter().filter_map(|holder| holder.set()) {
                if !lacking.contains(&&**url) && !token.has_key(url, request.keys) {
                    lacking.push(&**url);
                }
            }
        }
        lacking
    }

    /// Adds whose token this is, or why it is nobody's.
    pub(super) fn verify(&self, request: &Request<'_>, now: Timestamp, findings: &mut Findings) {
        for place in &self.places {
            match place.token(request.incoming) {
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

    /// Whose token it says it is.
    fn named(&self, token: &Token<'_>) -> Vec<&Arc<Holder>> {
        let names = self.identity.as_ref().map_or_else(|| vec![String::new()], |claim| token.names(claim));
        names.iter().filter_map(|name| self.holders.get(name)).flatten().collect()
    }

    fn verify(&self, token: &str, request: &Request<'_>, now: Timestamp, findings: &mut Findings) {
        let Some(token) = Token::read(token, self.algorithm) else { return findings.failed(Failure::Wrong) };
        let holders = self.named(&token);
        if holders.is_empty() {
            return findings.failed(Failure::Nobody);
        }
        findings.carried(said(self.identity.as_deref(), &token));
        let mut signers: Vec<(&str, bool)> = Vec::new();
        let mut sets: HashMap<&str, bool> = HashMap::new();
        let mut outcomes = Vec::with_capacity(holders.len());
        for holder in &holders {
            let signed = match &holder.key {
                Key::Secrets(secrets) => {
                    // An empty secret would be everybody's.
                    let mut secrets = secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
                    secrets.any(|secret| token.is_signed_with(secret, &mut signers))
                }
                // Once a set, however many tenants share it.
                Key::Set(url) => *sets.entry(url).or_insert_with(|| token.is_signed_by(url, request.keys)),
            };
            outcomes.push(if signed { holder.check(&token, request.incoming, now) } else { Err(Failure::Wrong) });
        }
        let right = holders.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok());
        findings.verified.tenants.extend(right.map(|(holder, _)| holder.tenant));
        if outcomes.contains(&Ok(())) {
            if holders.iter().any(|holder| holder.body_hash.is_some()) {
                findings.verified.token = token.claim("jti");
            }
            findings.verified.claims.get_or_insert_with(|| Tree::from(&Json::Object(token.claims)));
        } else {
            // One token of an account that several share: right for one of them, but for its time, is stale.
            let stale = outcomes.contains(&Err(Failure::Stale));
            findings.failed(if stale { Failure::Stale } else { Failure::Wrong });
        }
    }
}

/// Whose a token says it is: every token is another, so it is not told apart by itself.
fn said(identity: Option<&str>, token: &Token<'_>) -> Print {
    let names = identity.map(|claim| token.names(claim)).unwrap_or_default();
    findings::signed_as(names.iter().map(String::as_str))
}

impl Holder {
    /// The URL of its key set.
    const fn set(&self) -> Option<&Arc<str>> {
        match &self.key {
            Key::Secrets(_) => None,
            Key::Set(url) => Some(url),
        }
    }

    /// What a signed token must say, its time last: only what is otherwise right is stale.
    fn check(&self, token: &Token<'_>, request: &wire::Incoming, now: Timestamp) -> Result<(), Failure> {
        let claims = self.claims.iter().filter(|claim| !claim.expected.is_empty());
        let mut right = claims.fold(true, |right, claim| right & token.says(claim));
        if let Some(claim) = &self.body_hash {
            let hash = token.body_hash.get_or_init(|| hex(&Sha256::digest(&request.body)));
            let said = token.claims.get(claim).and_then(Json::as_str).unwrap_or_default();
            right &= bool::from(said.as_bytes().ct_eq(hash.as_bytes()));
        }
        // Who publishes keys signs for many, and means a token to end: one that never does is good for nothing.
        right &= self.set().is_none() || self.max_age.is_some() || token.claims.get("exp").is_some_and(Json::is_number);
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
    /// The name of the key that it says it is signed with.
    kid: Option<String>,
    claims: Map<String, Json>,
    /// Of the request's body: computed once, however many tenants share the account.
    body_hash: OnceCell<String>,
}

impl<'t> Token<'t> {
    /// Only with the one algorithm of its scheme, and without a key or a demand in the header.
    fn read(text: &'t str, algorithm: Algorithm) -> Option<Self> {
        if text.len() > LONGEST_TOKEN {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (_, payload) = message.split_once('.')?;
        let header = decode_header(text).ok()?;
        let carries_key = header.jwk.is_some() || header.jku.is_some() || header.x5u.is_some() || header.x5c.is_some();
        if header.alg != algorithm || carries_key || header.crit.is_some() {
            return None;
        }
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        Some(Self { message, signature, kid: header.kid, claims, body_hash: OnceCell::new() })
    }

    /// A claim as text, for looking up whose token it says it is.
    fn claim(&self, name: &str) -> Option<String> {
        match self.claims.get(name)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The values of the claim that may tell whose token it is. A token may be for several (RFC 7519, 4.1.3).
    fn names(&self, claim: &str) -> Vec<String> {
        match self.claims.get(claim) {
            Some(Json::Array(all)) if claim == AUDIENCE => {
                let names: BTreeSet<&str> = all.iter().filter_map(Json::as_str).take(MOST_KEYS).collect();
                names.into_iter().map(str::to_owned).collect()
            }
            _ => self.claim(claim).into_iter().collect(),
        }
    }

    /// Whether the set has the key that the token names.
    fn has_key(&self, url: &str, keys: &KeyRing) -> bool {
        let named = |set: Arc<KeySet>| set.find(self.kid.as_deref()).next().is_some();
        keys.get(url).is_some_and(named)
    }

    /// By a key of the set that has the name that the token says.
    fn is_signed_by(&self, url: &str, keys: &KeyRing) -> bool {
        let Some(set) = keys.get(url) else { return false };
        let message = self.message.as_bytes();
        let mut named = set.find(self.kid.as_deref());
        named.any(|key| crypto::verify(self.signature, message, key, Algorithm::RS256).unwrap_or(false))
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
        let said = self.names(&claim.name);
        let expected = claim.expected.iter().map(Secret::expose);
        let is =
            |value: &str| said.iter().fold(false, |is, said| is | bool::from(value.as_bytes().ct_eq(said.as_bytes())));
        expected.fold(false, |found, value| found | is(value))
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
