//! What becomes of one accepted message: the statuses and answers it will yield, planned at once. Sends nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::options::Life;
use super::problems;
use crate::sim::dice::{happens, pick, uuid};

/// An accepted message, as far as its life depends on it.
pub(super) struct Accepted<'a> {
    pub(super) uuid: &'a str,
    pub(super) body: &'a Value,
    /// Whether the template is unknown or filled wrongly: then `WhatsApp` refuses it.
    pub(super) misfit: bool,
}

/// A webhook to come.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    pub(super) after: Duration,
    /// A status word, or `inbound`.
    pub(super) kind: &'static str,
    pub(super) body: Value,
}

/// The whole plan; when `early`, its first happening precedes the answer to the send.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) early: bool,
    pub(super) happenings: Vec<Happening>,
}

/// Plans a life, in the order things happen; `reordered` and `duplicates` change when they arrive.
pub(super) fn plan(life: &Life, message: &Accepted<'_>, now: Timestamp, dice: &mut StdRng) -> Story {
    let mut teller =
        Teller { life, message, now, happenings: Vec::new(), silent: happens(dice, life.without_client_ref) };
    let failures: Vec<_> = life.failures.iter().map(|failure| (failure.share, failure.code)).collect();
    let failure = if message.misfit { Some(1022) } else { pick(dice, &failures) };
    match failure {
        Some(code) => teller.fails(code, dice),
        None => teller.succeeds(dice),
    }
    let mut happenings = teller.happenings;
    if happens(dice, life.reordered) {
        reverse(&mut happenings);
    }
    let early = happens(dice, life.early) && happenings.first().is_some_and(|first| first.kind == "submitted");
    let again: Vec<_> =
        happenings.iter().filter(|one| one.kind != "inbound" && happens(dice, life.duplicates)).cloned().collect();
    happenings.extend(again.into_iter().map(|one| Happening { after: one.after + Duration::from_millis(5), ..one }));
    Story { early, happenings }
}

/// The last status arrives first: the bodies keep their own times, only the arrivals are exchanged.
fn reverse(happenings: &mut [Happening]) {
    let times: Vec<_> = happenings.iter().map(|one| one.after).collect();
    happenings.reverse();
    for (one, time) in happenings.iter_mut().zip(times) {
        one.after = time;
    }
}

struct Teller<'a> {
    life: &'a Life,
    message: &'a Accepted<'a>,
    now: Timestamp,
    happenings: Vec<Happening>,
    /// Statuses carry no `client_ref`.
    silent: bool,
}

impl Teller<'_> {
    fn fails(&mut self, code: u16, dice: &mut StdRng) {
        let (word, detail) = problems::failure(code);
        if word == "undeliverable" {
            let after = self.life.submitted_after.draw(dice);
            self.status(after, "submitted", json!({ "usage": self.usage() }));
        }
        let after = self.life.delivered_after.draw(dice);
        let error = self.error(code, detail, dice);
        self.status(after, word, json!({ "error": error }));
    }

    fn error(&self, code: u16, detail: &str, dice: &mut StdRng) -> Value {
        let title = if happens(dice, self.life.numeric_titles) { json!(code) } else { json!(code.to_string()) };
        json!({
            "type": format!("https://developer.vonage.com/api-errors/messages#{code}"),
            "title": title,
            "detail": detail,
            "instance": format!("{:032x}", dice.random::<u128>()),
        })
    }

    fn succeeds(&mut self, dice: &mut StdRng) {
        let submitted = self.life.submitted_after.draw(dice);
        self.status(submitted, "submitted", json!({ "usage": self.usage() }));
        if !happens(dice, self.life.delivered) {
            return;
        }
        let delivered = self.life.delivered_after.draw(dice).max(submitted);
        self.status(delivered, "delivered", self.delivered());
        if happens(dice, self.life.contradicted) {
            let error = self.error(1310, problems::failure(1310).1, dice);
            self.status(delivered, "rejected", json!({ "error": error }));
        }
        let read = self.life.read_after.draw(dice).max(delivered);
        if happens(dice, self.life.read) {
            self.status(
                read,
                "read",
                json!({"profile": {"name": "Asha R"}, "whatsapp": {"recipient": self.recipient()}}),
            );
        }
        if happens(dice, self.life.stop) {
            self.says(read, json!({"context_status": "none", "message_type": "text", "text": "STOP"}));
        }
        if happens(dice, self.life.taps)
            && let Some(payload) = first_quick_reply(self.message.body)
        {
            let (uuid, from) = (self.message.uuid, &self.message.body["from"]);
            let context = json!({"message_uuid": uuid, "message_from": from});
            let button = json!({"payload": payload, "text": payload});
            let told =
                json!({"context_status": "available", "context": context, "message_type": "button", "button": button});
            self.says(read, told);
        }
    }

    fn usage(&self) -> Value {
        json!({"currency": "EUR", "price": self.life.price})
    }

    fn delivered(&self) -> Value {
        let model = if self.life.price == "0" { "PMP" } else { "CBP" };
        json!({
            "usage": self.usage(),
            "profile": {"name": "Asha R"},
            "whatsapp": {
                "pricing": {"type": "regular", "pricing_model": model, "category": "marketing"},
                "recipient": self.recipient(),
            },
        })
    }

    fn recipient(&self) -> Value {
        let to = &self.message.body["to"];
        json!({"user_id": format!("IN.{}", to.as_str().unwrap_or_default()), "wa_id": to})
    }

    fn status(&mut self, after: Duration, kind: &'static str, extra: Value) {
        let mut body = json!({
            "message_uuid": self.message.uuid,
            "to": self.message.body["to"],
            "from": self.message.body["from"],
            "timestamp": at(self.now, after),
            "status": kind,
            "channel": "whatsapp",
        });
        if let (Some(reference), false) = (self.message.body.get("client_ref"), self.silent) {
            body["client_ref"] = reference.clone();
        }
        add(&mut body, extra);
        self.happenings.push(Happening { after, kind, body });
    }

    fn says(&mut self, after: Duration, content: Value) {
        let (to, from) = (self.message.body["from"].as_str(), self.message.body["to"].as_str());
        let (_, body) = inbound(from.unwrap_or_default(), to.unwrap_or_default(), self.now, after, content);
        self.happenings.push(Happening { after, kind: "inbound", body });
    }
}

/// An incoming message with its id, § 4.
pub(super) fn inbound(from: &str, to: &str, now: Timestamp, after: Duration, content: Value) -> (String, Value) {
    let id = uuid();
    let mut body = json!({
        "channel": "whatsapp",
        "message_uuid": id,
        "to": to,
        "from": from,
        "timestamp": at(now, after),
        "profile": {"name": "Asha R"},
        "_self": {"href": format!("https://api-eu.vonage.com/v1/messages/{id}")},
    });
    add(&mut body, content);
    (id, body)
}

fn add(body: &mut Value, extra: Value) {
    if let (Value::Object(body), Value::Object(extra)) = (body, extra) {
        body.extend(extra);
    }
}

/// Millisecond fractions, as the service writes them.
fn at(now: Timestamp, after: Duration) -> String {
    let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::ZERO);
    format!("{:.3}", now.checked_add(after).unwrap_or(now))
}

fn first_quick_reply(body: &Value) -> Option<&str> {
    let components = body["custom"]["template"]["components"].as_array()?;
    let button = components.iter().find(|one| one["sub_type"] == "quick_reply")?;
    button["parameters"][0]["payload"].as_str()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::sim::provider::options::Failure;

    fn certain() -> Life {
        Life { delivered: 1.0, read: 1.0, ..Life::default() }
    }

    fn kinds(life: &Life, misfit: bool) -> Vec<String> {
        let body = json!({
            "to": "6598114720", "from": "6531290044", "client_ref": "r",
            "custom": {"template": {"components": [
                {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "yes"}]}
            ]}},
        });
        let message = Accepted { uuid: "u", body: &body, misfit };
        let story = plan(life, &message, Timestamp::UNIX_EPOCH, &mut StdRng::seed_from_u64(1));
        let mut happenings = story.happenings;
        happenings.sort_by_key(|one| one.after);
        happenings
            .iter()
            .map(|one| {
                let title = one.body["error"]["title"].to_string();
                let error = if title == "null" { String::new() } else { format!(" {title}") };
                let text = one.body["text"].as_str().or(one.body["button"]["payload"].as_str());
                let silent = if one.kind != "inbound" && one.body.get("client_ref").is_none() { " silent" } else { "" };
                format!("{}{error}{}{silent}", one.kind, text.map(|text| format!(" {text}")).unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn lives() {
        let fails = |code| Life { failures: vec![Failure { code, share: 1.0 }], ..certain() };
        let cases: [(&str, Life, &[&str]); 11] = [
            ("good", certain(), &["submitted", "delivered", "read"]),
            ("unread", Life { read: 0.0, ..certain() }, &["submitted", "delivered"]),
            ("silence", Life { delivered: 0.0, ..certain() }, &["submitted"]),
            ("rejected", fails(1300), &["rejected \"1300\""]),
            ("expired", fails(1360), &["submitted", "undeliverable \"1360\""]),
            ("numeric", Life { numeric_titles: 1.0, ..fails(1020) }, &["rejected 1020"]),
            ("reordered", Life { reordered: 1.0, ..certain() }, &["read", "delivered", "submitted"]),
            (
                "contradicted",
                Life { contradicted: 1.0, ..certain() },
                &["submitted", "delivered", "rejected \"1310\"", "read"],
            ),
            ("stop", Life { stop: 1.0, read: 0.0, ..certain() }, &["submitted", "delivered", "inbound STOP"]),
            ("tap", Life { taps: 1.0, read: 0.0, ..certain() }, &["submitted", "delivered", "inbound yes"]),
            ("no ref", Life { without_client_ref: 1.0, delivered: 0.0, ..certain() }, &["submitted silent"]),
        ];
        for (name, life, expected) in cases {
            assert_eq!(kinds(&life, false), expected, "{name}");
        }
        assert_eq!(kinds(&certain(), true), ["rejected \"1022\""]);
        assert_eq!(kinds(&Life { duplicates: 1.0, ..certain() }, false).len(), 6);
    }

    #[test]
    fn times_in_bodies_are_those_of_the_events() {
        assert_eq!(at(Timestamp::UNIX_EPOCH, Duration::from_millis(1500)), "1970-01-01T00:00:01.500Z");
    }
}
