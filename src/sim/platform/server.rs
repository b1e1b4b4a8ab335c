//! The platform's addresses: reports, answers of people, changes of opt-in; and, for tests and people, the journal.

use std::sync::Arc;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::journal::{Answered, Breach, Report};
use super::options::{Kind, Reports};
use super::{Inner, moengage, webengage};
use crate::sim::dice::pick;
use crate::sim::http::{Answer, Request, empty, json, shown};

/// What a report or an answer of a person said, and what was wrong with its form.
pub(super) struct Told {
    pub(super) wrong: Vec<String>,
    pub(super) reports: Vec<(String, Report)>,
    pub(super) inbound: Option<Value>,
}

/// A user and whether they are opted in, or what is wrong with the body.
pub(super) type Consent = Result<(String, bool), Vec<String>>;

/// How a report is answered instead of being acknowledged.
#[derive(Clone, Copy)]
enum Fault {
    Status(StatusCode),
    Refused,
    Dropped,
}

fn faults(reports: &Reports) -> [(f64, Fault); 5] {
    [
        (reports.failing, Fault::Status(StatusCode::INTERNAL_SERVER_ERROR)),
        (reports.refusing, Fault::Refused),
        (reports.unauthorized, Fault::Status(StatusCode::UNAUTHORIZED)),
        (reports.throttled, Fault::Status(StatusCode::TOO_MANY_REQUESTS)),
        (reports.dropped, Fault::Dropped),
    ]
}

/// Answers one request; nothing when the connection is to be closed without an answer.
pub(super) async fn answer(platform: Arc<Inner>, request: Request) -> Option<Answer> {
    let kind = platform.options.kind;
    let answer = match (&request.method, request.segments().as_slice(), kind) {
        (&Method::POST, ["whatsapp", _, "dlr"], Kind::MoEngage) => platform.report(&request).await,
        (&Method::POST, ["tracking", "events"], Kind::WebEngage) => platform.report(&request).await,
        (&Method::POST, ["v1", "customer", _], Kind::MoEngage) => Some(platform.subscription(&request)),
        (&Method::POST, ["v1", "accounts", _, "users"], Kind::WebEngage) => Some(platform.user(&request)),
        (&Method::POST, ["v1", "accounts", _, "events"], Kind::WebEngage) => Some(platform.event(&request)),
        (&Method::GET, ["journal"], _) => Some(platform.tell()),
        (&Method::GET, ["journal", "summary"], _) => Some(shown(&platform.journal.summary())),
        _ => Some(empty(StatusCode::NOT_FOUND)),
    };
    if request.method == Method::POST {
        platform.journal.answered(answer.as_ref().map_or(0, |answer| answer.status().as_u16()));
    }
    answer
}

impl Inner {
    async fn report(&self, request: &Request) -> Option<Answer> {
        let settings = self.reports.load_full();
        tokio::time::sleep(settings.delay).await;
        let token = if self.options.kind == Kind::WebEngage { self.options.report_token.as_deref() } else { None };
        if !self.authorized(request, token) {
            return Some(empty(StatusCode::UNAUTHORIZED));
        }
        let Some(body) = self.parsed(request) else { return Some(self.refusal()) };
        let at = Timestamp::now().as_millisecond();
        let told = match self.options.kind {
            Kind::MoEngage => moengage::told(&body, at),
            Kind::WebEngage => webengage::told(&body, at, |id| self.journal.recipient(id)),
        };
        let id = told.reports.first().map(|(id, _)| id.clone());
        let malformed = !told.wrong.is_empty();
        for wrong in &told.wrong {
            self.journal.violated(Breach::Form, id.as_deref(), wrong.as_str());
        }
        let mut dice = self.dice.next(id.as_deref().or(body["from"].as_str()).unwrap_or_default());
        let fault = if malformed { Some(Fault::Refused) } else { pick(&mut dice, &faults(&settings)) };
        self.keep(told, fault);
        match fault {
            None => Some(self.acknowledgement()),
            Some(Fault::Refused) => Some(self.refusal()),
            Some(Fault::Status(status)) => Some(empty(status)),
            Some(Fault::Dropped) => None,
        }
    }

    fn keep(&self, told: Told, fault: Option<Fault>) {
        let answered = match fault {
            None => Answered::Acknowledged,
            Some(Fault::Refused) => Answered::Refused,
            Some(_) => Answered::Later,
        };
        for (id, report) in told.reports {
            if self.options.only_own && self.journal.recipient(&id).is_none() {
                self.journal.violated(Breach::Stranger, Some(&id), "never sent");
            }
            self.journal.report(self.options.kind, &id, &report, answered);
        }
        if let (Some(inbound), Answered::Acknowledged) = (told.inbound, answered) {
            self.journal.told(inbound);
        }
    }

    fn acknowledgement(&self) -> Answer {
        match self.options.kind {
            Kind::MoEngage => json(StatusCode::OK, &json!({"status": "success"})),
            Kind::WebEngage => json(StatusCode::OK, &json!({"response": {"status": "queued"}})),
        }
    }

    fn refusal(&self) -> Answer {
        match self.options.kind {
            // A 2xx that says failure: what was seen of MoEngage, § 5.
            Kind::MoEngage => {
                let error = json!({"code": "400", "message": "Invalid payload"});
                json(StatusCode::OK, &json!({"status": "failure", "error": error}))
            }
            Kind::WebEngage => empty(StatusCode::BAD_REQUEST),
        }
    }

    fn subscription(&self, request: &Request) -> Answer {
        let basic = request.header("authorization").is_some_and(|value| value.starts_with("Basic "));
        if !basic {
            self.journal.violated(Breach::Credentials, None, "the data API asks for Basic credentials");
            return empty(StatusCode::UNAUTHORIZED);
        }
        self.consented(request, moengage::consent, &json!({"status": "success"}))
    }

    fn user(&self, request: &Request) -> Answer {
        if !self.authorized(request, self.options.api_key.as_deref()) {
            return empty(StatusCode::UNAUTHORIZED);
        }
        self.consented(request, webengage::consent, &json!({"response": {"status": "queued"}}))
    }

    fn consented(&self, request: &Request, read: fn(&Value) -> Consent, done: &Value) -> Answer {
        let Some(body) = self.parsed(request) else { return empty(StatusCode::BAD_REQUEST) };
        let request_id = self.request_id(request);
        match read(&body) {
            Ok((user, opted_in)) => {
                self.journal.consent(&user, opted_in, request_id);
                json(StatusCode::OK, done)
            }
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| self.journal.violated(Breach::Form, None, wrong));
                json(StatusCode::BAD_REQUEST, &json!({"response": {"status": "error"}}))
            }
        }
    }

    fn event(&self, request: &Request) -> Answer {
        if !self.authorized(request, self.options.api_key.as_deref()) {
            return empty(StatusCode::UNAUTHORIZED);
        }
        let Some(body) = self.parsed(request) else { return empty(StatusCode::BAD_REQUEST) };
        let wrong = webengage::event(&body);
        if wrong.is_empty() {
            self.request_id(request);
            self.journal.told(body);
            return json(StatusCode::CREATED, &json!({"response": {"status": "queued"}}));
        }
        wrong.into_iter().for_each(|wrong| self.journal.violated(Breach::Form, None, wrong));
        json(StatusCode::BAD_REQUEST, &json!({"response": {"status": "error"}}))
    }

    /// The id that removes repeats; it must be hexadecimal, § 7.
    fn request_id<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let id = request.header("x-request-id")?;
        let hexadecimal = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal {
            self.journal.violated(Breach::Form, None, "x-request-id is not hexadecimal");
        }
        Some(id)
    }

    fn authorized(&self, request: &Request, token: Option<&str>) -> bool {
        let given = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let authorized = token.is_none_or(|token| given == Some(token));
        if !authorized {
            self.journal.violated(Breach::Credentials, None, "no or another bearer token");
        }
        authorized
    }

    fn parsed(&self, request: &Request) -> Option<Value> {
        if !request.header("content-type").is_some_and(|value| value.starts_with("application/json")) {
            self.journal.violated(Breach::Form, None, "the content type is not application/json");
        }
        let body = serde_json::from_slice(&request.body).ok();
        if body.is_none() {
            self.journal.violated(Breach::Form, None, "the body is not JSON");
        }
        body
    }

    fn tell(&self) -> Answer {
        let journal = &self.journal;
        let (messages, violations) = (journal.messages(), journal.violations());
        let (inbound, consents) = (journal.inbound(), journal.consents());
        let summary = journal.summary();
        shown(&json!({
            "summary": summary, "messages": messages, "violations": violations, "inbound": inbound, "consents": consents,
        }))
    }
}
