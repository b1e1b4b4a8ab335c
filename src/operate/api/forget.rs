//! `POST /api/forget`: a person is erased.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::model::{Address, Name};
use crate::store::{Forget, Forgotten};

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
        let address = address(&asked.number).ok_or_else(|| {
            let text = format!(
                "`number`: {SHORTEST} to {LONGEST} digits with the country code, or a provider's id of the person"
            );
            Fault::BadRequest(text)
        })?;
        self.note(bearer, "forget", tenant.as_ref(), "a person".to_owned()).await?;
        let at = self.flow.ambient.now();
        let gone = self.flow.store.forget(Forget { tenant, address, at }).await?;
        let Forgotten { messages, unfinished, calls, letters, addresses, suppressions } = gone;
        Ok(json!({
            "messages": messages, "unfinished": unfinished, "calls": calls, "dead_letters": letters,
            "addresses": addresses, "suppressions": suppressions,
        }))
    }
}

fn address(written: &str) -> Option<Address> {
    let plain = Address::plain(written);
    let is_number = plain.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let address = if is_number { plain } else { Address::from(written.trim()) };
    (SHORTEST..=LONGEST).contains(&address.as_str().chars().count()).then_some(address)
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
            assert_eq!(address(written).as_ref().map(Address::as_str), expected, "{written}");
        }
        assert!(address(&"9".repeat(129)).is_none());
    }
}
