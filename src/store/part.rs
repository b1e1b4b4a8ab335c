//! Whose work is whose, where several processes share a store: parts of the work, each of them one process's at a time.
//!
//! An engine of one process says that everything is its own. What a part is, whoever uses the store decides; the engine
//! sees to it that no two processes have one, and that whoever lost one is told before the next may have it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Lane;
use super::held::Release;
use crate::model::Name;

/// A part of the work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// What is nobody else's: what grows old, what waits for no tenant, tenants that no file names.
    House,
    /// A tenant's messages and calls.
    Tenant(Name),
    /// A provider account: its senders take turns in one process.
    Account(String),
    /// A sender at its provider, by `provider/number`.
    Number(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::House => f.write_str("house"),
            Self::Tenant(name) => write!(f, "tenant/{name}"),
            Self::Account(name) => write!(f, "account/{name}"),
            Self::Number(name) => write!(f, "number/{name}"),
        }
    }
}

/// Work on some parts goes on for as long as this is there: nobody else gets them, unless this process came to a stop for
/// longer than the others wait. So whoever does what cannot be taken back asks [`Stay::holds`] on the last line before it.
#[derive(Clone)]
pub struct Stay(Option<Arc<dyn Tenure>>);

/// What an engine of several processes says of some parts.
pub trait Tenure: Send + Sync {
    /// Whether they are still this process's, and its time is not over.
    fn holds(&self) -> bool;
    /// Whether they are to be given up, or gone.
    fn is_over(&self) -> bool;
    /// How long ago somebody else had one of them last, at the time of the taking; nothing if nobody ever did. And a number
    /// that no other taking has.
    fn before(&self) -> (u64, Option<Duration>);
}

impl Stay {
    /// Of whoever has everything.
    #[must_use]
    pub const fn always() -> Self {
        Self(None)
    }

    /// Of whoever shares.
    #[must_use]
    pub fn of(tenure: Arc<dyn Tenure>) -> Self {
        Self(Some(tenure))
    }

    /// Whether the parts are still this process's. Asks no database.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.as_ref().is_none_or(|tenure| tenure.holds())
    }

    /// Whether nothing more is to be begun: the parts are another's, or soon will be.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|tenure| tenure.is_over())
    }

    /// The number of the taking, and how long before now somebody else had a part of it; nothing where nobody did.
    #[must_use]
    pub fn heir(&self) -> Option<(u64, Duration)> {
        let (taking, before) = self.0.as_ref()?.before();
        Some((taking, before?))
    }
}

impl fmt::Debug for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stay").field(&self.holds()).finish()
    }
}

/// What a process would do of the work, and under which configuration. Parts of a group go together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The version of the configuration: nodes that have another one leave each other what they have.
    pub version: String,
    /// The groups; none: the process is about to stop.
    pub groups: Vec<Vec<Part>>,
}

/// What other processes did, or what became of this one's parts. A hint: what is told of is found in the store, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Parts were taken or are to be given up, or another process is gone.
    pub parts: bool,
    /// Lanes that have something new.
    pub lanes: Vec<Lane>,
    /// There are new calls.
    pub calls: bool,
    /// There are new times to wake at.
    pub timers: bool,
    /// The operator says that what is held may try again.
    pub releases: Vec<Release>,
    /// Of these tenants others accepted so many messages since that was last said.
    pub accepted: Vec<(Name, u64)>,
}

/// A process that works on the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its number; none is given twice.
    pub id: i64,
    /// Whether it is the one that is asked.
    pub own: bool,
    /// The version of its program.
    pub program: String,
    /// The version of its configuration.
    pub configuration: String,
    /// How many parts it has.
    pub parts: u64,
}
