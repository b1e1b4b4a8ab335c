//! The keys that contents are sealed with, as this engine keeps them; what sealing is stands in `store::seal`.

use bytes::Bytes;
use rusqlite::types::{FromSqlError, FromSqlResult, Type};
use rusqlite::{Connection, Error, params};

use super::super::seal::{Known, SealKey, Seals, Unsealable};
use super::open::OpenError;
use super::writer::Trouble;

impl From<Unsealable> for Error {
    fn from(why: Unsealable) -> Self {
        match why {
            Unsealable::Seal => Self::ToSqlConversionFailure(why.into()),
            Unsealable::Open => Self::FromSqlConversionFailure(0, Type::Blob, why.into()),
        }
    }
}

impl From<Unsealable> for Trouble {
    fn from(why: Unsealable) -> Self {
        Self::Engine(why.into())
    }
}

/// Learns the keys, and whether each is the one that it was. One that the store knows and is not configured must not be
/// needed any more.
pub(super) fn learn(connection: &Connection, keys: &[SealKey]) -> Result<Seals, OpenError> {
    let known: Vec<Known> = connection
        .prepare("SELECT id, name, proof FROM seal")?
        .query_map([], |row| Ok(Known { number: row.get(0)?, name: row.get(1)?, proof: row.get(2)? }))?
        .collect::<Result<_, _>>()?;
    for Known { number, name, .. } in Known::gone(&known, keys) {
        if connection.query_row(&Known::is_needed("?1"), [number], |row| row.get(0))? {
            return Err(OpenError::KeyMissing(name.clone()));
        }
        connection.execute("DELETE FROM seal WHERE id = ?1", [number])?;
    }
    let mut seals = Vec::with_capacity(keys.len());
    for key in keys {
        let wrong = || OpenError::KeyWrong(key.name.clone());
        let (number, ready) = Known::recognised(&known, key).ok_or_else(wrong)?;
        let number = match number {
            Some(number) => number,
            None => {
                let proof = ready.proof().ok_or_else(wrong)?;
                connection.execute("INSERT INTO seal (name, proof) VALUES (?1, ?2)", params![key.name, proof])?;
                connection.last_insert_rowid()
            }
        };
        seals.push((number, ready));
    }
    Ok(Seals::of(seals))
}

impl Seals {
    /// The content in these two columns of a row.
    pub(super) fn content(&self, row: &rusqlite::Row<'_>, content: usize, seal: usize) -> rusqlite::Result<Bytes> {
        Ok(self.open(bytes(row, content)?, row.get(seal)?)?)
    }
}

/// Texts are kept as such while they are not sealed.
fn bytes<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    let bytes: FromSqlResult<&[u8]> = row.get_ref(column)?.as_bytes();
    bytes.map_err(|error: FromSqlError| Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}
