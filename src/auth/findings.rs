//! What a request carries, and what the schemes made of it so far. No scheme is known here.

use sha2::{Digest, Sha256};

use super::{Cause, Unverified, Verified};
use crate::model::{Print, wire};

/// How the credentials of one scheme failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Where the scheme looks there is something of another scheme.
    Foreign,
    /// Not in its time, and otherwise right.
    Stale,
    /// Wrong, or not to be read.
    Wrong,
    /// A token whose identity is nobody's.
    Nobody,
}

/// What came of the schemes so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) verified: Verified,
    failures: Vec<Failure>,
    print: Option<Print>,
}

impl Findings {
    pub(super) fn failed(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    /// A credential was carried.
    pub(super) fn carried(&mut self, print: Print) {
        self.print = Some(self.print.map_or(print, |known| known.and(print)));
    }

    /// Who was verified.
    pub(super) fn verified(self) -> Verified {
        let mut verified = Verified { print: self.print, ..self.verified };
        verified.tenants.sort_unstable();
        verified.tenants.dedup();
        verified
    }

    /// The most telling cause: wrong before stale before missing.
    pub(super) fn unverified(&self) -> Unverified {
        let has = |failure| self.failures.contains(&failure);
        let cause = if has(Failure::Wrong) || has(Failure::Nobody) {
            Cause::Wrong
        } else if has(Failure::Stale) {
            Cause::Stale
        } else if has(Failure::Foreign) {
            Cause::Wrong
        } else {
            Cause::Missing
        };
        Unverified {
            cause,
            nobody: has(Failure::Nobody) && !has(Failure::Wrong) && !has(Failure::Stale),
            print: self.print,
        }
    }
}

/// The print of what is signed, by the names that it gives itself.
pub(super) fn signed_as<'n>(names: impl Iterator<Item = &'n str>) -> Print {
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0]);
    }
    Print::of_signed(&hash.finalize().into())
}

/// What a request carries in one header.
pub(super) enum Sent<'r> {
    /// Nothing.
    Nothing,
    /// This.
    One(&'r str),
    /// The header several times: which one counts would be a guess, and a proxy may have guessed otherwise.
    Several,
}

/// The value of a header that must be there once.
pub(super) fn header<'r>(request: &'r wire::Incoming, name: &str) -> Sent<'r> {
    let mut values = request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None, _) => Sent::Nothing,
        (Some(value), None) => Sent::One(value),
        (Some(_), Some(_)) => Sent::Several,
    }
}

/// What follows a scheme's word (`Bearer`, `Basic`), which may be written in any case.
pub(super) fn after_word<'r>(value: &'r str, word: &str) -> Option<&'r str> {
    let (found, rest) = value.trim().split_once([' ', '\t'])?;
    found.eq_ignore_ascii_case(word).then(|| rest.trim_start())
}
