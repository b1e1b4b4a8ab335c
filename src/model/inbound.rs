//! [`Inbound`]: what a person wrote, tapped or sent to one of the tenant's numbers.

use super::content;
use super::members::{Members, Place, map};
use super::{Reason, Refusal};
use crate::value::{Arena, Timestamp, Tree, Value};

/// The content, by kind; members by kind are listed in docs/language.md, model values.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// `text`, `button`, `image`, ….
    pub kind: String,
    /// The text of a text, the label of a button: what the person said, so not the provider's note in an `other`.
    pub text: Option<String>,
    /// The payload of a button.
    pub payload: Option<String>,
    /// The whole content as the mapping made it.
    pub members: Tree,
}

/// One inbound message.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The provider's id; a repeat of it has no effect.
    pub id: String,
    /// The person's address: digits, or a user id.
    pub from: String,
    /// The tenant's number.
    pub to: String,
    /// The provider's own time.
    pub at: Timestamp,
    /// The person's user id at the provider.
    pub user: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The provider's id of the message that is answered.
    pub quotes: Option<String>,
    /// What was said.
    pub content: Content,
}

impl Inbound {
    /// Checks what a provider's mapping made.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let members = Members::of(value, Place::Root)?;
        members.only(&["id", "from", "to", "at", "user", "name", "quotes", "content"])?;
        let content = members.required("content")?;
        Ok(Self {
            id: members.required_text("id")?.to_owned(),
            from: members.required_text("from")?.to_owned(),
            to: members.required_text("to")?.to_owned(),
            at: members.required_time("at")?,
            user: members.owned_text("user")?,
            name: members.owned_text("name")?,
            quotes: members.owned_text("quotes")?,
            content: Content::of(content, Place::Member(members.place(), "content"))?,
        })
    }

    /// As a platform's mapping reads it: `$.inbound`.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let members = [
            ("id", Some(Value::Text(&self.id))),
            ("from", Some(Value::Text(&self.from))),
            ("to", Some(Value::Text(&self.to))),
            ("at", Some(Value::Time(self.at))),
            ("user", self.user.as_deref().map(Value::Text)),
            ("name", self.name.as_deref().map(Value::Text)),
            ("quotes", self.quotes.as_deref().map(Value::Text)),
            ("content", Some(self.content.members.view(arena))),
        ];
        map(members, arena)
    }
}

impl Content {
    fn of(value: Value<'_>, place: Place<'_>) -> Result<Self, Refusal> {
        let members = Members::of(value, place)?;
        let kind = members.required_text("kind")?;
        let known = Self::members_of(kind).ok_or_else(|| {
            let place = Place::Member(members.place(), "kind");
            Refusal::new(Reason::Malformed, format!("`{place}` is no kind of content"))
        })?;
        if let Some((name, _)) = members.iter().find(|(name, _)| *name != "kind" && !known.contains(name)) {
            return Err(members.unknown(name));
        }
        let words = Self::checked(&members, kind)?;
        let said = |text: Option<&str>| text.filter(|_| words).map(str::to_owned);
        let (text, payload) = (said(members.text("text")?), said(members.text("payload")?));
        Ok(Self { kind: kind.to_owned(), text, payload, members: Tree::from(value) })
    }

    /// What a kind may have beside its name.
    fn members_of(kind: &str) -> Option<&'static [&'static str]> {
        match kind {
            "text" | "other" => Some(&["text"]),
            "button" => Some(&["text", "payload"]),
            "image" | "audio" | "video" | "document" | "sticker" => Some(&["url", "caption", "name"]),
            "location" => Some(&["location"]),
            "contacts" => Some(&["contacts"]),
            "order" => Some(&["order"]),
            "reaction" => Some(&["emoji"]),
            _ => None,
        }
    }

    /// Whether `text` and `payload` are the person's own words.
    fn checked(members: &Members<'_, '_>, kind: &str) -> Result<bool, Refusal> {
        match kind {
            "text" => members.required("text").map(drop)?,
            "location" => {
                content::location(members.required("location")?, Place::Member(members.place(), "location"))?;
            }
            "contacts" => members.required_list("contacts").map(drop)?,
            "order" => members.required("order").map(drop)?,
            "reaction" => members.text("emoji").map(drop)?,
            "image" | "audio" | "video" | "document" | "sticker" => {
                members.required_text("url")?;
                members.text("caption")?;
                members.text("name")?;
            }
            _ => {}
        }
        Ok(matches!(kind, "text" | "button"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn read(content: &Json) -> Result<Inbound, String> {
        let arena = Arena::new();
        let inbound = json!({"id": "i", "from": "919812345670", "to": "442079460123", "at": "2026-11-04T09:20:41Z",
            "content": content});
        let said = |refusal: Refusal| format!("{}: {}", refusal.reason, refusal.text.unwrap_or_default());
        Inbound::read(Tree::from(&inbound).view(&arena)).map_err(said)
    }

    #[test]
    fn every_kind_is_taken_and_shown_again() {
        let cases = [
            (json!({"kind": "text", "text": "Stop."}), Some("Stop."), None),
            (json!({"kind": "text", "text": ""}), Some(""), None),
            (json!({"kind": "button", "text": "Stop", "payload": "x"}), Some("Stop"), Some("x")),
            (json!({"kind": "button"}), None, None),
            (json!({"kind": "image", "url": "https://x/y", "caption": "c"}), None, None),
            (json!({"kind": "location", "location": {"latitude": 1.5, "longitude": 2}}), None, None),
            (json!({"kind": "contacts", "contacts": [{}]}), None, None),
            (json!({"kind": "order", "order": {"catalog_id": "7"}}), None, None),
            (json!({"kind": "reaction"}), None, None),
            (json!({"kind": "other", "text": "unsupported"}), None, None),
        ];
        for (content, text, payload) in cases {
            let inbound = read(&content).unwrap_or_else(|refusal| panic!("{content}: {refusal}"));
            assert_eq!(
                (inbound.content.text.as_deref(), inbound.content.payload.as_deref()),
                (text, payload),
                "{content}"
            );
            let arena = Arena::new();
            let view = inbound.view(&arena);
            assert_eq!(serde_json::to_value(view.get("content").unwrap()).unwrap(), content);
            assert_eq!(Inbound::read(view).as_ref(), Ok(&inbound), "{content}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({}), "missing_field: `content.kind` is required"),
            (json!({"kind": "fax"}), "malformed: `content.kind` is no kind of content"),
            (json!({"kind": "text"}), "missing_field: `content.text` is required"),
            (json!({"kind": "text", "text": 1}), "malformed: `content.text` must be text, not number"),
            (json!({"kind": "text", "text": "a", "url": "u"}), "malformed: `content.url` is no member of the model"),
            (json!({"kind": "image"}), "missing_field: `content.url` is required"),
            (json!({"kind": "location", "location": {}}), "missing_field: `content.location.latitude` is required"),
            (json!("hello"), "malformed: `content` must be a map, not text"),
        ];
        for (content, expected) in cases {
            assert_eq!(read(&content), Err(expected.to_owned()), "{content}");
        }
    }
}
