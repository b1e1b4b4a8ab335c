//! Signing a case's request as its party would, by the first scheme whose credentials are given: rightly or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::auth::{self, KeyRing, Read, Scheme, Signature, Source};
use crate::model::Secret;
use crate::model::wire::Incoming;
use crate::value::Timestamp;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// As it should be.
    Right,
    /// Not at all.
    Missing,
    /// By somebody who has not the credential.
    Wrong,
    /// With a token whose time is over.
    Stale,
}

impl Signed {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("right", Self::Right), ("missing", Self::Missing), ("wrong", Self::Wrong), ("stale", Self::Stale)];
}

/// The name of the key that tokens are signed with in cases.
pub(super) const KEY: &str = "case";

/// Adds the proof, or says why it cannot be signed that way. `path`: the values of `{name}` segments; `url`: what callers
/// reach the gateway by; `key`: a private RSA key (PEM).
///
/// # Errors
/// Why it cannot be signed so.
pub fn sign(
    scheme: &Scheme,
    request: &mut Incoming,
    (path, url): (&mut [(&str, String)], Option<&str>),
    key: &str,
    signed: Signed,
    now: Timestamp,
) -> Result<(), String> {
    let value = |secrets: &[Secret]| {
        let right = secrets.first().map(Secret::expose).unwrap_or_default();
        if signed == Signed::Wrong { format!("{right}-wrong") } else { right.to_owned() }
    };
    match (scheme, signed) {
        (_, Signed::Missing) | (Scheme::None, _) => {}
        (Scheme::JwtHs256 { secret, .. }, _) => {
            let key = EncodingKey::from_secret(value(secret).as_bytes());
            return token(scheme, request, (Algorithm::HS256, &key), signed, now);
        }
        (Scheme::JwtRs256 { .. }, _) => {
            let key =
                EncodingKey::from_rsa_pem(key.as_bytes()).map_err(|_| "there is no key to sign with".to_owned())?;
            return token(scheme, request, (Algorithm::RS256, &key), signed, now);
        }
        (Scheme::Hmac(signature), _) => return keyed(signature, request, (path, url), signed, now),
        (_, Signed::Stale) => return Err("only what carries a time can be stale".to_owned()),
        (Scheme::Path { name, value: secrets }, _) => {
            path.iter_mut().filter(|(known, _)| known == name).for_each(|(_, text)| *text = value(secrets));
        }
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
                |rule: &auth::HeaderRule| (rule.name.clone(), format!("{}{}", rule.prefix, value(&rule.value)));
            request.headers.extend(rules.iter().map(header));
        }
        (Scheme::Query { name, value: secrets }, _) => {
            let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, &value(secrets)).finish();
            request.query = if request.query.is_empty() { pair } else { format!("{}&{pair}", request.query) };
        }
    }
    Ok(())
}

/// A signature over parts of the request: what identifies the tenant and the time are written first, where the case has
/// not written them. Within a text that is captured from they stand as `{{at}}` and `{{signature}}`.
fn keyed(
    signature: &Signature,
    request: &mut Incoming,
    (path, public_url): (&[(&str, String)], Option<&str>),
    signed: Signed,
    now: Timestamp,
) -> Result<(), String> {
    if let Some((read, values)) = &signature.identity {
        write(read, request, values.first().map(Secret::expose).unwrap_or_default(), "{{identity}}", false)?;
    }
    let mut time = now.seconds();
    if signed == Signed::Stale {
        let age = signature.at.as_ref().and(signature.max_age).ok_or("a signature without `max_age` is never stale")?;
        time = time.saturating_sub(i64::try_from(age.as_secs()).unwrap_or(i64::MAX)).saturating_sub(3600);
    }
    if let Some(at) = &signature.at {
        write(at, request, &time.to_string(), "{{at}}", signed == Signed::Stale)?;
    }
    let secret = signature.secret.first().map(Secret::expose).unwrap_or_default();
    let secret = if signed == Signed::Wrong { format!("{secret}-wrong") } else { secret.to_owned() };
    let signature = Signature { secret: vec![Secret::new(secret)], ..signature.clone() };
    let written = signature
        .sign(&auth::Request { incoming: request, path, public_url, keys: &KeyRing::default() })
        .map_err(|problem| problem.to_string())?;
    write(&signature.place, request, &written, "{{signature}}", true)
}

/// Writes a text where the party would.
fn write(read: &Read, request: &mut Incoming, text: &str, mark: &str, anew: bool) -> Result<(), String> {
    if read.capture.is_some() {
        let mut texts = request.headers.iter_mut().filter(|(name, _)| read.source == Source::Header(name.clone()));
        let there = texts.find(|(_, value)| value.contains(mark));
        let missing = || format!("write {} with {mark} where it stands in it", read.source);
        let (_, value) = there.ok_or_else(missing)?;
        *value = value.replace(mark, text);
        return Ok(());
    }
    match &read.source {
        Source::Header(name) => {
            if anew {
                request.headers.retain(|(known, _)| known != name);
            }
            if request.header(name).is_none() {
                request.headers.push((name.clone(), text.to_owned()));
            }
        }
        Source::Query(name) => {
            let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.query.as_bytes())
                .filter(|(known, _)| !anew || *known != **name)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            let there = pairs.iter().any(|(known, _)| known == name);
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(pairs);
            if !there {
                query.append_pair(name, text);
            }
            request.query = query.finish();
        }
        // The case writes the path itself.
        Source::Path(_) | Source::Raw | Source::Url | Source::SortedForm => {}
    }
    Ok(())
}

fn token(
    scheme: &Scheme,
    request: &mut Incoming,
    (algorithm, key): (Algorithm, &EncodingKey),
    signed: Signed,
    now: Timestamp,
) -> Result<(), String> {
    let unfit = || "the token cannot be signed".to_owned();
    let (Scheme::JwtHs256 { headers, claims, body_hash, max_age, .. }
    | Scheme::JwtRs256 { headers, claims, body_hash, max_age, .. }) = scheme
    else {
        return Err(unfit());
    };
    let mut said: Map<String, Json> =
        claims.iter().filter_map(|claim| Some((claim.name.clone(), claim.expected.first()?.expose().into()))).collect();
    let mut issued = now.seconds();
    if algorithm == Algorithm::RS256 {
        said.insert("exp".to_owned(), issued.saturating_add(300).into());
    }
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
    let named = (algorithm == Algorithm::RS256).then(|| KEY.to_owned());
    let head = Header { kid: named, ..Header::new(algorithm) };
    let (Some(header), Ok(mut token)) = (headers.first(), encode(&head, &said, key)) else { return Err(unfit()) };
    if signed == Signed::Wrong && algorithm == Algorithm::RS256 {
        // Another key is slow to make: the signature of something else is as wrong.
        said.insert("iat".to_owned(), issued.saturating_sub(1).into());
        let other = encode(&head, &said, key).map_err(|_| unfit())?;
        let (message, _) = token.rsplit_once('.').ok_or_else(unfit)?;
        let (_, signature) = other.rsplit_once('.').ok_or_else(unfit)?;
        token = format!("{message}.{signature}");
    }
    request.headers.push((header.clone(), format!("Bearer {token}")));
    Ok(())
}
