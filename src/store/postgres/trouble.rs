//! What goes wrong: refused before anything was written, or the database says no. Nothing here knows what is done about it.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::StoreError;
use super::super::seal::Unsealable;

/// Why a piece of work did not come about.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Refused before anything was written: the others of its group go on.
    Refused(StoreError),
    /// It cannot be done, and some of it may be written: the transaction is rolled back.
    Unfit(StoreError),
    /// The database says no, or does not answer: the transaction is rolled back.
    Engine(Error),
    /// No answer within the time that there is.
    Late,
    /// Others took this node's place.
    Gone,
    /// The store was moved to another place.
    Moved,
}

impl Trouble {
    /// Something is stored that no version of this program wrote.
    pub(super) fn unreadable(what: &str) -> Self {
        Self::Unfit(StoreError::Failed(format!("the store has {what}")))
    }

    /// Whether it is the database's affair, so that a transaction of its own would fare no better.
    pub(super) fn of_the_database(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Unfit(_) => false,
            Self::Late | Self::Gone | Self::Moved => true,
            Self::Engine(error) => error.code().is_none_or(is_general),
        }
    }

    /// Whether it waited for another node that waited for it.
    pub(super) fn is_deadlock(&self) -> bool {
        matches!(self, Self::Engine(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// In words that hold no data: neither details nor values, which the database's own text may name.
    pub(super) fn told(&self) -> StoreError {
        match self {
            Self::Refused(error) | Self::Unfit(error) => error.clone(),
            Self::Late => StoreError::Failed("the database does not answer".to_owned()),
            Self::Gone => StoreError::Failed("other nodes took this one's place".to_owned()),
            Self::Moved => StoreError::Failed("the store was moved to another place".to_owned()),
            Self::Engine(error) => StoreError::Failed(text(error)),
        }
    }
}

/// What the database says of itself.
pub(super) fn text(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("the database says {}: {}", said.code().code(), said.message()),
        None if error.is_closed() => "the connection to the database is closed".to_owned(),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("the database cannot be reached: {error}{}", cause.unwrap_or_default())
        }
    }
}

/// Connections, resources, a stop or a time-out: nobody's own mistake.
fn is_general(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "08" | "25" | "53" | "57" | "58" | "XX")
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        trouble.told()
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Unsealable> for Trouble {
    fn from(why: Unsealable) -> Self {
        Self::Unfit(StoreError::Failed(why.to_string()))
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(_: serde_json::Error) -> Self {
        Self::unreadable("a value of another form")
    }
}
