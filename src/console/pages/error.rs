//! Why there is no page.

use maud::{Markup, html};

use super::super::place;
use super::{Page, frame};
use crate::operate::Fault;

/// For whoever is signed in.
pub(in super::super) fn page(fault: &Fault) -> Page {
    let (http, code, text) = fault.told();
    let title = match http {
        403 => "Not with this token",
        404 => "Not found",
        400 => "That cannot be asked",
        409 => "Not now",
        _ => "It does not work now",
    };
    Page::new(
        title,
        html! { p.notice.bad role="alert" { (text) } p { code { (code) } } p { a href=(place::OVERVIEW) { "To the overview" } } },
    )
}

/// For whoever it is.
pub(in super::super) fn alone(text: &str) -> Markup {
    frame::bare("Switchboard", &html! { p role="alert" { (text) } p { a href=(place::OVERVIEW) { "To the console" } } })
}
