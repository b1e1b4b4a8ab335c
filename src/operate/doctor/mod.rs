//! `doctor`: everything that is known to go wrong with a tenant, looked at one after the other while the gateway runs.
//!
//! A check sees that all is well, finds something, or says what only a person can look at. Nothing is changed for it but an
//! opt-out of nobody that is taken back. Start at [`Desk::examined`].

mod entries;
mod optout;
mod provider;
mod reasons;
mod report;
mod setup;
mod traffic;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Desk;
use crate::config::{Snapshot, Tenant};
use crate::flow::{Fact, Times, Whose};
use crate::value::Timestamp;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Something is wrong.
    Finding,
    /// Only a person can look.
    Unseen,
    /// All is well.
    Fine,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// A word that stays: other programs go by it.
    name: &'static str,
    state: State,
    says: String,
    /// What to do; empty where all is well.
    fix: String,
}

impl Check {
    fn fine(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, state: State::Fine, says: says.into(), fix: String::new() }
    }

    fn finding(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Finding, says: says.into(), fix: fix.into() }
    }

    fn unseen(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Unseen, says: says.into(), fix: fix.into() }
    }

    fn written(&self) -> Value {
        let state = match self.state {
            State::Finding => "finding",
            State::Unseen => "unseen",
            State::Fine => "fine",
        };
        let fix = Some(self.fix.as_str()).filter(|fix| !fix.is_empty());
        json!({ "check": self.name, "state": state, "says": self.says, "fix": fix })
    }
}

/// Whom the checks are about, at one moment.
pub(super) struct Patient<'d> {
    desk: &'d Desk,
    snapshot: Arc<Snapshot>,
    tenant: Arc<Tenant>,
    now: Timestamp,
    /// What happened to it lately.
    facts: BTreeMap<Fact, Times>,
}

impl Desk {
    /// Everything about a tenant, findings first; nothing where nobody has heard of it.
    pub(super) async fn examined(&self, name: &str) -> Option<Value> {
        let snapshot = self.flow.snapshot.load_full();
        let Some(tenant) = snapshot.tenant(name).cloned() else {
            let checks = setup::unserved(&self.standing(), name);
            return (!checks.is_empty()).then(|| said(name, checks));
        };
        let now = self.flow.ambient.now();
        let facts = self.flow.lately.of(&Whose::Tenant(tenant.name.clone()), now);
        let patient = Patient { desk: self, snapshot, tenant, now, facts };
        let mut checks = patient.setup();
        checks.extend(patient.account().await);
        checks.extend(patient.posts_to().await);
        checks.extend(patient.reports().await);
        checks.extend(patient.opt_out().await);
        checks.extend(patient.traffic().await);
        checks.extend(patient.entries());
        Some(said(name, checks))
    }
}

/// What is found stands first, in the order of the checks: what comes first is the cause of what follows.
fn said(name: &str, mut checks: Vec<Check>) -> Value {
    checks.sort_by_key(|check| check.state);
    let findings = checks.iter().filter(|check| check.state == State::Finding).count();
    json!({ "tenant": name, "findings": findings, "checks": checks.iter().map(Check::written).collect::<Vec<_>>() })
}

impl Patient<'_> {
    /// Words such as `3 times, the last at 2026-11-04T09:14:06Z`.
    fn times(&self, times: Times) -> String {
        let count = if times.count == 1 { "once".to_owned() } else { format!("{} times, the last", times.count) };
        let ago = self.now.since(times.last).as_secs();
        let ago = match ago {
            0..60 => format!("{ago} s"),
            60..3600 => format!("{} min", ago / 60),
            _ => format!("{} h", ago / 3600),
        };
        format!("{count} {ago} ago")
    }

    /// The newest time of those facts.
    fn last(&self, is: impl Fn(&Fact) -> bool) -> Option<Times> {
        let times = self.facts.iter().filter(|(fact, _)| is(fact)).map(|(_, times)| *times);
        times.reduce(|one, other| Times { count: one.count + other.count, last: one.last.max(other.last) })
    }
}
