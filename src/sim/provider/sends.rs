//! A send from its arrival to its answer: credentials, schema, sender, rate, faults; then the message's life begins.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::journal::Sent;
use super::life::{self, Accepted, Happening, Story};
use super::options::{Account, Answers};
use super::problems::{self, Problem};
use super::webhooks::{Seal, Webhook};
use super::{Inner, templates};
use crate::sim::dice::{pick, uuid};
use crate::sim::http::{Answer, Request, json};

/// What happens to a send instead of a plain 202.
#[derive(Clone, Copy)]
enum Fault {
    Refused(Problem),
    Dropped,
    Lost,
}

fn faults(answers: &Answers) -> [(f64, Fault); 6] {
    [
        (answers.throttled, Fault::Refused(problems::THROTTLED)),
        (answers.failing, Fault::Refused(problems::INTERNAL)),
        (answers.unauthorized, Fault::Refused(problems::CREDENTIALS)),
        (answers.no_credit, Fault::Refused(problems::NO_CREDIT)),
        (answers.dropped, Fault::Dropped),
        (answers.lost, Fault::Lost),
    ]
}

/// A send that is not accepted, with the parameters at fault.
struct Refused {
    problem: Problem,
    parameters: Vec<Value>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, parameters: Vec::new() }
    }
}

impl Refused {
    fn answer(self) -> Answer {
        if self.parameters.is_empty() { self.problem.answer() } else { self.problem.naming(self.parameters) }
    }
}

impl Inner {
    pub(super) async fn send(self: &Arc<Self>, request: &Request) -> Option<Answer> {
        let (message, account) = match self.checked(request) {
            Ok(checked) => checked,
            Err(refused) => {
                self.journal.refused(refused.problem.status.as_u16());
                return Some(refused.answer());
            }
        };
        let answers = self.answers.load_full();
        let mut dice = self.dice.next(message["to"].as_str().unwrap_or_default());
        tokio::time::sleep(answers.delay.draw(&mut dice)).await;
        let fault = if self.too_fast(&message, &answers) {
            Some(Fault::Refused(problems::THROTTLED))
        } else {
            pick(&mut dice, &faults(&answers))
        };
        match fault {
            Some(Fault::Refused(problem)) => {
                self.journal.refused(problem.status.as_u16());
                let wait = answers.retry_after.filter(|_| problem.status == StatusCode::TOO_MANY_REQUESTS);
                return Some(problems::retry_after(problem.answer(), wait));
            }
            Some(Fault::Dropped) => {
                self.journal.refused(0);
                return None;
            }
            Some(Fault::Lost) | None => {}
        }
        let answer = self.accept(message, &account, &mut dice).await;
        (!matches!(fault, Some(Fault::Lost))).then_some(answer)
    }

    /// Notes the message, begins its life and tells its id.
    async fn accept(self: &Arc<Self>, message: Value, account: &Arc<Account>, dice: &mut StdRng) -> Answer {
        let uuid = uuid();
        let known = self.templates(&account.waba).unwrap_or(&[]);
        let misfit = self.options.check_templates && !templates::fits(known, &message);
        let accepted = Accepted { uuid: &uuid, body: &message, misfit };
        let story = life::plan(&self.options.life, &accepted, Timestamp::now(), dice);
        // Noted before anything of it is posted: a status that comes early finds the message in the journal.
        let mut words: Vec<_> = story.happenings.iter().filter(|one| one.kind != "inbound").collect();
        words.sort_by_key(|one| one.after);
        self.record(&uuid, words.iter().map(|one| one.kind).collect(), message.clone());
        // Also for a caller that is gone before its answer: what was taken has a life.
        let (me, account, mut dice) = (Arc::clone(self), Arc::clone(account), dice.clone());
        drop(tokio::spawn(async move { me.play(story, &message, &account, &mut dice).await }).await);
        json(StatusCode::ACCEPTED, &json!({ "message_uuid": uuid }))
    }

    /// The message, when it keeps the contract and may be sent with these credentials.
    fn checked(&self, request: &Request) -> Result<(Value, Arc<Account>), Refused> {
        let now = Timestamp::now();
        let opened = self.opened(request, now).ok_or(problems::CREDENTIALS)?;
        let Ok(message) = serde_json::from_slice::<Value>(&request.body) else {
            self.journal.violated(now.as_millisecond(), vec!["the body is not JSON".to_owned()]);
            return Err(problems::NO_JSON.into());
        };
        self.keeps_schema(&message, now)?;
        let from = message["from"].as_str().unwrap_or_default();
        let owner = self.accounts.owner(from).filter(|owner| opened.holds(owner));
        match owner {
            Some(owner) => Ok((message, owner)),
            None => Err(problems::SENDER.into()),
        }
    }

    fn keeps_schema(&self, message: &Value, now: Timestamp) -> Result<(), Refused> {
        let mut wrong = self.schema.iter_errors(message).peekable();
        let Some(first) = wrong.peek() else { return Ok(()) };
        let member = first.instance_path().to_string();
        let problem = Problem::of_member(member.split('/').nth(1).unwrap_or_default());
        let found: Vec<_> = wrong
            .map(|error| {
                (
                    error.instance_path().to_string().trim_start_matches('/').replace('/', "."),
                    error.masked().to_string(),
                )
            })
            .collect();
        self.journal
            .violated(now.as_millisecond(), found.iter().map(|(name, reason)| format!("{name}: {reason}")).collect());
        let named = found.into_iter().map(|(name, reason)| json!({"name": name, "reason": reason}));
        Err(Refused { problem, parameters: named.collect() })
    }

    fn too_fast(&self, message: &Value, answers: &Answers) -> bool {
        let Some(rate) = answers.per_sender else { return false };
        !self.lanes.takes(message["from"].as_str().unwrap_or_default(), rate, Instant::now())
    }

    fn record(&self, uuid: &str, story: Vec<&'static str>, body: Value) {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        self.journal.accepted(Sent {
            message_uuid: uuid.to_owned(),
            client_ref: text("client_ref"),
            to: text("to").unwrap_or_default(),
            from: text("from").unwrap_or_default(),
            at: Timestamp::now().as_millisecond(),
            story,
            body: if self.options.keep_bodies { body } else { Value::Null },
        });
    }

    /// Schedules what happens to a message; an early first status is posted before this returns.
    async fn play(self: &Arc<Self>, story: Story, message: &Value, account: &Arc<Account>, dice: &mut StdRng) {
        let own = message["webhook_url"].as_str().or(self.options.status_url.as_deref());
        let mut early = story.early;
        for happening in story.happenings {
            let url = if happening.kind == "inbound" { self.options.inbound_url.as_deref() } else { own };
            let Some(url) = url else { continue };
            let seal = self.seal(dice);
            let after = happening.after;
            let webhook = prepared(&happening, url, account, seal);
            if std::mem::take(&mut early) {
                // Not longer than a caller waits: a receiver in trouble gets its repeats in the background.
                let first = tokio::spawn({
                    let hooks = Arc::clone(&self.webhooks);
                    async move { hooks.deliver(&webhook).await }
                });
                drop(tokio::time::timeout(Duration::from_secs(2), first).await);
            } else {
                self.webhooks.post_after(after, webhook);
            }
        }
    }

    pub(super) fn seal(&self, dice: &mut StdRng) -> Seal {
        let options = &self.options.webhooks;
        let outcomes = [(options.unsigned, Seal::Unsigned), (options.altered, Seal::Altered)];
        pick(dice, &outcomes).unwrap_or(Seal::Signed)
    }
}

pub(super) fn prepared(happening: &Happening, url: &str, account: &Arc<Account>, seal: Seal) -> Webhook {
    let body = happening.body.to_string().into();
    let of =
        (happening.kind != "inbound").then(|| happening.body["message_uuid"].as_str().map(str::to_owned)).flatten();
    Webhook { url: url.to_owned(), kind: happening.kind, of, body, account: Arc::clone(account), seal }
}
