//! What a simulated platform sent, was answered and was told: per message, the reports in order.
//!
//! Tests read it directly, other processes as JSON at `/journal` and `/journal/summary`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::options::Kind;
use super::order;

/// One status of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The platform's word.
    pub status: String,
    /// The code of a failure; WebEngage's `statusCode` always.
    pub code: Option<String>,
    /// When it arrived, in milliseconds since 1970.
    pub at: i64,
}

/// How a request to the platform broke the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// A member is missing, of the wrong type or form, or not in the contract.
    Form,
    /// A lower status after a higher one, or a failure after success.
    Order,
    /// The same status again after it was acknowledged.
    Repeat,
    /// A message this platform never sent.
    Stranger,
    /// No or wrong credentials.
    Credentials,
    /// Sent again after it was refused for good.
    AfterRefusal,
}

/// A request that broke the contract.
#[derive(Debug, Clone, Serialize)]
pub struct Violation {
    /// In which way.
    pub breach: Breach,
    /// The message concerned, where there is one.
    pub id: Option<String>,
    /// What exactly.
    pub what: String,
}

/// A message this platform sent, and everything reported about it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Message {
    /// The recipient, as sent.
    pub to: String,
    /// `accepted`, the code of a refusal, or nothing while unanswered.
    pub answer: Option<String>,
    /// The acknowledged reports in order.
    pub reports: Vec<Report>,
    /// Statuses the platform refused for good.
    #[serde(skip)]
    refused: HashSet<String>,
}

/// The journal in numbers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Messages sent.
    pub messages: u64,
    /// Of these, accepted.
    pub accepted: u64,
    /// Acknowledged reports by status.
    pub reports: BTreeMap<String, u64>,
    /// Messages by their last reported status.
    pub last: BTreeMap<String, u64>,
    /// Accepted messages without any report.
    pub silent: u64,
    /// Answers of people (MoEngage) and events (WebEngage).
    pub inbound: u64,
    /// Changes of opt-in.
    pub consents: u64,
    /// Violations by breach.
    pub violations: BTreeMap<Breach, u64>,
    /// Answers given to reports by HTTP status; 0 is a connection closed without one.
    pub answers: BTreeMap<u16, u64>,
}

#[derive(Default)]
struct Pages {
    messages: HashMap<String, Message>,
    inbound: Vec<Value>,
    consents: Vec<(String, bool)>,
    request_ids: HashSet<String>,
    violations: Vec<Violation>,
    answers: BTreeMap<u16, u64>,
}

/// The journal of one simulated platform.
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
    /// All messages by id.
    #[must_use]
    pub fn messages(&self) -> BTreeMap<String, Message> {
        self.pages().messages.iter().map(|(id, message)| (id.clone(), message.clone())).collect()
    }

    /// The reports about one message.
    #[must_use]
    pub fn reports(&self, id: &str) -> Vec<Report> {
        self.pages().messages.get(id).map(|message| message.reports.clone()).unwrap_or_default()
    }

    /// What people wrote or tapped (MoEngage), events (WebEngage): the bodies, oldest first.
    #[must_use]
    pub fn inbound(&self) -> Vec<Value> {
        self.pages().inbound.clone()
    }

    /// Changes of opt-in by user, oldest first.
    #[must_use]
    pub fn consents(&self) -> Vec<(String, bool)> {
        self.pages().consents.clone()
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
        let mut summary = Summary { answers: pages.answers.clone(), ..Summary::default() };
        for message in pages.messages.values() {
            let accepted = message.answer.as_deref() == Some("accepted");
            summary.messages += u64::from(!message.to.is_empty());
            summary.accepted += u64::from(accepted);
            summary.silent += u64::from(accepted && message.reports.is_empty());
            for report in &message.reports {
                *summary.reports.entry(report.status.clone()).or_default() += 1;
            }
            if let Some(last) = message.reports.last() {
                *summary.last.entry(last.status.clone()).or_default() += 1;
            }
        }
        for violation in &pages.violations {
            *summary.violations.entry(violation.breach).or_default() += 1;
        }
        summary.inbound = u64::try_from(pages.inbound.len()).unwrap_or(u64::MAX);
        summary.consents = u64::try_from(pages.consents.len()).unwrap_or(u64::MAX);
        summary
    }

    /// Forgets everything, between two parts of a demonstration.
    pub fn clear(&self) {
        *self.pages() = Pages::default();
    }

    pub(super) fn sending(&self, id: &str, to: &str) {
        self.pages().messages.entry(id.to_owned()).or_default().to = to.to_owned();
    }

    pub(super) fn sent(&self, id: &str, answer: &str) {
        self.pages().messages.entry(id.to_owned()).or_default().answer = Some(answer.to_owned());
    }

    /// The recipient of a message of ours.
    pub(super) fn recipient(&self, id: &str) -> Option<String> {
        self.pages().messages.get(id).map(|message| message.to.clone()).filter(|to| !to.is_empty())
    }

    /// Judges a status against those before it, and keeps it if it is acknowledged.
    pub(super) fn report(&self, kind: Kind, id: &str, report: &Report, answered: Answered) {
        let mut pages = self.pages();
        let message = pages.messages.entry(id.to_owned()).or_default();
        let breach = order::judge(kind, &message.reports, &message.refused, &report.status);
        match answered {
            Answered::Acknowledged => message.reports.push(report.clone()),
            Answered::Refused => drop(message.refused.insert(report.status.clone())),
            Answered::Later => {}
        }
        if let Some(breach) = breach {
            let before: Vec<_> = message.reports.iter().map(|report| report.status.as_str()).collect();
            let what = format!("{} among {}", report.status, before.join(", "));
            pages.violations.push(Violation { breach, id: Some(id.to_owned()), what });
        }
    }

    pub(super) fn told(&self, body: Value) {
        self.pages().inbound.push(body);
    }

    /// Notes a change of opt-in, once per request id.
    pub(super) fn consent(&self, user: &str, opted_in: bool, request_id: Option<&str>) {
        let mut pages = self.pages();
        let new = request_id.is_none_or(|id| pages.request_ids.insert(id.to_owned()));
        if new {
            pages.consents.push((user.to_owned(), opted_in));
        }
    }

    pub(super) fn violated(&self, breach: Breach, id: Option<&str>, what: impl Into<String>) {
        self.pages().violations.push(Violation { breach, id: id.map(str::to_owned), what: what.into() });
    }

    pub(super) fn answered(&self, status: u16) {
        *self.pages().answers.entry(status).or_default() += 1;
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the platform answered a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// It counts.
    Acknowledged,
    /// It does not count and is not to come again.
    Refused,
    /// It does not count and is to come again.
    Later,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_counts_once() {
        let journal = Journal::default();
        journal.consent("u", false, Some("a1"));
        journal.consent("u", false, Some("a1"));
        journal.consent("u", true, None);
        assert_eq!(journal.consents(), [("u".to_owned(), false), ("u".to_owned(), true)]);
    }
}
