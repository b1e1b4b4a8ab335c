//! [`Index`]: whose credentials a request carries, without trying every tenant.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::findings::Findings;
use super::shared::{self, Shared};
use super::signature::Signed;
use super::signatures::Signatures;
use super::token::{Holder, Key, Tokens};
use super::{Request, Scheme, Unverified, Verified};
use crate::model::Print;
use crate::value::Timestamp;

/// Finds the tenants that a request's credentials verify, by index: never by trying all.
///
/// Shared secrets are found by a keyed hash and are not kept; tokens by their unverified identity, then verified. An
/// empty secret verifies nobody.
#[derive(Debug, Default)]
pub struct Index {
    anybody: Vec<usize>,
    shared: Shared,
    signatures: Signatures,
    tokens: Tokens,
}

/// One of a tenant's schemes on its way into indexes. Of a shared secret it has the hashes, made once however many
/// indexes it comes into.
pub struct Entry {
    scheme: Scheme,
    hashes: OnceLock<Vec<[u8; 32]>>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

impl From<Scheme> for Arc<Entry> {
    fn from(scheme: Scheme) -> Self {
        Self::new(Entry { scheme, hashes: OnceLock::new() })
    }
}

impl Entry {
    /// Of a shared secret: what tells it from others, under the key of all indexes. Nothing else has any.
    #[must_use]
    pub fn hashes(&self, key: &[u8; 32]) -> &[[u8; 32]] {
        self.hashes.get_or_init(|| shared::hashes(key, &self.scheme))
    }
}

impl Index {
    /// `entries`: a tenant's number and one scheme with its values; several entries a tenant are alternatives.
    /// `key`: random, new at each start: look-ups by secret go through a keyed hash.
    #[must_use]
    pub fn build<E: Into<Arc<Entry>>>(key: [u8; 32], entries: Vec<(usize, E)>) -> Self {
        let mut index = Self { shared: Shared::new(key), ..Self::default() };
        for (tenant, entry) in entries {
            let entry = entry.into();
            match entry.scheme.clone() {
                Scheme::None => index.anybody.push(tenant),
                Scheme::JwtHs256 { headers, secret, claims, body_hash, max_age } => {
                    let key = Key::Secrets(secret);
                    index.tokens.add(&headers, Holder { tenant, key, claims, body_hash, max_age });
                }
                Scheme::JwtRs256 { jwks, headers, claims, body_hash, max_age } => {
                    let key = Key::Set(jwks.into());
                    index.tokens.add(&headers, Holder { tenant, key, claims, body_hash, max_age });
                }
                Scheme::Hmac(signature) => index.signatures.add(tenant, &signature),
                shared => index.shared.add(tenant, &shared, entry.hashes(&key)),
            }
        }
        index
    }

    /// Tenants that are not found by their signature: too many others would have to be tried before them.
    pub fn crowded(&self) -> impl Iterator<Item = &usize> {
        self.signatures.crowded.iter().chain(&self.tokens.crowded)
    }

    /// The URLs of the key sets that tokens are verified with.
    pub fn key_sets(&self) -> impl Iterator<Item = &str> {
        self.tokens.sets.iter().map(|url| &**url)
    }

    /// The URLs of the key sets that lack the key of the request's token: fetched anew they may have it.
    #[must_use]
    pub fn lacking<'i>(&'i self, request: &Request<'_>) -> Vec<&'i str> {
        self.tokens.lacking(request)
    }

    /// What tells the credential of a request from others, right or wrong; `None` where it carries none that is looked at.
    #[must_use]
    pub fn print(&self, request: &Request<'_>, now: Timestamp) -> Option<Print> {
        self.verify(request, now).map_or_else(|unverified| unverified.print, |verified| verified.print)
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(&self, request: &Request<'_>, now: Timestamp) -> Result<Verified, Unverified> {
        let mut findings = Findings::default();
        findings.verified.tenants.extend(&self.anybody);
        self.shared.verify(request, &mut findings);
        let incoming = request.incoming;
        let url = || request.url();
        let signed = Signed::new(&incoming.headers, &incoming.query, request.path, &incoming.body, &url);
        self.signatures.verify(&signed, now, &mut findings);
        self.tokens.verify(request, now, &mut findings);
        if findings.verified.tenants.is_empty() {
            return Err(findings.unverified());
        }
        Ok(findings.verified())
    }
}
