//! The rooms of the house: what each may use, where packages live, what the core never does. Data only.
//!
//! When the rooms change, change this table and its counterpart in `docs/`.

/// A room and the rooms it may import from.
pub(super) struct Room {
    pub(super) name: &'static str,
    pub(super) may_use: &'static [&'static str],
}

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use }
}

/// All rooms, lowest first.
#[rustfmt::skip]
pub(super) const ROOMS: &[Room] = &[
    // The pure core.
    room("value", &[]),
    room("model", &["value"]),
    room("diagnostic", &["value"]),
    room("yaml", &["value", "diagnostic"]),
    room("codec", &["value", "model"]),
    room("functions", &["value", "model", "codec"]),
    room("shape", &["value", "model", "diagnostic", "yaml", "codec", "functions"]),
    room("language", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape"]),
    room("auth", &["value", "model", "codec"]),
    room("keywords", &["value", "model", "diagnostic"]),
    room("delivery", &["value", "model"]),
    room("mapping", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery"]),
    room("config", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping"]),
    room("legs", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping", "config"]),
    room("cases", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping", "config", "legs"]),
    // Edges, and where tests kill them.
    room("faults", &[]),
    room("store", &["value", "model", "delivery", "faults"]),
    room("client", &["value", "model"]),
    room("limits", &["value", "model"]),
    // The async order of steps, and the operator's questions.
    room("flow", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping", "config", "legs", "store", "client", "faults", "limits"]),
    room("operate", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping", "config", "legs", "cases", "store", "client", "limits", "flow"]),
    // Drivers.
    room("ingress", &["value", "model", "codec", "config", "faults", "limits", "flow"]),
    room("dispatch", &["value", "model", "config", "store", "faults", "limits", "flow"]),
    room("console", &["value", "model", "diagnostic", "config", "operate"]),
    // Stands alone: sharing the engine would prove nothing.
    room("sim", &[]),
    // Wiring and commands.
    room("app", &["value", "model", "diagnostic", "yaml", "codec", "functions", "shape", "language", "auth", "keywords", "delivery", "mapping", "config", "legs", "cases", "store", "client", "faults", "limits", "flow", "operate", "ingress", "dispatch", "console"]),
    room("cli", &["app", "cases", "sim", "operate", "config", "mapping", "shape", "yaml", "diagnostic", "model", "value"]),
    // `src/main.rs`.
    room("main", &["cli"]),
];

/// The rooms without async, clock, file, socket and environment.
pub(super) const CORE: &[&str] = &[
    "value",
    "model",
    "diagnostic",
    "yaml",
    "codec",
    "functions",
    "shape",
    "language",
    "auth",
    "keywords",
    "delivery",
    "mapping",
    "config",
    "legs",
    "cases",
];

/// What the core never does: a pattern on code without comments and texts, and the words for it.
pub(super) const NEVER_IN_CORE: &[(&str, &str)] = &[
    (r"\basync\b|\.await\b", "the core has no async"),
    (r"\btokio\b|\bfutures_util\b", "the core has no runtime"),
    (r"\b(hyper|hyper_util|http_body_util)::", "the core has no HTTP library"),
    (r"\bstd::(\{[^}]*\b)?fs\b|\bFile::open\b", "the core opens no file"),
    (
        r"\bstd::(\{[^}]*\b)?net::(Tcp|Udp|ToSocketAddrs)|\b(Tcp(Stream|Listener)|UdpSocket|ToSocketAddrs)\b",
        "the core opens no socket",
    ),
    (r"\bstd::(\{[^}]*\b)?env\b|\benv::vars?\b", "the core reads no environment"),
    (r"\bstd::(\{[^}]*\b)?process\b", "the core starts and ends no process"),
    (r"\bstd::(\{[^}]*\b)?thread\b", "the core starts no thread"),
    (r"\bSystemTime\b|\bInstant\b|\b(Timestamp|Zoned)::now\b", "the core has no clock: time is passed in"),
    (r"\bthread_rng\b|\brand::(rng|random)\b|\bOsRng\b", "the core has no randomness of its own: it is passed in"),
];

/// Packages with a home: they are named in these rooms only.
pub(super) const HOMES: &[(&str, &[&str])] = &[
    ("granit_parser", &["yaml"]),
    ("serde_yaml", &["yaml"]),
    ("jsonpath_rust", &["language"]),
    ("handlebars", &["language"]),
    ("moka", &["flow", "limits"]),
    ("governor", &["limits"]),
    ("warp", &["ingress", "sim"]),
    ("maud", &["console"]),
    ("reqwest", &["client", "sim"]),
    ("hyper_rustls", &["client"]),
    ("tower_service", &["client"]),
    ("tokio_rustls", &["client", "ingress"]),
    ("x509_parser", &["ingress"]),
    ("rusqlite", &["store"]),
    ("tokio_postgres", &["store"]),
    ("rustls_tokio_postgres", &["store"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("notify", &["app"]),
    ("csv", &["operate"]),
    ("similar", &["operate"]),
];

/// Who may read the calendar clock.
pub(super) const CLOCK_READERS: &[&str] = &["app", "sim"];

/// The parties: a new one is a mapping file, so no code may know one. The simulators play them.
pub(super) const PARTIES: &[&str] = &["moengage", "webengage", "vonage"];

/// The room that may name parties.
pub(super) const PLAYS_PARTIES: &str = "sim";

/// Longer files hold more than one idea.
pub(super) const MOST_LINES: usize = 400;
