//! Route sections: a request that a party makes of us, from route to answer. And `refused`.

use super::map::{Kind, MapShape, Member, Others};
use super::scheme::SCHEME_IN;

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// How bodies are written and read.
pub(super) const FORMATS: Kind = Kind::Word(&["json", "form", "query", "xml", "text"]);
/// A scheme that stands for itself, or the word for none.
pub(super) const WHO: Kind = Kind::Many(&Kind::Either(&[Kind::Word(&["none"]), Kind::Map(&SCHEME_IN)]));
/// `let`.
pub(super) const LET: Member = member(
    "let",
    Kind::Named(&Kind::Tree),
    "names for values, in order: each sees the earlier ones; computed when first read, at most once",
    "{ row: '$.body.code | string | table(codes)' }",
);

static SECTION: &[Member] = &[
    member(
        "route",
        Kind::Many(&Kind::Map(&ROUTE)),
        "where requests come in; a list of several",
        "{ method: POST, path: /webhooks/send }",
    )
    .required(),
    member(
        "when",
        Kind::Condition,
        "a request that this leaves out gets `answer`, and nothing else happens",
        "$.body.type == \"text\"",
    ),
    member("auth", WHO, "schemes instead of the file's", "[ none ]"),
    member(
        "tenant",
        Kind::Either(&[Kind::Expression, Kind::Map(&TENANT_OF)]),
        "whose it is: the tenant's name, or whose number or setting has this value. Absent or nothing: \
             the credentials tell. Whoever it names, the credential of this request must be that tenant's own",
        "$.query.tenant?",
    ),
    member(
        "schema",
        Kind::File,
        "a JSON Schema of the body, in the folder `schemas`: for paths, cases and, counted, samples of the traffic",
        "messages.schema.json",
    ),
    LET,
    member(
        "checks",
        Kind::List(&Kind::Map(&CHECK)),
        "what is refused, in order",
        "[ { refuse: missing_field, unless: \"$.body.id?\" } ]",
    ),
];

const ACCEPTED: Member =
    member("answer", Kind::Map(&ANSWER), "the answer to what was accepted", "{ http: 202, body: { status: ok } }");

const DUPLICATE: Member =
    member("duplicate", Kind::Map(&ANSWER), "the answer to a repeat, where it is another", "{ http: 200 }");

const EACH: Member = member(
    "each",
    Kind::Many(&Kind::Expression),
    "where the items of a request are, each a message or event of its own; a list, where they are inside of others. Then there are `$.item`, `$.index` and `$.outer`",
    "\"$.body.items[*]\"",
);

const EVENT: Member = member(
    "event",
    Kind::Tree,
    "what happened, as the model has it; `$omit`: acknowledged, and no further",
    "{ provider_id: $.body.id, status: $.body.state, at: $.body.at | time }",
)
.required();

/// A platform's `send`.
pub static PLATFORM_SEND: MapShape = MapShape::new(
    "platform_send",
    "send",
    "The platform's request to send a message.",
    &[
        SECTION,
        &[member(
            "message",
            Kind::Tree,
            "the message, as the model has it",
            "{ id: $.body.id, to: $.body.to | phone, from: $.body.from, text: $.body.text }",
        )
        .required()],
        &[
            ACCEPTED,
            DUPLICATE,
            EACH,
            member(
                "batch",
                Kind::Word(&["items", "whole"]),
                "with `each`: good items are accepted and bad ones refused, or one bad item refuses all",
                "whole",
            )
            .or("items"),
        ],
    ],
);

/// A platform's `templates`.
pub static PLATFORM_TEMPLATES: MapShape = MapShape::new(
    "platform_templates",
    "templates",
    "The platform's question for templates.",
    &[
        SECTION,
        &[member("page", Kind::Map(&PAGE), "what is listed", "{ of: \"$.templates[*]\", size: 100 }").required()],
        &[ACCEPTED, DUPLICATE],
    ],
);

/// A provider's `status`.
pub static PROVIDER_STATUS: MapShape =
    MapShape::new("provider_status", "status", "The provider's status webhook.", &[SECTION, &[EVENT, ACCEPTED, EACH]]);

/// A provider's `inbound`.
pub static PROVIDER_INBOUND: MapShape = MapShape::new(
    "provider_inbound",
    "inbound",
    "The provider's webhook for what people write.",
    &[SECTION, &[EVENT, ACCEPTED, EACH]],
);

/// A request that is answered here.
pub static LOCAL: MapShape = MapShape::new(
    "local",
    "a `local` section",
    "A request that is answered here: a handshake, a validation.",
    &[SECTION, &[member("answer", Kind::Map(&ANSWER), "what is answered", "{ body: $.query.challenge }").required()]],
);

/// One way to reach a section.
pub static ROUTE: MapShape = MapShape::new(
    "route",
    "a route",
    "One way to reach a section.",
    &[&[
        member("method", Kind::Many(&Kind::Text), "HTTP method, or a list of them", "POST").required(),
        member(
            "path",
            Kind::Many(&Kind::Text),
            "path, or a list of them; `{name}` stands for one segment and is read as `$.path.name`",
            "/webhooks/send",
        )
        .required(),
        member("decode", FORMATS, "how the body is read; `query`: the query is the body; gzip is transparent", "form")
            .or("json"),
        member("type", Kind::Text, "only requests of this content type", "application/json"),
        member("max_body", Kind::Size, "the longest body, at most `16MiB`", "1MiB").or("256KiB"),
    ]],
);

/// Whose a request is.
pub static TENANT_OF: MapShape = MapShape::new(
    "tenant_of",
    "`tenant`",
    "The tenant whose number, number's member or setting has this value.",
    &[&[member("number", Kind::Tree, "the tenant who has this number", "$.body.to")]],
)
.others(&Others {
    pattern: r"^(number|settings)\..",
    member: Member::new(
        "number.NAME, settings.NAME",
        Kind::Tree,
        "the tenant with this value in a number's member or in a setting",
        "$.body.account",
    ),
})
.choice();

/// A check.
pub static CHECK: MapShape = MapShape::new(
    "check",
    "a check",
    "Stops what `when` says (default: everything) and `unless` does not: it either refuses or answers.",
    &[&[
        member("refuse", Kind::Reason, "the reason it refuses with", "missing_field"),
        member(
            "answer",
            Kind::Map(&ANSWER),
            "instead of `refuse`: this is answered, and nothing is sent or remembered",
            "{ http: 200, body: { status: ok } }",
        ),
        member("when", Kind::Condition, "holds: stopped, unless `unless`", "$.body.text | length > 4096"),
        member("unless", Kind::Condition, "holds: not stopped", "\"$.body.to? | nonempty\""),
        member("text", Kind::Tree, "for people: `$.error.text`", "to is required"),
        member("with", Kind::Named(&Kind::Tree), "more members of `$.error`", "{ field: to }"),
    ]],
)
.needs_one(&["when", "unless"]);

static ANSWER_MEMBERS: &[Member] = &[
    member("http", Kind::Tree, "HTTP status", "202").or("200"),
    member("headers", Kind::Tree, "a map of headers", "{ Retry-After: \"$.error.retry_after?\" }"),
    member("body", Kind::Tree, "the body; keys keep their order, a body of nothing is empty", "{ status: ok }"),
    member("encode", FORMATS, "how the body is written", "xml").or("json"),
];

/// An answer of ours.
pub static ANSWER: MapShape = MapShape::new("answer", "an answer", "An answer of ours.", &[ANSWER_MEMBERS]);

/// How a party is told no.
pub static REFUSED: MapShape = MapShape::new(
    "refused",
    "`refused`",
    "The one way in which this party is told no; it reads `$.error`.",
    &[&[LET], ANSWER_MEMBERS],
);

/// What is listed.
pub static PAGE: MapShape = MapShape::new(
    "page",
    "page",
    "A page of the templates. The answer reads `$.page.items`, `$.page.before?` and `$.page.after?`.",
    &[&[
        member("of", Kind::Expression, "the list", "\"$.templates[*]\"").required(),
        member("size", Kind::Tree, "how many at once", "100"),
        member("after", Kind::Tree, "the cursor after which the page begins", "$.query.after?"),
    ]],
);
