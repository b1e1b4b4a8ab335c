//! Dead letters by a filter, a page of them.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    letters: Vec<Letter>,
    pub(in super::super) next: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Letter {
    pub(super) id: i64,
    pub(super) tenant: Option<String>,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) message: Option<String>,
    pub(super) reason: String,
    pub(super) at: Option<String>,
}

/// What was asked.
#[derive(Debug)]
pub(in super::super) struct Filter<'f> {
    pub(in super::super) tenant: &'f str,
    pub(in super::super) kind: &'f str,
    pub(in super::super) name: &'f str,
    pub(in super::super) reason: &'f str,
    pub(in super::super) since: &'f str,
}

const KINDS: [&str; 5] = ["call", "report", "status", "inbound", "unmatched"];

pub(super) const COLUMNS: [&str; 7] = ["Letter", "Since", "Tenant", "Kind", "Name", "Message", "Reason"];

pub(in super::super) fn page(
    found: &Found,
    asked: &Filter<'_>,
    tenants: &[String],
    next: Option<&str>,
    frame: &Frame<'_>,
) -> Page {
    let rows: Vec<Vec<Markup>> = found.letters.iter().map(row).collect();
    Page::new(
        "Dead letters",
        html! {
            (filter(asked, tenants))
            @if rows.is_empty() {
                p.nothing role="status" { "There is none that fits." }
            } @else {
                @if frame.bearer.has(Role::Read) { (redrive(asked, frame)) }
                (parts::table("Dead letters, newest first", &COLUMNS, &rows))
                nav.pages aria-label="Pages of dead letters" { @if let Some(next) = next { a.button href=(next) rel="next" { "Older" } } @else { span.hint { "These are the oldest." } } }
            }
        },
    )
}

pub(super) fn row(letter: &Letter) -> Vec<Markup> {
    vec![
        html! { a href={ (place::LETTERS) "/" (letter.id) } { (letter.id) } },
        parts::time_or_none(letter.at.as_deref()),
        parts::tenant(letter.tenant.as_deref()),
        html! { (letter.kind) },
        html! { code { (letter.name) } },
        letter.message.as_deref().map_or_else(|| parts::text_or_none(None), parts::message),
        html! { (letter.reason) },
    ]
}

fn filter(asked: &Filter<'_>, tenants: &[String]) -> Markup {
    html! {
        form.filter role="search" method="get" action=(place::LETTERS) {
            @if tenants.len() > 1 { (parts::choice("Tenant", "tenant", tenants, asked.tenant)) }
            (parts::choice("Kind", "kind", &KINDS, asked.kind))
            (parts::field("Name", "name", asked.name, "report"))
            (parts::field("Reason has", "reason", asked.reason, "HTTP 500"))
            (parts::field("Since", "since", asked.since, "24h"))
            button type="submit" { "Filter" }
        }
    }
}

/// All that fit, not only those on this page; first what would come of it.
fn redrive(asked: &Filter<'_>, frame: &Frame<'_>) -> Markup {
    let Filter { tenant, kind, name, reason, since } = asked;
    let fields = [("tenant", tenant), ("kind", kind), ("name", name), ("reason", reason), ("since", since)];
    html! {
        form.act method="post" action=(place::REDRIVE) {
            (parts::csrf(frame.csrf))
            @for (name, value) in fields { @if !value.is_empty() { input type="hidden" name=(name) value=(value); } }
            button type="submit" name="do" value="look" { "See what a redrive of all that fit would do" }
        }
    }
}
