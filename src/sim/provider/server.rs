//! The provider's addresses: marking as read, listing templates, what an application is set up with, the journal for tests and people; sends go to [`super::sends`].

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Opened;
use super::life::Happening;
use super::problems;
use super::sends::prepared;
use super::{Inbound, Inner, templates};
use crate::sim::http::{Answer, Request, empty, json, shown};

/// Answers one request; nothing when the connection is to be closed without an answer.
pub(super) async fn answer(provider: Arc<Inner>, request: Request) -> Option<Answer> {
    let answer = match (&request.method, request.segments().as_slice()) {
        (&Method::POST, ["v1", "messages"]) => return provider.send(&request).await,
        (&Method::GET, ["v1", "messages", "ping"]) => empty(StatusCode::OK),
        (&Method::PATCH, ["v1", "messages", id]) => provider.mark_read(&request, id),
        (&Method::GET, ["v2", "whatsapp-manager", "wabas", waba, "templates"]) => provider.list(&request, waba),
        (&Method::GET, ["v2", "applications", id]) => provider.application(&request, id),
        (&Method::GET, ["journal"]) => provider.tell(),
        (&Method::GET, ["journal", "summary"]) => shown(&provider.journal.summary()),
        (&Method::POST, ["inbound"]) => provider.told(&request),
        // A wrong method on a known path is 403, § 2.
        (_, ["v1", "messages", ..]) => problems::FORBIDDEN.answer(),
        _ => problems::NOT_FOUND.answer(),
    };
    Some(answer)
}

impl Inner {
    /// Delivers an incoming message in the background; its id, or nothing when there is nowhere or nobody to send it to.
    pub(super) fn receive(self: &Arc<Self>, inbound: &Inbound) -> Option<String> {
        let url = self.options.inbound_url.as_deref()?;
        let account = self.accounts.owner(&inbound.to)?;
        let (id, body) = inbound.body(Timestamp::now());
        let happening = Happening { after: Duration::ZERO, kind: "inbound", body };
        let seal = self.seal(&mut self.dice.next(&inbound.from));
        self.webhooks.post_after(Duration::ZERO, prepared(&happening, url, &account, seal));
        Some(id)
    }

    fn told(self: &Arc<Self>, request: &Request) -> Answer {
        let Ok(inbound) = serde_json::from_slice::<Inbound>(&request.body) else {
            return empty(StatusCode::BAD_REQUEST);
        };
        match self.receive(&inbound) {
            Some(id) => json(StatusCode::ACCEPTED, &json!({ "message_uuid": id })),
            None => empty(StatusCode::CONFLICT),
        }
    }

    /// The accounts a request's credentials open.
    pub(super) fn opened(&self, request: &Request, now: Timestamp) -> Option<Opened<'_>> {
        self.accounts.open(&request.headers, now.as_second())
    }

    fn mark_read(&self, request: &Request, _id: &str) -> Answer {
        #[derive(Deserialize)]
        struct Mark {
            status: String,
        }
        let token = request.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
        if !token || self.opened(request, Timestamp::now()).is_none() {
            return problems::CREDENTIALS.answer();
        }
        match serde_json::from_slice::<Mark>(&request.body) {
            Ok(mark) if mark.status == "read" => {
                self.journal.marked_read();
                empty(StatusCode::ACCEPTED)
            }
            _ => problems::PARAMS.answer(),
        }
    }

    /// What an application is set up with; by Basic alone, § 1.7.
    fn application(&self, request: &Request, id: &str) -> Answer {
        let basic = request.header("authorization").is_some_and(|value| value.starts_with("Basic "));
        if !basic || self.opened(request, Timestamp::now()).is_none() {
            return problems::CREDENTIALS.answer();
        }
        let url = |address: &Option<String>| json!({ "address": address, "http_method": "POST" });
        let webhooks =
            json!({ "status_url": url(&self.options.status_url), "inbound_url": url(&self.options.inbound_url) });
        let capabilities = json!({ "messages": { "webhooks": webhooks } });
        json(StatusCode::OK, &json!({ "id": id, "name": "simulated", "capabilities": capabilities }))
    }

    fn list(&self, request: &Request, waba: &str) -> Answer {
        if let Some(status) = self.answers.load().listing {
            let problem = if status == 429 { problems::THROTTLED } else { problems::INTERNAL };
            let status = StatusCode::from_u16(status).unwrap_or(problem.status);
            return problem.under(status).of_templates();
        }
        if self.opened(request, Timestamp::now()).is_none() {
            return problems::CREDENTIALS.of_templates();
        }
        let Some(known) = self.templates(waba) else { return problems::NOT_FOUND.of_templates() };
        let members = ["name", "language", "status", "category"];
        let wanted = templates::Wanted {
            limit: request.parameter("limit"),
            after: request.parameter("after"),
            only: members.into_iter().filter_map(|name| Some((name, request.parameter(name)?))).collect(),
            address: format!("{}{}", request.origin(), request.path),
        };
        match templates::page(known, &wanted) {
            Ok(page) => {
                self.journal.listed();
                json(StatusCode::OK, &page)
            }
            Err(problem) => problem.of_templates(),
        }
    }

    pub(super) fn templates(&self, waba: &str) -> Option<&[Value]> {
        let known = self.options.templates.get(waba).or_else(|| self.options.templates.get("*"))?;
        Some(known)
    }

    fn tell(&self) -> Answer {
        let journal = &self.journal;
        let (sent, violations) = (journal.sent(), journal.violations());
        shown(
            &json!({"summary": journal.summary(), "sent": sent, "violations": violations, "duplicates": journal.duplicates()}),
        )
    }
}
