//! `POST /api/trace`: everything that is known of a message, found by any of its ids, on one timeline.
//!
//! No `GET`, though it changes nothing: what is looked for may be a person's number, and paths and queries are what proxies
//! write down.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::bundle::Ticket;
use super::fault::Fault;
use super::forget::person;
use super::ledger::time;
use super::letters::head;
use super::mask;
use super::token::Bearer;
use super::verdict::verdict;
use super::words::Words;
use crate::config::{Snapshot, Tenant};
use crate::delivery::{ANEW, NOTES, Told};
use crate::flow::is_note;
use crate::model::{Name, Ref, Status};
use crate::store::{
    Call, Campaign, Charge, DeadLetter, Holding, Holds, Lane, Letters, Line, Message, NewMessage, Origin, Page,
    StoreError,
};
use crate::value::Timestamp;

/// Messages of one answer: a platform's id may be of several.
const MOST: usize = 20;
/// Messages of one campaign that are looked at; all of them: `GET /api/campaign`.
const OF_CAMPAIGN: usize = 100;
/// Dead letters of one message.
const LETTERS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Ours (`m-…`), the provider's, the platform's, the recipient's number, or the platform's campaign.
    id: String,
    tenant: Option<String>,
    /// With what a vendor's support wants to know of the newest of them, and that one alone.
    bundle: Option<Ticket>,
}

/// What a message was found by.
type Found = (&'static str, Message);

/// Messages that were found, newest first, and how many besides.
type Hits = (Vec<Found>, usize);

impl Desk {
    pub(super) async fn trace(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let tenant = bearer.of(asked.tenant)?.as_deref().map(Name::from);
        let most = if asked.bundle.is_some() { 1 } else { MOST };
        let (found, more) = self.looked_up(asked.id.trim(), tenant.as_ref(), most).await?;
        if found.is_empty() {
            let text = "no message that is kept has this id; it may be ours (m-…), the provider's, the platform's, the \
                        recipient's number, or the platform's campaign";
            return Err(Fault::NotFound(text.to_owned()));
        }
        let (words, held) = (Words::of(&self.flow.snapshot.load()), self.flow.all_held());
        let mut messages = Vec::new();
        for (by, message) in &found {
            let mut traced = self.traced(message, &words, &held).await?;
            traced["found_by"] = json!(by);
            messages.push(traced);
        }
        let mut said = match (&asked.bundle, found.first()) {
            (Some(ticket), Some((_, message))) => self.bundle(message, &messages[0], ticket, &words).await?,
            _ => json!({}),
        };
        said["messages"] = json!(messages);
        said["more"] = json!(more);
        Ok(said)
    }

    /// Newest first, each once.
    async fn looked_up(&self, id: &str, tenant: Option<&Name>, most: usize) -> Result<Hits, StoreError> {
        let (store, snapshot) = (&self.flow.store, self.flow.snapshot.load_full());
        let mut found: Vec<Found> = Vec::new();
        if let Ok(reference) = id.parse::<Ref>() {
            found.extend(store.message(reference).await?.map(|message| ("ours", message)));
        }
        found.extend(store.by_provider_id(id).await?.map(|message| ("provider", message)));
        for one in snapshot.tenants.iter().filter(|one| tenant.is_none_or(|tenant| *tenant == one.name)) {
            let named = store.by_platform_id(&one.name, id).await?;
            found.extend(named.into_iter().map(|message| ("platform", message)));
            let Ok(person) = person(id) else { continue };
            for number in &one.numbers {
                let lane = Lane { tenant: one.name.clone(), from: number.number.clone() };
                let last = store.last_to(&lane, std::slice::from_ref(&person)).await?;
                found.extend(last.map(|message| ("recipient", message)));
            }
        }
        if found.is_empty() {
            return self.of_campaigns(id, tenant, most).await;
        }
        found.retain(|(_, message)| tenant.is_none_or(|tenant| *tenant == message.message.lane.tenant));
        found.sort_by_key(|(_, message)| std::cmp::Reverse(message.message.reference));
        let mut seen = HashSet::new();
        found.retain(|(_, message)| seen.insert(message.message.reference));
        let more = found.len().saturating_sub(most);
        found.truncate(most);
        Ok((found, more))
    }

    /// The newest messages of every campaign that is called so.
    async fn of_campaigns(&self, id: &str, tenant: Option<&Name>, most: usize) -> Result<Hits, StoreError> {
        let (store, snapshot) = (&self.flow.store, self.flow.snapshot.load_full());
        let mut named = Vec::new();
        for one in snapshot.tenants.iter().filter(|one| tenant.is_none_or(|tenant| *tenant == one.name)) {
            let campaign = Campaign { tenant: one.name.clone(), id: id.to_owned() };
            let slice = store.of_campaign(&campaign, None, OF_CAMPAIGN).await?;
            named.extend(slice.into_iter().map(|message| message.reference));
        }
        named.sort_unstable_by_key(|reference| std::cmp::Reverse(*reference));
        let mut found = Vec::new();
        for reference in named.iter().take(most) {
            found.extend(store.message(*reference).await?.map(|message| ("campaign", message)));
        }
        Ok((found, named.len().saturating_sub(most)))
    }

    async fn traced(&self, message: &Message, words: &Words, held: &Holds) -> Result<Value, StoreError> {
        let (store, snapshot, reference) =
            (&self.flow.store, self.flow.snapshot.load_full(), message.message.reference);
        let mut history = store.history(reference).await?;
        let calls = store.calls_about(reference).await?;
        let fit = Letters { message: Some(reference), ..Letters::default() };
        let letters = store.letters(&fit, Page::Newest { below: None }, LETTERS).await?;
        let tenant = snapshot.tenant(message.message.lane.tenant.as_str());
        self.with_lines(tenant.map(|tenant| &**tenant), message, &mut history);
        let mut said = about(message, tenant.map(|tenant| &**tenant), words);
        said["opted_out"] = json!(tenant.is_some_and(|tenant| {
            store.is_suppressed(&tenant.name, &message.message.lane.from, &message.message.to)
        }));
        said["held"] = hold(held, &message.message.lane);
        said["paused"] = json!(store.is_paused(&message.message.lane, message.message.campaign.as_deref()));
        said["timeline"] = json!(timeline(&message.message, &history, &letters, &names(&snapshot, &calls)));
        said["waiting"] = calls.iter().map(|call| waiting(call, words)).collect();
        said["dead_letters"] = letters.iter().map(head).collect();
        said["verdict"] = json!(verdict(&said));
        Ok(said)
    }
}

/// Since when a message's lane is held, and when it is tried.
fn hold(held: &Holds, lane: &Lane) -> Value {
    let hold = held.lanes.get(&Holding::Messages(lane.clone()));
    hold.map(|hold| json!({ "since": time(hold.since), "probe": time(hold.probe) })).unwrap_or_default()
}

/// The message as it stands.
fn about(message: &Message, tenant: Option<&Tenant>, words: &Words) -> Value {
    let NewMessage { reference, lane, to, class, origin, platform_id, campaign, body, version, life, at, .. } =
        &message.message;
    let origin = match origin {
        Origin::Platform => "platform",
        Origin::Reply => "reply",
        Origin::Consent => "reply to an opt-out or opt-in",
        Origin::Operator => "operator",
    };
    let content = if message.message.is_forgotten() { Value::Null } else { mask::masked(body, words) };
    json!({
        "id": reference.to_string(), "tenant": lane.tenant.as_str(), "sender": lane.from.as_str(), "to": to.to_string(),
        "platform": tenant.map(|tenant| tenant.platform.name.as_str()),
        "provider": tenant.map(|tenant| tenant.provider.name.as_str()),
        "platform_id": platform_id, "campaign": campaign, "provider_id": message.provider_id, "origin": origin, "class": class.as_str(),
        "phase": life.phase, "best": life.best.map(Status::as_str), "attempts": life.attempts,
        "resends": life.resends, "failed": life.told == Told::Failed, "reported": message.said, "accepted": time(*at), "expires": time(life.expires),
        "cost": costs(message), "wakes": life.wake.and_then(time), "mapping": version, "forgotten": message.message.is_forgotten(),
        "content": content,
    })
}

/// What each attempt cost, as the provider says; nothing where it said nothing.
fn costs(message: &Message) -> Option<String> {
    let one = |charge: &Charge| {
        let price = charge.price.map(|(amount, currency)| format!("{} {}", amount, currency.as_str()));
        price.into_iter().chain(charge.category.clone()).collect::<Vec<_>>().join(" ")
    };
    let all: Vec<String> = message.bill.charges().iter().map(one).collect();
    Some(all.join(", ")).filter(|all| !all.is_empty())
}

/// The calls that a platform's mapping makes, by name, and those that wait.
fn names(snapshot: &Snapshot, calls: &[Call]) -> HashSet<String> {
    let legs = snapshot.loaded.iter().filter_map(|mapping| mapping.platform());
    let known = legs.flat_map(|legs| legs.status_calls.iter().chain(&legs.inbound_calls)).map(|call| call.name.clone());
    known.chain(calls.iter().map(|call| call.call.name.clone())).collect()
}

/// What happened, in its order: each line says who had the word.
fn timeline(message: &NewMessage, history: &[Line], letters: &[DeadLetter], calls: &HashSet<String>) -> Vec<Value> {
    let taken = match message.origin {
        Origin::Platform => "accepted",
        Origin::Reply | Origin::Consent => "made by a keyword rule",
        Origin::Operator => "sent by hand",
    };
    let mut lines: Vec<(Timestamp, &str, String)> = vec![(message.at, "send", taken.to_owned())];
    lines.extend(history.iter().map(|line| (line.at, leg(&line.text, calls), mask::words(&line.text))));
    lines.extend(
        letters
            .iter()
            .map(|letter| (letter.at, "report", format!("dead letter {}: {}", letter.id, mask::words(&letter.why)))),
    );
    lines.sort_by_key(|(at, ..)| *at);
    lines.into_iter().map(|(at, leg, what)| json!({ "at": time(at), "leg": leg, "what": what })).collect()
}

/// Whose word a line of history is: a call to the platform begins with its name, news are noted as such, and the rest came of
/// sending.
fn leg(text: &str, calls: &HashSet<String>) -> &'static str {
    let first = text.split_once(' ').map_or(text, |(first, _)| first);
    // What the gateway notes besides is no word of the provider.
    let (note, more) = text.split_once(" · ").map_or((text, false), |(note, more)| (note, !is_note(more)));
    if calls.contains(first) {
        "report"
    } else if NOTES.contains(&note) && (note != ANEW || more) {
        "status"
    } else {
        "send"
    }
}

/// A call that is still to be made.
fn waiting(call: &Call, words: &Words) -> Value {
    json!({
        "call": call.call.name, "since": time(call.call.at), "attempts": call.attempts, "due": time(call.due),
        "content": mask::masked(&call.call.context, words),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whose_word_it_is() {
        let calls = HashSet::from(["report".to_owned(), "track".to_owned()]);
        for (text, expected) in [
            ("taken by the provider", "send"),
            ("to be tried again", "send"),
            ("refused by the provider · 1022", "send"),
            ("failed, to be sent anew", "send"),
            ("failed, to be sent anew · rejected", "status"),
            ("failed, to be sent anew · does not fit its template: template_params", "send"),
            ("nothing new · submitted", "status"),
            ("delivered", "status"),
            ("read · read", "status"),
            ("failed · rejected · 1022", "status"),
            ("report posted · HTTP 200", "report"),
            ("track put off · HTTP 503", "report"),
            ("reporter", "send"),
        ] {
            assert_eq!(leg(text, &calls), expected, "{text}");
        }
    }
}
