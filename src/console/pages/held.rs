//! What is held, and that it tries again.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, campaign, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Held {
    lanes: Vec<Lane>,
    recipients: Vec<People>,
    paused: Vec<Paused>,
}

/// A tenant, one of its numbers or one campaign, of which nothing goes out.
#[derive(Debug, Deserialize)]
struct Paused {
    tenant: String,
    sender: Option<String>,
    campaign: Option<String>,
    since: Option<String>,
    who: String,
    reason: String,
}

/// Whether that changed something.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Steered {
    changed: bool,
}

/// What was cancelled, or would be.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Ended {
    messages: u64,
    more: bool,
    upto: Option<String>,
    #[serde(default)]
    dry_run: bool,
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

pub(in super::super) fn page(held: &Held, tenants: &[String], frame: &Frame<'_>) -> Page {
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
            h2 { "Paused" }
            (paused(&held.paused, frame))
            @if operates { (steer(tenants, frame)) }
        },
    )
}

/// What is paused, and that it goes on.
fn paused(paused: &[Paused], frame: &Frame<'_>) -> Markup {
    let operates = frame.bearer.has(Role::Operate);
    let rows: Vec<Vec<Markup>> = paused
        .iter()
        .map(|one| {
            let mut cells = vec![
                html! { (one.tenant) },
                which(one),
                parts::time_or_none(one.since.as_deref()),
                html! { strong { (one.who) } ": " (one.reason) },
            ];
            if operates {
                cells.push(resume(one, frame));
            }
            cells
        })
        .collect();
    let columns: &[&str] = &["Tenant", "What", "Paused since", "By whom and why", "Resume"];
    let columns = if operates { columns } else { &columns[..4] };
    html! {
        @if rows.is_empty() { p.nothing role="status" { "Nothing is paused." } } @else { (parts::table("Paused", columns, &rows)) }
    }
}

fn which(one: &Paused) -> Markup {
    match (&one.sender, &one.campaign) {
        (Some(sender), _) => html! { "from " code { (sender) } },
        (None, Some(id)) => html! { "campaign " a href=(campaign::link(&one.tenant, id, None)) { (id) } },
        (None, None) => html! { "all numbers" },
    }
}

fn resume(one: &Paused, frame: &Frame<'_>) -> Markup {
    html! {
        form.act method="post" action=(place::STEER) {
            (parts::csrf(frame.csrf))
            input type="hidden" name="tenant" value=(one.tenant);
            @if let Some(sender) = &one.sender { input type="hidden" name="sender" value=(sender); }
            @if let Some(campaign) = &one.campaign { input type="hidden" name="campaign" value=(campaign); }
            button type="submit" name="do" value="resume" aria-label={ "Resume " (one.tenant) ", " (one.sender.as_deref().or(one.campaign.as_deref()).unwrap_or("all numbers")) } { "Resume" }
        }
    }
}

fn steer(tenants: &[String], frame: &Frame<'_>) -> Markup {
    let names: Vec<(&str, &str)> = tenants.iter().map(|name| (name.as_str(), name.as_str())).collect();
    html! {
        form.stack method="post" action=(place::STEER) {
            (parts::csrf(frame.csrf))
            (parts::one_of("Whose messages", "tenant", &names, ""))
            (parts::field("From one number alone", "sender", "", "all numbers of the tenant"))
            (parts::field("Of one campaign alone", "campaign", "", "whatever it belongs to"))
            (parts::field("Reason, for a pause", "reason", "", "why: it is shown beside it"))
            button type="submit" name="do" value="pause" { "Pause" }
            button type="submit" name="do" value="look" { "See what a cancel would end" }
        }
    }
}

/// What a pause or its end came to.
pub(in super::super) fn steered(steered: &Steered, what: &str) -> Page {
    Page::new(
        if what == "pause" { "Paused" } else { "Resumed" },
        html! {
            p.notice role="status" {
                @match (what, steered.changed) {
                    ("pause", true) => "Messages are accepted, and none goes out until it is resumed.",
                    ("pause", false) => "It was paused before.",
                    (_, true) => "What was queued goes on.",
                    (_, false) => "Nothing was paused.",
                }
            }
            p { a href=(place::HELD) { "Back to what is held and paused" } }
        },
    )
}

/// What a cancel would end, or did; the next form goes on with the same.
pub(in super::super) fn ended(ended: &Ended, carried: &[(String, String)], frame: &Frame<'_>) -> Page {
    let Ended { messages, more, upto, dry_run } = ended;
    Page::new(
        if *dry_run { "What a cancel would end" } else { "Cancelled" },
        html! {
            p.notice role="status" {
                strong { (parts::counted(*messages, "message")) }
                @if *dry_run { " queued or in doubt." } @else { " ended: the platform is told that they failed." }
            }
            @if *dry_run && *messages > 0 || *more {
                form.act method="post" action=(place::STEER) {
                    (parts::csrf(frame.csrf))
                    (parts::hidden(carried))
                    @if let Some(upto) = upto { input type="hidden" name="upto" value=(upto); }
                    button.strong type="submit" name="do" value="cancel" { @if *more { "Go on" } @else { "Cancel these" } }
                }
            }
            p { a href=(place::HELD) { "Back to what is held and paused" } }
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
