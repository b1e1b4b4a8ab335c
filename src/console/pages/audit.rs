//! The audit log: who changed what, and who was shown what.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    audit: Vec<Line>,
    pub(in super::super) next: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Line {
    at: Option<String>,
    who: String,
    what: String,
    tenant: Option<String>,
    about: String,
}

/// What was asked.
#[derive(Debug)]
pub(in super::super) struct Filter<'f> {
    pub(in super::super) who: &'f str,
    pub(in super::super) what: &'f str,
    pub(in super::super) since: &'f str,
}

pub(in super::super) fn page(found: &Found, asked: &Filter<'_>, next: Option<&str>) -> Page {
    let rows: Vec<Vec<Markup>> = found.audit.iter().map(row).collect();
    Page::new(
        "Audit log",
        html! {
            form.filter role="search" method="get" action=(place::AUDIT) {
                (parts::field("Who", "who", asked.who, "the token's name"))
                (parts::field("What", "what", asked.what, "redrive"))
                (parts::field("Since", "since", asked.since, "24h"))
                button type="submit" { "Filter" }
            }
            @if rows.is_empty() {
                p.nothing role="status" { "There is no line that fits." }
            } @else {
                (parts::table("Lines, newest first", &["When", "Who", "What", "Tenant", "About"], &rows))
                nav.pages aria-label="Pages of the audit log" { @if let Some(next) = next { a.button href=(next) rel="next" { "Older" } } @else { span.hint { "These are the oldest." } } }
            }
        },
    )
}

fn row(line: &Line) -> Vec<Markup> {
    vec![
        parts::time_or_none(line.at.as_deref()),
        html! { strong { (line.who) } },
        html! { (line.what) },
        parts::tenant(line.tenant.as_deref()),
        html! { (line.about) },
    ]
}
