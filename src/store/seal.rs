//! Contents at rest: bodies of messages, contexts of calls, letters and kept texts, sealed with a key where one is
//! configured. What messages are found by (numbers, ids) is not sealed. How an engine keeps its keys is the engine's.
//!
//! AES-256-GCM-SIV: a nonce that comes twice after billions of rows tells no more than that two contents are equal.

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use bytes::Bytes;
use zeroize::Zeroizing;

/// What a key's proof says once it is opened.
const PROOF: &[u8] = b"a key of this store";

/// A key that contents are sealed with.
#[derive(Clone)]
pub struct SealKey {
    /// What it is called, here and in the store.
    pub name: String,
    /// The key.
    pub key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What cannot be sealed, or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsealable {
    /// The library says no.
    #[error("it cannot be sealed")]
    Seal,
    /// The key is another one, or the content is damaged.
    #[error("it is sealed, and not with a key of this gateway")]
    Open,
}

/// One key, ready for use.
pub(super) struct Ready(RandomizedNonceKey);

impl Ready {
    /// `None`: it is no key.
    pub(super) fn new(key: &SealKey) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM_SIV, &key.key[..]).ok().map(Self)
    }

    /// What is kept beside a key's name, so that another key under that name is noticed.
    pub(super) fn proof(&self) -> Option<Vec<u8>> {
        seal(&self.0, PROOF)
    }

    /// Whether it is the key that this proof is of.
    pub(super) fn proves(&self, proof: &[u8]) -> bool {
        open(&self.0, proof).is_some_and(|said| said == PROOF)
    }
}

/// A key as a store knows it.
pub(super) struct Known {
    /// What rows have for it.
    pub(super) number: i64,
    /// What it is called.
    pub(super) name: String,
    /// See [`Ready::proof`].
    pub(super) proof: Vec<u8>,
}

impl Known {
    /// Those that are not configured: none of them may be needed any more.
    pub(super) fn gone<'k>(known: &'k [Self], keys: &'k [SealKey]) -> impl Iterator<Item = &'k Self> {
        known.iter().filter(|known| keys.iter().all(|key| key.name != known.name))
    }

    /// A configured key, ready, with its number where the store knows it; `None`: it is no key, or another one than it was.
    pub(super) fn recognised(known: &[Self], key: &SealKey) -> Option<(Option<i64>, Ready)> {
        let ready = Ready::new(key)?;
        let known = known.iter().find(|known| known.name == key.name);
        let proved = known.is_none_or(|known| ready.proves(&known.proof));
        proved.then_some((known.map(|known| known.number), ready))
    }

    /// Asks whether a row is sealed with a key. As long as all rows take; asked only of a key that was taken away.
    pub(super) fn is_needed(parameter: &str) -> String {
        let some = |table| format!("EXISTS (SELECT 1 FROM {table} WHERE seal = {parameter})");
        format!("SELECT {}", ["body", "call", "letter", "text", "veil"].map(some).join(" OR "))
    }
}

/// The keys, by the numbers that rows have for them; the first one seals.
#[derive(Default)]
pub(super) struct Seals(Vec<(i64, Ready)>);

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<i64> = self.0.iter().map(|(number, _)| *number).collect();
        f.debug_tuple("Seals").field(&numbers).finish()
    }
}

/// A content as it is kept, and the number of its key.
pub(super) type Sealed<'c> = (Cow<'c, [u8]>, Option<i64>);

impl Seals {
    /// These keys.
    pub(super) const fn of(keys: Vec<(i64, Ready)>) -> Self {
        Self(keys)
    }

    /// A content as it is to be kept.
    pub(super) fn seal<'c>(&self, content: &'c [u8]) -> Result<Sealed<'c>, Unsealable> {
        let Some((number, Ready(key))) = self.0.first() else { return Ok((Cow::Borrowed(content), None)) };
        let sealed = seal(key, content).ok_or(Unsealable::Seal)?;
        Ok((Cow::Owned(sealed), Some(*number)))
    }

    /// A content as it came.
    pub(super) fn open(&self, kept: &[u8], seal: Option<i64>) -> Result<Bytes, Unsealable> {
        let Some(number) = seal else { return Ok(Bytes::copy_from_slice(kept)) };
        let key = self.0.iter().find(|(known, _)| *known == number).map(|(_, Ready(key))| key);
        key.and_then(|key| open(key, kept)).map(Bytes::from).ok_or(Unsealable::Open)
    }
}

/// The nonce, then what is sealed.
fn seal(key: &RandomizedNonceKey, content: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = content.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::empty(), &mut sealed).ok()?;
    Some([&nonce.as_ref()[..], &sealed].concat())
}

fn open(key: &RandomizedNonceKey, kept: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = kept.split_at_checked(NONCE_LEN)?;
    let mut content = sealed.to_vec();
    let length =
        key.open_in_place(Nonce::try_assume_unique_for_key(nonce).ok()?, Aad::empty(), &mut content).ok()?.len();
    content.truncate(length);
    Some(content)
}
