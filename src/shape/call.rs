//! Calls: where to, what with, what the answer means.

use super::map::{Kind, MapShape, Member};
use super::scheme::SCHEME_OUT;
use super::section::{FORMATS, LET};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// A scheme, or the word for none.
pub(super) const SCHEME: Kind = Kind::Either(&[Kind::Word(&["none"]), Kind::Map(&SCHEME_OUT)]);

static COMMON: &[Member] = &[
    member("when", Kind::Condition, "made only then", "$.settings.report_url?"),
    LET,
    member("method", Kind::Text, "HTTP method", "POST").required(),
    member(
        "url",
        Kind::Either(&[Kind::Computed, Kind::Map(&URL)]),
        "where to: an expression, or parts that are percent-encoded. The host is that of a setting, or \
             one of `hosts`",
        "$.settings.report_url",
    )
    .required(),
    member("auth", SCHEME, "a scheme instead of `auth.out`", "{ bearer: { token: $.credentials.report_token } }"),
    member("headers", Kind::Tree, "a map of headers", "{ x-version: \"2\" }"),
    member(
        "body",
        Kind::Tree,
        "the body; keys keep their order, a body of nothing is empty",
        "{ id: $.message.id, status: $.word }",
    ),
    member(
        "encode",
        FORMATS,
        "how the body is written. `form`: a list repeats the key. `xml`: one root key, a list repeats \
             the element",
        "form",
    )
    .or("json"),
    member("decode", FORMATS, "how an answer is read whose content type does not say", "text").or("json"),
    member(
        "schema",
        Kind::File,
        "a JSON Schema in the folder `schemas`, of the body (in `templates`: of the answer); for cases",
        "messages.schema.json",
    ),
    member("ok", Kind::Condition, "which answers are good", "$.answer.http == 200").or("$.answer.class == \"2xx\""),
];

const RETRY_MEMBER: Member = member(
    "retry",
    Kind::Map(&RETRY),
    "what is done about an answer that is not `ok`; required in a provider's `send.call`",
    "{ again: [ unreached, 429 ], in_doubt: [ unanswered, 5xx ], hold: [ 401, 403 ] }",
);

/// A call of a platform's mapping.
pub static CALL: MapShape = MapShape::new(
    "call",
    "a call",
    "A call that `do` names.",
    &[COMMON, &[RETRY_MEMBER.or("{ again: [ unreached, unanswered, 429, 5xx ], for: 24h }")]],
)
.elsewhere(ELSEWHERE);

/// A provider's send.
pub static SEND_CALL: MapShape = MapShape::new(
    "send_call",
    "a call",
    "The call that sends a message.",
    &[
        COMMON,
        &[
            RETRY_MEMBER.required(),
            member(
                "take",
                Kind::Tree,
                "values out of a good answer; `provider_id` is needed",
                "{ provider_id: $.answer.body.id }",
            )
            .required(),
            member(
                "failed",
                Kind::Map(&FAILED),
                "a bad answer as a Failure",
                "{ reason: $.answer.body.code | string | table(codes) }",
            ),
        ],
    ],
)
.elsewhere(ELSEWHERE);

/// A provider's listing of templates.
pub static LISTING_CALL: MapShape = MapShape::new(
    "listing_call",
    "a call",
    "The call for one page of the provider's templates.",
    &[
        COMMON,
        &[
            RETRY_MEMBER.or("{ again: [ unreached, unanswered, 429, 5xx ], for: 24h }"),
            member(
                "next",
                Kind::Tree,
                "the URL of the next page, on the same host; nothing: this was the last",
                "$.answer.body.paging.next?",
            ),
        ],
    ],
)
.elsewhere(ELSEWHERE);

/// A question to a provider's API.
pub static ASKING_CALL: MapShape =
    MapShape::new("asking_call", "a call", "A question to the provider's API.", &[COMMON]).elsewhere(ELSEWHERE);

const ELSEWHERE: &[(&str, &str)] = &[
    ("take", "only a provider's `send.call` takes values out of its answer"),
    ("failed", "only a provider's `send.call` makes a Failure; here `retry` and `ok` decide"),
    ("next", "only a provider's `templates.call` has pages"),
];

/// A URL in parts.
pub static URL: MapShape = MapShape::new(
    "url",
    "url",
    "A URL in parts, each percent-encoded.",
    &[&[
        member("base", Kind::Tree, "scheme, host and what all URLs begin with", "$.settings.base_url").required(),
        member("path", Kind::Many(&Kind::Tree), "segments", "[ v1, messages, $.message.ref ]"),
        member("query", Kind::Tree, "a map of query members", "{ limit: 100 }"),
    ]],
);

/// A bad answer as a Failure.
pub static FAILED: MapShape = MapShape::new(
    "failed",
    "failed",
    "A bad answer to a send as a Failure of the model.",
    &[&[
        LET,
        member("reason", Kind::Tree, "one of the reasons", "$.answer.body.code | string | table(codes)").required(),
        member("code", Kind::Tree, "the provider's own code", "\"$.answer.body.code? | string\""),
        member("detail", Kind::Tree, "the provider's own words", "$.answer.body.detail?"),
        member("resend", Kind::Tree, "a duration: a new attempt is worth it then", "$.row.resend?"),
        member("settle", Kind::Tree, "a duration: better news may come", "10m"),
        member(
            "stop",
            Kind::Tree,
            "`account` or `number`: their lanes are held; `recipient`: that person is left alone, for `resend` if it says so",
            "account",
        ),
    ]],
);

const CASES: Kind = Kind::Many(&Kind::AnswerCase);

/// What is done about bad answers.
pub static RETRY: MapShape = MapShape::new(
    "retry",
    "retry",
    "Which answers lead to what; a number goes before its class, `renew` before the rest, and what \
             no list names is final.",
    &[&[
        member("again", CASES, "later, with growing delays", "[ unreached, 429 ]"),
        member("in_doubt", CASES, "perhaps done, so a status is waited for", "[ unanswered, 5xx ]"),
        member("renew", CASES, "once more with fresh credentials", "[ 401 ]"),
        member("hold", CASES, "the lane stops and is probed after a minute, doubling to fifteen", "[ 401, 403 ]"),
        member("for", Kind::Duration, "how long it is tried", "72h").or("24h"),
    ]],
);
