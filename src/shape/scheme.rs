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
    "How a party proves itself; or the word `none`: anybody, who then is every tenant of this mapping, so that the section's `tenant` must tell.",
    &[&[
        BASIC_MEMBER,
        BEARER_MEMBER,
        member(
            "header",
            Kind::Many(&Kind::Map(&HEADER_IN)),
            "a header with a secret in it, or a list of them, all needed",
            "{ name: x-api-key, value: $.credentials.key }",
        ),
        QUERY_MEMBER,
        member(
            "jwt_hs256",
            Kind::Map(&JWT_HS256_IN),
            "a token signed with HMAC-SHA256",
            "{ secret: $.credentials.signature_secret, max_age: 5m }",
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
            Kind::Many(&Kind::Map(&HEADER_OUT)),
            "a header with a secret in it, or a list of them",
            "{ name: x-api-key, value: $.credentials.key }",
        ),
        QUERY_MEMBER,
        member(
            "jwt_rs256",
            Kind::Map(&JWT_RS256_OUT),
            "a token signed with RSA-SHA256; `iat`, `exp` and `jti` are added, and one token is shared until shortly before it ends",
            "{ key: $.credentials.private_key, claims: { application_id: $.credentials.application_id } }",
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

/// A header that a party sends.
pub static HEADER_IN: MapShape = MapShape::new(
    "header_in",
    "a header",
    "A header that the party sends.",
    &[&[member("name", Kind::Tree, "the header's name, also from a setting", "x-api-key").required(), VALUE, PREFIX]],
);

/// A header that we send.
pub static HEADER_OUT: MapShape = MapShape::new(
    "header_out",
    "a header",
    "A header that we send.",
    &[&[member("name", Kind::Text, "the header's name", "x-api-key").required(), VALUE, PREFIX]],
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

/// A token that a party signs with a shared secret.
pub static JWT_HS256_IN: MapShape = MapShape::new(
    "jwt_hs256_in",
    "jwt_hs256",
    "A token that the party signs with a shared secret.",
    &[&[
        member("secret", Kind::Tree, "the shared secret", "$.credentials.signature_secret").required(),
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
    ]],
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
