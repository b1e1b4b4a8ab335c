//! Why a question is not answered: a stable code, and words for whoever asked.

use std::time::Duration;

use serde_json::json;

use super::super::{JSON, reply};
use crate::model::wire::Reply;
use crate::store::StoreError;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No token, or a wrong one.
    Unauthenticated(&'static str),
    /// Too many wrong tokens came from there.
    Throttled(Duration),
    /// The token is not good for that, or another site asks.
    Forbidden(String),
    /// What was asked cannot be understood.
    BadRequest(String),
    /// There is no such thing.
    NotFound(String),
    /// There is one already.
    Exists(String),
    /// Another one is under way.
    Busy(&'static str),
    /// The store, or who does it, does not do it now.
    Unavailable(String),
}

impl From<StoreError> for Fault {
    fn from(problem: StoreError) -> Self {
        Self::Unavailable(problem.to_string())
    }
}

impl Fault {
    /// The HTTP status, the code that programs go by, and the text.
    #[must_use]
    pub fn told(&self) -> (u16, &'static str, &str) {
        match self {
            Self::Unauthenticated(text) => (401, "unauthenticated", *text),
            Self::Throttled(_) => (429, "throttled", "too many wrong tokens came from there"),
            Self::Forbidden(text) => (403, "forbidden", text.as_str()),
            Self::BadRequest(text) => (400, "bad_request", text.as_str()),
            Self::NotFound(text) => (404, "not_found", text.as_str()),
            Self::Exists(text) => (409, "exists", text.as_str()),
            Self::Busy(text) => (409, "busy", *text),
            Self::Unavailable(text) => (503, "unavailable", text.as_str()),
        }
    }

    /// The seconds after which another try is worth it, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        if let Self::Throttled(wait) = self { Some(wait.as_secs() + 1) } else { None }
    }

    pub(super) fn reply(&self) -> Reply {
        let (http, code, text) = self.told();
        let body = json!({ "error": { "code": code, "text": text } });
        let mut reply = reply(http, JSON, format!("{body}\n"));
        if http == 401 {
            reply.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
        }
        if let Some(seconds) = self.retry_after() {
            reply.headers.push(("retry-after".to_owned(), seconds.to_string()));
        }
        reply
    }
}
