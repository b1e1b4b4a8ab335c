//! `POST /api/suppressions/add` and `/lift`: onto the list and off it by hand, with a reason that stands in the history.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::Desk;
use super::super::fault::Fault;
use super::super::forget::person;
use super::super::token::Bearer;
use super::ANY;
use crate::model::{Address, Name};
use crate::store::{Cause, Suppression};

/// The longest reason, in characters.
pub(super) const LONGEST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Change {
    /// However it is written; or a provider's id of the person.
    number: String,
    tenant: Option<String>,
    /// For that sender alone.
    sender: Option<String>,
    reason: String,
}

impl Desk {
    /// `on`: onto the list.
    pub(in super::super) async fn suppress(&self, bearer: &Bearer, asked: Change, on: bool) -> Result<Value, Fault> {
        let address = person(&asked.number).map_err(Fault::BadRequest)?;
        let (tenant, sender) = self.whose_list(bearer, asked.tenant, asked.sender.as_deref()).await?;
        let reason = Some(reason(&asked.reason)?.to_owned());
        let about = sender.as_ref().map_or_else(String::new, |sender| format!(", from {}", sender.as_str()));
        let what = if on { "suppressions add" } else { "suppressions lift" };
        self.note(bearer, what, Some(&tenant), format!("a person{about}")).await?;
        let (at, cause) = (self.flow.ambient.now(), Cause::Operator { who: bearer.name().to_owned(), reason });
        let asked_for = sender.clone().unwrap_or_else(|| ANY.into());
        let change = Suppression { tenant: tenant.clone(), sender, address: address.clone(), on, at, cause };
        let changed = self.flow.store.suppress(vec![change]).await?;
        let opted_out = self.flow.store.is_suppressed(&tenant, &asked_for, &address);
        Ok(json!({ "changed": changed.contains(&true), "opted_out": opted_out }))
    }

    /// A tenant, which must be named, and a number of it, if one is.
    pub(in super::super) async fn whose_list(
        &self,
        bearer: &Bearer,
        tenant: Option<String>,
        sender: Option<&str>,
    ) -> Result<(Name, Option<Address>), Fault> {
        let named = bearer.of(tenant)?;
        let name = named.ok_or_else(|| Fault::BadRequest("`tenant` is missing: whose list is meant".to_owned()))?;
        let name = Name::from(name.as_str());
        self.is_known(&name).await?;
        let Some(sender) = sender.filter(|sender| !sender.trim().is_empty()) else { return Ok((name, None)) };
        let sender = Address::plain(sender);
        let snapshot = self.flow.snapshot.load();
        if snapshot.tenant(name.as_str()).is_none_or(|tenant| tenant.number(sender.as_str()).is_none()) {
            let text = format!("`{name}` has no such `sender`; without one, the whole tenant is meant");
            return Err(Fault::NotFound(text));
        }
        Ok((name, Some(sender)))
    }
}

/// Whether a reason can stand in the history: short, and in one line.
pub(super) fn is_reason(text: &str) -> bool {
    (1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// A reason, in one line.
pub(in super::super) fn reason(written: &str) -> Result<&str, Fault> {
    let reason = written.trim();
    if is_reason(reason) {
        return Ok(reason);
    }
    Err(Fault::BadRequest(format!(
        "`reason`: why, in 1 to {LONGEST} characters and one line; it stands in the history, so nobody's number"
    )))
}
