//! The tenant file.

use super::map::{Kind, MapShape, Member, Others};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// A tenant file.
pub static TENANT: MapShape = MapShape::new(
    "tenant",
    "a tenant",
    "One brand: its platform account, its provider account, its numbers.",
    &[&[
        member("tenant", Kind::Text, "the name, in logs and everywhere: letters, digits, `-` `_` `.`", "acme")
            .required(),
        member(
            "platform",
            Kind::Text,
            "the name of the platform's mapping, perhaps with a version: `NAME@HASH`",
            "beacon",
        )
        .required(),
        member(
            "provider",
            Kind::Text,
            "the name of the provider's mapping, perhaps with a version: `NAME@HASH`; needed without an `account`",
            "courier",
        ),
        member(
            "account",
            Kind::Text,
            "an account of the gateway's file: provider, credentials, settings and limits are taken from there",
            "main",
        ),
        member(
            "enabled",
            Kind::Boolean,
            "`false`: its sends are refused as `forbidden` and its queue is held; statuses and STOPs are \
             still taken in",
            "false",
        )
        .or("true"),
        member(
            "numbers",
            Kind::Many(&Kind::Either(&[Kind::Digits, Kind::Map(&NUMBER)])),
            "its senders: digits without `+`, or maps",
            "[ { number: \"6531290044\", waba: \"104996122399160\" } ]",
        )
        .required(),
        member(
            "credentials",
            Kind::Named(&Kind::Either(&[Kind::Secret, Kind::Named(&Kind::Secret)])),
            "what the two mappings' `auth` and calls read. A block named after a party is laid over the flat \
             members, so that both may have an `api_key`. A value is `${env:NAME}`, `${file:/path}` (one \
             trailing line break is dropped) or a list of them while one is rotated; one written out is a \
             warning",
            "{ courier: { api_key: \"${env:ACME_KEY}\" } }",
        ),
        member(
            "settings",
            Kind::Named(&Kind::Any),
            "what the two mappings declare under `settings`; blocks per party as in `credentials`. One that \
             is needed and missing is named",
            "{ report_url: \"https://api.example/report\" }",
        )
        .or("the mapping's"),
        member(
            "tables",
            Kind::Named(&Kind::Named(&Kind::Named(&Kind::Any))),
            "rows and columns of a mapping's tables that this tenant changes: `{ PARTY: { TABLE: { ROW: … } \
             } }`",
            "{ beacon: { codes: { frequency_cap: { report: 2009 } } } }",
        ),
        member("limits", Kind::Map(&LIMITS), "how fast, and how much may wait", "{ send: 200/s, backlog: 500000 }"),
        member("delivery", Kind::Map(&DELIVERY), "how messages are delivered", "{ expire_after: 6h }"),
        member("sources", Kind::Many(&Kind::Text), "address ranges the platform may call from", "[ 203.0.113.0/24 ]")
            .or("any"),
        member(
            "hosts",
            Kind::Many(&Kind::Text),
            "`host` or `host:port` that calls may go to besides the mapping's",
            "[ media.acme.example ]",
        ),
        member(
            "keywords",
            Kind::Named(&Kind::Map(&KEYWORD)),
            "per rule of the platform's mapping: its words and its reply",
            "{ opt_out: { words: [ STOP ], reply: \"Bye, {{name}}.\" } }",
        )
        .or("the mapping's"),
    ]],
)
.needs_one(&["provider", "account"]);

/// One of a tenant's senders.
pub static NUMBER: MapShape = MapShape::new(
    "number",
    "a number",
    "One of a tenant's senders.",
    &[&[
        member(
            "number",
            Kind::Digits,
            "a sender, digits without `+`; also a word, where the provider has such senders",
            "\"6531290044\"",
        )
        .required(),
        member(
            "waba",
            Kind::Digits,
            "the WhatsApp business account; without it no templates are synced for this number",
            "\"104996122399160\"",
        ),
        member("rate", Kind::Rate, "of this number at dispatch", "20/s").or("80/s"),
        member(
            "inbound",
            Kind::Boolean,
            "its inbound messages belong to this tenant; `false` where another tenant receives them",
            "false",
        )
        .or("true"),
    ]],
)
.others(&Others {
    pattern: "",
    member: Member::new("any other", Kind::Any, "read by mappings as `$.number.NAME`", "west"),
});

/// `limits`.
pub static LIMITS: MapShape = MapShape::new(
    "limits",
    "limits",
    "How fast, and how much may wait.",
    &[&[
        member("send", Kind::Rate, "of the whole tenant at dispatch, beside the numbers' rates", "200/s")
            .or("no limit"),
        member("burst", Kind::Integer, "how many at once after a pause", "100").or("the rate's number"),
        member(
            "pair",
            Kind::Rate,
            "of one recipient from one sender; a recipient who had too many is stepped over, not waited for",
            "1/6s",
        )
        .or("1/6s"),
        member("pair_burst", Kind::Integer, "how many at once to one recipient after a pause", "45").or("45"),
        member("accept", Kind::Rate, "at the door; beyond it the platform is told `throttled`", "200/s").or("no limit"),
        member("backlog", Kind::Integer, "queued messages; beyond it the platform is told `overloaded`", "500000")
            .or("500000"),
        member(
            "weight",
            Kind::Integer,
            "its part of the provider account's calls while tenants that share the account want more than there are",
            "2",
        )
        .or("1"),
    ]],
);

/// `delivery`.
pub static DELIVERY: MapShape = MapShape::new(
    "delivery",
    "delivery",
    "How messages are delivered.",
    &[&[
        member("timeout", Kind::Duration, "for one call", "10s").or("10s"),
        member("expire_after", Kind::Duration, "a message is not sent after this", "24h").or("24h"),
        member(
            "retry",
            Kind::Map(&RESEND_AFTER),
            "delays between attempts: doubling, spread by a fifth",
            "{ first: 1s, max: 15m }",
        ),
        member(
            "in_doubt",
            Kind::Map(&IN_DOUBT),
            "what happens to an attempt of unknown outcome",
            "{ wait: 120s, then: resend }",
        ),
        member("concurrency", Kind::Integer, "calls under way per provider account", "64").or("64"),
        member(
            "suppression",
            Kind::Word(&["tenant", "number", "off"]),
            "whom an opt-out holds for: `tenant`, `number` (the one it was said to), `\"off\"` (nobody; the \
             tenant takes the responsibility)",
            "number",
        )
        .or("tenant"),
        member(
            "preflight",
            Kind::Word(&["refuse", "warn", "off"]),
            "a message that does not fit its synced template: `refuse`, `warn` (sent, with a line in the \
             log), `\"off\"` (not looked at)",
            "warn",
        )
        .or("refuse"),
        member(
            "empty",
            Kind::Either(&[Kind::Word(&["pass", "refuse"]), Kind::Map(&EMPTY)]),
            "a placeholder of a header or body that is left blank: `pass` (the provider decides), `refuse` (as \
             `preflight` says), or a text that stands in its place",
            "{ put: friend }",
        )
        .or("pass"),
        member(
            "static_button",
            Kind::Word(&["drop", "refuse"]),
            "a value for a button that the synced template has as static: `drop` (sent without it), `refuse` (as \
             `preflight` says)",
            "refuse",
        )
        .or("drop"),
        member(
            "resend",
            Kind::Word(&["on", "off"]),
            "`\"on\"`: a failure that the provider's mapping marks with `resend` is attempted again, at most \
             three times",
            "\"on\"",
        )
        .or("\"off\""),
    ]],
);

/// `delivery.empty`.
pub static EMPTY: MapShape = MapShape::new(
    "delivery_empty",
    "delivery.empty",
    "What stands where nothing was given.",
    &[&[member("put", Kind::Text, "the text", "friend").required()]],
);

/// `delivery.retry`.
pub static RESEND_AFTER: MapShape = MapShape::new(
    "delivery_retry",
    "delivery.retry",
    "Delays between attempts.",
    &[&[
        member("first", Kind::Duration, "the first delay; the next ones double", "1s").or("1s"),
        member("max", Kind::Duration, "the longest delay", "15m").or("15m"),
    ]],
);

/// `delivery.in_doubt`.
pub static IN_DOUBT: MapShape = MapShape::new(
    "delivery_in_doubt",
    "delivery.in_doubt",
    "What happens to an attempt of unknown outcome.",
    &[&[
        member("wait", Kind::Duration, "how long a status is waited for", "120s").or("120s"),
        member("then", Kind::Word(&["resend", "fail"]), "`resend`: rather twice than never; `fail`", "fail")
            .or("resend"),
    ]],
);

/// One of `keywords`.
pub static KEYWORD: MapShape = MapShape::new(
    "keyword",
    "a keyword",
    "A rule's words and reply for this tenant.",
    &[&[
        member("words", Kind::Many(&Kind::Text), "instead of the rule's", "[ STOP, 停止 ]"),
        member(
            "reply",
            Kind::Prose,
            "instead of the rule's; `{{name}}` `{{from}}` `{{to}}` `{{word}}` may stand in it",
            "\"Bye, {{name}}.\"",
        ),
    ]],
);
