//! The playground: a sample through a tenant's mappings, and which line of which file made each field.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Tried {
    legs: Vec<Leg>,
}

#[derive(Debug, Deserialize)]
struct Leg {
    leg: String,
    mapping: String,
    outcome: Map<String, Value>,
    why: Option<String>,
    notes: Vec<String>,
    trace: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    place: String,
    what: String,
    came: String,
    by: Vec<String>,
}

/// What was typed.
#[derive(Debug)]
pub(in super::super) struct Sample<'s> {
    pub(in super::super) tenant: &'s str,
    pub(in super::super) what: &'s str,
    pub(in super::super) path: &'s str,
    pub(in super::super) headers: &'s str,
    pub(in super::super) text: &'s str,
}

const WHAT: [(&str, &str); 4] = [
    ("request", "a request to a route, its body"),
    ("message", "a message of the model, to the provider"),
    ("event", "an event of the model, to the platform"),
    ("inbound", "what a person writes"),
];

pub(in super::super) fn page(sample: &Sample<'_>, tenants: &[String], csrf: &str) -> Page {
    Page::new("Playground", html! { (form(sample, tenants, csrf)) })
}

/// What came of it.
pub(in super::super) fn tried(tried: &Tried, sample: &Sample<'_>, tenants: &[String], csrf: &str) -> Page {
    Page::new(
        "Playground",
        html! {
            (form(sample, tenants, csrf))
            @for leg in &tried.legs { (shown(leg)) }
        },
    )
}

/// It cannot be tried.
pub(in super::super) fn wrong(why: &str, sample: &Sample<'_>, tenants: &[String], csrf: &str) -> Page {
    Page::new(
        "Playground",
        html! {
            (form(sample, tenants, csrf))
            pre.problem.error role="alert" { (why.trim_end()) }
        },
    )
}

fn form(sample: &Sample<'_>, tenants: &[String], csrf: &str) -> Markup {
    let names: Vec<(&str, &str)> = tenants.iter().map(|name| (name.as_str(), name.as_str())).collect();
    html! {
        p.hint { "What " code { "switchboard try" } " does, with the files that are served now. Nothing is stored or sent, and placeholders stand in for secrets." }
        form.stack.wide method="post" action=(place::PLAYGROUND) {
            (parts::csrf(csrf))
            div.filter {
                (parts::one_of("Tenant", "tenant", &names, sample.tenant))
                (parts::one_of("The sample is", "what", &WHAT, sample.what))
                (parts::field("Path of a request", "path", sample.path, "the platform's own"))
            }
            label.field {
                span { "Headers of a request, a line each" }
                textarea name="headers" rows="2" spellcheck="false" placeholder="authorization: Basic …" { (sample.headers) }
            }
            label.field {
                span { "Sample" }
                textarea name="text" rows="8" required spellcheck="false" { (sample.text) }
            }
            button.strong type="submit" { "Try it" }
        }
    }
}

fn shown(leg: &Leg) -> Markup {
    let rows: Vec<Vec<Markup>> = leg.trace.iter().map(row).collect();
    let title = if leg.leg.is_empty() {
        format!("No leg of {}", leg.mapping)
    } else {
        format!("{} of {}", leg.leg, leg.mapping)
    };
    html! {
        section.leg-tried aria-label=(title) {
            h2 { (title) }
            @if let Some(why) = &leg.why { p.notice.odd { (why) } }
            @for note in &leg.notes { p.notice.odd { (note) } }
            @if !rows.is_empty() { (parts::table("Where each field comes from", &["Field", "Came to", "Line", "Decided by"], &rows)) }
            @for (name, value) in &leg.outcome { details { summary { (name) } (parts::json(value)) } }
        }
    }
}

fn row(line: &Line) -> Vec<Markup> {
    vec![
        html! { code { (line.what) } },
        html! { code { (line.came) } },
        html! { code { (line.place) } },
        html! { @if line.by.is_empty() { (parts::text_or_none(None)) } @else { ul.reasons { @for by in &line.by { li { (by) } } } } },
    ]
}
