//! Where everything is kept: which engine, and how it is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::store::postgres::{self, Place, Postgres};
use crate::store::sqlite::{OpenError, Sqlite};
use crate::store::{SealKey, Store};

/// As `store` and `--store` say it.
#[derive(Clone, Debug)]
pub enum Storage {
    /// The embedded engine's file.
    Sqlite(PathBuf),
    /// A database on its own server.
    Postgres(Box<Place>),
}

/// Why a store cannot be opened, where it is, and what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// Of the embedded engine.
    #[error("{problem} ({}); {}", .path.display(), .problem.help())]
    File {
        /// Its file.
        path: PathBuf,
        /// Why.
        problem: OpenError,
    },
    /// Of a database.
    #[error("{problem} ({place}); {}", .problem.help())]
    Database {
        /// Where it is, without the password.
        place: String,
        /// Why.
        problem: postgres::OpenError,
    },
}

impl From<PathBuf> for Storage {
    fn from(path: PathBuf) -> Self {
        Self::Sqlite(path)
    }
}

/// Without a password.
impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(place) => write!(f, "{place}"),
        }
    }
}

impl Storage {
    /// What may stand there.
    pub const EXPECTED: &str = "sqlite:PATH or postgres://USER@HOST/DATABASE";

    /// Reads it; what is wrong with it otherwise, without a password that it may hold.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Place::parse(text).map(|place| Self::Postgres(Box::new(place)));
        }
        Err(format!("it is neither {}", Self::EXPECTED.replace(" or ", " nor ")))
    }

    /// Opens it.
    pub(super) async fn open(&self, keys: &[SealKey]) -> Result<Arc<dyn Store>, Unopened> {
        Ok(match self {
            Self::Sqlite(path) => {
                let opened = Sqlite::open_sealed(path, keys);
                Arc::new(opened.map_err(|problem| Unopened::File { path: path.clone(), problem })?)
            }
            Self::Postgres(place) => {
                Arc::new(Postgres::open(place, keys).await.map_err(|problem| database(place, problem))?)
            }
        })
    }

    /// Brings its tables to this program's version; what was done, in words.
    ///
    /// # Errors
    /// [`Unopened`]: it cannot be reached, or is of a newer program.
    pub async fn migrate(&self) -> Result<String, Unopened> {
        match self {
            Self::Sqlite(path) => {
                Ok(format!("{} needs no migration: `serve` brings a file up to date when it opens it", path.display()))
            }
            Self::Postgres(place) => {
                let (before, after) = postgres::migrate(place).await.map_err(|problem| database(place, problem))?;
                Ok(if before == after {
                    format!("{place} is up to date: version {after}")
                } else {
                    format!("{place} is brought from version {before} to version {after}")
                })
            }
        }
    }
}

fn database(place: &Place, problem: postgres::OpenError) -> Unopened {
    Unopened::Database { place: place.to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_store_is_said_without_its_password() {
        assert!(matches!(Storage::parse("sqlite:a.db"), Ok(Storage::Sqlite(path)) if path.ends_with("a.db")));
        for url in ["postgres://u:p@h/d", "postgresql://u@h/d"] {
            assert!(matches!(Storage::parse(url), Ok(Storage::Postgres(_))), "{url}");
        }
        for wrong in ["", "sqlite:", "a.db", "mysql://u:secret-word@h/d", "postgres://u:secret-word@h"] {
            let problem = Storage::parse(wrong).unwrap_err();
            assert!(!problem.is_empty() && !problem.contains("secret-word"), "{wrong}: {problem}");
        }
    }
}
