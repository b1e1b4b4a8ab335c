//! Proving who we are: headers, a member of the query, or a token signed with the tenant's private key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::signature::{Signature, Signed, Source};
use super::token::hex;
use super::{AuthError, Outgoing, Token, client_credentials};
use crate::model::{Secret, wire};
use crate::value::Timestamp;

/// A scheme with the key of its token, which is dear to make and asked for with every call.
#[derive(Clone, Debug)]
pub struct Prover {
    /// The scheme.
    pub scheme: Outgoing,
    token_key: Option<String>,
}

impl From<Outgoing> for Prover {
    fn from(scheme: Outgoing) -> Self {
        Self { token_key: scheme.token_key(), scheme }
    }
}

impl Prover {
    /// Whether this answer means that the token is no longer good: the call is made once more with another.
    #[must_use]
    pub fn renews(&self, answer: &wire::Answer, renewed: bool) -> bool {
        matches!(self.scheme, Outgoing::ClientCredentials(_)) && answer.http == Some(401) && !renewed
    }

    /// Under which key a token may be kept and shared; `None` for schemes without a token. Holds no secret.
    #[must_use]
    pub fn token_key(&self) -> Option<&str> {
        self.token_key.as_deref()
    }
}

impl Outgoing {
    /// See [`Prover::token_key`].
    pub(super) fn token_key(&self) -> Option<String> {
        let mut hash = Sha256::new();
        let mut update = |bytes: &[u8]| {
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        };
        match self {
            Self::JwtRs256 { key, claims, valid } => {
                update(key.expose().as_bytes());
                update(&valid.as_secs().to_be_bytes());
                for (name, value) in claims {
                    update(name.as_bytes());
                    update(value.as_bytes());
                }
            }
            Self::ClientCredentials(client) => {
                let texts = [client.url.as_str(), client.id.expose(), client.secret.expose()];
                texts.into_iter().chain(client.scope.as_deref()).for_each(|text| update(text.as_bytes()));
                for (name, value) in &client.params {
                    update(name.as_bytes());
                    update(value.expose().as_bytes());
                }
            }
            _ => return None,
        }
        Some(hex(&hash.finalize()))
    }

    /// The token that an authorization server gave; `asked`: when it was asked for.
    ///
    /// # Errors
    /// [`AuthError::NoTokenNow`], [`AuthError::TokenRefused`].
    pub fn granted(answer: &wire::Answer, asked: Timestamp) -> Result<Token, AuthError> {
        client_credentials::token(answer, asked)
    }

    /// Signs a new token; `id` is its `jti`.
    ///
    /// # Errors
    /// [`AuthError::Key`], also for a scheme that has no key.
    pub fn sign(&self, now: Timestamp, id: &str) -> Result<Token, AuthError> {
        let Self::JwtRs256 { key, claims, valid } = self else { return Err(AuthError::Key) };
        let issued = now.seconds();
        let expires = issued.saturating_add(i64::try_from(valid.as_secs()).unwrap_or(i64::MAX));
        let mut all: Map<String, Json> =
            claims.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        all.insert("iat".to_owned(), issued.into());
        all.insert("exp".to_owned(), expires.into());
        all.insert("jti".to_owned(), id.into());
        let key = EncodingKey::from_rsa_pem(lines(key).as_bytes()).map_err(|_| AuthError::Key)?;
        let token = encode(&Header::new(Algorithm::RS256), &all, &key).map_err(|_| AuthError::Key)?;
        Ok(Token { secret: Secret::new(token), expires: Timestamp::from_millis(expires.saturating_mul(1000)) })
    }

    /// Adds the proof to a call, in place of an older one. `token`: for the schemes that have one.
    ///
    /// # Errors
    /// [`AuthError::Part`]: a signature covers what the call does not have.
    pub fn apply(&self, token: Option<&Secret>, now: Timestamp, call: &mut wire::Prepared) -> Result<(), AuthError> {
        match self {
            Self::Hmac(signature) => return sign(signature, now, call),
            Self::None => {}
            Self::Basic { username, password } => {
                let pair = Zeroizing::new(format!("{}:{}", username.expose(), password.expose()));
                set_header(call, "authorization", format!("Basic {}", STANDARD.encode(pair.as_bytes())));
            }
            Self::Bearer { header, token } => set_header(call, header, format!("Bearer {}", token.expose())),
            Self::Header(headers) => {
                for (name, value) in headers {
                    set_header(call, name, value.expose().to_owned());
                }
            }
            Self::Query { name, value } => set_query(call, name, value.expose()),
            Self::JwtRs256 { .. } | Self::ClientCredentials(_) => {
                if let Some(token) = token {
                    set_header(call, "authorization", format!("Bearer {}", token.expose()));
                }
            }
        }
        Ok(())
    }
}

/// Signs a call. The time of signing is written first: it may be signed too.
fn sign(signature: &Signature, now: Timestamp, call: &mut wire::Prepared) -> Result<(), AuthError> {
    if let Some(at) = &signature.at {
        put(&at.source, call, now.seconds().to_string());
    }
    take(&signature.place.source, call);
    let written = {
        let url = || Some(call.url.as_str().to_owned());
        let query = call.url.query().unwrap_or_default();
        let signed = Signed::new(&call.headers, query, &[], &call.body, &url);
        signature.made(&signed)?
    };
    put(&signature.place.source, call, written);
    Ok(())
}

fn put(source: &Source, call: &mut wire::Prepared, value: String) {
    match source {
        Source::Header(name) => set_header(call, name, value),
        Source::Query(name) => set_query(call, name, &value),
        // Refused when the mapping was loaded.
        Source::Raw | Source::Url | Source::SortedForm | Source::Path(_) => {}
    }
}

fn take(source: &Source, call: &mut wire::Prepared) {
    match source {
        Source::Header(name) => call.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name)),
        Source::Query(name) => drop_query(call, name),
        Source::Raw | Source::Url | Source::SortedForm | Source::Path(_) => {}
    }
}

fn set_header(call: &mut wire::Prepared, name: &str, value: String) {
    call.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    call.headers.push((name.to_owned(), value));
}

/// The rest of the query is written anew only where it must be: its spelling may matter to whoever reads it.
fn set_query(call: &mut wire::Prepared, name: &str, value: &str) {
    drop_query(call, name);
    call.url.query_pairs_mut().append_pair(name, value);
}

fn drop_query(call: &mut wire::Prepared, name: &str) {
    if call.url.query_pairs().all(|(known, _)| known != name) {
        return;
    }
    let others = call.url.query_pairs().filter(|(known, _)| known != name);
    let others: Vec<(String, String)> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    call.url.set_query(None);
    if !others.is_empty() {
        call.url.query_pairs_mut().extend_pairs(others);
    }
}

/// A key that came through an environment variable often has `\n` written out.
fn lines(key: &Secret) -> Zeroizing<String> {
    let text = key.expose().trim();
    Zeroizing::new(if text.contains('\n') { text.to_owned() } else { text.replace("\\n", "\n") })
}
