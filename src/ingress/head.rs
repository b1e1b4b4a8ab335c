//! The head of a request: from warp's types to plain data, and what it says about the body.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Method};
use warp::path::FullPath;

use super::forwarded;
use crate::model::wire::Incoming;
use ipnet::IpNet;
use std::net::IpAddr;

/// As the filter takes it apart.
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) path: FullPath,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    /// Anything else, or more than one.
    Unknown,
}

impl Head {
    /// The length the caller announces; the real one is counted anyway.
    pub(super) fn length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The caller waits with its body until it is asked for it.
    pub(super) fn waits(&self) -> bool {
        self.headers.contains_key(EXPECT)
    }

    pub(super) fn coding(&self) -> Coding {
        let mut codings = self.headers.get_all(CONTENT_ENCODING).iter();
        let Some(coding) = codings.next() else { return Coding::Plain };
        let coding = coding.as_bytes().trim_ascii();
        let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
        match codings.next() {
            None if is("gzip") || is("x-gzip") => Coding::Gzip,
            None if is("identity") || coding.is_empty() => Coding::Plain,
            _ => Coding::Unknown,
        }
    }

    /// The request without its body; `None` if a header's value is more than visible ASCII.
    pub(super) fn into_incoming(self, peer: IpAddr, trusted: &[IpNet]) -> Option<Incoming> {
        let caller = forwarded::caller(peer, &self.headers, trusted);
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            headers.push((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
        }
        Some(Incoming {
            method: self.method.as_str().to_owned(),
            path: self.path.as_str().to_owned(),
            query: self.query,
            headers,
            body: Bytes::new(),
            peer: Some(caller),
        })
    }
}
