//! `POST /api/forget`: a person is erased.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::model::{Address, Name};
use crate::store::{Forget, Forgotten, Store, StoreError};

/// Shorter ones would be found in the middle of everything.
const SHORTEST: usize = 6;
/// No number or user id is longer.
const LONGEST: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// However it is written; or a provider's id of the person.
    number: String,
    tenant: Option<String>,
}

impl Desk {
    pub(super) async fn forget(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let tenant = bearer.of(asked.tenant)?.as_deref().map(Name::from);
        let address = person(&asked.number).map_err(Fault::BadRequest)?;
        if let Some(name) = &tenant {
            self.is_known(name).await?;
        }
        self.note(bearer, "forget", tenant.as_ref(), "a person".to_owned()).await?;
        let at = self.flow.ambient.now();
        let gone = self.flow.store.forget(Forget { tenant, address, at }).await?;
        let Forgotten { messages, unfinished, calls, letters, addresses, suppressions } = gone;
        Ok(json!({
            "messages": messages, "unfinished": unfinished, "calls": calls, "dead_letters": letters,
            "addresses": addresses, "suppressions": suppressions,
        }))
    }

    /// Whether there is such a tenant, or something of one that was: a slip of the pen would look as if nothing were kept.
    pub(super) async fn is_known(&self, tenant: &Name) -> Result<(), Fault> {
        let (store, name) = (&self.flow.store, tenant.as_str());
        let known = self.flow.snapshot.load().tenant(name).is_some() || is_in(&**store, tenant).await?;
        let text = || format!("there is no tenant `{name}`, and no message of one; without a tenant, all forget");
        if known { Ok(()) } else { Err(Fault::NotFound(text())) }
    }
}

/// Whether there is a message or a dead letter of that tenant.
///
/// # Errors
/// What the store says.
pub async fn is_in(store: &dyn Store, tenant: &Name) -> Result<bool, StoreError> {
    Ok(store.ledger(tenant).await?.accepted > 0 || !store.dead_letters(Some(tenant), 1).await?.is_empty())
}

/// Who is meant, however the number is written.
///
/// # Errors
/// What would be understood.
pub fn person(written: &str) -> Result<Address, String> {
    let plain = Address::plain(written);
    let is_number = plain.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let address = if is_number { plain } else { Address::from(written.trim()) };
    if (SHORTEST..=LONGEST).contains(&address.as_str().chars().count()) {
        return Ok(address);
    }
    Err(format!("`number`: {SHORTEST} to {LONGEST} digits with the country code, or a provider's id of the person"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_meant_however_the_number_is_written() {
        for (written, expected) in [
            ("919812345670", Some("919812345670")),
            ("+91 98123-45670", Some("919812345670")),
            ("(65) 9811.4720", Some("6598114720")),
            ("IN.13491208655302741918", Some("IN.13491208655302741918")),
            (" user-1 ", Some("user-1")),
            ("12345", None),
            ("", None),
        ] {
            assert_eq!(person(written).ok().as_ref().map(Address::as_str), expected, "{written}");
        }
        assert!(person(&"9".repeat(129)).is_err());
    }
}
