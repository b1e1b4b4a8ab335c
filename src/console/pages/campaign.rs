//! A platform's campaign: how far its messages came, and which they are.

use std::collections::HashMap;

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, parts};
use crate::operate::{Funnel, Role};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    tenant: String,
    campaign: String,
    accepted: u64,
    funnel: Funnel,
    stands: HashMap<String, u64>,
    whole: bool,
    messages: Vec<Message>,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    accepted: Option<String>,
    sender: String,
    to: String,
    stands: String,
}

/// What came to no good end, or has come to none yet.
const ELSEWHERE: [(&str, &str); 8] = [
    ("Queued", "queued"),
    ("Sending", "sending"),
    ("In doubt", "in_doubt"),
    ("Taken, then failed", "undelivered"),
    ("Refused by the provider", "rejected"),
    ("Given up", "failed"),
    ("Too late", "expired"),
    ("Opted out", "suppressed"),
];

pub(in super::super) fn page(found: &Found, frame: &Frame<'_>) -> Page {
    let Found { tenant, campaign, accepted, whole, messages, next, .. } = found;
    let rows: Vec<Vec<Markup>> = messages.iter().map(row).collect();
    let columns = ["Message", "Accepted", "From", "To", "Stands"];
    Page::new(
        format!("Campaign {campaign}"),
        html! {
            p role="status" { (parts::counted(*accepted, "message")) " of " strong { (tenant) } " accepted" @if !whole { ", and older ones that are not counted" } }
            (funnel(found))
            @if frame.bearer.has(Role::Operate) { (steer(found, frame)) }
            h2 { "Messages" }
            (parts::table("Newest first", &columns, &rows))
            @if let Some(next) = next { p { a href=(link(tenant, campaign, Some(next))) { "Older" } } }
        },
    )
}

/// Pause, resume, or cancel after a look.
fn steer(found: &Found, frame: &Frame<'_>) -> Markup {
    html! {
        form.stack method="post" action=(place::STEER) {
            (parts::csrf(frame.csrf))
            input type="hidden" name="tenant" value=(found.tenant);
            input type="hidden" name="campaign" value=(found.campaign);
            (parts::field("Reason, for a pause", "reason", "", "why: it is shown beside it"))
            button type="submit" name="do" value="pause" { "Pause" }
            button type="submit" name="do" value="resume" { "Resume" }
            button type="submit" name="do" value="look" { "See what a cancel would end" }
        }
    }
}

/// Where a campaign's page is.
pub(in super::super) fn link(tenant: &str, campaign: &str, before: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("tenant", tenant).append_pair("campaign", campaign);
    if let Some(before) = before {
        query.append_pair("before", before);
    }
    format!("{}?{}", place::CAMPAIGN, query.finish())
}

fn funnel(found: &Found) -> Markup {
    let count = |word: &str| found.stands.get(word).copied().unwrap_or_default();
    let Funnel { taken, delivered, read } = found.funnel;
    let far = [("Taken by the provider", taken), ("Delivered", delivered), ("Read", read)];
    let rest = ELSEWHERE.map(|(name, word)| (name, count(word)));
    let shown = far.into_iter().chain(rest.into_iter().filter(|(_, count)| *count > 0));
    let facts: Vec<(&str, Markup)> = shown.map(|(name, so_many)| (name, share(so_many, found.accepted))).collect();
    parts::facts(&facts)
}

fn share(count: u64, all: u64) -> Markup {
    let percent = count.saturating_mul(100).checked_div(all);
    html! { (parts::count(count)) @if let Some(percent) = percent { " (" (percent) " %)" } }
}

fn row(message: &Message) -> Vec<Markup> {
    vec![
        parts::message(&message.id),
        parts::time_or_none(message.accepted.as_deref()),
        html! { code { (message.sender) } },
        html! { (message.to) },
        parts::state(&message.stands),
    ]
}
