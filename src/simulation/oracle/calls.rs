//! What the platforms are told: every report in legal order, once unless nobody could know, and nothing lost.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::model::Ref;
use crate::simulation::journal::{Entry, What};

#[derive(Default)]
struct Call {
    of: Option<Ref>,
    word: Option<String>,
    /// The platform has it, and the gateway knows.
    known: bool,
    /// A good answer is there, not stored yet.
    heard: bool,
    noted: Option<usize>,
    closed: Option<Option<String>>,
    unclear: bool,
}

pub(super) fn judge(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut calls: BTreeMap<i64, Call> = BTreeMap::new();
    for (place, Entry { at, what }) in facts.journal.iter().enumerate() {
        let mut say = |text: String| wrong.push(format!("at {at}: {text}"));
        match what {
            What::Queued { call, of, word } => {
                calls.insert(*call, Call { of: *of, word: word.clone(), ..Call::default() });
            }
            What::Posted { call, .. } => match calls.get(call) {
                None => say(format!("call {call} was never queued")),
                Some(known) if known.closed.is_some() => say(format!("call {call} is made after its end")),
                Some(known) if known.known => say(format!("call {call} is repeated, though it was taken")),
                Some(_) => {}
            },
            What::Noted { call } => {
                let known = calls.get_mut(call).unwrap();
                if known.noted.is_none() {
                    known.noted = Some(place);
                } else if !known.unclear {
                    say(format!("call {call} comes twice, and no outcome was unclear"));
                }
            }
            What::Heard { call, good } => {
                let known = calls.get_mut(call).unwrap();
                known.heard = *good;
                known.unclear |= !*good;
            }
            What::Closed { call, parked } => {
                let known = calls.get_mut(call).unwrap();
                if known.closed.is_some() {
                    say(format!("call {call} ends twice"));
                }
                if parked.is_none() && known.noted.is_none() {
                    say(format!("call {call} is said to be made, and the platform never had it"));
                }
                known.closed = Some(parked.clone());
            }
            What::Ended { .. } => calls.values_mut().for_each(|call| call.unclear = true),
            _ => {}
        }
    }
    for (id, call) in &calls {
        if call.closed.is_none() {
            wrong.push(format!("call {id} never came to an end"));
        }
    }
    for of in facts.kept.keys() {
        of_message(*of, &calls, wrong);
    }
}

/// The reports of one message.
fn of_message(of: Ref, calls: &BTreeMap<i64, Call>, wrong: &mut Vec<String>) {
    let reports: Vec<&Call> = calls.values().filter(|call| call.of == Some(of)).collect();
    let words: Vec<&str> = reports.iter().filter_map(|call| call.word.as_deref()).collect();
    let mut say = |text: &str| wrong.push(format!("{of}: {text}: {words:?}"));
    let different: BTreeSet<&str> = words.iter().copied().collect();
    if different.len() < words.len() {
        say("a word is said twice");
    }
    let rank = |word: &str| ["sent", "delivered", "read"].iter().position(|known| *known == word);
    let good: Vec<usize> = words.iter().filter_map(|word| rank(word)).collect();
    if !good.is_sorted() {
        say("reports go down");
    }
    if let Some(failed) = words.iter().position(|word| *word == "failed") {
        if words[..failed].iter().any(|word| rank(word) > Some(0)) {
            say("a failure after better news");
        }
        if words[failed..].contains(&"sent") {
            say("submitted after a failure");
        }
    }
    let arrived: Vec<usize> = reports.iter().filter_map(|call| call.noted).collect();
    if !arrived.is_sorted() {
        say("reports arrive in another order");
    }
}
