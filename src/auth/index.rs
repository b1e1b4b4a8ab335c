//! [`Index`]: whose credentials a request carries, without trying every tenant.

use super::findings::Findings;
use super::shared::Shared;
use super::token::{Holder, Tokens};
use super::{Scheme, Unverified, Verified};
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
