//! Who is calling, and proving who we are: schemes as data, with one tenant's values in them.
//!
//! Verifies, signs, or says which token is needed; fetches nothing, reads no clock, and compares in constant time.
//! Start at [`Index`] (inbound) and [`Outgoing`].

mod client_credentials;
mod findings;
mod index;
mod key_set;
mod outgoing;
mod shared;
mod signature;
mod signatures;
mod token;
mod webhook;

use std::time::Duration;

use crate::model::{Print, Secret, wire};
use crate::value::{Timestamp, Tree};

pub use client_credentials::{ClientCredentials, Style};
pub use index::{Entry, Index};
pub use key_set::{KeyRing, KeySet};
pub use outgoing::Prover;
pub use signature::{Algorithm, Encoding, Part, Read, Signature, Source};
pub use webhook::WebhookKey;

/// How many keys, or sets of keys, are tried for a request whose proof alone says nothing of whose it is.
pub const MOST_KEYS: usize = signatures::MOST_KEYS;

/// A request on its route.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// As it came in.
    pub incoming: &'r wire::Incoming,
    /// The values of `{name}` segments, decoded.
    pub path: &'r [(&'r str, String)],
    /// What callers reach us by, where that is known.
    pub public_url: Option<&'r str>,
    /// The key sets that are known.
    pub keys: &'r KeyRing,
}

impl Request<'_> {
    /// The URL as the caller wrote it.
    fn url(&self) -> Option<String> {
        let wire::Incoming { path, query, .. } = self.incoming;
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("{}{path}{mark}{query}", self.public_url?))
    }
}

/// An inbound scheme with one tenant's values. Lists of secrets are alternatives while one is rotated.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// Anybody.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// Alternatives.
        username: Vec<Secret>,
        /// Alternatives.
        password: Vec<Secret>,
    },
    /// `header: Bearer TOKEN`; `header` in lower case.
    Bearer {
        /// In lower case.
        header: String,
        /// Alternatives.
        token: Vec<Secret>,
    },
    /// All these headers; names in lower case, each with the text before the secret (`App `).
    Header(Vec<HeaderRule>),
    /// A member of the query.
    Query {
        /// The member's name.
        name: String,
        /// Alternatives.
        value: Vec<Secret>,
    },
    /// A segment of the path.
    Path {
        /// The `{name}` of the route.
        name: String,
        /// Alternatives.
        value: Vec<Secret>,
    },
    /// A keyed hash over parts of the request.
    Hmac(Box<Signature>),
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
    /// A token signed with RSA-SHA256 by a key of a published set; its algorithm is pinned.
    JwtRs256 {
        /// Where the set is published.
        jwks: String,
        /// As of [`Scheme::JwtHs256`].
        headers: Vec<String>,
        /// As of [`Scheme::JwtHs256`].
        claims: Vec<Claim>,
        /// As of [`Scheme::JwtHs256`].
        body_hash: Option<String>,
        /// As of [`Scheme::JwtHs256`]; without it a token must say when it ends.
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
    /// A token may leave it out; one that carries it must carry the right one.
    pub optional: bool,
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
    /// The only credential that was sent is a token whose identity is no tenant's of ours (a key nobody has). Never
    /// for a token that cannot be read: it may be a tenant's, cut short on its way.
    pub nobody: bool,
    /// What tells the credential from others, where one was sent that is looked at.
    pub print: Option<Print>,
}

/// Who was verified.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// The numbers given to [`Index::build`], each once, in rising order.
    pub tenants: Vec<usize>,
    /// The claims of the verified token, for `$.claims`.
    pub claims: Option<Tree>,
    /// The id (`jti`) of a verified token that is bound to its body: with another body it must not come again.
    pub token: Option<String>,
    /// What tells the credential from others.
    pub print: Option<Print>,
}

/// An outbound scheme with one tenant's values.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// Nothing is added.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// Without a colon.
        username: Secret,
        /// Anything.
        password: Secret,
    },
    /// `header: Bearer TOKEN`.
    Bearer {
        /// The header's name.
        header: String,
        /// What follows `Bearer `.
        token: Secret,
    },
    /// These headers.
    Header(Vec<(String, Secret)>),
    /// A member of the query.
    Query {
        /// The member's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A keyed hash over parts of the call.
    Hmac(Box<Signature>),
    /// A token that an authorization server gives for an id and a secret.
    ClientCredentials(Box<ClientCredentials>),
    /// A token signed with RSA-SHA256; `iat` `exp` `jti` are added.
    JwtRs256 {
        /// An RSA private key in PEM form, PKCS#8 or PKCS#1.
        key: Secret,
        /// What the mapping says beside the three.
        claims: Vec<(String, String)>,
        /// From `iat` to `exp`.
        valid: Duration,
    },
}

/// A token that was signed.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: Secret,
    /// After this it is refused.
    pub expires: Timestamp,
}

/// Why a call has no proof. Quotes nothing of a key or a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The private key cannot be read.
    #[error("the private key is no RSA key in PEM form")]
    Key,
    /// No token can be had at this moment: asking again may help.
    #[error("no token can be had now: {why}")]
    NoTokenNow {
        /// In words, without credentials.
        why: String,
        /// How long the server asks to wait.
        after: Option<Duration>,
    },
    /// The id, the secret or the scope is wrong.
    #[error("the token was refused: {0}")]
    TokenRefused(String),
    /// There is nothing to sign with.
    #[error("the secret to sign with is empty")]
    NoSecret,
    /// Something that the signature covers is not in the call, or is there several times.
    #[error("the signature covers {0}, which is not there once")]
    Part(String),
}

#[cfg(test)]
mod tests;
