//! `/api/dead-letters`: what could not be done, by a filter, page by page, and one of it in full.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::ledger::time;
use super::mask;
use super::token::Bearer;
use super::words::Words;
use crate::model::{Name, parse_duration};
use crate::store::{DeadLetter, Letters, Page, Role};
use crate::value::Timestamp;

/// Letters on a page, unless asked otherwise, and at most.
const PAGE: usize = 100;
const MOST: usize = 1000;

/// Which letters, as everybody may ask.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) tenant: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) since: Option<String>,
    /// Newest first: older than that one.
    pub(super) before: Option<String>,
    pub(super) limit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inspect {
    #[serde(default)]
    personal: Shown,
}

/// Whether personal data is shown.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Shown {
    #[default]
    Masked,
    Shown,
}

impl Filter {
    pub(super) fn read(&self, now: Timestamp) -> Result<Letters, Fault> {
        Ok(Letters {
            id: None,
            tenant: self.tenant.as_deref().map(Name::from),
            message: None,
            kind: self.kind.clone(),
            name: self.name.clone(),
            why: self.reason.clone(),
            since: self.since.as_deref().map(|text| since(text, now)).transpose()?,
        })
    }

    /// Whether the part of its reason is there as everybody is shown it. The store looks into what is masked, too: whoever asked
    /// for one digit more each time would learn a number.
    pub(super) fn shows(&self, why: &str) -> bool {
        let shown = mask::words(why).to_ascii_lowercase();
        self.reason.as_ref().is_none_or(|part| shown.contains(&part.to_ascii_lowercase()))
    }
}

/// A time, or how long ago.
pub(super) fn since(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    if let Ok(ago) = parse_duration(text) {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        return Ok(Timestamp::from_millis(now.millis().saturating_sub(ago)));
    }
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(|at| Timestamp::from_millis(at.as_millisecond())).map_err(|_| {
        Fault::BadRequest(format!(
            "`since`: `{text}` is neither how long ago, such as 2h, nor a time, such as 2026-11-04T09:14:06Z"
        ))
    })
}

/// A whole number of a query.
pub(super) fn number(name: &str, text: &str) -> Result<i64, Fault> {
    text.parse().map_err(|_| Fault::BadRequest(format!("`{name}`: `{text}` is no whole number")))
}

/// How many a page holds.
pub(super) fn limit(asked: Option<&String>) -> Result<usize, Fault> {
    let asked = asked.map(|text| number("limit", text)).transpose()?;
    let most = asked.map_or(Ok(PAGE), usize::try_from).unwrap_or(0);
    if (1..=MOST).contains(&most) { Ok(most) } else { Err(Fault::BadRequest(format!("`limit`: from 1 to {MOST}"))) }
}

impl Desk {
    pub(super) async fn letters(&self, bearer: &Bearer, filter: Filter) -> Result<Value, Fault> {
        let filter = Filter { tenant: bearer.of(filter.tenant)?, ..filter };
        let below = filter.before.as_ref().map(|text| number("before", text)).transpose()?;
        let most = limit(filter.limit.as_ref())?;
        let fit = filter.read(self.flow.ambient.now())?;
        let mut letters = self.flow.store.letters(&fit, Page::Newest { below }, most).await?;
        let next = letters.last().filter(|_| letters.len() == most).map(|letter| letter.id);
        letters.retain(|letter| filter.shows(&letter.why));
        Ok(json!({ "letters": letters.iter().map(head).collect::<Vec<_>>(), "next": next }))
    }

    pub(super) async fn letter(&self, bearer: &Bearer, id: &str, asked: &Inspect) -> Result<Value, Fault> {
        let none = || Fault::NotFound(format!("there is no dead letter `{id}`"));
        let fit = Letters { id: Some(id.parse().map_err(|_| none())?), ..Letters::default() };
        let found = self.flow.store.letters(&fit, Page::Newest { below: None }, 1).await?;
        let letter = found.first().filter(|letter| bearer.sees(letter.tenant.as_ref())).ok_or_else(none)?;
        if asked.personal == Shown::Shown {
            bearer.may(Role::Reveal)?;
            self.note(bearer, "reveal", letter.tenant.as_ref(), format!("dead letter {}", letter.id)).await?;
        }
        let mut said = head(letter);
        said["content"] = match asked.personal {
            Shown::Masked => mask::masked(&letter.content, &Words::of(&self.flow.snapshot.load())),
            Shown::Shown => {
                said["reason"] = json!(letter.why);
                mask::shown(&letter.content)
            }
        };
        said["personal"] = json!(if asked.personal == Shown::Shown { "shown" } else { "masked" });
        Ok(said)
    }
}

/// A letter without its content. A reason may hold a party's own words.
pub(super) fn head(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "tenant": letter.tenant.as_ref().map(Name::as_str),
        "kind": letter.kind,
        "name": letter.name,
        "message": letter.message.map(|message| message.to_string()),
        "reason": mask::words(&letter.why),
        "at": time(letter.at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_finds_a_number_digit_by_digit() {
        let why = "the platform answers 422: no account of 919812345670";
        for (part, found) in [("422: No", true), ("of 91", true), ("919", false), ("8123", false), ("70", true)] {
            let filter = Filter { reason: Some(part.to_owned()), ..Filter::default() };
            assert_eq!(filter.shows(why), found, "{part}");
        }
        assert!(Filter::default().shows(why));
    }
}
