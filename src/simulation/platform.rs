//! The platforms: what they say to the gateway's calls.

use serde_json::json;

use super::journal::{Meant, What};
use super::network::{answer, garbage};
use super::outside::{Mood, State};
use crate::model::wire::Answer;

impl State {
    /// A report, or what a person wrote, arrived at its platform.
    pub(super) fn note_call(&mut self, number: usize) -> (Answer, Meant) {
        let exchange = &self.exchanges[number];
        let call: i64 = exchange.body["call"].as_str().unwrap().parse().unwrap();
        match self.mood(&exchange.to.clone()) {
            Mood::Errs => (answer(*self.dice.pick(&[500, 503]), &json!({}), None), Meant::Unclear),
            // The failure is in the body of a 200.
            Mood::Garbage => {
                let failed = answer(200, &json!({ "done": false }), None);
                (if self.dice.chance(50) { failed } else { garbage(200) }, Meant::Unclear)
            }
            Mood::Throttles(after) => (answer(429, &json!({}), after), Meant::Later(after)),
            Mood::Unauthorized => (answer(401, &json!({}), None), Meant::Hold),
            Mood::Refuses => (answer(400, &json!({}), None), Meant::Refused(None)),
            _ => {
                self.note(What::Noted { call });
                (answer(200, &json!({ "done": true }), None), Meant::Taken)
            }
        }
    }
}
