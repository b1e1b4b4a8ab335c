//! One message: where it stands, and all that happened to it on one timeline.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::place;
use super::{Page, bundle, campaign, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Traced {
    pub(in super::super) messages: Vec<Message>,
    pub(super) more: u64,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct Message {
    pub(in super::super) id: String,
    pub(in super::super) found_by: String,
    pub(in super::super) tenant: String,
    campaign: Option<String>,
    cost: Option<String>,
    pub(super) to: String,
    pub(super) phase: String,
    pub(super) best: Option<String>,
    pub(super) accepted: Option<String>,
    sender: String,
    platform: Option<String>,
    provider: Option<String>,
    platform_id: String,
    provider_id: Option<String>,
    origin: String,
    class: String,
    attempts: u32,
    resends: u32,
    reported: Vec<String>,
    expires: Option<String>,
    wakes: Option<String>,
    mapping: String,
    forgotten: bool,
    content: Value,
    opted_out: bool,
    held: Option<Hold>,
    paused: bool,
    timeline: Vec<Line>,
    waiting: Vec<Waiting>,
    dead_letters: Vec<Letter>,
}

#[derive(Debug, Deserialize)]
struct Hold {
    since: Option<String>,
    probe: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Line {
    at: Option<String>,
    leg: String,
    what: String,
}

#[derive(Debug, Deserialize)]
struct Waiting {
    call: String,
    since: Option<String>,
    attempts: u32,
    due: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Letter {
    id: i64,
    reason: String,
}

pub(in super::super) fn page(traced: &Traced) -> Page {
    let Some(message) = traced.messages.first() else { return Page::new("Message", html! { p { "There is none." } }) };
    let live = format!("{}/messages/{}", place::LIVE, message.id);
    Page::new(format!("Message {}", message.id), html! { div data-live=(live) { (part(traced)) } })
}

/// What is live of it.
pub(in super::super) fn part(traced: &Traced) -> Markup {
    html! { @for message in traced.messages.iter().take(1) { (shown(message)) } }
}

fn shown(message: &Message) -> Markup {
    html! {
        p.standing data-spoken {
            (parts::state(&message.phase))
            span { @match message.best.as_deref() { Some(best) => { "the provider says " strong { (best) } } None => { "no news from the provider" } } }
            span { @if message.reported.is_empty() { "the platform was told nothing yet" } @else { "the platform was told " strong { (message.reported.join(", ")) } } }
        }
        @if let Some(held) = &message.held {
            p.notice.odd { "Its lane is held since " (parts::time_or_none(held.since.as_deref())) "; one is tried at " (parts::time_or_none(held.probe.as_deref())) ". " a href=(place::HELD) { "What is held" } }
        }
        @if message.paused { p.notice.odd { "It is paused: its tenant, its number or its campaign. " a href=(place::HELD) { "What is paused" } } }
        @if message.forgotten { p.notice.odd { "Its recipient was forgotten: nothing of a person is left of it." } }
        div.columns {
            section aria-labelledby="timeline" {
                h2 id="timeline" { "Timeline" }
                ol.timeline {
                    @for line in &message.timeline {
                        li.line.(line.leg) {
                            (parts::time_or_none(line.at.as_deref()))
                            span.leg { (line.leg) }
                            span.what { (line.what) }
                        }
                    }
                }
                (still(message))
            }
            section aria-labelledby="facts" {
                h2 id="facts" { "Facts" }
                (facts(message))
                (bundle::link(&message.id))
                @if !message.forgotten {
                    h2 { "Content, masked" }
                    (parts::json(&message.content))
                }
            }
        }
    }
}

/// What is not done yet, or was given up.
fn still(message: &Message) -> Markup {
    html! {
        @if !message.waiting.is_empty() {
            h2 { "Calls that wait" }
            ul.plain {
                @for call in &message.waiting {
                    li { code { (call.call) } " since " (parts::time_or_none(call.since.as_deref())) ", " (parts::counted(call.attempts.into(), "attempt")) ", due " (parts::time_or_none(call.due.as_deref())) }
                }
            }
        }
        @if !message.dead_letters.is_empty() {
            h2 { "Dead letters" }
            ul.plain { @for letter in &message.dead_letters { li { a href={ (place::LETTERS) "/" (letter.id) } { (letter.id) } " " (letter.reason) } } }
        }
    }
}

fn campaign(message: &Message) -> Markup {
    let Some(id) = &message.campaign else { return parts::text_or_none(None) };
    html! { a href=(campaign::link(&message.tenant, id, None)) { (id) } }
}

fn facts(message: &Message) -> Markup {
    let text = |text: &str| html! { (text) };
    let sides =
        format!("{} → {}", message.platform.as_deref().unwrap_or("–"), message.provider.as_deref().unwrap_or("–"));
    parts::facts(&[
        ("Tenant", text(&message.tenant)),
        ("From", text(&message.sender)),
        ("To", html! { (message.to) @if message.opted_out { " " span.state.odd { "opted out" } } }),
        ("Way", text(&sides)),
        ("Origin", text(&message.origin)),
        ("Class", text(&message.class)),
        ("Platform's id", html! { code { (message.platform_id) } }),
        ("Campaign", campaign(message)),
        (
            "Provider's id",
            message.provider_id.as_ref().map_or_else(|| parts::text_or_none(None), |id| html! { code { (id) } }),
        ),
        ("Mapping version", html! { code { (message.mapping) } }),
        ("Attempts", html! { (message.attempts) @if message.resends > 0 { ", " (message.resends) " of them anew" } }),
        ("Cost", parts::text_or_none(message.cost.as_deref())),
        ("Accepted", parts::time_or_none(message.accepted.as_deref())),
        ("Wakes", parts::time_or_none(message.wakes.as_deref())),
        ("Not sent after", parts::time_or_none(message.expires.as_deref())),
    ])
}
