//! HTTP as plain data, so that the core can speak of requests and answers without a web library.

use std::time::Duration;

use bytes::Bytes;

/// A request as it came in. Header names are in lower case; their order is the order received.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// `GET`, `POST`, … in upper case.
    pub method: String,
    /// The path as received, still percent-encoded, without query.
    pub path: String,
    /// The query as received, without `?`; empty if there was none.
    pub query: String,
    /// Name in lower case, value as text; values that are not visible ASCII were refused before.
    pub headers: Vec<(String, String)>,
    /// The raw body, after gunzip.
    pub body: Bytes,
    /// The caller's address; behind a trusted proxy, the forwarded one.
    pub peer: Option<std::net::IpAddr>,
}

impl Incoming {
    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a party is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status, 200 to 599.
    pub http: u16,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// The body, already encoded.
    pub body: Bytes,
}

/// A call that is ready to go out, signed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Absolute; http or https.
    pub url: url::Url,
    /// Name and value; may hold credentials, so `Debug` of this type belongs in no log.
    pub headers: Vec<(String, String)>,
    /// The body, already encoded; empty for none.
    pub body: Bytes,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// How far a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// HTTP 200 to 299.
    Success,
    /// HTTP 300 to 399; never followed.
    Redirect,
    /// HTTP 400 to 499.
    Client,
    /// HTTP 500 to 599.
    Server,
    /// Nothing was written: refused, no route, no name, TLS failed.
    Unreached,
    /// Written, and no whole answer came: time out, reset, cut off, too large.
    Unanswered,
}

impl Class {
    /// The class of an HTTP status; informational ones count as no answer.
    #[must_use]
    pub const fn of(http: u16) -> Self {
        match http {
            200..=299 => Self::Success,
            300..=399 => Self::Redirect,
            400..=499 => Self::Client,
            500..=599 => Self::Server,
            _ => Self::Unanswered,
        }
    }

    /// The word that mappings use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::Client => "4xx",
            Self::Server => "5xx",
            Self::Unreached => "unreached",
            Self::Unanswered => "unanswered",
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status, if there was an answer.
    pub http: Option<u16>,
    /// How far it came.
    pub class: Class,
    /// Name in lower case, and value.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it is within the limit.
    pub body: Bytes,
    /// For logs, where there was no answer: what went wrong, without credentials or personal data.
    pub trouble: Option<String>,
}

impl Answer {
    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// No answer: how far it came, and why in words.
    #[must_use]
    pub fn without(class: Class, trouble: impl Into<String>) -> Self {
        Self { http: None, class, headers: Vec::new(), body: Bytes::new(), trouble: Some(trouble.into()) }
    }
}
