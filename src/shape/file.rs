//! The mapping file: its top level, settings, `auth`, tables.

use super::call::{CALL, SCHEME};
use super::cases::{CASE, GIVEN};
use super::legs::{PLATFORM_INBOUND, PLATFORM_STATUS, PROVIDER_SEND, PROVIDER_TEMPLATES, PROVIDER_WEBHOOKS};
use super::map::{Kind, MapShape, Member};
use super::onboard::ONBOARD;
use super::section::{LOCAL, PLATFORM_SEND, PLATFORM_TEMPLATES, PROVIDER_INBOUND, PROVIDER_STATUS, REFUSED, WHO};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

static HEAD: &[Member] = &[member("dsl", Kind::Exactly("1"), "the version of the language", "1").required()];

static COMMON: &[Member] = &[
    member(
        "settings",
        Kind::Named(&Kind::Map(&SETTING)),
        "what a tenant may set",
        "{ base_url: { type: url, default: \"https://api.example\" } }",
    ),
    member(
        "hosts",
        Kind::Many(&Kind::Text),
        "`host` or `host:port` where calls may go whose URL does not come from a setting; the tenant's \
             `hosts` are added",
        "[ api.example ]",
    ),
    member(
        "auth",
        Kind::Map(&AUTH),
        "how the party proves itself, and we to it",
        "{ in: [ { bearer: { token: $.credentials.token } } ] }",
    ),
    member(
        "refused",
        Kind::Map(&REFUSED),
        "the one way in which this party is told no; needed with routes",
        "{ http: $.error.reason | table(codes) }",
    ),
];

static REST: &[Member] = &[
    member(
        "tables",
        Kind::Named(&Kind::Map(&TABLE)),
        "tables by name, for `table(NAME)`",
        "{ states: { rows: { ok: delivered }, else: $omit } }",
    ),
    member(
        "local",
        Kind::Named(&Kind::Map(&LOCAL)),
        "requests that are answered here, by a name: handshakes, validations",
        "{ hello: { route: { method: GET, path: /hello }, answer: { body: $.query.challenge } } }",
    ),
    member(
        "onboard",
        Kind::Map(&ONBOARD),
        "what a new tenant is asked for, and what is entered in the party's dashboard; no message has to do with it",
        "{ credentials: { token: what its form calls API key } }",
    ),
    member("use", Kind::Named(&Kind::Tree), "named trees, for `$use`", "{ stamp: $.at | epoch(\"s\") }"),
    member(
        "given",
        Kind::Map(&GIVEN),
        "what every contract case starts from; the gateway does not read it",
        "{ numbers: [ \"14155550100\" ] }",
    ),
    member("cases", Kind::List(&Kind::Map(&CASE)), "contract cases; the gateway does not read them", "[]"),
];

/// A platform's mapping.
pub static PLATFORM: MapShape = MapShape::new(
    "platform",
    "a platform's mapping",
    "A platform's contract.",
    &[
        HEAD,
        &[
            member("platform", Kind::Text, "the platform, as tenants name it", "beacon").required(),
            member(
                "retry_budget",
                Kind::Duration,
                "how long the platform repeats what it was told \"later\" about; a tenant whose `backlog` takes longer \
                 to send is warned of",
                "30m",
            ),
        ],
        COMMON,
        &[
            member(
                "send",
                Kind::Map(&PLATFORM_SEND),
                "its request to send a message",
                "{ route: { method: POST, path: /send }, message: { id: $.body.id, to: $.body.to, from: \
             $.body.from, text: $.body.text } }",
            ),
            member(
                "status",
                Kind::Map(&PLATFORM_STATUS),
                "what it is told of a message's life",
                "{ words: { delivered: delivered }, do: [ report ] }",
            ),
            member(
                "inbound",
                Kind::Map(&PLATFORM_INBOUND),
                "keyword rules, and what it is told of what people write",
                "{ rules: { all: { do: [ post ] } } }",
            ),
            member(
                "templates",
                Kind::Map(&PLATFORM_TEMPLATES),
                "its question for templates",
                "{ route: { method: GET, path: /templates }, page: { of: \"$.templates[*]\" } }",
            ),
            member(
                "calls",
                Kind::Named(&Kind::Map(&CALL)),
                "what `do` may name",
                "{ report: { method: POST, url: $.settings.report_url, body: { status: $.word } } }",
            ),
        ],
        REST,
    ],
)
.needs_one(LEGS);

/// A provider's mapping.
pub static PROVIDER: MapShape = MapShape::new(
    "provider",
    "a provider's mapping",
    "A provider's contract.",
    &[
        HEAD,
        &[member("provider", Kind::Text, "the provider, as tenants name it", "courier").required()],
        COMMON,
        &[
            member(
                "send",
                Kind::Map(&PROVIDER_SEND),
                "how it is told to send",
                "{ call: { method: POST, url: $.settings.url, body: $.message, take: { provider_id: \
             $.answer.body.id }, retry: { again: [ unreached ] } } }",
            ),
            member(
                "status",
                Kind::Map(&PROVIDER_STATUS),
                "its status webhook",
                "{ route: { method: POST, path: /status }, event: { provider_id: $.body.id, status: \
             $.body.state, at: $.now } }",
            ),
            member(
                "inbound",
                Kind::Map(&PROVIDER_INBOUND),
                "its webhook for what people write",
                "{ route: { method: POST, path: /inbound }, event: { id: $.body.id, from: $.body.from, to: \
             $.body.to, at: $.now, content: { kind: text, text: $.body.text } } }",
            ),
            member(
                "templates",
                Kind::Map(&PROVIDER_TEMPLATES),
                "how its templates are listed",
                "{ call: { method: GET, url: $.settings.url }, each: \"$.answer.body[*]\", template: $.item }",
            ),
            member(
                "webhooks",
                Kind::Map(&PROVIDER_WEBHOOKS),
                "how its API says where it posts to; asked by `switchboard doctor` alone",
                "{ call: { method: GET, url: $.settings.application_url }, status: $.answer.body.status_url? }",
            ),
        ],
        REST,
    ],
)
.needs_one(LEGS)
.elsewhere(&[
    ("calls", "a provider's calls are `send.call` and `templates.call`"),
    ("retry_budget", "only a platform repeats what it was told \"later\" about"),
]);

const LEGS: &[&str] = &["send", "status", "inbound", "templates"];

/// A setting that a mapping declares.
pub static SETTING: MapShape = MapShape::new(
    "setting",
    "a setting",
    "What a tenant may set. Without `default` and `optional: true` a tenant must set it.",
    &[&[
        member(
            "type",
            Kind::Word(&["text", "word", "url", "boolean", "integer", "duration", "headers"]),
            "what it holds; a `word` is a text without blanks",
            "url",
        )
        .required(),
        member("default", Kind::Any, "what holds where a tenant says nothing", "https://api.example"),
        member("optional", Kind::Boolean, "may be left out without a default", "true").or("false"),
        member("one_of", Kind::Many(&Kind::Text), "the only words it may hold", "[ ms, s, iso ]"),
    ]],
);

/// `auth`.
pub static AUTH: MapShape = MapShape::new(
    "auth",
    "auth",
    "How the party proves itself to us, and we to it.",
    &[&[
        member(
            "in",
            WHO,
            "schemes of which any one suffices; one counts for a tenant only if the tenant has all \
             credentials it reads. Needed with routes",
            "[ { bearer: { token: $.credentials.token } } ]",
        ),
        member(
            "out",
            Kind::Many(&SCHEME),
            "schemes of our calls: the first whose credentials the tenant has",
            "[ { bearer: { token: $.credentials.token } } ]",
        ),
    ]],
);

/// A table.
pub static TABLE: MapShape = MapShape::new(
    "table",
    "a table",
    "A total function from texts to values; it holds no expressions, and a look-up that fell to \
             `else` is logged with its raw key.",
    &[&[
        member(
            "key",
            Kind::Many(&Kind::Text),
            "the key column, or a list of them; may be left out for one key",
            "[ http, code ]",
        ),
        member(
            "rows",
            Kind::Either(&[Kind::Named(&Kind::Any), Kind::List(&Kind::Named(&Kind::Any))]),
            "with one key: a map from key to a value or a map of columns. With several: a list of maps of \
             key columns and result columns; a key column left out fits anything, the first row that fits \
             wins",
            "{ sent: submitted, seen: read }",
        )
        .required(),
        member(
            "else",
            Kind::Any,
            "what any other key comes to, and any column that a row leaves out; `$omit` is nothing",
            "$omit",
        )
        .required(),
    ]],
);
