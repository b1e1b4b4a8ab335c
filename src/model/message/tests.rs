//! What is a message and what is not.

use serde_json::{Value as Json, json};

use super::*;
use crate::value::Tree;

/// A text message with these members laid over it; `null` takes one away.
fn with(changes: &Json) -> Tree {
    let mut message = json!({"id": "m1", "to": "919812345670", "from": "442079460123", "text": "Hello"});
    for (name, value) in changes.as_object().unwrap() {
        message[name] = value.clone();
    }
    Tree::from(&message)
}

fn refuse(changes: &Json, expected: &str) {
    let arena = Arena::new();
    let tree = with(changes);
    let refusal = Message::read(tree.view(&arena), false, &arena).expect_err(expected);
    assert_eq!(format!("{}: {}", refusal.reason, refusal.text.unwrap_or_default()), expected, "{changes}");
}

fn accept(changes: &Json, kind: Kind) {
    let arena = Arena::new();
    let tree = with(changes);
    let message =
        Message::read(tree.view(&arena), false, &arena).unwrap_or_else(|refusal| panic!("{changes}: {refusal:?}"));
    assert_eq!(message.kind, kind, "{changes}");
    assert_eq!(message.value.text("kind"), Some(kind.as_str()));
    let again = Message::stored(message.value, &arena).expect("what is stored is read again");
    assert_eq!((again.value, again.kind), (message.value, kind), "{changes}");
}

#[test]
fn every_kind_of_content_is_taken() {
    let template = json!({"name": "offer", "language": {"code": "en"}});
    let components = json!([
        {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]},
        {"type": "button", "sub_type": "url", "index": 0, "parameters": []},
        {"type": "carousel", "cards": [{"card_index": "0", "components": [{"type": "body"}]}]},
        {"type": "of_tomorrow", "anything": 1},
    ]);
    let cases = [
        (json!({}), Kind::Text),
        (json!({"text": null, "template": template}), Kind::Template),
        (json!({"template": template}), Kind::Template),
        (
            json!({"text": null, "template": {"name": "o", "language": {"code": "en"}, "components": components}}),
            Kind::Template,
        ),
        (json!({"text": null, "image": {"url": "https://x/y.jpg", "caption": "c"}}), Kind::Image),
        (json!({"text": null, "document": {"url": "https://x/y.pdf", "name": "y.pdf"}}), Kind::Document),
        (json!({"text": null, "location": {"latitude": 1, "longitude": 2.5, "name": "here"}}), Kind::Location),
        (json!({"text": null, "contacts": [{"name": {}}]}), Kind::Contacts),
        (json!({"text": null, "interactive": {"type": "button"}}), Kind::Interactive),
        (
            json!({"suggestions": [{"type": "reply", "text": "Yes"}, {"type": "dial", "text": "Call", "phone": "44"}]}),
            Kind::Text,
        ),
        (
            json!({"channel": "rcs", "class": "transactional", "campaign": "c", "quotes": "q", "keep": {"a": [1]}}),
            Kind::Text,
        ),
        (json!({"to": "US.13491208655302741918"}), Kind::Text),
        (json!({"to": "+91 98123"}), Kind::Text),
        (json!({"from": "ACME"}), Kind::Text),
    ];
    for (changes, kind) in cases {
        accept(&changes, kind);
    }
}

#[test]
fn what_is_missing_wrong_or_unknown_is_named() {
    let cases = [
        (json!({"id": null}), "missing_field: `id` is required"),
        (json!({"id": ""}), "missing_field: `id` is required"),
        (json!({"to": ""}), "missing_field: `to` is required"),
        (json!({"from": null}), "missing_field: `from` is required"),
        (json!({"id": 7}), "malformed: `id` must be text, not number"),
        (json!({"to": "12345"}), "invalid_recipient: `to` is no number of 7 to 15 digits with a country code"),
        (
            json!({"to": "1234567890123456"}),
            "invalid_recipient: `to` is no number of 7 to 15 digits with a country code",
        ),
        (json!({"to": "09812345670"}), "invalid_recipient: `to` is no number of 7 to 15 digits with a country code"),
        (json!({"text": null}), "empty_body: the message has no content"),
        (json!({"text": ""}), "empty_body: `text` is empty"),
        (json!({"text": 5}), "malformed: `text` must be text, not number"),
        (json!({"image": {"url": "u"}}), "malformed: both `image` and `text`: a message has one content"),
        (json!({"text": null, "image": {"link": "u"}}), "malformed: `image.link` is no member of the model"),
        (json!({"text": null, "image": {"caption": "c"}}), "missing_field: `image.url` is required"),
        (
            json!({"text": null, "location": {"latitude": "1", "longitude": 2}}),
            "malformed: `location.latitude` must be a number, not text",
        ),
        (json!({"text": null, "contacts": []}), "missing_field: `contacts` is required"),
        (json!({"text": null, "interactive": "x"}), "malformed: `interactive` must be a map, not text"),
        (json!({"text": null, "template": {"name": "o"}}), "missing_field: `template.language` is required"),
        (
            json!({"template": {"name": "o", "language": "en"}}),
            "malformed: `template.language` must be a map, not text",
        ),
        (json!({"template": {"name": "", "language": {"code": "en"}}}), "missing_field: `template.name` is required"),
        (
            json!({"template": {"name": "o", "namespace": "n"}}),
            "malformed: `template.namespace` is no member of the model",
        ),
        (
            json!({"suggestions": [{"type": "open_url", "text": "Go"}]}),
            "missing_field: `suggestions[0].url` is required",
        ),
        (
            json!({"suggestions": [{"type": "shout", "text": "Go"}]}),
            "malformed: `suggestions[0].type` must be reply, open_url or dial",
        ),
        (
            json!({"text": null, "suggestions": [], "audio": {"url": "u"}}),
            "malformed: `suggestions` accompany a `text`",
        ),
        (json!({"channel": "fax"}), "malformed: `channel` must be whatsapp, sms or rcs"),
        (json!({"class": "PROMOTIONAL"}), "malformed: `class` must be transactional or promotional"),
        (json!({"keep": "x"}), "malformed: `keep` must be a map, not text"),
        (json!({"dedupe": ""}), "malformed: `dedupe` must not be empty"),
        (json!({"colour": "red"}), "malformed: `colour` is no member of the model"),
        (json!({"kind": "text"}), "malformed: `kind` is added by the gateway"),
        (json!({"ref": "m-1"}), "malformed: `ref` is added by the gateway"),
    ];
    for (changes, expected) in cases {
        refuse(&changes, expected);
    }
    let value = Value::Text("x");
    assert!(Message::read(value, false, &Arena::new()).is_err());
}

#[test]
fn components_are_looked_at_as_far_as_fitting_needs() {
    let cases = [
        (json!("x"), "malformed: `template.components` must be a list, not text"),
        (json!(["x"]), "malformed: `template.components[0]` must be a map, not text"),
        (json!([{"type": "body"}, {}]), "missing_field: `template.components[1].type` is required"),
        (
            json!([{"type": "body", "parameters": ["x"]}]),
            "malformed: `template.components[0].parameters[0]` must be a map, not text",
        ),
        (json!([{"type": "button"}]), "missing_field: `template.components[0].sub_type` is required"),
        (
            json!([{"type": "button", "sub_type": "url", "index": "first"}]),
            "malformed: `template.components[0].index` must be a whole number from 0, not text",
        ),
        (
            json!([{"type": "button", "sub_type": "url", "index": -1}]),
            "malformed: `template.components[0].index` must be a whole number from 0, not number",
        ),
        (
            json!([{"type": "carousel", "cards": [{"components": [{"type": "body", "parameters": 1}]}]}]),
            "malformed: `template.components[0].cards[0].components[0].parameters` must be a list, not number",
        ),
    ];
    for (components, expected) in cases {
        refuse(&json!({"template": {"name": "o", "language": {"code": "en"}, "components": components}}), expected);
    }
}

#[test]
fn a_repeat_is_known_by_its_key() {
    let arena = Arena::new();
    let (plain, keyed) = (with(&json!({})), with(&json!({"dedupe": "acme:m1"})));
    let read = |tree: &Tree, given| {
        Message::read(tree.view(&arena), given, &arena).map(|message| match message.dedupe {
            Dedupe::Key(key) => Some(key.to_owned()),
            Dedupe::Exempt => None,
        })
    };
    assert_eq!(read(&plain, false), Ok(Some("m1".to_owned())));
    assert_eq!(read(&plain, true), Ok(None));
    assert_eq!(read(&keyed, true), Ok(Some("acme:m1".to_owned())));
    let stored = Message::read(keyed.view(&arena), true, &arena).unwrap();
    assert_eq!(stored.value.get("dedupe"), None, "the key is the store's");
}

#[test]
fn a_stored_message_keeps_its_ref() {
    let arena = Arena::new();
    let tree = with(&json!({"ref": "m-7Q2", "kind": "text"}));
    let message = Message::stored(tree.view(&arena), &arena).unwrap();
    assert_eq!((message.value.text("ref"), message.class), (Some("m-7Q2"), Class::Promotional));
}
