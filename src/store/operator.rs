//! Records of what the operator asks a store for: dead letters by a filter, tokens, a count anew.

use std::fmt;

use super::{DeadLetter, Ledger};
use crate::model::{Address, Name, Ref};
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
    /// About that message.
    pub message: Option<Ref>,
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

impl Lettered {
    /// Of so many letters some are not on the list: one entry for each sort that there is.
    pub(super) fn sorts(tenant: Option<Name>, kind: String, all: u64, waiting: u64) -> impl Iterator<Item = Self> {
        let by = [(false, waiting), (true, all.saturating_sub(waiting))];
        let by = by.into_iter().filter(|(_, count)| *count > 0);
        by.map(move |(listed, count)| Self { tenant: tenant.clone(), kind: kind.clone(), listed, count })
    }
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
            && self.message.is_none_or(|message| letter.message == Some(message))
            && self.kind.as_ref().is_none_or(|kind| *kind == letter.kind)
            && self.name.as_ref().is_none_or(|name| *name == letter.name)
            && self.since.is_none_or(|since| since <= letter.at)
            && self.why.as_ref().is_none_or(why)
    }
}

impl Page {
    /// What it asks of a table: numbers above the first and up to the second, in the third's order; `id`: that one alone.
    pub(super) fn span(self, id: Option<i64>) -> (i64, i64, &'static str) {
        let (above, upto, order) = match self {
            Self::Newest { below } => (i64::MIN, below.map_or(i64::MAX, |below| below.saturating_sub(1)), "DESC"),
            Self::Oldest { above, upto } => (above, upto, "ASC"),
        };
        let (above, upto) = id.map_or((above, upto), |id| (above.max(id.saturating_sub(1)), upto.min(id)));
        (above, upto, order)
    }

    /// Whether a letter of that number is on it.
    pub(super) fn has(self, id: i64) -> bool {
        match self {
            Self::Newest { below } => below.is_none_or(|below| id < below),
            Self::Oldest { above, upto } => above < id && id <= upto,
        }
    }
}

/// What a token lets its bearer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See how things stand, personal data masked.
    Read,
    /// Do things: redrive, release, forget, send, look with `doctor`.
    Operate,
    /// See personal data.
    Reveal,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Reveal];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Reveal => "reveal",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Operate => 2,
            Self::Reveal => 4,
        }
    }
}

/// Some roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// All of them.
    pub const ALL: Self = Self(7);

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Each of them.
    pub fn each(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// As an engine keeps them.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// As an engine kept them.
    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
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
    /// What its bearer may do.
    pub roles: Roles,
    /// About that tenant alone; `None`: about all.
    pub tenant: Option<Name>,
    /// Good until then; `None`: until it is revoked.
    pub until: Option<Timestamp>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A line of the audit log: what somebody changed or was shown. No personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The store's number, growing with time.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// The name of the token.
    pub who: String,
    /// What was done: `redrive`, `reveal`, ….
    pub what: String,
    /// To whose things; `None`: to everybody's.
    pub tenant: Option<Name>,
    /// What exactly: numbers and names of the configuration.
    pub about: String,
}

/// Which lines of the audit log; what is not set fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audits {
    /// Of that tenant.
    pub tenant: Option<Name>,
    /// Of that token.
    pub who: Option<String>,
    /// Of that kind.
    pub what: Option<String>,
    /// Since then.
    pub since: Option<Timestamp>,
    /// Older than that one.
    pub below: Option<i64>,
}

impl Audits {
    /// Whether a line is meant.
    pub(super) fn fit(&self, line: &Audit) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| line.tenant.as_ref() == Some(tenant))
            && self.who.as_ref().is_none_or(|who| *who == line.who)
            && self.what.as_ref().is_none_or(|what| *what == line.what)
            && self.since.is_none_or(|since| since <= line.at)
            && self.below.is_none_or(|below| line.id < below)
    }
}

/// What grows old by itself, beside messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// Histories of finished messages: emptied, the message stays.
    Histories,
    /// Ids of inbound messages.
    Inbound,
    /// Dead letters on the list.
    Letters,
    /// The audit log.
    Audit,
    /// Samples of what came in.
    Samples,
}

/// Who is to be forgotten.
#[derive(Clone, Debug)]
pub struct Forget {
    /// By that tenant; `None`: by all.
    pub tenant: Option<Name>,
    /// One of the person's addresses; every address known of the person is meant.
    pub address: Address,
    /// Now.
    pub at: Timestamp,
}

/// What was erased of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Messages.
    pub messages: u64,
    /// Those among them that were not finished: they are sent no more.
    pub unfinished: u64,
    /// Calls that waited: nobody hears of them.
    pub calls: u64,
    /// Dead letters, and statuses that were still looked for.
    pub letters: u64,
    /// Addresses that were joined to one person.
    pub addresses: u64,
    /// Opt-outs that hold on, as a keyed hash.
    pub suppressions: u64,
}

impl Forgotten {
    /// Both together.
    pub(super) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.unfinished += other.unfinished;
        self.calls += other.calls;
        self.letters += other.letters;
        self.addresses += other.addresses;
        self.suppressions += other.suppressions;
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
