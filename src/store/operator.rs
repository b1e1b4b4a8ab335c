//! Records of what the operator asks a store for: dead letters by a filter, tokens, a count anew.

use std::fmt;

use super::{DeadLetter, Ledger};
use crate::model::Name;
use crate::value::Timestamp;

/// What a webhook came with besides its body: what it takes to read it again without its credentials, which are not kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Came {
    /// The HTTP method.
    pub method: String,
    /// The query, without credentials.
    pub query: String,
    /// The headers that the mapping of then reads and that are no credentials, names in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The tenants whose credentials verified it, by name: it says nothing of anybody else, now or later.
    pub verified: Vec<String>,
}

/// Which dead letters; what is not set fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// That one.
    pub id: Option<i64>,
    /// Of that tenant.
    pub tenant: Option<Name>,
    /// `call`, `status`, `inbound`.
    pub kind: Option<String>,
    /// Of that call, or that route.
    pub name: Option<String>,
    /// A part of why they are there, whatever the case of its ASCII letters.
    pub why: Option<String>,
    /// There since then, or later.
    pub since: Option<Timestamp>,
}

/// How many letters of one tenant and kind there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lettered {
    /// Whose, if known.
    pub tenant: Option<Name>,
    /// See [`DeadLetter::kind`].
    pub kind: String,
    /// On the list; else it is tried again by itself.
    pub listed: bool,
    /// How many.
    pub count: u64,
}

/// A page of dead letters, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Newest first.
    Newest {
        /// Only those with a smaller number.
        below: Option<i64>,
    },
    /// Oldest first.
    Oldest {
        /// Only those with a greater number.
        above: i64,
        /// None after this one: those that come while the pages are gone through are of another time.
        upto: i64,
    },
}

impl Letters {
    /// Whether a letter is meant.
    pub(super) fn fit(&self, letter: &DeadLetter) -> bool {
        let why = |part: &String| letter.why.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
        self.id.is_none_or(|id| id == letter.id)
            && self.tenant.as_ref().is_none_or(|tenant| letter.tenant.as_ref() == Some(tenant))
            && self.kind.as_ref().is_none_or(|kind| *kind == letter.kind)
            && self.name.as_ref().is_none_or(|name| *name == letter.name)
            && self.since.is_none_or(|since| since <= letter.at)
            && self.why.as_ref().is_none_or(why)
    }
}

impl Page {
    /// Whether a letter of that number is on it.
    pub(super) fn has(self, id: i64) -> bool {
        match self {
            Self::Newest { below } => below.is_none_or(|below| id < below),
            Self::Oldest { above, upto } => above < id && id <= upto,
        }
    }
}

/// A token of the admin API, as a hash: who reads the store cannot use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose.
    pub name: String,
    /// SHA-256 of the token, which is long and random.
    pub hash: [u8; 32],
    /// When it was made.
    pub at: Timestamp,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One tenant's messages, told and counted at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whose.
    pub tenant: Name,
    /// What the tally said.
    pub told: Ledger,
    /// What the stored messages come to, with those that were purged since.
    pub counted: Ledger,
    /// Queued messages, told and counted.
    pub queued: [u64; 2],
}

impl Count {
    /// How many messages are told otherwise than counted, over all that is counted.
    #[must_use]
    pub fn misplaced(&self) -> u64 {
        let parts = |ledger: &Ledger, queued| {
            let Ledger { accepted, submitted, rejected, suppressed, expired, failed, in_flight } = *ledger;
            [accepted, submitted, rejected, suppressed, expired, failed, in_flight, queued]
        };
        let (told, counted) = (parts(&self.told, self.queued[0]), parts(&self.counted, self.queued[1]));
        told.into_iter().zip(counted).map(|(told, counted)| told.abs_diff(counted)).sum()
    }

    /// Whether both are the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.misplaced() == 0
    }
}

impl Ledger {
    /// Accepted messages less those that stand somewhere: anything but 0 is a fault.
    #[must_use]
    pub fn difference(&self) -> i64 {
        let stand =
            [self.submitted, self.rejected, self.suppressed, self.expired, self.failed, self.in_flight].into_iter();
        stand.fold(self.accepted, u64::wrapping_sub).cast_signed()
    }
}
