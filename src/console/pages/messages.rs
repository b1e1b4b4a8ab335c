//! Looking for a message, by any of its ids.

use maud::{Markup, html};

use super::super::place;
use super::{Page, parts, trace};

/// The form alone.
pub(in super::super) fn page(tenants: &[String], csrf: &str) -> Page {
    Page::new(
        "Messages",
        html! {
            (form(tenants, csrf))
            p.hint { "What is typed is sent in a form, so that no number stands in a link, in the history or in a proxy's log." }
        },
    )
}

/// Nothing was found.
pub(in super::super) fn none(tenants: &[String], csrf: &str, why: &str) -> Page {
    Page::new("Messages", html! { (form(tenants, csrf)) p.notice.odd role="status" { (why) } })
}

/// Several were: a platform's id may be of several, a person has had one of each sender.
pub(in super::super) fn found(tenants: &[String], csrf: &str, traced: &trace::Traced) -> Page {
    let rows: Vec<Vec<Markup>> = traced.messages.iter().map(row).collect();
    let columns = ["Message", "Accepted", "Tenant", "To", "Found by", "Stands", "The provider says"];
    Page::new(
        "Messages",
        html! {
            (form(tenants, csrf))
            p role="status" { (rows.len()) " messages" @if traced.more > 0 { ", and " (traced.more) " more, older" } }
            (parts::table("Messages, newest first", &columns, &rows))
        },
    )
}

fn row(message: &trace::Message) -> Vec<Markup> {
    vec![
        parts::message(&message.id),
        parts::time_or_none(message.accepted.as_deref()),
        html! { (message.tenant) },
        html! { (message.to) },
        html! { (message.found_by) },
        parts::state(&message.phase),
        message.best.as_deref().map_or_else(|| parts::text_or_none(None), parts::state),
    ]
}

fn form(tenants: &[String], csrf: &str) -> Markup {
    html! {
        form.filter role="search" method="post" action=(place::MESSAGES) {
            (parts::csrf(csrf))
            label.field.wide {
                span { "Id or number" }
                input type="text" name="id" required autocomplete="off" spellcheck="false" placeholder="m-7Q2…, the provider's id, the platform's id, +6598114720, a campaign";
            }
            @if tenants.len() > 1 { (parts::choice("Tenant", "tenant", tenants, "")) }
            button type="submit" { "Find" }
        }
    }
}
