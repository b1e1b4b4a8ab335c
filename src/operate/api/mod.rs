//! `/api/…`: what the commands about a running gateway ask, as JSON. Every question carries a token.
//!
//! Errors have one form, `{"error": {"code": …, "text": …}}`, whose codes are [`Fault`]'s: other programs may rely on
//! them. The console asks the same questions for whoever is signed in: [`Desk::ask`]. Start at [`Desk::api`].

mod audit;
mod bundle;
mod campaign;
mod changes;
mod configuration;
mod doctor;
mod fault;
mod forget;
mod ledger;
mod letters;
mod mask;
mod origins;
mod overview;
mod playground;
mod redrive;
mod release;
mod routes;
mod send;
mod steer;
mod suppressions;
mod templates;
mod token;
mod trace;
mod usage;
mod verdict;
mod words;

pub use fault::Fault;
pub use forget::{is_in, person};
pub use ledger::Recounted;
pub(super) use ledger::time;
pub use mask::Mask;
pub use routes::{ROUTES, Route};
pub(super) use steer::{briefly, count};
pub use token::{ADMIN, Bearer, Tokens};
pub(super) use words::Words;

use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Desk, JSON, reply};
use crate::limits::{Source, Wrong};
use crate::model::Print;
use crate::model::wire::{Incoming, Reply};
use crate::store::Role;
use routes::{
    ADD, AUDIT, CAMPAIGN, CANCEL, CONFIGURATION, DOCTOR, EXPORT, FORGET, HELD, IMPORT, LEDGER, LETTERS, LIFT, MAKE,
    OPENAPI, OVERVIEW, PAUSE, REDRIVE, RELEASE, RESUME, REVOKE, SEND, SHOW, SUPPRESSIONS, TEMPLATES, TOKENS, TRACE,
    TRY, USAGE, letter,
};

/// The method of a path, and the longest body that it takes.
pub(super) fn takes(path: &str) -> Option<(&'static str, usize)> {
    routes::route(path).map(|route| (route.method, route.longest))
}

impl Desk {
    pub(super) async fn api(&self, request: &Incoming) -> Reply {
        let said = match of_this_site(request).and_then(|()| self.carrier(request)) {
            Ok(bearer) if request.path == OPENAPI => {
                let described =
                    bearer.may(Role::Read).map(|()| reply(200, "application/yaml", routes::DOCUMENT.to_owned()));
                return described.unwrap_or_else(|fault| fault.reply());
            }
            Ok(bearer) => self.said(&bearer, &request.path, Question::Http(request)).await,
            Err(fault) => Err(fault),
        };
        said.map_or_else(|fault| fault.reply(), |body| reply(200, JSON, format!("{body}\n")))
    }

    /// A question of the API, asked by the console for whoever is signed in: the same answer, the same roles, the same lines in
    /// the audit log.
    ///
    /// # Errors
    /// As the API has them.
    pub async fn ask(&self, bearer: &Bearer, path: &str, members: Value) -> Result<Value, Fault> {
        self.said(bearer, path, Question::Console(members)).await
    }

    /// The tenants that somebody may know of, by name.
    #[must_use]
    pub fn tenants(&self, bearer: &Bearer) -> Vec<String> {
        let snapshot = self.flow.snapshot.load();
        let seen = snapshot.tenants.iter().filter(|tenant| bearer.sees(Some(&tenant.name)));
        seen.map(|tenant| tenant.name.to_string()).collect()
    }

    /// Whoever types this token, from there.
    ///
    /// # Errors
    /// It is wrong, or too many that came from there were.
    pub fn sign_in(&self, token: &str, peer: Option<IpAddr>) -> Result<Bearer, Fault> {
        self.admit(Some(&format!("Bearer {}", token.trim())), peer)
    }

    fn carrier(&self, request: &Incoming) -> Result<Bearer, Fault> {
        let mut authorizations = request.headers.iter().filter(|(name, _)| name == "authorization");
        let authorization = authorizations.next().map(|(_, value)| value.as_str());
        if authorizations.next().is_some() {
            return Err(Fault::Unauthenticated("several tokens are none: which of them counts would be a guess"));
        }
        self.admit(authorization, request.peer)
    }

    /// Lets in whoever carries a good token. Whoever has tried too many others is told to come later, and not whether the
    /// next one is good.
    fn admit(&self, authorization: Option<&str>, peer: Option<IpAddr>) -> Result<Bearer, Fault> {
        let (tokens, now) = (self.tokens.load(), self.flow.ambient.now());
        let Some(source) = peer.map(Source::from) else { return tokens.admit(authorization, now) };
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

    async fn said(&self, bearer: &Bearer, path: &str, asked: Question<'_>) -> Result<Value, Fault> {
        if let Some(role) = routes::route(path).and_then(|route| route.role) {
            bearer.may(role)?;
        }
        match path {
            LEDGER => self.ledger(bearer, asked.read()?).await,
            LETTERS => self.letters(bearer, asked.read()?).await,
            REDRIVE => self.redrive(bearer, asked.read()?).await,
            RELEASE => self.release(bearer, asked.read()?).await,
            HELD => self.held(bearer, asked.read()?),
            FORGET => self.forget(bearer, asked.read()?).await,
            AUDIT => self.audit(bearer, asked.read()?).await,
            TRACE => self.trace(bearer, asked.read()?).await,
            CAMPAIGN => self.campaign(bearer, asked.read()?).await,
            USAGE => self.usage(bearer, asked.read()?).await,
            DOCTOR => self.doctor(bearer, asked.read()?).await,
            SEND => self.send(bearer, asked.read()?).await,
            OVERVIEW => self.overview(bearer, asked.read()?).await,
            CONFIGURATION => self.configuration(bearer, asked.read()?),
            TEMPLATES => self.templates(bearer, asked.read()?),
            TRY => self.try_out(bearer, asked.read()?).await,
            TOKENS => {
                let Nothing {} = asked.read()?;
                self.list_tokens(bearer).await
            }
            MAKE => self.make_token(bearer, asked.read()?).await,
            REVOKE => self.revoke_token(bearer, asked.read()?).await,
            PAUSE => self.pause(bearer, asked.read()?).await,
            RESUME => self.resume(bearer, asked.read()?).await,
            CANCEL => self.cancel(bearer, asked.read()?).await,
            SUPPRESSIONS => self.suppressions(bearer, asked.read()?).await,
            SHOW => self.suppression(bearer, asked.read()?).await,
            ADD => self.suppress(bearer, asked.read()?, true).await,
            LIFT => self.suppress(bearer, asked.read()?, false).await,
            IMPORT => self.import(bearer, asked.read()?).await,
            EXPORT => self.export(bearer, asked.read()?).await,
            path => match letter(path) {
                Some(id) => self.letter(bearer, id, &asked.read()?).await,
                None => Err(Fault::NotFound("there is nothing at this path".to_owned())),
            },
        }
    }
}

/// A question without members.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What is asked.
enum Question<'q> {
    /// By a program: the members of a query, or of a body.
    Http(&'q Incoming),
    /// By the console.
    Console(Value),
}

impl Question<'_> {
    fn read<T: DeserializeOwned>(self) -> Result<T, Fault> {
        match self {
            Self::Http(request) if request.method == "GET" => query(request),
            Self::Http(request) => body(request),
            Self::Console(members) => of_members(members),
        }
    }
}

fn of_members<T: DeserializeOwned>(members: Value) -> Result<T, Fault> {
    serde_json::from_value(members).map_err(|problem| Fault::BadRequest(problem.to_string()))
}

/// No page of another site asks. Its browser could not send the token anyway, since it is in no cookie; this tells it
/// so before anything is looked at.
///
/// # Errors
/// [`Fault::Forbidden`].
pub fn of_this_site(request: &Incoming) -> Result<(), Fault> {
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
    of_members(Value::Object(members))
}

/// A body, which must be announced as JSON: a form of a web page cannot be.
fn body<T: DeserializeOwned>(request: &Incoming) -> Result<T, Fault> {
    let kind = request.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(JSON) {
        return Err(Fault::BadRequest(format!("the body must be `{JSON}`, and the request must say so")));
    }
    serde_json::from_slice(&request.body).map_err(|problem| Fault::BadRequest(problem.to_string()))
}
