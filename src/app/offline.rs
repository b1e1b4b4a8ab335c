//! What is done to a store that no gateway has open.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Secrets, Storage, now};
use crate::config::Own;
use crate::diagnostic::Diagnostic;
use crate::model::Name;
use crate::operate;
use crate::store::postgres::{self, Postgres};
use crate::store::sqlite::{OpenError, Sqlite};
use crate::store::{Audit, Forget, Forgotten, Store, StoreError};

/// Who stands in the audit log: no token can have that name.
const WHO: &str = "the command line";

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// There is no store there; none is made.
    #[error("there is no store {}: name it with --store sqlite:PATH, or its gateway's file with --config FILE", .0.display())]
    Missing(PathBuf),
    /// It cannot be opened.
    #[error("{problem} ({})", .path.display())]
    Store {
        /// Its file.
        path: PathBuf,
        /// Why.
        problem: OpenError,
    },
    /// A gateway has it.
    #[error("the store {0} is open: ask its gateway: switchboard forget")]
    Running(String),
    /// The database cannot be used.
    #[error("{problem} ({place}); {}", .problem.help())]
    Database {
        /// Where it is, without the password.
        place: String,
        /// Why.
        problem: postgres::OpenError,
    },
    /// A key of `encryption` cannot be had.
    #[error("{0}")]
    Key(Box<Diagnostic>),
    /// Whom is meant cannot be understood.
    #[error("{0}")]
    Person(String),
    /// Nothing of that tenant is there.
    #[error("nothing of a tenant `{0}` is in the store; without a tenant, all forget")]
    Unknown(Name),
    /// What the store says.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// A store, opened for one thing.
pub struct Offline(Arc<dyn Store>);

impl Offline {
    /// Opens that store, which must be there, with the keys that the gateway's file names.
    ///
    /// # Errors
    /// [`OfflineError`].
    pub async fn open(storage: &Storage, own: &Own) -> Result<Self, OfflineError> {
        let keys = Secrets::default().keys(own).map_err(OfflineError::Key)?;
        match storage {
            Storage::Sqlite(path) if !path.is_file() => Err(OfflineError::Missing(path.clone())),
            Storage::Sqlite(path) => match Sqlite::open_sealed(path, &keys) {
                Ok(store) => Ok(Self(Arc::new(store))),
                Err(OpenError::InUse(path)) => Err(OfflineError::Running(path.display().to_string())),
                Err(problem) => Err(OfflineError::Store { path: path.clone(), problem }),
            },
            Storage::Postgres(place) => match Postgres::open(place, &keys).await {
                Ok(store) => Ok(Self(Arc::new(store))),
                Err(problem) => Err(OfflineError::Database { place: place.to_string(), problem }),
            },
        }
    }

    /// Erases a person, as a running gateway does: noted in the audit log first.
    ///
    /// # Errors
    /// [`OfflineError`].
    pub async fn forget(&self, number: &str, tenant: Option<&str>) -> Result<Forgotten, OfflineError> {
        let Self(store) = self;
        let address = operate::person(number).map_err(OfflineError::Person)?;
        let tenant = tenant.map(Name::from);
        if let Some(name) = &tenant {
            let known = operate::is_in(&**store, name).await?;
            known.then_some(()).ok_or_else(|| OfflineError::Unknown(name.clone()))?;
        }
        let (who, what, about) = (WHO.to_owned(), "forget".to_owned(), "a person".to_owned());
        store.audit(Audit { id: 0, at: now(), who, what, tenant: tenant.clone(), about }).await?;
        let gone = store.forget(Forget { tenant, address, at: now() }).await?;
        store.close().await?;
        Ok(gone)
    }
}
