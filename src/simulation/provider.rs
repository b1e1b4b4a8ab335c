//! The provider: takes messages or not, and says what became of them: early, late, twice, out of order, in contradiction.

use serde_json::json;

use super::journal::{Meant, Spoken, What};
use super::network::{answer, garbage};
use super::outside::{Hook, Mood, State};
use super::plan::{Event, PEOPLE, number_of, user_of};
use crate::model::ClientRef;
use crate::model::wire::Answer;
use crate::value::Timestamp;

/// What may become of a message: words with codes, in order.
const LIVES: &[&[(&str, Option<&str>)]] = &[
    &[("submitted", None), ("delivered", None), ("read", None)],
    &[("submitted", None), ("delivered", None), ("read", None)],
    &[("submitted", None), ("delivered", None)],
    &[("delivered", None)],
    &[("read", None)],
    &[("submitted", None)],
    &[],
    &[("wondering", None), ("delivered", None)],
    &[("wondering", None)],
    &[("failed", Some("barred"))],
    &[("submitted", None), ("failed", Some("barred"))],
    &[("failed", Some("busy"))],
    &[("submitted", None), ("failed", Some("busy"))],
    &[("failed", Some("absent"))],
    &[("failed", Some("absent")), ("delivered", None)],
    &[("failed", Some("absent")), ("failed", Some("barred"))],
    &[("failed", Some("absent_busy"))],
    &[("delivered", None), ("failed", Some("barred"))],
    &[("failed", Some("barred")), ("delivered", None), ("read", None)],
    &[("failed", None)],
    &[("failed", Some("broke"))],
    &[("failed", Some("banned"))],
];

/// Those of a calm run: nothing stops, nothing is sent anew.
const CALM: usize = 5;

impl State {
    /// A send arrived.
    pub(super) fn provide(&mut self, number: usize) -> (Answer, Meant) {
        let noisy = self.net.lost > 0;
        let mood = self.mood(&self.exchanges[number].to.clone());
        let refused = |code: &str, again| (answer(422, &json!({ "code": code }), None), Meant::Refused(again));
        match mood {
            Mood::Throttles(after) => (answer(429, &json!({}), after), Meant::Later(after)),
            Mood::Unauthorized => (answer(401, &json!({}), None), Meant::Hold),
            Mood::Broke => (answer(402, &json!({ "code": "broke" }), None), Meant::Hold),
            Mood::Refuses => match self.dice.below(3) {
                0 => refused("busy", Some(20)),
                1 => refused("banned", None),
                _ => refused("barred", None),
            },
            Mood::Errs | Mood::Garbage => {
                if self.dice.chance(50) {
                    self.take(number);
                }
                let http = *self.dice.pick(&[500, 502, 504]);
                let answer = if mood == Mood::Errs { answer(http, &json!({}), None) } else { garbage(200) };
                (answer, Meant::Unclear)
            }
            _ if noisy && self.dice.chance(3) => (answer(503, &json!({}), None), Meant::Later(None)),
            _ if noisy && self.dice.chance(3) => refused("barred", None),
            _ if noisy && self.dice.chance(2) => refused("busy", Some(20)),
            _ => {
                let id = self.take(number);
                (answer(202, &json!({ "id": id }), None), Meant::Taken)
            }
        }
    }

    /// The provider has it: an id, and what will be said of it.
    fn take(&mut self, number: usize) -> String {
        self.taken += 1;
        let id = format!("p{}", self.taken);
        let (body, account) = (&self.exchanges[number].body, self.exchanges[number].to.clone());
        let echo: ClientRef = body["ref"].as_str().unwrap().parse().unwrap();
        let of = echo.message;
        let to = body["to"].as_str().unwrap().to_owned();
        self.note(What::Took { exchange: number, of, id: id.clone() });
        let mut life: Vec<_> = (if self.plan.calm { &LIVES[..CALM] } else { LIVES }).to_vec();
        let mut said = life.remove(self.dice.below(life.len())).to_vec();
        if !self.plan.calm && self.dice.chance(15) {
            said.reverse();
        }
        if !self.plan.calm && self.dice.chance(20) && !said.is_empty() {
            let twice = *self.dice.pick(&said);
            said.push(twice);
        }
        let mut when = 0;
        let mut together = Vec::new();
        for (at, (word, code)) in said.iter().enumerate() {
            let most = if self.plan.late && self.dice.chance(20) { 7_200_000 } else { 90_000 };
            when += if self.dice.chance(30) { 0 } else { self.dice.between(0, most) };
            let with_ref = self.plan.knows_ref[&account];
            together.push((Spoken { of, echo, id: id.clone(), with_ref, word, code: *code }, self.at + when));
            if at + 1 == said.len() || !self.dice.chance(20) {
                let statuses = std::mem::take(&mut together);
                self.status_hook(&account, &to, statuses, when);
            }
        }
        id
    }

    fn status_hook(&mut self, account: &str, to: &str, statuses: Vec<(Spoken, i64)>, when: i64) {
        let person = (0..PEOPLE).find(|person| number_of(*person) == to);
        let user = person.filter(|_| self.dice.chance(50)).map(user_of);
        let event = |(spoken, at): &(Spoken, i64)| {
            let at = Timestamp::from_millis(1_790_000_000_000 + at).to_string();
            let mut event = json!({ "id": spoken.id, "status": spoken.word, "at": at });
            if spoken.with_ref {
                event["ref"] = json!(spoken.echo.to_string());
            }
            if let Some(code) = spoken.code {
                event["code"] = json!(code);
            }
            if let Some(user) = &user {
                event["user"] = json!(user);
            }
            event
        };
        let events: Vec<_> = statuses.iter().map(event).collect();
        let statuses = statuses.into_iter().map(|(spoken, _)| spoken).collect();
        let again = u32::from(!self.plan.calm && self.dice.chance(10));
        let (key, body) = (account.to_owned(), json!({ "events": events }));
        self.hooks.push(Hook { path: "/status", key, body, statuses, said: None, tries: 0, again });
        self.after(when, Event::Hook(self.hooks.len() - 1));
    }

    /// A person writes to a tenant's number.
    pub(super) fn spoken_to(&mut self, person: usize, brand: usize, number: usize, text: &'static str) {
        self.said += 1;
        let brand = &self.plan.brands[brand];
        let (tenant, key, to) = (brand.name.clone(), brand.account.clone(), brand.numbers[number].0.clone());
        let (number, user) = (number_of(person), user_of(person));
        // Known by number, by the provider's id, or by both.
        let (from, with) = match self.dice.below(4) {
            0 => (user, None),
            1 => (number, Some(user)),
            _ => (number, None),
        };
        let at = Timestamp::from_millis(1_790_000_000_000 + self.at).to_string();
        let mut body = json!({ "id": format!("i{}", self.said), "from": from, "to": to, "at": at, "text": text });
        if let Some(user) = &with {
            body["user"] = json!(user);
        }
        let said = Some((tenant, to, from, text.to_owned()));
        let again = u32::from(self.dice.chance(20));
        self.hooks.push(Hook { path: "/inbound", key, body, statuses: Vec::new(), said, tries: 0, again });
        self.after(0, Event::Hook(self.hooks.len() - 1));
    }
}
