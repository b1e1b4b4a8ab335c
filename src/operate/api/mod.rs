//! `/api/…`: what the commands about a running gateway ask, as JSON. Every question carries a token.
//!
//! Errors have one form, `{"error": {"code": …, "text": …}}`, whose codes are [`Fault`]'s: other programs may rely on
//! them. Start at [`Desk::api`].

mod audit;
mod doctor;
mod fault;
mod forget;
mod ledger;
mod letters;
mod mask;
mod redrive;
mod release;
mod send;
mod token;
mod trace;
mod words;

pub use forget::{is_in, person};
pub use ledger::Recounted;
pub use token::{ADMIN, Tokens};

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::fault::Fault;
use self::token::Bearer;
use super::{Desk, JSON, reply};
use crate::limits::{Source, Wrong};
use crate::model::Print;
use crate::model::wire::{Incoming, Reply};
use crate::store::Role;

const LEDGER: &str = "/api/ledger";
const LETTERS: &str = "/api/dead-letters";
const REDRIVE: &str = "/api/redrive";
const RELEASE: &str = "/api/release";
const HELD: &str = "/api/held";
const FORGET: &str = "/api/forget";
const AUDIT: &str = "/api/audit";
const TRACE: &str = "/api/trace";
const SEND: &str = "/api/send";
const DOCTOR: &str = "/api/doctor";
const TOKENS: &str = "/api/tokens";
const MAKE: &str = "/api/tokens/make";
const REVOKE: &str = "/api/tokens/revoke";

/// The longest body of a question.
const LONGEST: usize = 16 * 1024;

/// The method of a path, and the longest body that it takes.
pub(super) fn takes(path: &str) -> Option<(&'static str, usize)> {
    match path {
        LEDGER | LETTERS | HELD | AUDIT | TOKENS => Some(("GET", 0)),
        REDRIVE | RELEASE | FORGET | TRACE | SEND | DOCTOR | MAKE | REVOKE => Some(("POST", LONGEST)),
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
        let said = match of_this_site(request).and_then(|()| self.admit(request)) {
            Ok(bearer) => self.said(&bearer, request).await,
            Err(fault) => Err(fault),
        };
        said.map_or_else(|fault| fault.reply(), |body| reply(200, JSON, format!("{body}\n")))
    }

    /// Lets in whoever carries a good token. Whoever has tried too many others is told to come later, and not whether the
    /// next one is good.
    fn admit(&self, request: &Incoming) -> Result<Bearer, Fault> {
        let (tokens, now) = (self.tokens.load(), self.flow.ambient.now());
        let mut authorizations = request.headers.iter().filter(|(name, _)| name == "authorization");
        let authorization = authorizations.next().map(|(_, value)| value.as_str());
        if authorizations.next().is_some() {
            return Err(Fault::Unauthenticated("several tokens are none: which of them counts would be a guess"));
        }
        let Some(source) = request.peer.map(Source::from) else { return tokens.admit(authorization, now) };
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
        match tokens.admit(authorization, now) {
            Ok(bearer) => {
                self.failures.right(source, print);
                Ok(bearer)
            }
            Err(fault) => Err(later(self.failures.wrong(source, print)).unwrap_or(fault)),
        }
    }

    async fn said(&self, bearer: &Bearer, request: &Incoming) -> Result<Value, Fault> {
        let path = request.path.as_str();
        match path {
            FORGET | RELEASE | SEND | DOCTOR => bearer.may(Role::Operate)?,
            // A dry run only reads.
            REDRIVE | MAKE | REVOKE => {}
            _ => bearer.may(Role::Read)?,
        }
        match path {
            LEDGER => self.ledger(bearer, query(request)?).await,
            LETTERS => self.letters(bearer, query(request)?).await,
            REDRIVE => self.redrive(bearer, body(request)?).await,
            RELEASE => self.release(bearer, body(request)?).await,
            HELD => self.held(bearer, query(request)?),
            FORGET => self.forget(bearer, body(request)?).await,
            AUDIT => self.audit(bearer, query(request)?).await,
            TRACE => self.trace(bearer, body(request)?).await,
            DOCTOR => self.doctor(bearer, body(request)?).await,
            SEND => self.send(bearer, body(request)?).await,
            TOKENS => self.list_tokens(bearer).await,
            MAKE => self.make_token(bearer, body(request)?).await,
            REVOKE => self.revoke_token(bearer, body(request)?).await,
            path => match letter(path) {
                Some(id) => self.letter(bearer, id, &query(request)?).await,
                None => Err(Fault::NotFound("there is nothing at this path".to_owned())),
            },
        }
    }
}

/// No page of another site asks. Its browser could not send the token anyway, since it is in no cookie; this tells it
/// so before anything is looked at.
fn of_this_site(request: &Incoming) -> Result<(), Fault> {
    let elsewhere = || Fault::Forbidden("pages of other sites may not ask".to_owned());
    if request.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(elsewhere());
    }
    let Some(origin) = request.header("origin") else { return Ok(()) };
    let host = origin.split_once("://").map(|(_, host)| host);
    if host.is_some() && host == request.header("host") { Ok(()) } else { Err(elsewhere()) }
}

/// Tells whoever asked that the listener refused the question unread.
pub(super) fn unread(text: Option<String>) -> Reply {
    Fault::BadRequest(text.unwrap_or_else(|| "the request cannot be read".to_owned())).reply()
}

/// Tells whoever asked by a strange name.
pub(super) fn misled() -> Reply {
    let text = "this listener is on this machine alone: ask it by an address or as `localhost`, not by another name";
    Fault::Forbidden(text.to_owned()).reply()
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
