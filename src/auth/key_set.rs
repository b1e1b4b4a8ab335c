//! Key sets (RFC 7517): the public keys that a party's tokens are verified with. Who has them fetched them; not here.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::Value as Json;

/// A set has a handful of keys; what stands behind so many is not read.
const MOST_KEYS: usize = 64;

/// The newest key set of each URL. Read without waiting, by every request; filled from outside, now and then.
#[derive(Default)]
pub struct KeyRing(ArcSwap<HashMap<String, Arc<KeySet>>>);

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("sets", &self.0.load().len()).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// The newest set that was had from there.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Arc<KeySet>> {
        self.0.load().get(url).cloned()
    }

    /// Puts a set in place of an older one.
    pub fn put(&self, url: &str, set: KeySet) {
        let set = Arc::new(set);
        self.0.rcu(|sets| {
            let mut sets = HashMap::clone(sets);
            sets.insert(url.to_owned(), Arc::clone(&set));
            sets
        });
    }

    /// Forgets the sets that are of no use any more.
    pub fn retain(&self, used: impl Fn(&str) -> bool) {
        if self.0.load().keys().all(|url| used(url)) {
            return;
        }
        self.0.rcu(|sets| {
            let mut sets = HashMap::clone(sets);
            sets.retain(|url, _| used(url));
            sets
        });
    }
}

/// The RSA keys of one set that may verify, each with its name.
pub struct KeySet(Vec<(Option<String>, DecodingKey)>);

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("keys", &self.0.len()).finish_non_exhaustive()
    }
}

impl KeySet {
    /// Reads a set. Keys of other kinds or for other uses are passed over, and a set may be empty: a party that takes
    /// all its keys back says so with that. `None`: this is no set.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        let set: Json = serde_json::from_slice(json).ok()?;
        let keys = set.get("keys")?.as_array()?.iter().take(MOST_KEYS);
        Some(Self(keys.filter_map(|key| usable(&serde_json::from_value(key.clone()).ok()?)).collect()))
    }

    /// The set of one private key (PEM), for those who play a party: `kid` names it.
    #[must_use]
    pub fn of_private_key(pem: &str, kid: &str) -> Option<Self> {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?;
        let mut key = Jwk::from_encoding_key(&key, Algorithm::RS256).ok()?;
        key.common.key_id = Some(kid.to_owned());
        usable(&key).map(|key| Self(vec![key]))
    }

    /// How many keys of it may verify.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key of it may verify.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of that name; without a name the only key. Nothing that a token carries besides is looked at.
    pub(super) fn find<'k>(&'k self, kid: Option<&'k str>) -> impl Iterator<Item = &'k DecodingKey> {
        let only = self.0.len() == 1;
        let named = move |known: &Option<String>| kid.map_or(only, |kid| known.as_deref() == Some(kid));
        self.0.iter().filter(move |(known, _)| named(known)).map(|(_, key)| key)
    }
}

/// A key that verifies RS256: RSA, and for nothing else.
fn usable(key: &Jwk) -> Option<(Option<String>, DecodingKey)> {
    let common = &key.common;
    let rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
    let algorithm = common.key_algorithm.is_none_or(|algorithm| algorithm == KeyAlgorithm::RS256);
    let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let usable = rsa && algorithm && signs && verifies;
    usable.then(|| DecodingKey::from_jwk(key).ok()).flatten().map(|key| (common.key_id.clone(), key))
}
