//! `switchboard.yaml`.

use super::alarm::AlarmKind;
use super::map::{Kind, MapShape, Member};
use super::tenant::{DELIVERY, LIMITS};

const fn member(name: &'static str, kind: Kind, says: &'static str, example: &'static str) -> Member {
    Member::new(name, kind, says, example)
}

/// The gateway's file.
pub static GATEWAY: MapShape = MapShape::new(
    "gateway",
    "the gateway's file",
    "How the gateway runs; environment variables and flags go over it.",
    &[&[
        member("mappings", Kind::Text, "the folder of mapping files", "/etc/switchboard/mappings").or("mappings"),
        member("tenants", Kind::Text, "the folder of tenant files", "/etc/switchboard/tenants").or("tenants"),
        member(
            "store",
            Kind::Text,
            "where everything is kept: `sqlite:PATH`, made if it is not there, or `postgres://USER@HOST/DATABASE`, whose tables \
             `switchboard store migrate` makes; a file is one process's at a time",
            "sqlite:/var/lib/switchboard.db",
        )
        .or("sqlite:data/switchboard.db"),
        member("listen", Kind::Text, "address and port of the public listener", "0.0.0.0:8080").or("0.0.0.0:8080"),
        member(
            "tls_certificate",
            Kind::Text,
            "a file in PEM form with the certificates that the public listener shows, its own first; read again when it \
             changes. Without it TLS ends at a proxy before the gateway",
            "/etc/switchboard/fullchain.pem",
        )
        .or("none"),
        member(
            "tls_key",
            Kind::Text,
            "the file with the key of the first certificate, in PEM form",
            "/etc/switchboard/privkey.pem",
        )
        .or("none"),
        member("listener", Kind::Map(&LISTENER), "how many callers, and how patient", "{ connections: 10000 }"),
        member(
            "public_url",
            Kind::Text,
            "what callers reach the listener by, for contracts that sign the URL",
            "https://gateway.example",
        )
        .or("none"),
        member(
            "admin_listen",
            Kind::Text,
            "where the operator asks, or `off`: `/healthz`, `/readyz`, `/metrics`",
            "off",
        )
        .or("127.0.0.1:8081"),
        member("log", Kind::Word(&["text", "json"]), "how logs are written, to standard error", "json").or("text"),
        member("allow_loopback", Kind::Boolean, "development: calls may go to loopback, there by plain http too; `serve` says so loudly", "true")
            .or("false"),
        member(
            "retention",
            Kind::Either(&[Kind::Duration, Kind::Map(&RETENTION)]),
            "how long finished messages and their ids are remembered, at least `72h`; or an age for each kind",
            "7d",
        )
        .or("72h"),
        member(
            "samples",
            Kind::Either(&[Kind::Duration, Kind::Map(&SAMPLES)]),
            "how long samples of what parties post are kept, masked, for `switchboard diff`; `0s`: none is kept; or that and how many",
            "7d",
        )
        .or("72h"),
        member(
            "encryption",
            Kind::Named(&Kind::Text),
            "by name: keys that contents are sealed with in the store; the first one seals, all of them open",
            "{ first: \"${file:/run/secrets/store.key}\" }",
        )
        .or("not sealed"),
        member(
            "trusted_proxies",
            Kind::List(&Kind::Text),
            "whose `X-Forwarded-For` is believed: who calls, for `sources` and for limits, is the last address that none \
             of them has",
            "[ 10.0.0.0/8 ]",
        )
        .or("none"),
        member(
            "alarms",
            Kind::Map(&ALARMS),
            "whom the gateway tells when something goes wrong, and when it is over",
            "{ url: \"https://pager.example/switchboard\", secret: \"${env:PAGER_KEY}\" }",
        )
        .or("nobody"),
        member("limits", Kind::Map(&LIMITS), "for every tenant that does not say otherwise", "{ pair: 1/3s }"),
        member("delivery", Kind::Map(&DELIVERY), "for every tenant that does not say otherwise", "{ timeout: 5s }"),
        member(
            "accounts",
            Kind::Named(&Kind::Map(&ACCOUNT)),
            "by name: provider accounts that tenants name with `account`",
            "{ main: { provider: courier, credentials: { api_key: \"${env:MAIN_KEY}\" } } }",
        ),
    ]],
);

/// `listener`.
pub static LISTENER: MapShape = MapShape::new(
    "listener",
    "listener",
    "How many callers, and how patient.",
    &[&[
        member(
            "connections",
            Kind::Integer,
            "open at once; for one more, somebody idle has to go, of the source that holds most",
            "10000",
        )
        .or("4096"),
        member(
            "per_source",
            Kind::Integer,
            "of one address (IPv6: one /64), trusted proxies excepted; for one more, an idle one of its own has to go",
            "200",
        )
        .or("1024"),
        member("head", Kind::Duration, "for the head of a request, and for a TLS handshake", "5s").or("10s"),
        member("body", Kind::Duration, "for the body of a request", "30s").or("15s"),
        member("answer", Kind::Duration, "for writing an answer to a caller that reads slowly", "30s").or("15s"),
        member(
            "idle",
            Kind::Duration,
            "until a connection without a request is closed; longer than callers keep theirs, or they meet closed ones",
            "60s",
        )
        .or("75s"),
    ]],
);

/// `alarms`.
pub static ALARMS: MapShape = MapShape::new(
    "alarms",
    "`alarms`",
    "Whom the gateway tells when something goes wrong.",
    &[&[
        member(
            "url",
            Kind::Text,
            "where alarms are posted to: https; by http to this machine only, where `allow_loopback` allows it",
            "https://pager.example/switchboard",
        )
        .required(),
        member(
            "secret",
            Kind::Text,
            "what posts are signed with, by reference: 24 to 64 bytes in base64, `whsec_` before them or not",
            "${file:/run/secrets/pager.key}",
        )
        .required(),
        member(
            "only",
            Kind::Many(&Kind::Word(AlarmKind::WORDS)),
            "the kinds that are told",
            "[ lane_held, report_failing ]",
        )
        .or("all of them"),
    ]],
);

/// How long what is kept.
pub static RETENTION: MapShape = MapShape::new(
    "retention",
    "`retention`",
    "How long what is kept in the store.",
    &[&[
        member("messages", Kind::Duration, "finished messages with their ids and contents; at least `72h`", "7d")
            .or("72h"),
        member("histories", Kind::Duration, "what became of a finished message, step by step", "24h")
            .or("as their messages"),
        member("inbound", Kind::Duration, "ids of inbound messages; at least `72h`", "7d").or("as `messages`"),
        member("dead_letters", Kind::Duration, "dead letters, done again or not", "90d").or("until done again"),
        member("audit", Kind::Duration, "the audit log", "800d").or("400d"),
    ]],
);

/// What is kept of what parties post.
pub static SAMPLES: MapShape = MapShape::new(
    "samples",
    "`samples`",
    "Samples of what parties post: requests to send, statuses, inbound messages, masked.",
    &[&[
        member("most", Kind::Integer, "so many of each tenant and leg, the newest", "500").or("100"),
        member("age", Kind::Duration, "for so long; `0s`: none is kept", "7d").or("72h"),
    ]],
);

/// An account of a provider.
pub static ACCOUNT: MapShape = MapShape::new(
    "account",
    "an account",
    "An account of a provider that several tenants send by.",
    &[&[
        member(
            "provider",
            Kind::Text,
            "the name of the provider's mapping, perhaps with a version: `NAME@HASH`",
            "courier",
        )
        .required(),
        member(
            "credentials",
            Kind::Named(&Kind::Secret),
            "what the provider's mapping reads; a tenant's own block for the provider goes before it",
            "{ api_key: \"${env:MAIN_KEY}\" }",
        ),
        member(
            "settings",
            Kind::Named(&Kind::Any),
            "what the provider's mapping declares under `settings`; a tenant's own block for the provider goes before it",
            "{ base_url: \"https://api.courier.example\" }",
        )
        .or("the mapping's"),
        member("limits", Kind::Map(&LIMITS), "of each of its tenants that does not say otherwise", "{ send: 50/s }"),
    ]],
);
