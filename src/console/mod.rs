//! The operator's pages, served by the gateway itself on the admin listener: `/console`.
//!
//! It knows nothing that the API does not: every page asks [`Desk::ask`] for whoever is signed in, so that roles, tenants and the
//! audit log are the API's. Pages are pure functions from plain data to HTML (`pages`); who is signed in is kept in memory
//! (`session`). Start at [`Console::answer`].

mod answers;
mod ask;
mod assets;
mod events;
mod form;
mod pages;
mod place;
mod session;
mod sign_in;
mod tasks;

use std::sync::Arc;

use crate::model::wire::{Incoming, Reply};
use crate::operate::{Bearer, Desk, Fault, of_this_site};
use answers::{html, redirect};
use form::Form;
use pages::{Frame, Page};
use place::Place;
use session::{Session, Sessions};

/// The pages, and who is signed in.
pub struct Console {
    desk: Arc<Desk>,
    sessions: Sessions,
}

/// Somebody who is signed in, and what was asked.
struct Visit<'r> {
    session: Session,
    bearer: Bearer,
    request: &'r Incoming,
    place: Place<'r>,
}

impl Visit<'_> {
    /// What stands around a page.
    fn frame(&self) -> Frame<'_> {
        Frame { bearer: &self.bearer, csrf: &self.session.csrf, section: self.place.section() }
    }
}

impl Console {
    /// Of the gateway whose desk this is.
    #[must_use]
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, sessions: Sessions::default() }
    }

    /// The methods that a path takes, each with the longest body; none where there is nothing at it.
    #[must_use]
    pub fn takes(path: &str) -> &'static [(&'static str, usize)] {
        Place::of(path).map_or(&[], Place::takes)
    }

    /// Answers a request that the listener refused unread; nothing where it is not the console's.
    #[must_use]
    pub fn unread(request: &Incoming, text: Option<&str>) -> Option<Reply> {
        Place::of(&request.path)?;
        Some(html(400, pages::error::alone(text.unwrap_or("the request cannot be read"))))
    }

    /// Answers a request to one of these paths.
    pub async fn answer(&self, request: &Incoming) -> Reply {
        let Some(place) = Place::of(&request.path) else {
            return html(404, pages::error::alone("There is nothing here."));
        };
        // Whoever changes something says from where: a browser does.
        if request.method == "POST"
            && let Err(fault) = from_here(request)
        {
            return html(403, pages::error::alone(fault.told().2));
        }
        match place {
            Place::Home => redirect(place::OVERVIEW),
            Place::Asset(asset) => asset.reply(),
            Place::SignIn if request.method == "POST" => self.signs_in(request),
            Place::SignIn => self.sign_in_page(request),
            _ => match self.visit(request, place) {
                Some(visit) => self.visited(visit).await,
                None if place.is_live() => html(401, pages::error::alone("Nobody is signed in.")),
                None => redirect(&sign_in::way_to(request)),
            },
        }
    }

    /// Who asks, if somebody is signed in with a token that is still good.
    fn visit<'r>(&self, request: &'r Incoming, place: Place<'r>) -> Option<Visit<'r>> {
        let now = self.desk.now();
        let id = session::cookie(request)?;
        // A page that renews itself is nobody at work.
        let session = if place.is_live() { self.sessions.look(&id, now) } else { self.sessions.touch(&id, now) }?;
        match self.desk.bearer(&session.token) {
            Ok(bearer) => Some(Visit { session, bearer, request, place }),
            Err(_) => {
                self.sessions.end(&id);
                None
            }
        }
    }

    async fn visited(&self, visit: Visit<'_>) -> Reply {
        if visit.place.is_live() {
            return self.event(&visit).await;
        }
        let came = if visit.request.method == "POST" {
            self.posted(&visit).await
        } else {
            self.page(&visit).await.map(Came::Page)
        };
        match came {
            Ok(Came::Page(page)) => html(200, page.within(&visit.frame())),
            Ok(Came::Elsewhere(path)) => redirect(&path),
            Ok(Came::Out) => self.signed_out(visit.request),
            Err(fault) => html(fault.told().0, pages::error::page(&fault).within(&visit.frame())),
        }
    }

    /// A form, if it is one of ours.
    async fn posted(&self, visit: &Visit<'_>) -> Result<Came, Fault> {
        let form = Form::read(visit.request)?;
        if !visit.session.made(form.get("csrf")) {
            let text = "the form is not of this session: go back, load the page again, and send it from there";
            return Err(Fault::Forbidden(text.to_owned()));
        }
        if visit.place == Place::SignOut {
            return Ok(Came::Out);
        }
        self.done(visit, &form).await
    }
}

/// What came of a form.
enum Came {
    Page(Page),
    Elsewhere(String),
    Out,
}

/// No form of another site, and none of a program that does not say where it is.
fn from_here(request: &Incoming) -> Result<(), Fault> {
    of_this_site(request)?;
    if request.header("origin").is_some() || request.header("sec-fetch-site").is_some() {
        return Ok(());
    }
    Err(Fault::Forbidden("the request does not say which page it comes from (Origin): programs ask /api".to_owned()))
}
