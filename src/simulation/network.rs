//! The gateway's calls on their way: refused, lost, slow, or answered.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::journal::{Meant, What};
use super::outside::{Exchange, Mood, Outside, State};
use super::plan::Event;
use crate::client::Outbound;
use crate::model::wire::{Answer, Class, Prepared};
use crate::model::{ClientRef, Ref};

pub(super) const PROVIDER: &str = "carrier.example";

impl Outbound for Outside {
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer> {
        let (answer, back) = oneshot::channel();
        let (exchange, subject) = self.state().depart(&call, answer);
        async move {
            self.step().await;
            let unanswered = || (Answer::without(Class::Unanswered, "no answer in time"), Meant::Unclear);
            let (answer, meant) = match timeout(call.timeout, back).await {
                Ok(Ok(answered)) => answered,
                Ok(Err(_)) | Err(_) => unanswered(),
            };
            self.state().heard(exchange, subject, meant);
            self.step().await;
            answer
        }
        .boxed()
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

/// What a call is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Message(Ref),
    Call(i64),
}

impl Outside {
    /// A step of the gateway's: it may be killed here.
    pub(super) async fn step(&self) {
        let die = {
            let mut state = self.state();
            state.steps += 1;
            let steps = state.steps;
            state.kill_at.take_if(|at| *at <= steps).is_some()
        };
        if die {
            self.kill.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl State {
    fn depart(&mut self, call: &Prepared, sender: oneshot::Sender<(Answer, Meant)>) -> (usize, Subject) {
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let host = call.url.host_str().unwrap().to_owned();
        let number = self.exchanges.len();
        let (to, subject) = if host == PROVIDER {
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            let of = text("ref").parse::<ClientRef>().unwrap().message;
            let key = call.headers.iter().find(|(name, _)| name == "key").unwrap().1.clone();
            let (from, to) = (text("from"), text("to"));
            let brand = self.plan.brands.iter().find(|brand| brand.numbers.iter().any(|(number, _)| *number == from));
            let tenant = brand.unwrap().name.clone();
            self.note(What::Called { exchange: number, of, tenant, from, to });
            (key, Subject::Message(of))
        } else {
            let call: i64 = body["call"].as_str().unwrap().parse().unwrap();
            self.note(What::Posted { exchange: number, call });
            (host, Subject::Call(call))
        };
        let mut exchange = Exchange { to, body, back: None, deaf: false, sender: Some(sender) };
        let (net, way) = (self.net, self.way());
        if self.dice.chance(net.refused) || self.mood(&exchange.to) == Mood::Down {
            exchange.back = Some((Answer::without(Class::Unreached, "refused"), Meant::Later(None)));
            self.after(way, Event::Return(number));
        } else if self.dice.chance(net.lost) || self.mood(&exchange.to) == Mood::Silent && self.dice.chance(50) {
            self.cut(number, &mut exchange);
        } else {
            exchange.deaf = self.dice.chance(net.answer_lost) || self.mood(&exchange.to) == Mood::Silent;
            self.after(way, Event::Reach(number));
        }
        self.exchanges.push(exchange);
        (number, subject)
    }

    /// Milliseconds one way.
    pub(super) fn way(&mut self) -> i64 {
        if self.dice.chance(self.net.slow) {
            self.dice.between(1000, self.plan.slowest)
        } else {
            self.dice.between(0, self.net.delay)
        }
    }

    /// No answer will come: the connection is reset, or nobody says anything.
    fn cut(&mut self, number: usize, exchange: &mut Exchange) {
        if self.dice.chance(50) {
            exchange.back = Some((Answer::without(Class::Unanswered, "reset"), Meant::Unclear));
            let way = self.way();
            self.after(way, Event::Return(number));
        }
    }

    /// A call arrived where it was going.
    pub(super) fn reach(&mut self, number: usize) {
        let answered =
            if self.exchanges[number].body.get("ref").is_some() && self.exchanges[number].body.get("to").is_some() {
                self.provide(number)
            } else {
                self.note_call(number)
            };
        if self.exchanges[number].deaf {
            let mut exchange =
                Exchange { to: String::new(), body: serde_json::Value::Null, back: None, deaf: true, sender: None };
            self.cut(number, &mut exchange);
            self.exchanges[number].back = exchange.back;
        } else {
            self.exchanges[number].back = Some(answered);
            let way = self.way();
            self.after(way, Event::Return(number));
        }
    }

    /// An answer arrived at the gateway, if that still waits.
    pub(super) fn give_back(&mut self, number: usize) {
        let exchange = &mut self.exchanges[number];
        if let (Some(sender), Some(back)) = (exchange.sender.take(), exchange.back.take()) {
            let _ = sender.send(back);
        }
    }

    fn heard(&mut self, exchange: usize, subject: Subject, meant: Meant) {
        match subject {
            Subject::Message(of) => self.note(What::Answered { exchange, of, meant }),
            Subject::Call(call) => self.note(What::Heard { call, meant }),
        }
    }
}

/// An answer in JSON.
pub(super) fn answer(http: u16, body: &serde_json::Value, retry_after: Option<i64>) -> Answer {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
    Answer { http: Some(http), class: Class::of(http), headers, body: Bytes::from(body.to_string()), trouble: None }
}

/// An answer that nobody can read.
pub(super) fn garbage(http: u16) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    Answer { http: Some(http), class: Class::of(http), headers, body: Bytes::from_static(b"<html>"), trouble: None }
}
