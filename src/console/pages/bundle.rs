//! A message's support bundle: the fields of the vendor's form for help, and which line made each field of its call.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Bundle {
    messages: Vec<Head>,
    support: Vec<Form>,
    request: Request,
    call: Value,
    origins: Vec<Origin>,
    versions: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Request {
    why: String,
    message: Vec<Read>,
    answer: Vec<Read>,
}

#[derive(Debug, Deserialize)]
struct Read {
    field: String,
    line: String,
    written: String,
    value: Value,
}

#[derive(Debug, Deserialize)]
struct Head {
    id: String,
    verdict: String,
}

#[derive(Debug, Deserialize)]
struct Form {
    at: String,
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    field: String,
    value: String,
}

#[derive(Debug, Deserialize)]
struct Origin {
    field: String,
    line: String,
    value: Value,
    by: Vec<String>,
}

pub(in super::super) fn page(bundle: &Bundle) -> Page {
    let id = bundle.messages.first().map_or("", |message| message.id.as_str());
    Page::new(
        format!("Support bundle of {id}"),
        html! {
            p { @for message in &bundle.messages { (parts::message(&message.id)) ": " (message.verdict) } }
            p.hint { "Masked: it can be passed on. The same as Markdown or JSON: " code { "switchboard trace " (id) " --bundle" } "." }
            @for form in &bundle.support { (filled(form)) }
            section aria-labelledby="request" {
                h2 id="request" { "How the platform's mapping read it" }
                p.hint { (bundle.request.why) "." }
                (read("Which line made each field of the message", &bundle.request.message))
                (read("Which line made each field of the answer", &bundle.request.answer))
            }
            section aria-labelledby="call" {
                h2 id="call" { "The call to the provider, as its mapping makes it now" }
                @if bundle.call.is_null() { p { "Nothing is left of the message to make it from." } } @else { (parts::json(&bundle.call)) }
                @if !bundle.origins.is_empty() { (origins(&bundle.origins)) }
            }
            h2 { "Versions" }
            (parts::facts(&bundle.versions.iter().map(|(of, version)| (of.as_str(), html! { code { (version) } })).collect::<Vec<_>>()))
        },
    )
}

fn filled(form: &Form) -> Markup {
    let value = |field: &Field| match field.value.contains('\n') {
        true => html! { pre { (field.value) } },
        false => html! { (field.value) },
    };
    html! {
        section {
            h2 { (form.at) }
            (parts::facts(&form.fields.iter().map(|field| (field.field.as_str(), value(field))).collect::<Vec<_>>()))
        }
    }
}

fn origins(origins: &[Origin]) -> Markup {
    let row = |origin: &Origin| {
        vec![
            html! { code { (origin.field) } },
            html! { code { (origin.line) } },
            html! { code { (origin.value) } },
            html! { (origin.by.join(", ")) },
        ]
    };
    let rows: Vec<Vec<Markup>> = origins.iter().map(row).collect();
    parts::table("Which line made each field", &["Field", "Line", "Value, masked", "Decided by"], &rows)
}

fn read(title: &str, fields: &[Read]) -> Markup {
    let row = |read: &Read| {
        let value = if read.value.is_null() {
            html! {}
        } else {
            html! { code { (read.value) } }
        };
        vec![html! { code { (read.field) } }, html! { (read.line) }, html! { code { (read.written) } }, value]
    };
    let rows: Vec<Vec<Markup>> = fields.iter().map(row).collect();
    html! { @if !rows.is_empty() { (parts::table(title, &["Field", "Line", "What stands there", "Value, masked"], &rows)) } }
}

/// The way to it.
pub(super) fn link(id: &str) -> Markup {
    html! { p { a href={ (place::MESSAGES) "/" (id) (place::BUNDLE) } { "Support bundle" } } }
}
