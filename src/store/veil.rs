//! Keyed hashes that stand for what was erased: they know it again, and say nothing of it to whoever has not the key.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::{Address, Name};

/// Stands for an address of a tenant's recipient.
pub(super) type Proof = [u8; 16];

/// The key.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Veil(Zeroizing<[u8; 32]>);

impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Veil {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.0[..]
    }

    /// Of an address, whoever asks for it.
    pub(super) fn proof(&self, tenant: &Name, address: &Address) -> Proof {
        self.hash(b"person", tenant.as_str(), address.as_str())
    }

    /// What stands in the place of a message's idempotency key.
    pub(super) fn dedupe(&self, tenant: &str, key: &str) -> String {
        format!("~{:032x}", u128::from_be_bytes(self.hash(b"repeat", tenant, key)))
    }

    fn hash(&self, domain: &[u8], tenant: &str, text: &str) -> Proof {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key()).expect("HMAC takes a key of any length");
        for part in [domain, tenant.as_bytes(), text.as_bytes()] {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let mut short = [0; 16];
        short.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_differ_by_key_tenant_and_purpose() {
        let (one, other) = (Veil::new([1; 32]), Veil::new([2; 32]));
        let of = |veil: &Veil, tenant: &str, address: &str| veil.proof(&tenant.into(), &address.into());
        let first = of(&one, "acme", "919812345670");
        assert_eq!(first, of(&one, "acme", "919812345670"));
        for differs in [of(&other, "acme", "919812345670"), of(&one, "acm", "e919812345670"), of(&one, "acme", "91")] {
            assert_ne!(first, differs);
        }
        let dedupe = one.dedupe("acme", "919812345670");
        assert!(dedupe.len() == 33 && dedupe.starts_with('~'), "{dedupe}");
        assert!(!dedupe.contains(&format!("{:02x}{:02x}", first[0], first[1])));
        assert_eq!(format!("{one:?}"), "***");
        // It is on the disks of running stores: another value here is another format.
        assert_eq!(first[..4], [201, 122, 128, 155]);
    }
}
