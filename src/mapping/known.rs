//! The outlines of what the gateway gives to a mapping and takes from it: the model's values, answers, refusals.
//!
//! Beside the scopes, which say where each is a name; the model itself checks the values of a message. A name with `?`
//! need not be there.

use super::section::Leg;
use crate::language::Known::{self, Anything, List, Map, OneOf, With, Words};
use crate::language::{LISTED, Want};
use crate::model::{Reason, StopScope};

fn reasons() -> Vec<&'static str> {
    Reason::ALL.iter().map(|reason| reason.as_str()).collect()
}

const STATUS: Known = Words(|| vec!["submitted", "delivered", "read", "failed"]);
const STOP: Known = Words(|| StopScope::ALL.map(StopScope::as_str).to_vec());
const CHANNEL: Known = Words(|| vec!["whatsapp", "sms", "rcs"]);
const CLASS: Known = Words(|| vec!["transactional", "promotional"]);
const REASON: Known = Words(reasons);

const MEDIA: Known = Map(&[("url", Known::TEXT), ("caption?", Known::TEXT), ("name?", Known::TEXT)]);
const LOCATION: Known = Map(&[
    ("latitude", Known::NUMBER),
    ("longitude", Known::NUMBER),
    ("name?", Known::TEXT),
    ("address?", Known::TEXT),
]);
const TEMPLATE_CONTENT: Known =
    Map(&[("name", Known::TEXT), ("language", Map(&[("code", Known::TEXT)])), ("components?", Known::LIST)]);
const SUGGESTIONS: Known = List(&Map(&[
    ("type", Words(|| vec!["reply", "open_url", "dial"])),
    ("text", Known::TEXT),
    ("postback?", Known::TEXT),
    ("url?", Known::TEXT),
    ("phone?", Known::TEXT),
]));

/// What a section's tree must come to.
pub(super) const fn made_by(leg: Leg) -> &'static Want {
    match leg {
        Leg::Send => &Want { what: "a message", outline: NEW_MESSAGE, one_of: CONTENTS },
        Leg::Status => &Want { what: "an event", outline: NEW_EVENT, one_of: WHICH },
        Leg::Inbound => &Want { what: "an inbound message", outline: NEW_INBOUND, one_of: &[] },
        Leg::Templates | Leg::Local => &Want { what: "a page", outline: Anything, one_of: &[] },
    }
}

/// What `{ send: … }` of a keyword rule must come to.
pub(super) const ANSWERING: Want = Want { what: "a message to who wrote", outline: CONTENT_SAID, one_of: CONTENTS };

/// An answer's status.
pub(super) const HTTP: Want = Want { what: "`http`", outline: Known::INTEGER, one_of: &[] };

/// One of these makes a message.
const CONTENTS: &[&str] =
    &["template", "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive"];

/// What a message has, whoever sees it.
const SAID: Known = With(
    &CONTENT_SAID,
    &[
        ("id", Known::TEXT),
        ("to", Known::TEXT),
        ("from", Known::TEXT),
        ("campaign?", Known::TEXT),
        ("keep?", Known::MAP),
    ],
);

/// What a message has that answers a person: whom it goes to, and from where, is known, and no platform is told of it.
const CONTENT_SAID: Known = Map(&[
    ("channel?", CHANNEL),
    ("class?", CLASS),
    ("quotes?", Known::TEXT),
    ("template?", TEMPLATE_CONTENT),
    ("text?", Known::TEXT),
    ("suggestions?", SUGGESTIONS),
    ("image?", MEDIA),
    ("video?", MEDIA),
    ("audio?", MEDIA),
    ("document?", MEDIA),
    ("sticker?", MEDIA),
    ("location?", LOCATION),
    ("contacts?", Known::LIST),
    ("interactive?", Anything),
]);

/// A message as a platform's mapping builds it.
const NEW_MESSAGE: Known = With(&SAID, &[("dedupe?", Known::TEXT)]);

/// A message as it is read again: with what the gateway adds.
pub(super) const MESSAGE: Known = With(&SAID, &[("ref", Known::TEXT), ("kind", Words(|| CONTENTS.to_vec()))]);

/// A failure as a provider's mapping builds it.
pub(super) const NEW_FAILURE: Known = Map(&[
    ("reason", REASON),
    ("code?", Known::NUMBER_OR_TEXT),
    ("detail?", Known::TEXT),
    ("resend?", Known::TEXT),
    ("settle?", Known::TEXT),
    ("stop?", STOP),
]);

/// What it cost, which may be said in part.
const COST: Known = Map(&[("amount?", Known::NUMBER_OR_TEXT), ("currency?", Known::TEXT), ("category?", Known::TEXT)]);

/// An event as a provider's mapping builds it.
const NEW_EVENT: Known = Map(&[
    ("provider_id?", Known::TEXT),
    ("ref?", Known::TEXT),
    ("status?", STATUS),
    ("word?", Known::TEXT),
    ("at", Known::MOMENT),
    ("user?", Known::TEXT),
    ("cost?", COST),
    ("failure?", NEW_FAILURE),
]);

/// One of these says which message an event is about.
const WHICH: &[&str] = &["provider_id", "ref"];

/// An event as a platform's mapping reads it. There is a failure whenever its status is `failed`.
pub(super) const EVENT: Known =
    With(&NEW_EVENT, &[("at", Known::TIME), ("failure?", FAILURE), ("provider", Known::TEXT)]);

/// A failure as it is read: its code is a text now.
const FAILURE: Known = With(&NEW_FAILURE, &[("code?", Known::TEXT), ("text?", Known::TEXT)]);

const CONTENT: Known = OneOf(&[
    Map(&[("kind", Words(|| vec!["text"])), ("text", Known::TEXT)]),
    Map(&[("kind", Words(|| vec!["button"])), ("text?", Known::TEXT), ("payload?", Known::TEXT)]),
    Map(&[
        ("kind", Words(|| vec!["image", "audio", "video", "document", "sticker"])),
        ("url", Known::TEXT),
        ("caption?", Known::TEXT),
        ("name?", Known::TEXT),
    ]),
    Map(&[("kind", Words(|| vec!["location"])), ("location", LOCATION)]),
    Map(&[("kind", Words(|| vec!["contacts"])), ("contacts", Known::LIST)]),
    Map(&[("kind", Words(|| vec!["order"])), ("order", Anything)]),
    Map(&[("kind", Words(|| vec!["reaction"])), ("emoji?", Known::TEXT)]),
    Map(&[("kind", Words(|| vec!["other"])), ("text?", Known::TEXT)]),
]);

/// An inbound message as a provider's mapping builds it.
const NEW_INBOUND: Known = Map(&[
    ("id", Known::TEXT),
    ("from", Known::TEXT),
    ("to", Known::TEXT),
    ("at", Known::MOMENT),
    ("user?", Known::TEXT),
    ("name?", Known::TEXT),
    ("quotes?", Known::TEXT),
    ("content", CONTENT),
]);

/// An inbound message as a platform's mapping reads it.
pub(super) const INBOUND: Known = With(&NEW_INBOUND, &[("at", Known::TIME)]);

/// A listed template as a provider's mapping builds it.
pub(super) const NEW_TEMPLATE: Known = LISTED;

/// What was synced.
pub(super) const TEMPLATES: Known = List(&NEW_TEMPLATE);

/// A page of it.
pub(super) const PAGE: Known = Map(&[("items", TEMPLATES), ("before?", Known::TEXT), ("after?", Known::TEXT)]);

/// What came of a call. The body counts as there: `ok` and `class` tell whether it is what was hoped for.
pub(super) const ANSWER: Known = Map(&[
    ("http?", Known::INTEGER),
    ("class", Words(|| vec!["2xx", "3xx", "4xx", "5xx", "unreached", "unanswered"])),
    ("headers", Anything),
    ("body", Anything),
    ("raw", Known::TEXT),
]);

/// The keyword rule that acts.
pub(super) const RULE: Known = Map(&[("name", Known::TEXT), ("word?", Known::TEXT)]);

/// A call of ours.
pub(super) const CALL: Known = Map(&[("id", Known::TEXT)]);

/// What is refused; a check adds members of its own.
pub(super) const ERROR: Known = Known::Open(&[
    ("reason", REASON),
    ("text?", Known::TEXT),
    ("cause?", Words(|| vec!["missing", "stale", "wrong"])),
    ("retry_after?", Anything),
]);
