//! Templates of tenants, as their providers listed them last.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    lists: Vec<List>,
}

#[derive(Debug, Deserialize)]
struct List {
    tenant: String,
    sender: String,
    waba: Option<String>,
    preflight: String,
    at: Option<String>,
    templates: Vec<Template>,
}

#[derive(Debug, Deserialize)]
struct Template {
    name: String,
    language: String,
    status: String,
    category: Option<String>,
    wants: Wants,
}

#[derive(Debug, Deserialize)]
struct Wants {
    header: Option<Section>,
    body: Option<Section>,
    buttons: Vec<Button>,
    cards: usize,
}

#[derive(Debug, Deserialize)]
struct Section {
    format: String,
    text: Option<String>,
    variables: usize,
}

#[derive(Debug, Deserialize)]
struct Button {
    kind: String,
    dynamic: bool,
}

pub(in super::super) fn page(found: &Found, tenant: &str, tenants: &[String]) -> Page {
    Page::new(
        "Templates",
        html! {
            @if tenants.len() > 1 {
                form.filter role="search" method="get" action=(place::TEMPLATES) {
                    (parts::choice("Tenant", "tenant", tenants, tenant))
                    button type="submit" { "Show" }
                }
            }
            @if found.lists.is_empty() { p.nothing role="status" { "No number here names its business account (" code { "waba" } "): there is nothing to list." } }
            @for list in &found.lists { (shown(list)) }
        },
    )
}

fn shown(list: &List) -> Markup {
    let rows: Vec<Vec<Markup>> = list.templates.iter().map(row).collect();
    let columns = ["Name", "Language", "Status", "Category", "A message brings"];
    html! {
        h2 { (list.tenant) ", " (list.sender) }
        p.standing {
            span { "Account " code { (list.waba.as_deref().unwrap_or_default()) } }
            span { @match list.at.as_deref() { Some(at) => { "listed " (parts::time(at)) " UTC" } None => "not listed yet" } }
            span { "what does not fit: " strong { (list.preflight) } }
        }
        @if list.at.is_none() {
            p.notice.odd { "Its provider has not listed them since the start: the log says why. Until then no message is refused for its template." }
        } @else if rows.is_empty() {
            p.nothing { "The account has no template." }
        } @else {
            (parts::table("Templates, as listed", &columns, &rows))
        }
    }
}

fn row(template: &Template) -> Vec<Markup> {
    vec![
        html! { code { (template.name) } },
        html! { (template.language) },
        approved(&template.status),
        parts::text_or_none(template.category.as_deref()),
        wants(&template.wants),
    ]
}

/// Only what is approved can be sent.
fn approved(status: &str) -> Markup {
    let class = match status {
        "APPROVED" => "good",
        "REJECTED" | "DISABLED" => "bad",
        _ => "odd",
    };
    html! { span class={ "state " (class) } { (status.to_lowercase()) } }
}

fn wants(wants: &Wants) -> Markup {
    let dynamic = wants.buttons.iter().filter(|button| button.dynamic);
    html! {
        ul.reasons {
            @if let Some(header) = &wants.header { li { "header " (header.format.to_lowercase()) (variables(header.variables)) } }
            @if let Some(body) = &wants.body {
                li { "body" (variables(body.variables)) @if let Some(text) = &body.text { ": " span.hint { (text) } } }
            }
            @for button in dynamic { li { "button " (button.kind.replace('_', " ")) ", may take a parameter" } }
            @if wants.cards > 0 { li { (wants.cards) " cards" } }
        }
    }
}

fn variables(count: usize) -> Markup {
    html! { @match count { 0 => {} 1 => " with 1 variable", _ => { " with " (count) " variables" } } }
}
