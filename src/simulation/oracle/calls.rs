//! What the platforms are told: every report in legal order, once unless nobody could know, and nothing lost.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::model::Ref;
use crate::simulation::journal::{Entry, Meant, What};

/// How long a call is tried, as the mapping says: milliseconds.
const SPAN: i64 = 2 * 3_600_000;

/// Calls of a stopped lane wait for its next probe, then they are tried once more: milliseconds.
const SLACK: i64 = 16 * 60_000;

#[derive(Default)]
struct Call {
    of: Option<Ref>,
    word: Option<String>,
    queued: i64,
    /// Not before that time, as the platform asked.
    not_before: i64,
    /// The platform has it, and the gateway was told.
    heard: bool,
    noted: Option<usize>,
    closed: Option<Option<String>>,
    unclear: bool,
}

pub(super) fn judge(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut calls: BTreeMap<i64, Call> = BTreeMap::new();
    // A changed file has all calls tried at once: it may have mended what they wait for.
    let changed = |from, until| facts.configured.iter().any(|(at, _)| (from..=until).contains(at));
    for (place, Entry { at, what }) in facts.journal.iter().enumerate() {
        let mut say = |text: String| wrong.push(format!("at {at}: {text}"));
        match what {
            What::Queued { call, of, word } => {
                calls.insert(*call, Call { of: *of, word: word.clone(), queued: *at, ..Call::default() });
            }
            What::Posted { call, .. } => match calls.get(call) {
                None => say(format!("call {call} was never queued")),
                Some(known) if known.closed.is_some() => say(format!("call {call} is made after its end")),
                Some(known) if *at > known.queued + SPAN + SLACK => say(format!("call {call} is made after its time")),
                Some(known) if *at < known.not_before && !changed(known.not_before - 120_000, *at) => {
                    say(format!("call {call} is made before the time that its platform asked for"));
                }
                Some(known) if known.heard => say(format!("call {call} is repeated, though it was taken")),
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
            What::Heard { call, meant } => {
                let known = calls.get_mut(call).unwrap();
                known.heard = *meant == Meant::Taken;
                known.unclear |= *meant != Meant::Taken;
                known.not_before = if let Meant::Later(Some(after)) = meant { at + after * 1000 } else { 0 };
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
            What::Ended { .. } => calls.values_mut().for_each(|call| (call.unclear, call.heard) = (true, false)),
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
