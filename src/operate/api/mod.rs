//! `/api/…`: what the commands about a running gateway ask, as JSON. Every question carries a token.
//!
//! Errors have one form, `{"error": {"code": …, "text": …}}`, whose codes are [`Fault`]'s: other programs may rely on
//! them. Start at [`Desk::api`].

mod fault;
mod ledger;
mod letters;
mod mask;
mod redrive;
mod release;
mod token;

pub use ledger::Recounted;
pub use token::Tokens;

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::fault::Fault;
use super::{Desk, JSON, reply};
use crate::limits::{Source, Wrong};
use crate::model::Print;
use crate::model::wire::{Incoming, Reply};

const LEDGER: &str = "/api/ledger";
const LETTERS: &str = "/api/dead-letters";
const REDRIVE: &str = "/api/redrive";
const RELEASE: &str = "/api/release";
const HELD: &str = "/api/held";

/// The longest body of a question.
const LONGEST: usize = 16 * 1024;

/// The method of a path, and the longest body that it takes.
pub(super) fn takes(path: &str) -> Option<(&'static str, usize)> {
    match path {
        LEDGER | LETTERS | HELD => Some(("GET", 0)),
        REDRIVE | RELEASE => Some(("POST", LONGEST)),
        _ if letter(path).is_some() => Some(("GET", 0)),
        _ => None,
    }
}

/// The number in the path of one letter.
fn letter(path: &str) -> Option<&str> {
    path.strip_prefix(LETTERS)?.strip_prefix('/').filter(|id| !id.is_empty() && !id.contains('/'))
}

impl Desk {
    pub(super) async fn api(&self, request: &Incoming) -> Reply {
        let said = match self.admit(request) {
            Ok(()) => self.said(request).await,
            Err(fault) => Err(fault),
        };
        said.map_or_else(|fault| fault.reply(), |body| reply(200, JSON, format!("{body}\n")))
    }

    /// Lets in whoever carries a good token. Whoever has tried too many others is told to come later, and not whether the
    /// next one is good.
    fn admit(&self, request: &Incoming) -> Result<(), Fault> {
        let authorization = request.header("authorization");
        let Some(source) = request.peer.map(Source::from) else { return self.tokens.admit(authorization) };
        let print = authorization.map_or(Print::NOTHING, |given| Print::of_secret(&Tokens::hash(given)));
        let later = |wrong: Wrong| match wrong {
            Wrong::Told => None,
            Wrong::Later(wait, noted) => {
                if noted {
                    tracing::warn!(%source, "admin tokens were wrong too often: told to come later");
                }
                Some(Fault::Throttled(wait))
            }
        };
        if let Some(fault) = self.failures.bars(source, print).and_then(later) {
            return Err(fault);
        }
        match self.tokens.admit(authorization) {
            Ok(()) => {
                self.failures.right(source, print);
                Ok(())
            }
            Err(fault) => Err(later(self.failures.wrong(source, print)).unwrap_or(fault)),
        }
    }

    async fn said(&self, request: &Incoming) -> Result<Value, Fault> {
        match request.path.as_str() {
            LEDGER => self.ledger(&query(request)?).await,
            LETTERS => self.letters(&query(request)?).await,
            REDRIVE => self.redrive(body(request)?).await,
            RELEASE => self.release(body(request)?).await,
            HELD => self.held(&query(request)?),
            path => match letter(path) {
                Some(id) => self.letter(id, &query(request)?).await,
                None => Err(Fault::NotFound("there is nothing at this path".to_owned())),
            },
        }
    }
}

/// Tells whoever asked that the listener refused the question unread.
pub(super) fn unread(text: Option<String>) -> Reply {
    Fault::BadRequest(text.unwrap_or_else(|| "the request cannot be read".to_owned())).reply()
}

/// The members of a query, each of them text.
fn query<T: DeserializeOwned>(request: &Incoming) -> Result<T, Fault> {
    let pairs = url::form_urlencoded::parse(request.query.as_bytes());
    let mut members = serde_json::Map::new();
    for (name, value) in pairs {
        if members.insert(name.to_string(), Value::String(value.to_string())).is_some() {
            return Err(Fault::BadRequest(format!("`{name}` is given twice")));
        }
    }
    serde_json::from_value(Value::Object(members)).map_err(|problem| Fault::BadRequest(problem.to_string()))
}

/// A body, which must be announced as JSON: a form of a web page cannot be.
fn body<T: DeserializeOwned>(request: &Incoming) -> Result<T, Fault> {
    let kind = request.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(JSON) {
        return Err(Fault::BadRequest(format!("the body must be `{JSON}`, and the request must say so")));
    }
    serde_json::from_slice(&request.body).map_err(|problem| Fault::BadRequest(problem.to_string()))
}
