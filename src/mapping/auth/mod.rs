//! `auth:` of a mapping: schemes whose values are small programs over a tenant's credentials and settings.
//!
//! What a scheme does with the values is the room `auth`; putting a tenant's values in is `config`'s affair. Which
//! schemes there are, and which way each goes, is the table in `read`.

mod hmac;
mod read;

use std::time::Duration;

pub use hmac::{HmacPlan, PartPlan};
pub(super) use read::{Way, one, read};

use crate::auth::{Source, Style};
use crate::diagnostic::Span;
use crate::language::Program;
use crate::value::Tree;

/// A scheme by which a party proves itself, or we do.
#[derive(Debug)]
pub enum SchemePlan {
    /// Anybody; nothing is added.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// The user name.
        username: Program,
        /// The password.
        password: Program,
    },
    /// `header: Bearer TOKEN`.
    Bearer {
        /// As written in the mapping.
        header: String,
        /// The token.
        token: Program,
    },
    /// Headers, all needed.
    Header(Vec<HeaderPlan>),
    /// A member of the query.
    Query {
        /// The member's name.
        name: String,
        /// Its value.
        value: Program,
    },
    /// A segment of the path; of theirs only.
    Path {
        /// The `{name}` of the route, and where that is written.
        name: (String, Span),
        /// Its value.
        value: Program,
    },
    /// A keyed hash over parts of the request.
    Hmac(Box<HmacPlan>),
    /// A token of theirs signed with HMAC-SHA256.
    JwtHs256 {
        /// In lower case; the first that is there carries the token.
        headers: Vec<String>,
        /// The key.
        secret: Program,
        /// What the token must say.
        claims: Vec<ClaimIn>,
        /// The claim that holds the body's hash.
        body_hash: Option<String>,
        /// A duration.
        max_age: Option<Program>,
    },
    /// A token of theirs signed with RSA-SHA256.
    JwtRs256In {
        /// Where the key set is published.
        jwks: Program,
        /// In lower case; the first that is there carries the token.
        headers: Vec<String>,
        /// What the token must say.
        claims: Vec<ClaimIn>,
        /// The claim that holds the body's hash.
        body_hash: Option<String>,
        /// A duration.
        max_age: Option<Program>,
    },
    /// A token of ours signed with RSA-SHA256.
    JwtRs256 {
        /// The private key, PEM.
        key: Program,
        /// What the token says besides its times and id.
        claims: Vec<(String, Program)>,
        /// How long a token is good.
        valid: Duration,
    },
    /// A token of ours that an authorization server gives.
    ClientCredentials(Box<ClientCredentialsPlan>),
}

/// What it takes to get a token from an authorization server.
#[derive(Debug)]
pub struct ClientCredentialsPlan {
    /// The token endpoint.
    pub url: Program,
    /// The client's id.
    pub id: Program,
    /// The client's secret.
    pub secret: Program,
    /// What the token is for.
    pub scope: Option<Program>,
    /// How id and secret are sent.
    pub style: Style,
    /// More members of the form.
    pub params: Vec<(String, Program)>,
}

/// One header of [`SchemePlan::Header`].
#[derive(Debug)]
pub struct HeaderPlan {
    /// The header's name.
    pub name: Program,
    /// Text before the secret.
    pub prefix: String,
    /// The secret.
    pub value: Program,
}

/// One claim of an inbound token.
#[derive(Debug)]
pub struct ClaimIn {
    /// The claim's name.
    pub name: String,
    /// What it must be; nothing: not checked.
    pub expected: Program,
    /// Written with `?`: a token may leave it out, a tenant too.
    pub optional: bool,
}

impl SchemePlan {
    /// Whether a header of that name, in lower case, is its proof. A name that only a tenant knows may be any.
    #[must_use]
    pub fn in_header(&self, name: &str) -> bool {
        match self {
            Self::Basic { .. } => name == "authorization",
            Self::Bearer { header, .. } => header.eq_ignore_ascii_case(name),
            Self::Header(headers) => headers.iter().any(|header| {
                let known = header.name.constant().and_then(Tree::as_text);
                known.is_none_or(|known| known.eq_ignore_ascii_case(name))
            }),
            Self::Hmac(plan) => plan.signature.source == Source::Header(name.to_owned()),
            Self::JwtHs256 { headers, .. } | Self::JwtRs256In { headers, .. } => headers.iter().any(|one| one == name),
            Self::None
            | Self::Query { .. }
            | Self::Path { .. }
            | Self::JwtRs256 { .. }
            | Self::ClientCredentials(_) => false,
        }
    }

    /// Every program in it that must yield something, for "which credentials does it need".
    #[must_use]
    pub fn programs(&self) -> Vec<&Program> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => vec![username, password],
            Self::Bearer { token, .. } => vec![token],
            Self::Header(headers) => headers.iter().map(|header| &header.value).collect(),
            Self::Query { value, .. } | Self::Path { value, .. } => vec![value],
            Self::Hmac(plan) => plan.programs(),
            Self::JwtHs256 { secret, claims, .. } | Self::JwtRs256In { jwks: secret, claims, .. } => {
                let required = claims.iter().filter(|claim| !claim.optional).map(|claim| &claim.expected);
                std::iter::once(secret).chain(required).collect()
            }
            Self::JwtRs256 { key, claims, .. } => {
                std::iter::once(key).chain(claims.iter().map(|(_, value)| value)).collect()
            }
            Self::ClientCredentials(plan) => {
                let params = plan.params.iter().map(|(_, value)| value);
                [&plan.url, &plan.id, &plan.secret].into_iter().chain(params).chain(&plan.scope).collect()
            }
        }
    }

    /// The `{name}` segments that it reads, and where.
    #[must_use]
    pub fn segments(&self) -> &[(String, Span)] {
        match self {
            Self::Path { name, .. } => std::slice::from_ref(name),
            Self::Hmac(plan) => &plan.segments,
            _ => &[],
        }
    }

    /// Where it fetches something from.
    #[must_use]
    pub fn url(&self) -> Option<&Program> {
        match self {
            Self::JwtRs256In { jwks, .. } => Some(jwks),
            Self::ClientCredentials(plan) => Some(&plan.url),
            _ => None,
        }
    }

    /// How old what it proves may be, where that is bounded.
    #[must_use]
    pub fn max_age(&self) -> Option<&Program> {
        match self {
            Self::JwtHs256 { max_age, .. } | Self::JwtRs256In { max_age, .. } => max_age.as_ref(),
            Self::Hmac(plan) => plan.max_age.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
