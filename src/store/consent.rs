//! Opt-outs and opt-ins: what changes the list, and the history of it. A line is added exactly when the list changes: whoever
//! reads an address's lines in their order knows where it stands, since when, and why. How rows are kept is each engine's.

use std::collections::BTreeSet;

use crate::model::{Address, Name};
use crate::value::Timestamp;

/// Puts an address on the list of those who opted out, or takes it off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Whose.
    pub tenant: Name,
    /// Of that sender alone; `None`: of the whole tenant, and off the list then ends those of single senders too.
    pub sender: Option<Address>,
    /// The person's address; every address known of the person is kept with it.
    pub address: Address,
    /// On the list, or off.
    pub on: bool,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
}

/// Why an address is on the list, or off it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The list is older than its history.
    Before,
    /// The person said so.
    Said {
        /// The keyword rule that understood it.
        rule: String,
        /// The configured word that the text was.
        word: Option<String>,
        /// The provider's id of what was written; gone with a person who was forgotten.
        inbound: Option<String>,
    },
    /// An operator, by hand.
    Operator {
        /// The name of the token.
        who: String,
        /// In words; gone with a person who was forgotten.
        reason: Option<String>,
    },
    /// A list from elsewhere.
    Import {
        /// The name of the token.
        who: String,
        /// What the list says; gone with a person who was forgotten.
        reason: Option<String>,
    },
    /// Another address of the same person was on the list.
    Joined,
    /// A look whether the list is kept, with nobody's address: it leaves no line.
    Trial,
}

/// How a cause stands in columns: its number, who, the word, and what goes when the person is forgotten.
pub(super) type Columns<'c> = (i64, &'c str, Option<&'c str>, Option<&'c str>);

impl Cause {
    /// As an engine keeps it; none where it leaves no line.
    pub(super) fn columns(&self) -> Option<Columns<'_>> {
        Some(match self {
            Self::Before => (0, "", None, None),
            Self::Said { rule, word, inbound } => (1, rule, word.as_deref(), inbound.as_deref()),
            Self::Operator { who, reason } => (2, who, None, reason.as_deref()),
            Self::Import { who, reason } => (3, who, None, reason.as_deref()),
            Self::Joined => (4, "", None, None),
            Self::Trial => return None,
        })
    }

    /// As an engine kept it.
    pub(super) fn of(number: i64, who: String, word: Option<String>, note: Option<String>) -> Option<Self> {
        Some(match number {
            0 => Self::Before,
            1 => Self::Said { rule: who, word, inbound: note },
            2 => Self::Operator { who, reason: note },
            3 => Self::Import { who, reason: note },
            4 => Self::Joined,
            _ => return None,
        })
    }

    /// What is left of it when the person is forgotten.
    pub(super) fn veiled(self) -> Self {
        match self {
            Self::Said { rule, word, .. } => Self::Said { rule, word, inbound: None },
            Self::Operator { who, .. } => Self::Operator { who, reason: None },
            Self::Import { who, .. } => Self::Import { who, reason: None },
            known @ (Self::Before | Self::Joined | Self::Trial) => known,
        }
    }

    /// Whether somebody else than the person says it. Who was forgotten and is on the list as a hash does not come back onto it
    /// by name because of that.
    pub(super) const fn is_by_hand(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::Import { .. })
    }
}

/// A line of the history of opt-outs: an address went on the list, or off it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The store's number, growing with time.
    pub id: i64,
    /// Whose list.
    pub tenant: Name,
    /// Of that sender alone.
    pub sender: Option<Address>,
    /// Whose address; none of somebody who was forgotten.
    pub address: Option<Address>,
    /// On the list, or off.
    pub on: bool,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
}

impl Consent {
    /// For which senders somebody is on the list, by all lines of an address, newest first; `None` is all senders.
    #[must_use]
    pub fn standing(newest_first: &[Self]) -> BTreeSet<Option<Address>> {
        let mut on = BTreeSet::new();
        for line in newest_first.iter().rev() {
            match (line.on, &line.sender) {
                (true, sender) => drop(on.insert(sender.clone())),
                (false, None) => on.clear(),
                (false, sender) => drop(on.remove(sender)),
            }
        }
        on
    }
}

/// Which lines of the history; what is not set fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consents {
    /// Of that tenant's list.
    pub tenant: Option<Name>,
    /// Older than that one.
    pub below: Option<i64>,
}

/// An address that is on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whose.
    pub address: Address,
    /// Of that sender alone.
    pub sender: Option<Address>,
    /// When it was put there, and why.
    pub since: Option<(Timestamp, Cause)>,
}

/// The column of a sender: empty for all of them.
pub(super) fn sender_text(sender: Option<&Address>) -> &str {
    sender.map_or("", Address::as_str)
}

/// The sender of a column.
pub(super) fn sender_of(text: &str) -> Option<Address> {
    Some(text).filter(|text| !text.is_empty()).map(Address::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_comes_back_from_its_columns_and_loses_what_is_the_persons() {
        let (rule, who) = ("opt_out".to_owned(), "ops".to_owned());
        let note = |text: &str| Some(text.to_owned());
        for (cause, veiled) in [
            (Cause::Before, Cause::Before),
            (Cause::Joined, Cause::Joined),
            (
                Cause::Said { rule: rule.clone(), word: note("STOP"), inbound: note("in-1") },
                Cause::Said { rule: rule.clone(), word: note("STOP"), inbound: None },
            ),
            (
                Cause::Operator { who: who.clone(), reason: note("a letter") },
                Cause::Operator { who: who.clone(), reason: None },
            ),
            (Cause::Import { who: who.clone(), reason: note("old") }, Cause::Import { who, reason: None }),
        ] {
            let (number, who, word, note) = cause.columns().unwrap();
            let came = Cause::of(number, who.to_owned(), word.map(str::to_owned), note.map(str::to_owned));
            assert_eq!(came.as_ref(), Some(&cause));
            assert_eq!(cause.veiled(), veiled);
        }
        assert_eq!(Cause::Trial.columns(), None);
        assert_eq!(Cause::of(5, String::new(), None, None), None);
    }
}
