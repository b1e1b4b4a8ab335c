//! What the simulated provider saw and did: accepted sends, refusals, violations of the contract, webhooks.
//!
//! Tests read it directly, other processes as JSON at `/journal` and `/journal/summary`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// An accepted message.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// The id given to it.
    pub message_uuid: String,
    /// The sender's own reference.
    pub client_ref: Option<String>,
    /// The recipient.
    pub to: String,
    /// The sender.
    pub from: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The statuses that it will yield, in the order in which they are posted.
    pub story: Vec<&'static str>,
    /// The whole body; nothing when bodies are not kept.
    pub body: Value,
}

impl Sent {
    /// The sender's own reference without what stands behind a dot: a sender may number its attempts there.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        self.client_ref.as_deref().map(|reference| reference.split_once('.').map_or(reference, |(order, _)| order))
    }
}

/// One webhook of a status: when it began and when it was acknowledged, in the order of all such moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The status word.
    pub word: &'static str,
    /// When it was posted first.
    pub began: u64,
    /// When it was answered 2xx.
    pub acknowledged: Option<u64>,
}

/// A request that broke the contract.
#[derive(Debug, Clone, Serialize)]
pub struct Violation {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Where in the body, and what; values are masked.
    pub what: Vec<String>,
}

/// What became of the webhooks of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Posted {
    /// Webhooks begun.
    pub sent: u64,
    /// Answered 2xx.
    pub acknowledged: u64,
    /// Attempts beyond the first.
    pub repeated: u64,
    /// Given up: refused for good, or not acknowledged in time.
    pub lost: u64,
}

/// The journal in numbers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Accepted sends.
    pub accepted: u64,
    /// Different references among them.
    pub references: u64,
    /// References sent more than once.
    pub duplicated: u64,
    /// Sends without a reference.
    pub without_reference: u64,
    /// Refused sends by HTTP status; 0 is a connection closed without an answer.
    pub refused: BTreeMap<u16, u64>,
    /// Requests that broke the contract.
    pub violations: u64,
    /// Template listings answered.
    pub listings: u64,
    /// Incoming messages the caller marked as read.
    pub marked_read: u64,
    /// Webhooks by status word; incoming messages under `inbound`.
    pub webhooks: BTreeMap<String, Posted>,
    /// Answers to webhooks by HTTP status; 0 is no answer.
    pub answers: BTreeMap<u16, u64>,
}

#[derive(Default)]
struct Pages {
    sent: Vec<Sent>,
    by_reference: HashMap<String, u64>,
    told: HashMap<String, Vec<Told>>,
    moments: u64,
    violations: Vec<Violation>,
    counts: Summary,
}

/// The journal of one simulated provider.
#[derive(Default)]
pub struct Journal {
    pages: Mutex<Pages>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Journal").field(&self.summary()).finish()
    }
}

impl Journal {
    /// All accepted sends, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.pages().sent.clone()
    }

    /// The webhooks of a message's statuses, in the order in which they began.
    #[must_use]
    pub fn told(&self, message_uuid: &str) -> Vec<Told> {
        self.pages().told.get(message_uuid).cloned().unwrap_or_default()
    }

    /// How often each reference was sent that was sent more than once.
    #[must_use]
    pub fn duplicates(&self) -> BTreeMap<String, u64> {
        let pages = self.pages();
        let more = pages.by_reference.iter().filter(|(_, count)| **count > 1);
        more.map(|(reference, count)| (reference.clone(), *count)).collect()
    }

    /// Everything that broke the contract.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.pages().violations.clone()
    }

    /// The journal in numbers.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let pages = self.pages();
        Summary {
            references: count(pages.by_reference.len()),
            duplicated: count(pages.by_reference.values().filter(|count| **count > 1).count()),
            violations: count(pages.violations.len()),
            ..pages.counts.clone()
        }
    }

    /// Forgets everything, between two parts of a demonstration.
    pub fn clear(&self) {
        *self.pages() = Pages::default();
    }

    pub(super) fn accepted(&self, sent: Sent) {
        let mut pages = self.pages();
        pages.counts.accepted += 1;
        match sent.order() {
            Some(reference) => *pages.by_reference.entry(reference.to_owned()).or_default() += 1,
            None => pages.counts.without_reference += 1,
        }
        pages.sent.push(sent);
    }

    pub(super) fn refused(&self, status: u16) {
        *self.pages().counts.refused.entry(status).or_default() += 1;
    }

    pub(super) fn violated(&self, at: i64, what: Vec<String>) {
        self.pages().violations.push(Violation { at, what });
    }

    pub(super) fn listed(&self) {
        self.pages().counts.listings += 1;
    }

    pub(super) fn marked_read(&self) {
        self.pages().counts.marked_read += 1;
    }

    pub(super) fn posted(&self, kind: &str, change: impl FnOnce(&mut Posted)) {
        change(self.pages().counts.webhooks.entry(kind.to_owned()).or_default());
    }

    /// A webhook of a status begins; its place among those of the message.
    pub(super) fn tells(&self, message_uuid: &str, word: &'static str) -> usize {
        let mut pages = self.pages();
        pages.moments += 1;
        let began = pages.moments;
        let told = pages.told.entry(message_uuid.to_owned()).or_default();
        told.push(Told { word, began, acknowledged: None });
        told.len() - 1
    }

    /// The webhook at that place is acknowledged.
    pub(super) fn is_told(&self, message_uuid: &str, place: usize) {
        let mut pages = self.pages();
        pages.moments += 1;
        let moment = pages.moments;
        // Nothing is there any more if the journal was cleared meanwhile.
        if let Some(told) = pages.told.get_mut(message_uuid).and_then(|told| told.get_mut(place)) {
            told.acknowledged = Some(moment);
        }
    }

    pub(super) fn answered(&self, status: u16) {
        *self.pages().counts.answers.entry(status).or_default() += 1;
    }

    // A panic elsewhere leaves counts that are at worst one behind: better than a second panic.
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_counted() {
        let journal = Journal::default();
        for reference in [Some("a"), Some("b"), Some("a"), None] {
            journal.accepted(Sent {
                message_uuid: "u".to_owned(),
                client_ref: reference.map(str::to_owned),
                to: String::new(),
                from: String::new(),
                at: 0,
                story: Vec::new(),
                body: Value::Null,
            });
        }
        let summary = journal.summary();
        assert_eq!((summary.accepted, summary.references, summary.duplicated, summary.without_reference), (4, 2, 1, 1));
        assert_eq!(journal.duplicates(), BTreeMap::from([("a".to_owned(), 2)]));
        journal.clear();
        assert_eq!(journal.summary().accepted, 0);
    }

    #[test]
    fn the_order_of_webhooks_is_kept() {
        let journal = Journal::default();
        let (first, second) = (journal.tells("u", "submitted"), journal.tells("u", "read"));
        journal.is_told("u", second);
        journal.is_told("gone", first);
        let told = [("submitted", 1, None), ("read", 2, Some(3))];
        assert_eq!(journal.told("u"), told.map(|(word, began, acknowledged)| Told { word, began, acknowledged }));
        assert!(journal.told("v").is_empty());
    }
}
