//! Legs that are no route sections: a platform's reports and rules, a provider's send and listing.

use super::call::{ASKING_CALL, LISTING_CALL, SEND_CALL};
use super::map::{Kind, MapShape, Member};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// A platform's `status`.
pub static PLATFORM_STATUS: MapShape = MapShape::new(
    "platform_status",
    "status",
    "What the platform is told of a message's life.",
    &[&[
        member(
            "words",
            Kind::Map(&WORDS),
            "the platform's word for each status; a word is said once per message",
            "{ delivered: delivered, read: read, failed: failed }",
        )
        .required(),
        member(
            "fill",
            Kind::Many(&Kind::Text),
            "words that are said first if a higher one (not `failed`) comes and they never were",
            "[ sent ]",
        ),
        member("do", Kind::Tree, "a list of calls", "[ report ]").required(),
    ]],
);

/// A platform's words.
pub static WORDS: MapShape = MapShape::new(
    "words",
    "words",
    "The platform's word for each status; `$omit` for silence.",
    &[&[
        member("submitted", Kind::Tree, "the provider took it", "sent"),
        member("delivered", Kind::Tree, "it reached the person's phone", "delivered"),
        member("read", Kind::Tree, "the person has seen it", "read"),
        member("failed", Kind::Tree, "it will not arrive", "failed"),
    ]],
);

/// A platform's `inbound`.
pub static PLATFORM_INBOUND: MapShape = MapShape::new(
    "platform_inbound",
    "inbound",
    "Keyword rules: what a person's words mean, and what the platform is told of them.",
    &[&[
        member(
            "fold",
            Kind::Either(&[
                Kind::Word(&["all"]),
                Kind::Many(&Kind::Word(&["case", "width", "diacritics", "punctuation", "space"])),
            ]),
            "what is ignored when words are compared",
            "[ case, space ]",
        )
        .or("all"),
        member("match", Kind::Word(&["whole", "first_word"]), "how much of a text must be the word", "first_word")
            .or("whole"),
        member(
            "rules",
            Kind::Named(&Kind::Map(&RULE)),
            "by name, in order: the first that fits acts",
            "{ opt_out: { words: [ STOP ], do: [ suppress, reply ] } }",
        )
        .required(),
    ]],
);

/// A keyword rule.
pub static RULE: MapShape = MapShape::new(
    "rule",
    "a rule",
    "A keyword rule; one with neither `words` nor `when` fits everything. A tenant's `keywords` \
             replace `words` and `reply`.",
    &[&[
        member(
            "words",
            Kind::Many(&Kind::Text),
            "words: the text, or label and payload of a button, is compared",
            "[ STOP, UNSUBSCRIBE ]",
        ),
        member("when", Kind::Condition, "must hold too", "$.inbound.content.kind == \"text\""),
        member("reply", Kind::Prose, "what the action `reply` says", "You will not hear from us again."),
        member(
            "do",
            Kind::Tree,
            "a list of `suppress`, `release`, `reply`, names of calls, and `{ send: MESSAGE }`: a message of the rule's own",
            "[ suppress, reply, { send: { text: Goodbye. } } ]",
        )
        .required(),
    ]],
);

/// A provider's `send`.
pub static PROVIDER_SEND: MapShape = MapShape::new(
    "provider_send",
    "send",
    "How the provider is told to send.",
    &[&[member(
        "call",
        Kind::Map(&SEND_CALL),
        "the call",
        "{ method: POST, url: $.settings.url, body: $.message, take: { provider_id: $.answer.body.id }, \
             retry: { again: [ unreached ] } }",
    )
    .required()]],
);

/// A provider's `templates`.
pub static PROVIDER_TEMPLATES: MapShape = MapShape::new(
    "provider_templates",
    "templates",
    "How the provider's templates are listed.",
    &[&[
        member(
            "call",
            Kind::Map(&LISTING_CALL),
            "the call for one page",
            "{ method: GET, url: $.settings.templates_url }",
        )
        .required(),
        member("each", Kind::Expression, "the items of a page", "\"$.answer.body.templates[*]\"").required(),
        member(
            "template",
            Kind::Tree,
            "one item as a Template of the model",
            "{ id: $.item.id, name: $.item.name, language: $.item.language, status: $.item.status, \
             components: $.item.components }",
        )
        .required(),
    ]],
);

/// A provider's `webhooks`.
pub static PROVIDER_WEBHOOKS: MapShape = MapShape::new(
    "provider_webhooks",
    "webhooks",
    "How the provider is asked where it posts to.",
    &[&[
        member("call", Kind::Map(&ASKING_CALL), "the question", "{ method: GET, url: $.settings.application_url }")
            .required(),
        member("status", Kind::Tree, "the address that statuses go to", "$.answer.body.status_url?"),
        member("inbound", Kind::Tree, "the address for what people write", "$.answer.body.inbound_url?"),
    ]],
);
