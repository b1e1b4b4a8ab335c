//! What is held, and that it tries again.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Held {
    lanes: Vec<Lane>,
    recipients: Vec<People>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct Released {
    released: Vec<Lane>,
    recipients: Vec<People>,
}

/// The messages of a sender, or the calls of a name.
#[derive(Debug, Deserialize)]
struct Lane {
    tenant: String,
    sender: Option<String>,
    call: Option<String>,
    since: Option<String>,
    probe: Option<String>,
}

#[derive(Debug, Deserialize)]
struct People {
    tenant: String,
    sender: String,
    count: u64,
}

pub(in super::super) fn page(held: &Held, frame: &Frame<'_>) -> Page {
    let operates = frame.bearer.has(Role::Operate);
    let rows: Vec<Vec<Markup>> = held
        .lanes
        .iter()
        .map(|lane| {
            let mut cells = vec![
                html! { (lane.tenant) },
                what(lane),
                parts::time_or_none(lane.since.as_deref()),
                parts::time_or_none(lane.probe.as_deref()),
            ];
            if operates {
                cells.push(release(lane, frame));
            }
            cells
        })
        .collect();
    let columns: &[&str] = &["Tenant", "What", "Held since", "Tried at", "Release"];
    let columns = if operates { columns } else { &columns[..4] };
    Page::new(
        "Held",
        html! {
            p.hint { "A lane is held when its party says stop, or does not answer; one message or call is tried now and then, and where that goes well the others follow. Released, it is tried at once." }
            @if rows.is_empty() { p.nothing role="status" { "No lane is held." } } @else { (parts::table("Held lanes", columns, &rows)) }
            @if !held.recipients.is_empty() { h2 { "People who are left alone" } (people(&held.recipients)) }
        },
    )
}

/// What came of it.
pub(in super::super) fn released(released: &Released) -> Page {
    Page::new(
        "Released",
        html! {
            p.notice role="status" {
                @if released.released.is_empty() && released.recipients.is_empty() { "Nothing of it was held any more." }
                @else { "Tried at once: " strong { (released.released.len()) } " of the held lanes." }
            }
            ul.plain { @for lane in &released.released { li { (lane.tenant) ": " (what(lane)) } } }
            @if !released.recipients.is_empty() { (people(&released.recipients)) }
            p { a href=(place::HELD) { "Back to what is held" } }
        },
    )
}

fn what(lane: &Lane) -> Markup {
    match (&lane.sender, &lane.call) {
        (Some(sender), _) => html! { "messages from " code { (sender) } },
        (None, call) => html! { "calls " code { (call.as_deref().unwrap_or_default()) } },
    }
}

fn release(lane: &Lane, frame: &Frame<'_>) -> Markup {
    let label = lane.sender.as_deref().or(lane.call.as_deref()).unwrap_or_default();
    html! {
        form.act method="post" action=(place::RELEASE) {
            (parts::csrf(frame.csrf))
            input type="hidden" name="tenant" value=(lane.tenant);
            @if let Some(sender) = &lane.sender { input type="hidden" name="sender" value=(sender); }
            @if let Some(call) = &lane.call { input type="hidden" name="call" value=(call); }
            button type="submit" aria-label={ "Release " (lane.tenant) ", " (label) } { "Release" }
        }
    }
}

fn people(people: &[People]) -> Markup {
    let row = |people: &People| {
        vec![html! { (people.tenant) }, html! { code { (people.sender) } }, html! { (parts::count(people.count)) }]
    };
    let rows: Vec<Vec<Markup>> = people.iter().map(row).collect();
    parts::table("By sender", &["Tenant", "Sender", "People"], &rows)
}
