//! HTTP as plain data, so that the core can speak of requests and answers without a web library.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::value::Timestamp;

/// Whoever asks for more is asked again after a day.
const LONGEST_WISH: Duration = Duration::from_secs(86_400);

/// A request as it came in. Header names are in lower case; their order is the order received.
#[derive(Clone)]
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
#[derive(Clone)]
pub struct Prepared {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Absolute; http or https.
    pub url: url::Url,
    /// Name and value; may hold credentials.
    pub headers: Vec<(String, String)>,
    /// The body, already encoded; empty for none.
    pub body: Bytes,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// Without what may be a credential or a person's: query, headers and body.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, headers, body, peer, .. } = self;
        let mut debug = f.debug_struct("Incoming");
        debug.field("method", method).field("headers", &headers.len()).field("bytes", &body.len()).field("peer", peer);
        debug.finish_non_exhaustive()
    }
}

/// Without what may be a credential or a person's: all of the URL but its host, headers and body.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, headers, body, .. } = self;
        let mut debug = f.debug_struct("Prepared");
        debug.field("method", method).field("host", &url.host_str());
        debug.field("headers", &headers.len()).field("bytes", &body.len()).finish_non_exhaustive()
    }
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

    /// How long `Retry-After` asks to wait, a day at most: seconds, or a date (RFC 9110, 10.2.3). A date is held against the
    /// answer's own `Date`, where it has one: the parties' clocks are not ours.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let said = self.header("retry-after")?.trim();
        let wait = if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
            Duration::from_secs(said.parse().unwrap_or(u64::MAX))
        } else {
            let then = date(said)?;
            then.since(self.header("date").and_then(|date_of| date(date_of.trim())).unwrap_or(now))
        };
        Some(wait.min(LONGEST_WISH))
    }

    /// For people: its status, or why there is none.
    #[must_use]
    pub fn told(&self) -> String {
        self.http.map_or_else(|| self.trouble.clone().unwrap_or_default(), |http| format!("HTTP {http}"))
    }

    /// No answer: how far it came, and why in words.
    #[must_use]
    pub fn without(class: Class, trouble: impl Into<String>) -> Self {
        Self { http: None, class, headers: Vec::new(), body: Bytes::new(), trouble: Some(trouble.into()) }
    }
}

/// A date of HTTP, in any of its three forms.
fn date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_be_left_alone_is_seconds_or_a_date() {
        // Wed, 04 Nov 2026 09:14:06 GMT by our clock.
        let now = Timestamp::from_millis(1_793_783_646_000);
        let check = |headers: &[(&str, &str)], expected: Option<u64>| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let answer = Answer { http: Some(429), class: Class::Client, headers, body: Bytes::new(), trouble: None };
            assert_eq!(answer.retry_after(now), expected.map(Duration::from_secs), "{:?}", answer.headers);
        };
        check(&[], None);
        for (said, expected) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("999999", Some(86_400)),
            ("99999999999999999999999999", Some(86_400)),
            ("", None),
            ("-7", None),
            ("1.5", None),
            ("soon", None),
            ("Wed, 04 Nov 2026 09:14:36 GMT", Some(30)),
            ("Wednesday, 04-Nov-26 09:14:36 GMT", Some(30)),
            ("Wed Nov  4 09:14:36 2026", Some(30)),
            // It is over, or further away than anybody is left alone.
            ("Wed, 04 Nov 2026 09:00:00 GMT", Some(0)),
            ("Fri, 04 Nov 2039 09:14:36 GMT", Some(86_400)),
            ("Wed, 04 Nov 1926 09:14:36 GMT", None),
            ("2026-11-04T09:14:36Z", None),
            ("Wed, 34 Nov 2026 09:14:36 GMT", None),
        ] {
            check(&[("retry-after", said)], expected);
        }
        // Their clock is ten minutes slow, so is their date.
        let slow = [("date", "Wed, 04 Nov 2026 09:04:06 GMT"), ("retry-after", "Wed, 04 Nov 2026 09:04:36 GMT")];
        check(&slow, Some(30));
        check(&[("date", "today"), ("retry-after", "Wed, 04 Nov 2026 09:14:36 GMT")], Some(30));
    }

    #[test]
    fn what_carries_credentials_does_not_print_them() {
        let headers = vec![("authorization".to_owned(), "Bearer hunter2".to_owned())];
        let body = Bytes::from_static(b"hunter2");
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/in/hunter2".to_owned(),
            query: "key=hunter2".to_owned(),
            headers: headers.clone(),
            body: body.clone(),
            peer: None,
        };
        let url = url::Url::parse("https://me:hunter2@api.example/hunter2?key=hunter2").unwrap();
        let prepared = Prepared { method: "POST".to_owned(), url, headers, body, timeout: Duration::ZERO };
        let printed = format!("{incoming:?} {prepared:#?}");
        assert!(printed.contains("POST") && !printed.contains("hunter2"), "{printed}");
    }
}
