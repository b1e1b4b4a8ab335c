//! Who is calling, and proving who we are: schemes as data, with one tenant's values in them.
//!
//! Verifies, signs, or says which token is needed; fetches nothing, reads no clock, and compares in constant time.
//! Start at [`Index`] (inbound) and [`Outgoing`].

use std::time::Duration;

use crate::model::{Secret, wire};
use crate::value::{Timestamp, Tree};

/// An inbound scheme with one tenant's values. Lists of secrets are alternatives while one is rotated.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// Anybody.
    None,
    /// `Authorization: Basic`.
    Basic { username: Vec<Secret>, password: Vec<Secret> },
    /// `header: Bearer TOKEN`; `header` in lower case.
    Bearer { header: String, token: Vec<Secret> },
    /// All these headers; names in lower case, each with the text before the secret (`App `).
    Header(Vec<HeaderRule>),
    /// A member of the query.
    Query { name: String, value: Vec<Secret> },
    /// A token signed with HMAC-SHA256; its algorithm is pinned.
    JwtHs256 {
        /// The first of these headers (lower case) that is there carries it, after `Bearer `.
        headers: Vec<String>,
        /// Alternatives.
        secret: Vec<Secret>,
        /// Claims and what they must be; alternatives while rotated; the first one that is no constant of the mapping
        /// (`identity`) finds the tenant.
        claims: Vec<Claim>,
        /// The claim that must be the lower-case hex SHA-256 of the raw body.
        body_hash: Option<String>,
        /// How far `iat` may lie in the past; and, bounded by a minute, in the future.
        max_age: Option<Duration>,
    },
}

/// One header of [`Scheme::Header`].
#[derive(Clone, Debug)]
pub struct HeaderRule {
    /// In lower case.
    pub name: String,
    /// Text before the secret.
    pub prefix: String,
    /// Alternatives.
    pub value: Vec<Secret>,
}

/// A claim of a token and what it must be.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The claim's name.
    pub name: String,
    /// Alternatives.
    pub expected: Vec<Secret>,
    /// Differs from tenant to tenant, so the tenant is looked up by it.
    pub identity: bool,
}

/// Why nobody was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No credential was sent.
    Missing,
    /// Signed long ago, or in the future.
    Stale,
    /// Sent, and wrong.
    Wrong,
}

/// Nobody was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// What the mapping reads as `$.error.cause`.
    pub cause: Cause,
    /// The credential names no tenant of ours at all (a key nobody has).
    pub nobody: bool,
}

/// Who was verified.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// The numbers given to [`Index::build`], each once, in rising order.
    pub tenants: Vec<usize>,
    /// The claims of the verified token, for `$.claims`.
    pub claims: Option<Tree>,
}

/// Finds the tenants that a request's credentials verify, by index: never by trying all.
#[derive(Debug, Default)]
pub struct Index {
    _private: (),
}

impl Index {
    /// `entries`: a tenant's number and one scheme with its values; several entries a tenant are alternatives.
    /// `key`: random, new at each start: look-ups by secret go through a keyed hash.
    #[must_use]
    pub fn build(key: [u8; 32], entries: Vec<(usize, Scheme)>) -> Self {
        let _ = (key, entries);
        Self::default()
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(&self, request: &wire::Incoming, now: Timestamp) -> Result<Verified, Unverified> {
        let _ = (request, now);
        Err(Unverified { cause: Cause::Missing, nobody: true })
    }
}

/// An outbound scheme with one tenant's values.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// Nothing is added.
    None,
    /// `Authorization: Basic`.
    Basic { username: Secret, password: Secret },
    /// `header: Bearer TOKEN`.
    Bearer { header: String, token: Secret },
    /// These headers.
    Header(Vec<(String, Secret)>),
    /// A member of the query.
    Query { name: String, value: Secret },
    /// A token signed with RSA-SHA256; `iat` `exp` `jti` are added.
    JwtRs256 { key: Secret, claims: Vec<(String, String)>, valid: Duration },
}

/// A token that was signed.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// After this it is refused.
    pub expires: Timestamp,
}

/// Why signing failed. Quotes nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The private key cannot be read.
    #[error("the private key is no RSA key in PEM form")]
    Key,
}

impl Outgoing {
    /// Under which key a token may be kept and shared; `None` for schemes without a token. Holds no secret.
    #[must_use]
    pub fn token_key(&self) -> Option<String> {
        None
    }

    /// Signs a new token; `id` is its `jti`.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn sign(&self, now: Timestamp, id: &str) -> Result<Token, AuthError> {
        let _ = (now, id);
        Err(AuthError::Key)
    }

    /// Adds the proof to a call. `token`: for the schemes that have one.
    pub fn apply(&self, token: Option<&Secret>, call: &mut wire::Prepared) {
        let _ = (token, call);
    }
}
