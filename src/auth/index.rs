//! [`Index`]: whose credentials a request carries, without trying every tenant.

use super::shared::Shared;
use super::token::{Holder, Tokens};
use super::{Cause, Scheme, Unverified, Verified};
use crate::model::wire;
use crate::value::Timestamp;

/// Finds the tenants that a request's credentials verify, by index: never by trying all.
///
/// Shared secrets are found by a keyed hash and are not kept; tokens by their unverified identity, then verified. An
/// empty secret verifies nobody.
#[derive(Debug, Default)]
pub struct Index {
    anybody: Vec<usize>,
    shared: Shared,
    tokens: Tokens,
}

/// How the credentials of one scheme failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Where the scheme looks there is something of another scheme.
    Foreign,
    /// Not in its time, and otherwise right.
    Stale,
    /// Wrong, or not to be read.
    Wrong,
    /// A token whose identity is nobody's.
    Nobody,
}

/// What came of the schemes so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) verified: Verified,
    failures: Vec<Failure>,
}

impl Findings {
    pub(super) fn failed(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    /// The most telling cause: wrong before stale before missing.
    fn unverified(&self) -> Unverified {
        let has = |failure| self.failures.contains(&failure);
        let cause = if has(Failure::Wrong) || has(Failure::Nobody) {
            Cause::Wrong
        } else if has(Failure::Stale) {
            Cause::Stale
        } else if has(Failure::Foreign) {
            Cause::Wrong
        } else {
            Cause::Missing
        };
        Unverified { cause, nobody: has(Failure::Nobody) && !has(Failure::Wrong) && !has(Failure::Stale) }
    }
}

impl Index {
    /// `entries`: a tenant's number and one scheme with its values; several entries a tenant are alternatives.
    /// `key`: random, new at each start: look-ups by secret go through a keyed hash.
    #[must_use]
    pub fn build(key: [u8; 32], entries: Vec<(usize, Scheme)>) -> Self {
        let mut index = Self { shared: Shared::new(key), ..Self::default() };
        for (tenant, scheme) in entries {
            match scheme {
                Scheme::None => index.anybody.push(tenant),
                Scheme::JwtHs256 { headers, secret, claims, body_hash, max_age } => {
                    index.tokens.add(&headers, Holder { tenant, secrets: secret, claims, body_hash, max_age });
                }
                shared => index.shared.add(tenant, &shared),
            }
        }
        index
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(&self, request: &wire::Incoming, now: Timestamp) -> Result<Verified, Unverified> {
        let mut findings = Findings::default();
        findings.verified.tenants.extend(&self.anybody);
        self.shared.verify(request, &mut findings);
        self.tokens.verify(request, now, &mut findings);
        if findings.verified.tenants.is_empty() {
            return Err(findings.unverified());
        }
        let mut verified = findings.verified;
        verified.tenants.sort_unstable();
        verified.tenants.dedup();
        Ok(verified)
    }
}

/// What a request carries in one header.
pub(super) enum Sent<'r> {
    /// Nothing.
    Nothing,
    /// This.
    One(&'r str),
    /// The header several times: which one counts would be a guess, and a proxy may have guessed otherwise.
    Several,
}

/// The value of a header that must be there once.
pub(super) fn header<'r>(request: &'r wire::Incoming, name: &str) -> Sent<'r> {
    let mut values = request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None, _) => Sent::Nothing,
        (Some(value), None) => Sent::One(value),
        (Some(_), Some(_)) => Sent::Several,
    }
}

/// What follows a scheme's word (`Bearer`, `Basic`), which may be written in any case.
pub(super) fn after_word<'r>(value: &'r str, word: &str) -> Option<&'r str> {
    let (found, rest) = value.trim().split_once([' ', '\t'])?;
    found.eq_ignore_ascii_case(word).then(|| rest.trim_start())
}
