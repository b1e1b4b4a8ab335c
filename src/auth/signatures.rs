//! Whose signature is this? Every tenant's, by what the request says of its identity, tried in constant time.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

use super::findings::{self, Failure, Findings};
use super::signature::{Read, Signature, Signed};
use crate::value::Timestamp;

/// A signature alone does not say whose it is. So many keys are tried for one request, and no more: each costs a pass
/// over the body.
pub(super) const MOST_KEYS: usize = 16;

/// Every tenant's signatures.
#[derive(Default)]
pub(super) struct Signatures {
    places: Vec<Place>,
    /// Tenants whose keys are one too many.
    pub(super) crowded: Vec<usize>,
}

/// Where a signature stands, and where the request says whose it is.
struct Place {
    /// For what is the same for all of them.
    form: Signature,
    identity: Option<Read>,
    /// By the identity's value; by the empty text where there is none.
    holders: HashMap<String, Vec<Holder>>,
}

/// A key and who has it.
struct Holder {
    key: hmac::Key,
    /// To tell keys apart while they are added.
    check: Vec<u8>,
    form: Signature,
    tenants: Vec<usize>,
}

impl fmt::Debug for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signatures").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

impl Signatures {
    pub(super) fn add(&mut self, tenant: usize, signature: &Signature) {
        let identity = signature.identity.as_ref();
        let values = identity.map_or_else(
            || vec![String::new()],
            |(_, values)| values.iter().map(|value| value.expose().to_owned()).collect(),
        );
        let read = identity.map(|(read, _)| read.clone());
        let form = Signature { secret: Vec::new(), identity: None, ..signature.clone() };
        let known = self.places.iter().position(|place| place.identity == read && place.form.same_place(&form));
        let at = known.unwrap_or_else(|| {
            self.places.push(Place { form: form.clone(), identity: read, holders: HashMap::new() });
            self.places.len() - 1
        });
        for value in values.iter().filter(|value| identity.is_none() || !value.is_empty()) {
            let holders = self.places[at].holders.entry(value.clone()).or_default();
            for key in signature.keys() {
                let check = hmac::sign(&key, b"which key").as_ref().to_vec();
                let same = |holder: &&mut Holder| holder.check == check && holder.form.same_form(&form);
                if let Some(holder) = holders.iter_mut().find(same) {
                    if !holder.tenants.contains(&tenant) {
                        holder.tenants.push(tenant);
                    }
                } else if holders.len() < MOST_KEYS {
                    holders.push(Holder { key, check, form: form.clone(), tenants: vec![tenant] });
                } else if self.crowded.last() != Some(&tenant) {
                    self.crowded.push(tenant);
                }
            }
        }
    }

    /// Adds whose signature this is, or why it is nobody's.
    pub(super) fn verify(&self, signed: &Signed<'_>, now: Timestamp, findings: &mut Findings) {
        for place in &self.places {
            match place.form.carried(signed) {
                Ok(carried) if carried.is_empty() => {}
                Ok(carried) => place.verify(&carried, signed, now, findings),
                Err(failure) => findings.failed(failure),
            }
        }
    }
}

impl Place {
    fn verify(&self, carried: &[Vec<u8>], signed: &Signed<'_>, now: Timestamp, findings: &mut Findings) {
        let named = match self.identity.as_ref().map(|read| read.text(signed)) {
            None => Some(String::new()),
            Some(Ok(Some(named))) => Some(named.into_owned()),
            Some(Ok(None) | Err(_)) => return findings.failed(Failure::Wrong),
        };
        let Some((named, holders)) = named.and_then(|named| self.holders.get_key_value(&named)) else {
            return findings.failed(Failure::Nobody);
        };
        findings.carried(findings::signed_as(std::iter::once(named.as_str())));
        let mut failure = Some(Failure::Wrong);
        for holder in holders {
            let Ok(right) = holder.form.hash(&holder.key, signed) else { continue };
            let is_right = carried.iter().fold(false, |found, one| found | bool::from(one.ct_eq(right.as_ref())));
            if !is_right {
                continue;
            }
            match holder.form.check_time(signed, now) {
                Ok(()) => {
                    failure = None;
                    findings.verified.tenants.extend(&holder.tenants);
                }
                Err(found) => failure = failure.map(|_| found),
            }
        }
        if let Some(failure) = failure {
            findings.failed(failure);
        }
    }
}
