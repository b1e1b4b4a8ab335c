//! Letters for what could not be done, and what a letter needs so that it can be done again.

use bytes::Bytes;

use crate::codec::{self, Format};
use crate::config::Tenant;
use crate::model::{Event, Name, Refusal};
use crate::store::{Came, DeadLetter, Message};
use crate::value::{Arena, Timestamp};

/// Characters of a provider's word.
const WORD: usize = 40;

/// A report that the mapping could not say.
pub(super) fn unsaid(
    message: &Message,
    tenant: &Tenant,
    event: &Event,
    refusal: &Refusal,
    now: Timestamp,
) -> DeadLetter {
    let name = event.status.map_or("", |status| status.as_str()).to_owned();
    let letter = letter("report", Some(tenant.name.clone()), name, told(refusal), keep(event), now);
    DeadLetter { message: Some(message.message.reference), ..letter }
}

/// A status that no message was found for.
pub(super) fn unmatched(tenant: Option<Name>, name: String, event: &Event, came: Came, now: Timestamp) -> DeadLetter {
    let word: String = event.word.as_deref().unwrap_or_default().chars().take(WORD).collect();
    let why = format!("no message of a verified tenant has the id of this status: {word}");
    let letter = letter("unmatched", tenant, name, why, keep(event), now);
    DeadLetter { came: Some(came), ..letter }
}

/// A letter on the list, of no message.
pub(super) fn letter(
    kind: &str,
    tenant: Option<Name>,
    name: String,
    why: String,
    content: Bytes,
    at: Timestamp,
) -> DeadLetter {
    let kind = kind.to_owned();
    let (message, call, came, due) = (None, None, None, None);
    DeadLetter { id: 0, tenant, kind, name, message, why, content, at, call, came, attempts: 0, due }
}

/// Why, in a refusal's words.
pub(super) fn told(refusal: &Refusal) -> String {
    let Refusal { reason, text, .. } = refusal;
    text.as_ref().map_or_else(|| reason.to_string(), |text| format!("{reason}: {text}"))
}

fn keep(event: &Event) -> Bytes {
    let arena = Arena::new();
    let mut content = Vec::new();
    // Texts, numbers and times: what is read out of a document can be written into one.
    let _ = codec::encode(Format::Json, event.kept(&arena), &mut content);
    content.into()
}

/// The event of a letter.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn read(content: &[u8]) -> Result<Event, String> {
    let arena = Arena::new();
    let kept = codec::decode(Format::Json, content, &arena).map_err(|problem| problem.to_string())?;
    Event::read(kept).map_err(|refusal| told(&refusal))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Failure, Reason, Ref, Status, StopScope};
    use crate::value::Tree;

    #[test]
    fn an_event_comes_back_from_its_letter_as_it_was() {
        let failure = Failure {
            reason: Reason::Undeliverable,
            code: Some("131049".to_owned()),
            detail: Some("a \"quoted\" text, {{1}} and $.a".to_owned()),
            resend: Some(Duration::from_secs(90)),
            settle: Some(Duration::from_millis(1500)),
            stop: Some(StopScope::Number),
        };
        let whole = Event {
            provider_id: Some("p-1".to_owned()),
            reference: Some(Ref::from_number(77).into()),
            status: Some(Status::Failed),
            word: Some("undeliverable".to_owned()),
            at: Timestamp::from_millis(1_790_000_000_123),
            user: Some("IN.1".to_owned()),
            cost: Some(Tree::from(&serde_json::json!({"price": "0.01", "currency": "EUR"}))),
            failure: Some(failure),
        };
        let bare =
            Event { reference: None, status: None, word: None, user: None, cost: None, failure: None, ..whole.clone() };
        for event in [whole, bare] {
            assert_eq!(read(&keep(&event)), Ok(event));
        }
        for (content, why) in [("{}", "missing_field"), ("{", ""), ("[]", "malformed")] {
            assert!(read(content.as_bytes()).unwrap_err().contains(why), "{content}");
        }
    }
}
