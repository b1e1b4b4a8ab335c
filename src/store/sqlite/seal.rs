//! Contents at rest: bodies of messages, contexts of calls, letters and kept texts, sealed with a key where one is
//! configured. What messages are found by (numbers, ids) is not sealed.
//!
//! AES-256-GCM-SIV: a nonce that comes twice after billions of rows tells no more than that two contents are equal.

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use bytes::Bytes;
use rusqlite::types::{FromSqlError, FromSqlResult, Type};
use rusqlite::{Connection, Error, params};
use zeroize::Zeroizing;

use super::open::OpenError;

/// What a key's proof says once it is opened.
const PROOF: &[u8] = b"a key of this store";

/// A key that contents are sealed with.
#[derive(Clone)]
pub struct SealKey {
    /// What it is called, here and in the file.
    pub name: String,
    /// The key.
    pub key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The keys, by the numbers that rows have for them; the first one seals.
#[derive(Default)]
pub(super) struct Seals(Vec<(i64, RandomizedNonceKey)>);

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<i64> = self.0.iter().map(|(number, _)| *number).collect();
        f.debug_tuple("Seals").field(&numbers).finish()
    }
}

/// A content as it is kept, and the number of its key.
pub(super) type Sealed<'c> = (Cow<'c, [u8]>, Option<i64>);

impl Seals {
    /// Learns the keys, and whether each is the one that it was. One that the store knows and is not configured must not
    /// be needed any more.
    pub(super) fn learn(connection: &Connection, keys: &[SealKey]) -> Result<Self, OpenError> {
        let known: Vec<(i64, String, Vec<u8>)> = connection
            .prepare("SELECT id, name, proof FROM seal")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (number, name, _) in known.iter().filter(|(_, name, _)| keys.iter().all(|key| key.name != *name)) {
            if is_needed(connection, *number)? {
                return Err(OpenError::KeyMissing(name.clone()));
            }
            connection.execute("DELETE FROM seal WHERE id = ?1", [number])?;
        }
        let mut seals = Vec::with_capacity(keys.len());
        for SealKey { name, key } in keys {
            let key =
                RandomizedNonceKey::new(&AES_256_GCM_SIV, &key[..]).map_err(|_| OpenError::KeyWrong(name.clone()))?;
            let number = match known.iter().find(|(_, known, _)| known == name) {
                Some((number, _, proof)) if open(&key, proof).is_some_and(|said| said == PROOF) => *number,
                Some(_) => return Err(OpenError::KeyWrong(name.clone())),
                None => {
                    let proof = seal(&key, PROOF).ok_or_else(|| OpenError::KeyWrong(name.clone()))?;
                    connection.execute("INSERT INTO seal (name, proof) VALUES (?1, ?2)", params![name, proof])?;
                    connection.last_insert_rowid()
                }
            };
            seals.push((number, key));
        }
        Ok(Self(seals))
    }

    /// A content as it is to be kept.
    pub(super) fn seal<'c>(&self, content: &'c [u8]) -> rusqlite::Result<Sealed<'c>> {
        let Some((number, key)) = self.0.first() else { return Ok((Cow::Borrowed(content), None)) };
        let sealed = seal(key, content).ok_or_else(|| Error::ToSqlConversionFailure("it cannot be sealed".into()))?;
        Ok((Cow::Owned(sealed), Some(*number)))
    }

    /// A content as it came.
    pub(super) fn open(&self, kept: &[u8], seal: Option<i64>) -> rusqlite::Result<Bytes> {
        let Some(number) = seal else { return Ok(Bytes::copy_from_slice(kept)) };
        let key = self.0.iter().find(|(known, _)| *known == number).map(|(_, key)| key);
        key.and_then(|key| open(key, kept)).map(Bytes::from).ok_or_else(|| {
            let why = "it is sealed, and not with a key of this gateway";
            Error::FromSqlConversionFailure(0, Type::Blob, why.into())
        })
    }

    /// The content in these two columns of a row.
    pub(super) fn content(&self, row: &rusqlite::Row<'_>, content: usize, seal: usize) -> rusqlite::Result<Bytes> {
        self.open(bytes(row, content)?, row.get(seal)?)
    }
}

/// Texts are kept as such while they are not sealed.
fn bytes<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    let bytes: FromSqlResult<&[u8]> = row.get_ref(column)?.as_bytes();
    bytes.map_err(|error: FromSqlError| Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
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

/// Whether a row is sealed with that key. As long as all rows take; asked only of a key that was taken away.
fn is_needed(connection: &Connection, number: i64) -> rusqlite::Result<bool> {
    let some = |table| format!("EXISTS (SELECT 1 FROM {table} WHERE seal = ?1)");
    let any = ["body", "call", "letter", "text", "veil"].map(some).join(" OR ");
    connection.query_row(&format!("SELECT {any}"), [number], |row| row.get(0))
}
