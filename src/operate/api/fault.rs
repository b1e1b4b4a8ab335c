//! Why a question is not answered: a stable code, and words for whoever asked.

use serde_json::json;

use super::super::{JSON, reply};
use crate::model::wire::Reply;
use crate::store::StoreError;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No token, or a wrong one.
    Unauthenticated(&'static str),
    /// What was asked cannot be understood.
    BadRequest(String),
    /// There is no such thing.
    NotFound(String),
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
    pub(super) fn reply(&self) -> Reply {
        let (http, code, text) = match self {
            Self::Unauthenticated(text) => (401, "unauthenticated", *text),
            Self::BadRequest(text) => (400, "bad_request", text.as_str()),
            Self::NotFound(text) => (404, "not_found", text.as_str()),
            Self::Busy(text) => (409, "busy", *text),
            Self::Unavailable(text) => (503, "unavailable", text.as_str()),
        };
        let body = json!({ "error": { "code": code, "text": text } });
        let mut reply = reply(http, JSON, format!("{body}\n"));
        if http == 401 {
            reply.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
        }
        reply
    }
}
