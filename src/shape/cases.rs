//! Contract cases: `given` and `cases` of a mapping, and `NAME.cases.yaml`.

use super::map::{Kind, MapShape, Member};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// A file of cases.
pub static CASES: MapShape = MapShape::new(
    "cases",
    "a file of cases",
    "Contract cases of one mapping.",
    &[&[
        member("for", Kind::Text, "the mapping's name", "beacon").required(),
        member(
            "given",
            Kind::Map(&GIVEN),
            "what every case starts from, laid over the mapping's own",
            "{ numbers: [ \"14155550100\" ] }",
        ),
        member("cases", Kind::List(&Kind::Map(&CASE)), "the cases", "[]"),
    ]],
);

/// A case.
pub static CASE: MapShape = MapShape::new(
    "case",
    "a case",
    "What a party sends, and what must come of it.",
    &[&[
        member("case", Kind::Text, "its name: one sentence that says what is promised", "wrong credentials").required(),
        member("given", Kind::Map(&GIVEN), "laid over the file's `given`", "{ suppressed: [ \"14155550101\" ] }"),
        member(
            "request",
            Kind::Map(&CASE_REQUEST),
            "a request to one of the mapping's routes",
            "{ path: /webhooks/send, body: { $file: send.json } }",
        ),
        member(
            "error",
            Kind::Any,
            "why the party is told no: `reason`, and `text` `cause` `retry_after` as `$.error` has them",
            "{ reason: overloaded, retry_after: 30 }",
        ),
        member(
            "message",
            Kind::Any,
            "a message to be sent; that of `given`, with this laid over it",
            "{ text: Hello }",
        ),
        member(
            "event",
            Kind::Any,
            "what became of a message, to be reported to the platform",
            "{ status: read, at: \"2026-11-04T09:14:06Z\" }",
        ),
        member("inbound", Kind::Any, "what a person wrote", "{ content: { kind: text, text: STOP } }"),
        member(
            "answers",
            Kind::List(&Kind::Map(&CASE_ANSWER)),
            "what the other party says to our calls, in order; alone, it drives the leg that calls",
            "[ { http: 200 } ]",
        ),
        member("expect", Kind::Map(&EXPECT), "what must come of it", "{ answer: { http: 401 } }").required(),
    ]],
);

/// What a case starts from.
pub static GIVEN: MapShape = MapShape::new(
    "given",
    "`given`",
    "What a case starts from.",
    &[&[
        member(
            "numbers",
            Kind::Any,
            "the tenant's numbers",
            "[ { number: \"6531290044\", waba: \"104996122399160\" } ]",
        ),
        member("settings", Kind::Any, "the tenant's settings", "{ report_url: \"https://api.example/report\" }"),
        member("credentials", Kind::Any, "placeholders; keys are made for the run", "{ api_key: shop }"),
        member("keywords", Kind::Any, "the tenant's words and replies, by rule", "{ opt_out: { reply: Goodbye. } }"),
        member("templates", Kind::Any, "the synced templates, as the model has them", "[]"),
        member(
            "message",
            Kind::Any,
            "the message that events and calls are about",
            "{ id: m1, to: \"6598114720\", from: \"6531290044\" }",
        ),
        member("quoted", Kind::Any, "the message that was answered", "{ id: m1 }"),
        member("last", Kind::Any, "the newest message to the person from the number", "{ id: m1 }"),
        member("said", Kind::Any, "words that the platform was told before", "[ sent ]"),
        member("suppressed", Kind::Any, "people who opted out", "[ \"6598114720\" ]"),
        member("now", Kind::Any, "the time", "\"2026-11-04T09:14:06Z\""),
    ]],
);

/// A request of a case.
pub static CASE_REQUEST: MapShape = MapShape::new(
    "case_request",
    "a request",
    "A request to one of the mapping's routes.",
    &[&[
        member("path", Kind::Text, "the path", "/webhooks/send").required(),
        member("method", Kind::Text, "the HTTP method", "GET").or("the route's"),
        member("query", Kind::Any, "a map of the query's members", "{ tenant: acme }"),
        member("headers", Kind::Any, "a map of headers", "{ x-request-id: r1 }"),
        member(
            "signed",
            Kind::Word(&["right", "missing", "wrong", "stale"]),
            "how it proves itself, with the given credentials",
            "wrong",
        )
        .or("right"),
        member("body", Kind::Any, "the body, or a sample: `{ $file: NAME }`", "{ $file: send.json }"),
        member(
            "refuse",
            Kind::Either(&[Kind::Reason, Kind::Map(&REFUSE)]),
            "what no request can bring about: the gateway refuses each message that would come in, and every listing",
            "throttled",
        ),
    ]],
);

/// A refusal of the gateway's own.
pub static REFUSE: MapShape = MapShape::new(
    "refuse",
    "`refuse`",
    "What the gateway refuses with, whatever the request says.",
    &[&[
        member("reason", Kind::Reason, "the reason", "throttled").required(),
        member("text", Kind::Text, "for people", "too many at once"),
        member("retry_after", Kind::Integer, "seconds after which a repeat is welcome", "5"),
        member("after", Kind::Integer, "so many messages of the request come in before", "2").or("0"),
    ]],
);

/// An answer that a case gives to a call.
pub static CASE_ANSWER: MapShape = MapShape::new(
    "case_answer",
    "an answer",
    "What the other party says to a call.",
    &[&[
        member("http", Kind::Integer, "HTTP status", "202"),
        member("class", Kind::Word(&["unreached", "unanswered"]), "no answer at all", "unanswered"),
        member("headers", Kind::Any, "a map of headers", "{ retry-after: \"5\" }"),
        member("body", Kind::Any, "the body, or a sample: `{ $file: NAME }`", "{ id: p1 }"),
    ]],
)
.needs_one(&["http", "class"]);

/// What must come of a case.
pub static EXPECT: MapShape = MapShape::new(
    "expect",
    "`expect`",
    "What must come of a case: maps are subsets, under `$exact` they are the whole; lists are compared item by item, `$omit` must not be there.",
    &[&[
        member("answer", Kind::Any, "our answer to the request", "{ http: 202 }"),
        member("message", Kind::Any, "the message that was accepted", "{ id: m1 }"),
        member(
            "messages",
            Kind::Any,
            "the messages of a request with `each`, or those that a rule sends",
            "[ { id: m1 }, { id: m2 } ]",
        ),
        member("event", Kind::Any, "the event of a webhook", "{ status: delivered }"),
        member("inbound", Kind::Any, "the inbound message of a webhook", "{ from: \"6598114720\" }"),
        member("events", Kind::Any, "the events or inbound messages of a webhook with `each`", "[ { status: read } ]"),
        member(
            "errors",
            Kind::Any,
            "every refusal, as `$.errors` has it; of a webhook, or of what a rule sends, what goes to the dead letters",
            "[ { reason: missing_field, path: item.to, index: 1 } ]",
        ),
        member(
            "calls",
            Kind::Any,
            "the calls that are made, in order; `claims` is what a token that we signed says",
            "[ { call: report, body: { $exact: { id: m1, status: read } } } ]",
        ),
        member(
            "send",
            Kind::Any,
            "what becomes of the send: `outcome` (sent queued in_doubt held failed), `attempts`, \
             `provider_id`, `failure`",
            "{ outcome: sent }",
        ),
        member(
            "templates",
            Kind::Any,
            "what a listing finds: `count`, and `list` as the model has them",
            "{ count: 4 }",
        ),
        member("rule", Kind::Any, "the rule that acts", "opt_out"),
        member("reply", Kind::Any, "the text of the rule's reply", "Goodbye."),
        member("suppressed", Kind::Any, "whether the person has opted out now", "true"),
    ]],
);
