//! Schemes: how a party proves itself to us, and we to it. Each is a map with one key; `none` is a word.

use super::map::{Kind, MapShape, Member};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

const BASIC_MEMBER: Member = member(
    "basic",
    Kind::Map(&BASIC),
    "a user name and a password",
    "{ username: $.credentials.user, password: $.credentials.password }",
);
const BEARER_MEMBER: Member =
    member("bearer", Kind::Map(&BEARER), "a token after `Bearer`", "{ token: $.credentials.token }");
const QUERY_MEMBER: Member =
    member("query", Kind::Map(&QUERY), "a member of the URL's query", "{ name: key, value: $.credentials.key }");

/// A scheme by which a party proves itself.
pub static SCHEME_IN: MapShape = MapShape::new(
    "scheme_in",
    "a scheme",
    "How a party proves itself; or the word `none`: anybody, who then is every tenant of this \
             mapping, so that the section's `tenant` must tell.",
    &[&[
        BASIC_MEMBER,
        BEARER_MEMBER,
        member(
            "header",
            Kind::Many(&Kind::Map(&HEADER)),
            "a header with a secret in it, or a list of them, all needed",
            "{ name: x-api-key, value: $.credentials.key }",
        ),
        QUERY_MEMBER,
        member(
            "path",
            Kind::Map(&PATH),
            "a segment of the route's path; logs show its name",
            "{ name: key, value: $.credentials.key }",
        ),
        member(
            "hmac",
            Kind::Map(&HMAC_IN),
            "a keyed hash over parts of the request",
            "{ secret: $.credentials.signing_secret, signature: \"$.headers['x-signature']\", prefix: \
             \"sha256=\" }",
        ),
        member(
            "jwt_hs256",
            Kind::Map(&JWT_HS256_IN),
            "a token signed with HMAC-SHA256",
            "{ secret: $.credentials.signature_secret, max_age: 5m }",
        ),
        member(
            "jwt_rs256",
            Kind::Map(&JWT_RS256_IN),
            "a token signed with RSA-SHA256 by a key of a published set",
            "{ jwks: $.settings.jwks_url, claims: { iss: \"https://issuer.example\", aud: $.settings.audience } }",
        ),
    ]],
)
.choice();

/// A scheme by which we prove ourselves.
pub static SCHEME_OUT: MapShape = MapShape::new(
    "scheme_out",
    "a scheme",
    "How our calls prove who we are; or the word `none`.",
    &[&[
        BASIC_MEMBER,
        BEARER_MEMBER,
        member(
            "header",
            Kind::Many(&Kind::Map(&HEADER)),
            "a header with a secret in it, or a list of them",
            "{ name: x-api-key, value: $.credentials.key }",
        ),
        QUERY_MEMBER,
        member(
            "hmac",
            Kind::Map(&HMAC_OUT),
            "a keyed hash over parts of the call",
            "{ secret: $.credentials.signing_secret, signature: \"$.headers['x-signature']\" }",
        ),
        member(
            "jwt_rs256",
            Kind::Map(&JWT_RS256_OUT),
            "a token signed with RSA-SHA256; `iat`, `exp` and `jti` are added, and one token is shared until \
             shortly before it ends",
            "{ key: $.credentials.private_key, claims: { application_id: $.credentials.application_id } }",
        ),
        member(
            "oauth2_client_credentials",
            Kind::Map(&CLIENT_CREDENTIALS),
            "a token that an authorization server gives; one is shared until shortly before it ends, and a \
             401 renews it once",
            "{ url: $.settings.token_url, id: $.credentials.client_id, secret: $.credentials.client_secret }",
        ),
    ]],
)
.choice();

/// A user name and a password.
pub static BASIC: MapShape = MapShape::new(
    "basic",
    "basic",
    "`Authorization: Basic`.",
    &[&[
        member("username", Kind::Tree, "the user name", "$.credentials.user").required(),
        member("password", Kind::Tree, "the password", "$.credentials.password").required(),
    ]],
);

/// A token after `Bearer`.
pub static BEARER: MapShape = MapShape::new(
    "bearer",
    "bearer",
    "A header that holds `Bearer` and the token.",
    &[&[
        member("token", Kind::Tree, "the token", "$.credentials.token").required(),
        member("header", Kind::Text, "the header's name", "x-token").or("Authorization"),
    ]],
);

/// A header with a secret in it.
pub static HEADER: MapShape = MapShape::new(
    "header",
    "a header",
    "A header with a secret in it.",
    &[&[member("name", Kind::Tree, "the header's name, also from a setting", "x-api-key").required(), VALUE, PREFIX]],
);

const VALUE: Member = member("value", Kind::Tree, "the secret", "$.credentials.key").required();
const PREFIX: Member = member("prefix", Kind::Text, "what stands before the secret", "\"App \"");

/// A member of the query.
pub static QUERY: MapShape = MapShape::new(
    "query",
    "query",
    "A member of the URL's query.",
    &[&[member("name", Kind::Text, "its name", "key").required(), VALUE]],
);

/// A segment of the path.
pub static PATH: MapShape = MapShape::new(
    "path",
    "path",
    "A segment of the route's path that is the secret.",
    &[&[member("name", Kind::Text, "the `{name}` of the route", "key").required(), VALUE]],
);

const HMAC: [Member; 7] = [
    member(
        "secret",
        Kind::Tree,
        "the shared secret; of a list all are accepted, the first signs",
        "$.credentials.signing_secret",
    )
    .required(),
    member(
        "signature",
        Kind::Text,
        "where the signature stands: `$.headers['x-name']`, `$.query.name`; in calls of theirs also part \
             of it, by `| capture(\"…\")`",
        "\"$.headers['x-signature']\"",
    )
    .required(),
    member("prefix", Kind::Text, "the text before the signature", "\"sha256=\""),
    member("algorithm", Kind::Word(&["sha1", "sha256", "sha512"]), "of the hash", "sha512").or("sha256"),
    member("encoding", Kind::Word(&["hex", "base64"]), "of the signature", "base64").or("hex"),
    member(
        "message",
        Kind::Many(&Kind::Tree),
        "what is signed, a part or a list that is run together: texts, values of the tenant, `$.raw`, \
             `$.url`, `$.sorted_form`, `$.headers['x-name']`, `$.query.name`, `$.path.name`",
        "[ \"$.headers['x-time']\", \".\", $.raw ]",
    )
    .or("$.raw"),
    member(
        "at",
        Kind::Text,
        "where the time of signing stands; it must be part of `message`",
        "\"$.headers['x-time']\"",
    ),
];

/// A keyed hash that a party makes.
pub static HMAC_IN: MapShape = MapShape::new(
    "hmac_in",
    "hmac",
    "A keyed hash that the party makes over parts of its request.",
    &[
        &HMAC,
        &[
            member("max_age", Kind::Tree, "how far `at` may lie from now, before or after", "5m"),
            member(
                "identity",
                Kind::Map(&IDENTITY),
                "where the request says whose it is; without it at most 16 secrets are tried",
                "{ read: $.path.account, value: $.tenant.name }",
            ),
        ],
    ],
);

/// A keyed hash that we make.
pub static HMAC_OUT: MapShape =
    MapShape::new("hmac_out", "hmac", "A keyed hash that we make over parts of our call.", &[&HMAC]);

/// Whose signature it is.
pub static IDENTITY: MapShape = MapShape::new(
    "identity",
    "identity",
    "Where a request says whose it is, and what that is for a tenant.",
    &[&[
        member("read", Kind::Text, "`$.headers['x-name']`, `$.query.name` or `$.path.name`", "$.path.account")
            .required(),
        member("value", Kind::Tree, "a tenant's value of it", "$.tenant.name").required(),
    ]],
);

const TOKEN: [Member; 4] = [
    member(
        "header",
        Kind::Many(&Kind::Text),
        "where the token stands: the first of these that is there",
        "[ authorization, x-token ]",
    )
    .or("authorization"),
    member(
        "claims",
        Kind::Named(&Kind::Tree),
        "what the token must say; one written with `?` need not be in it",
        "{ api_key: $.credentials.api_key }",
    ),
    member("body_hash", Kind::Text, "the claim that holds the body's SHA-256", "payload_hash"),
    member("max_age", Kind::Tree, "how old a token may be", "5m"),
];

/// A token that a party signs with a shared secret.
pub static JWT_HS256_IN: MapShape = MapShape::new(
    "jwt_hs256_in",
    "jwt_hs256",
    "A token that the party signs with a shared secret.",
    &[&[member("secret", Kind::Tree, "the shared secret", "$.credentials.signature_secret").required()], &TOKEN],
);

/// A token that a party signs with a private key.
pub static JWT_RS256_IN: MapShape = MapShape::new(
    "jwt_rs256_in",
    "jwt_rs256",
    "A token that the party signs with a private key; the public ones are in a set that it publishes (RFC 7517).",
    &[
        &[member(
            "jwks",
            Kind::Tree,
            "the URL of the key set; its host is that of a setting, or one of `hosts`",
            "$.settings.jwks_url",
        )
        .required()],
        &TOKEN,
    ],
);

/// A token that we sign with a private key.
pub static JWT_RS256_OUT: MapShape = MapShape::new(
    "jwt_rs256_out",
    "jwt_rs256",
    "A token that we sign with a private key.",
    &[&[
        member("key", Kind::Tree, "the private key, PEM", "$.credentials.private_key").required(),
        member(
            "claims",
            Kind::Named(&Kind::Tree),
            "what the token says besides its times and id",
            "{ application_id: $.credentials.application_id }",
        ),
        member("valid", Kind::Duration, "how long a token is good", "15m").or("15m"),
    ]],
);

/// A token that an authorization server gives.
pub static CLIENT_CREDENTIALS: MapShape = MapShape::new(
    "oauth2_client_credentials",
    "oauth2_client_credentials",
    "A token that an authorization server gives for an id and a secret (RFC 6749, 4.4).",
    &[&[
        member(
            "url",
            Kind::Tree,
            "the token endpoint; its host is that of a setting, or one of `hosts`",
            "$.settings.token_url",
        )
        .required(),
        member("id", Kind::Tree, "the client's id", "$.credentials.client_id").required(),
        member("secret", Kind::Tree, "the client's secret", "$.credentials.client_secret").required(),
        member("scope", Kind::Tree, "what the token is for", "messages:send"),
        member(
            "style",
            Kind::Word(&["basic", "body"]),
            "how id and secret are sent: as a user name and a password, or as members of the form",
            "body",
        )
        .or("basic"),
        member("params", Kind::Named(&Kind::Tree), "more members of the form", "{ audience: \"https://api.example\" }"),
    ]],
);
