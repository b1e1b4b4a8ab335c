//! What is done to a store as a whole, without its gateway: moved, checked, made small, copied.

use std::path::{Path, PathBuf};

use super::{Secrets, Storage, Unopened};
use crate::config::Own;
use crate::diagnostic::Diagnostic;
use crate::store::postgres::{self, RawPostgres};
use crate::store::sqlite::{OpenError, RawSqlite};
use crate::store::transfer::{self, Checked, MoveError, Moved, Progress, Raw};
use crate::store::{SealKey, StoreError};

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// There is no store there.
    #[error("there is no store {}", .0.display())]
    Missing(PathBuf),
    /// A gateway has it.
    #[error("the store {0} is in use: stop its gateway first; nothing was changed")]
    Running(String),
    /// It cannot be opened.
    #[error(transparent)]
    Store(#[from] Unopened),
    /// A key of `encryption` cannot be had.
    #[error("{0}")]
    Key(Box<Diagnostic>),
    /// Copies of a database are its server's affair.
    #[error("a database is copied by its server: pg_dump, or a base backup; see docs/postgres.md")]
    NoCopy,
    /// It was not moved.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// What the store says.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Moves everything from one store, which nobody uses, into another, which is empty.
///
/// # Errors
/// [`UpkeepError`]. Begun again, it goes on.
pub async fn move_store(
    from: &Storage,
    to: &Storage,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Moved, UpkeepError> {
    let (mut source, mut target) = both(from, to).await?;
    let id = format!("{:032x}", rand::random::<u128>());
    let (here, there) = (from.to_string(), to.to_string());
    Ok(transfer::move_all((&mut *source, &here), (&mut *target, &there), id, tell).await?)
}

/// Takes a move back whose target was never served: the target is emptied, the source can be served again.
///
/// # Errors
/// [`UpkeepError`].
pub async fn undo_move(from: &Storage, to: &Storage) -> Result<(), UpkeepError> {
    let (mut source, mut target) = both(from, to).await?;
    Ok(transfer::undo((&mut *source, &from.to_string()), (&mut *target, &to.to_string())).await?)
}

/// Is everything right with a store? A gateway may use it meanwhile.
///
/// # Errors
/// [`UpkeepError`]: it cannot be read.
pub async fn check_store(storage: &Storage, own: &Own) -> Result<Checked, UpkeepError> {
    let (mut raw, keys) = reading(storage, own).await?;
    Ok(transfer::check(&mut *raw, &keys).await?)
}

/// A store as it is at this moment, and the keys that open what is sealed; a gateway may use it meanwhile.
pub(super) async fn reading(storage: &Storage, own: &Own) -> Result<(Box<dyn Raw>, Vec<SealKey>), UpkeepError> {
    let keys = Secrets::default().keys(own).map_err(UpkeepError::Key)?;
    let raw: Box<dyn Raw> = match storage {
        Storage::Sqlite(path) => {
            Box::new(there(path).and_then(|()| RawSqlite::reading(path).map_err(|problem| unopened(path, problem)))?)
        }
        Storage::Postgres(place) => {
            let opened = RawPostgres::reading(place).await;
            Box::new(opened.map_err(|problem| unreached(storage, problem))?)
        }
    };
    Ok((raw, keys))
}

/// Gives the space of what is gone back, of a store that nobody uses; bytes before and after.
///
/// # Errors
/// [`UpkeepError`].
pub async fn vacuum_store(storage: &Storage) -> Result<[u64; 2], UpkeepError> {
    Ok(alone(storage).await?.vacuum().await?)
}

/// Copies a store in a file into another file; a gateway may use it meanwhile.
///
/// # Errors
/// [`UpkeepError`]: also where the copy is there already.
pub fn copy_store(storage: &Storage, to: &Path) -> Result<(), UpkeepError> {
    let Storage::Sqlite(path) = storage else { return Err(UpkeepError::NoCopy) };
    there(path)?;
    RawSqlite::copy(path, to).map_err(|problem| unopened(to, problem))
}

async fn both(from: &Storage, to: &Storage) -> Result<(Box<dyn Raw>, Box<dyn Raw>), UpkeepError> {
    let source = alone(from).await?;
    let target: Box<dyn Raw> = match to {
        Storage::Sqlite(path) => Box::new(RawSqlite::alone(path).map_err(|problem| unopened(path, problem))?),
        Storage::Postgres(place) => {
            let opened = RawPostgres::alone_or_new(place).await;
            Box::new(opened.map_err(|problem| unreached(to, problem))?)
        }
    };
    Ok((source, target))
}

/// Opens one that must be there, and that nobody else has.
async fn alone(storage: &Storage) -> Result<Box<dyn Raw>, UpkeepError> {
    Ok(match storage {
        Storage::Sqlite(path) => {
            there(path)?;
            Box::new(RawSqlite::alone(path).map_err(|problem| unopened(path, problem))?)
        }
        Storage::Postgres(place) => {
            let opened = RawPostgres::alone(place).await;
            Box::new(opened.map_err(|problem| unreached(storage, problem))?)
        }
    })
}

fn there(path: &Path) -> Result<(), UpkeepError> {
    if path.is_file() { Ok(()) } else { Err(UpkeepError::Missing(path.to_owned())) }
}

fn unopened(path: &Path, problem: OpenError) -> UpkeepError {
    match problem {
        OpenError::InUse(path) => UpkeepError::Running(format!("sqlite:{}", path.display())),
        problem => Unopened::File { path: path.to_owned(), problem }.into(),
    }
}

fn unreached(storage: &Storage, problem: postgres::OpenError) -> UpkeepError {
    match problem {
        postgres::OpenError::InUse => UpkeepError::Running(storage.to_string()),
        problem => Unopened::Database { place: storage.to_string(), problem }.into(),
    }
}
