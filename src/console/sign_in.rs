//! In and out: a token is typed once, and a session stands for it from then on.

use tracing::info;

use super::answers::{html, redirect};
use super::form::Form;
use super::{Console, pages, place, session};
use crate::model::wire::{Incoming, Reply};
use crate::operate::Tokens;

impl Console {
    pub(super) fn sign_in_page(&self, request: &Incoming) -> Reply {
        html(200, pages::sign_in::page(&wanted(&Form::query(request)), None))
    }

    /// The token is good, or why not. What was wrong too often from there is not listened to: as with the API, and counted with it.
    pub(super) fn signs_in(&self, request: &Incoming) -> Reply {
        let form = match Form::read(request) {
            Ok(form) => form,
            Err(fault) => return html(fault.told().0, pages::sign_in::page("", Some(fault.told().2))),
        };
        let typed = form.get("token");
        let bearer = match self.desk.sign_in(typed, request.peer) {
            Ok(bearer) => bearer,
            Err(fault) => {
                let (http, _, text) = fault.told();
                let text = fault
                    .retry_after()
                    .map_or_else(|| text.to_owned(), |wait| format!("{text}: try again in {wait} seconds"));
                return html(http, pages::sign_in::page(&wanted(&form), Some(&text)));
            }
        };
        info!(token = bearer.name(), "signed in to the console");
        // Whoever was signed in before is out: one browser, one session.
        if let Some(before) = session::cookie(request) {
            self.sessions.end(&before);
        }
        let random = [self.desk.random(), self.desk.random()];
        let id = self.sessions.begin(Tokens::hash(typed), random, self.desk.now());
        let mut reply = redirect(&wanted(&form));
        reply.headers.push(("set-cookie".to_owned(), session::set(&id, request)));
        reply
    }

    pub(super) fn signed_out(&self, request: &Incoming) -> Reply {
        if let Some(id) = session::cookie(request) {
            self.sessions.end(&id);
        }
        let mut reply = redirect(place::SIGN_IN);
        reply.headers.push(("set-cookie".to_owned(), session::unset(request)));
        reply
    }
}

/// Where somebody wanted to go; never out of the console.
fn wanted(form: &Form) -> String {
    let next = form.get("next");
    let path = next.split_once('?').map_or(next, |(path, _)| path);
    let is_page = place::Place::of(path).is_some_and(|place| place.takes().iter().any(|(method, _)| *method == "GET"));
    let fits = is_page
        && path.starts_with(place::OVERVIEW)
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if fits { next.to_owned() } else { place::OVERVIEW.to_owned() }
}

/// The form to sign in, which leads back to where somebody wanted to go.
pub(super) fn way_to(request: &Incoming) -> String {
    if request.method != "GET" || request.path == place::OVERVIEW {
        return place::SIGN_IN.to_owned();
    }
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let next = format!("{}{query}", request.path);
    Form::default().link(place::SIGN_IN, &[], ("next", &next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(next: &str) -> String {
        let (method, path) = ("GET".to_owned(), place::SIGN_IN.to_owned());
        let query = Form::default().link("", &[], ("next", next)).trim_start_matches('?').to_owned();
        let request = Incoming { method, path, query, headers: Vec::new(), body: bytes::Bytes::new(), peer: None };
        wanted(&Form::query(&request))
    }

    #[test]
    fn whoever_signs_in_goes_to_a_page_of_the_console_and_nowhere_else() {
        for page in ["/console", "/console/dead-letters?tenant=acme&before=7", "/console/messages/m-7Q2"] {
            assert_eq!(after(page), page);
        }
        for other in [
            "",
            "/",
            "//evil.example/console",
            "https://evil.example/console",
            "/console/redrive",
            "/console/../api",
            "/console/messages/m-1\r\nset-cookie: a=b",
            "/console?\\evil.example",
            "/metrics",
        ] {
            assert_eq!(after(other), "/console", "{other}");
        }
    }
}
