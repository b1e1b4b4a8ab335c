//! `/api/suppressions`: who opted out, since when and why; onto the list and off it by hand; lists from elsewhere and for elsewhere.
//!
//! Numbers are masked but for whoever asks with a number, and in an export, which takes the role `reveal`. Start at
//! [`Desk::suppressions`].

mod change;
mod export;
mod import;
mod rows;

pub(super) use change::reason;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::forget::person;
use super::ledger::time;
use super::letters::{limit, number};
use super::mask;
use super::token::Bearer;
use crate::config::Tenant;
use crate::model::{Address, Name};
use crate::store::{Cause, Consent, Consents};
use crate::value::Timestamp;

/// Lines of one address that are shown.
const LINES: usize = 1000;
/// Nobody sends from it: on the list for it is who is on it for all.
const ANY: &str = "";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    tenant: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whom {
    /// However it is written; or a provider's id of the person.
    number: String,
    tenant: Option<String>,
}

impl Desk {
    /// The newest lines of the history.
    pub(super) async fn suppressions(&self, bearer: &Bearer, asked: Lines) -> Result<Value, Fault> {
        let tenant = bearer.of(asked.tenant)?.as_deref().map(Name::from);
        let below = asked.before.as_ref().map(|text| number("before", text)).transpose()?;
        let most = limit(asked.limit.as_ref())?;
        let lines = self.flow.store.consents(&Consents { tenant, below }, most).await?;
        let next = lines.last().filter(|_| lines.len() == most).map(|line| line.id);
        Ok(json!({ "lines": lines.iter().map(line).collect::<Vec<_>>(), "next": next }))
    }

    /// Where one person stands, and how it came to that.
    pub(super) async fn suppression(&self, bearer: &Bearer, asked: Whom) -> Result<Value, Fault> {
        let address = person(&asked.number).map_err(Fault::BadRequest)?;
        let snapshot = self.flow.snapshot.load_full();
        let tenants = match bearer.of(asked.tenant)? {
            Some(name) => {
                let name = Name::from(name.as_str());
                self.is_known(&name).await?;
                vec![name]
            }
            None => snapshot.tenants.iter().map(|tenant| tenant.name.clone()).collect(),
        };
        let mut found = Vec::new();
        for tenant in tenants {
            let history = self.flow.store.consents_of(&tenant, &address, LINES).await?;
            if history.is_empty() {
                continue;
            }
            let senders =
                self.senders(&tenant, snapshot.tenant(tenant.as_str()).map(|tenant| &**tenant), &address, &history);
            found.push(json!({
                "tenant": tenant.as_str(),
                "opted_out": self.flow.store.is_suppressed(&tenant, &ANY.into(), &address),
                "senders": senders.iter().map(Address::as_str).collect::<Vec<_>>(),
                "history": history.iter().map(line).collect::<Vec<_>>(),
            }));
        }
        Ok(json!({ "number": address.to_string(), "tenants": found }))
    }

    /// The senders for which alone somebody is on the list.
    fn senders(
        &self,
        name: &Name,
        tenant: Option<&Tenant>,
        address: &Address,
        history: &[Consent],
    ) -> BTreeSet<Address> {
        let store = &self.flow.store;
        if store.is_suppressed(name, &ANY.into(), address) {
            return BTreeSet::new();
        }
        let configured =
            tenant.into_iter().flat_map(|tenant| tenant.numbers.iter().map(|number| number.number.clone()));
        let known = history.iter().filter_map(|line| line.sender.clone());
        configured.chain(known).filter(|sender| store.is_suppressed(name, sender, address)).collect()
    }
}

/// A line, without whose it is where nobody said so.
fn line(consent: &Consent) -> Value {
    let mut said = because(&consent.cause, mask::words);
    said["id"] = json!(consent.id);
    said["at"] = json!(when(&consent.cause, consent.at));
    said["tenant"] = json!(consent.tenant.as_str());
    said["number"] = json!(consent.address.as_ref().map(Address::to_string));
    said["sender"] = json!(consent.sender.as_ref().map(Address::as_str));
    said["does"] = json!(if consent.on { "opt_out" } else { "opt_in" });
    said
}

/// When, unless nobody knows.
fn when(cause: &Cause, at: Timestamp) -> Option<String> {
    if *cause == Cause::Before { None } else { time(at) }
}

/// Why, in members of its own: who (a rule, or a token), and what was said.
fn because(cause: &Cause, words: impl Fn(&str) -> String) -> Value {
    let said = |reason: &Option<String>| reason.as_deref().map(&words);
    match cause {
        Cause::Before => json!({ "cause": "before" }),
        Cause::Said { rule, word, inbound } => {
            json!({ "cause": "said", "rule": rule, "word": word, "inbound": inbound })
        }
        Cause::Operator { who, reason } => json!({ "cause": "operator", "who": who, "reason": said(reason) }),
        Cause::Import { who, reason } => json!({ "cause": "import", "who": who, "reason": said(reason) }),
        Cause::Joined => json!({ "cause": "joined" }),
        Cause::Trial => json!({ "cause": "trial" }),
    }
}
