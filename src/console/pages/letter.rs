//! One dead letter with its content, masked unless somebody asked to see it.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::super::place;
use super::letters::Letter;
use super::{Frame, Page, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Inspected {
    #[serde(flatten)]
    letter: Letter,
    content: Value,
    personal: String,
}

pub(in super::super) fn page(inspected: &Inspected, frame: &Frame<'_>) -> Page {
    let Inspected { letter, content, personal } = inspected;
    let is_shown = personal == "shown";
    Page::new(
        format!("Dead letter {}", letter.id),
        html! {
            p.notice.odd { (letter.reason) }
            (parts::facts(&[
                ("Since", parts::time_or_none(letter.at.as_deref())),
                ("Tenant", parts::tenant(letter.tenant.as_deref())),
                ("Kind", html! { (letter.kind) }),
                ("Name", html! { code { (letter.name) } }),
                ("Message", letter.message.as_deref().map_or_else(|| parts::text_or_none(None), parts::message)),
            ]))
            h2 { "Content, " (personal) }
            (parts::json(content))
            div.actions {
                @if !is_shown && frame.bearer.has(Role::Reveal) { (one(place::REVEAL, letter.id, "", "Show it as it is", frame)) }
                (one(place::REDRIVE, letter.id, "look", "See what a redrive would do", frame))
            }
            @if !is_shown && frame.bearer.has(Role::Reveal) { p.hint { "Who was shown a letter as it is stands in the audit log." } }
        },
    )
}

/// A form about this letter.
fn one(path: &str, id: i64, what: &str, label: &str, frame: &Frame<'_>) -> Markup {
    html! {
        form.act method="post" action=(path) {
            (parts::csrf(frame.csrf))
            input type="hidden" name="id" value=(id);
            button type="submit" name="do" value=(what) { (label) }
        }
    }
}
