//! What a redrive would do, and what it did: a page of letters, and the way to the next.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::letters::{COLUMNS, Letter, row};
use super::{Frame, Page, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Redriven {
    dry_run: bool,
    letters: Vec<Came>,
    redriven: u64,
    stay: u64,
    next: Option<i64>,
    upto: i64,
}

#[derive(Debug, Deserialize)]
struct Came {
    #[serde(flatten)]
    letter: Letter,
    came: Option<String>,
    why: Option<String>,
}

/// `carried`: what was asked, for the form that goes on.
pub(in super::super) fn page(came: &Redriven, carried: &[(String, String)], frame: &Frame<'_>) -> Page {
    let title = if came.dry_run { "What a redrive would do" } else { "Redriven" };
    let last = if came.dry_run { "It would go" } else { "Came to" };
    let columns = [COLUMNS.as_slice(), &[last]].concat();
    let rows: Vec<Vec<Markup>> = came.letters.iter().map(line).collect();
    Page::new(
        title,
        html! {
            (summary(came))
            (next_step(came, carried, frame))
            @if !rows.is_empty() { (parts::table("Letters, oldest first", &columns, &rows)) }
            p { a href=(place::LETTERS) { "Back to the dead letters" } }
        },
    )
}

fn summary(came: &Redriven) -> Markup {
    let Redriven { dry_run, letters, redriven, stay, .. } = came;
    html! {
        p.notice role="status" {
            @if letters.is_empty() {
                "There is none that fits: nothing to do."
            } @else if *dry_run {
                strong { (parts::counted(*redriven, "letter")) } " would be done again, " strong { (stay) } " would stay. Nothing was done yet."
            } @else {
                "Done again: " strong { (parts::counted(*redriven, "letter")) } ". Left: " strong { (stay) } "."
            }
        }
    }
}

/// After a look: do it. After a page: the next.
fn next_step(came: &Redriven, carried: &[(String, String)], frame: &Frame<'_>) -> Markup {
    let is_dry = came.dry_run;
    let what = |label: &str, value: &str, position: Vec<(String, String)>| {
        let known = |name: &str| position.iter().any(|(known, _)| known == name);
        let kept: Vec<(String, String)> = carried
            .iter()
            .filter(|(name, _)| !["after", "upto"].contains(&name.as_str()) && !known(name))
            .cloned()
            .collect();
        html! {
            form.act method="post" action=(place::REDRIVE) {
                (parts::csrf(frame.csrf))
                (parts::hidden(&kept))
                (parts::hidden(&position))
                button type="submit" name="do" value=(value) class=[(value == "redrive").then_some("strong")] { (label) }
            }
        }
    };
    let further = |next: i64| vec![("after".to_owned(), next.to_string()), ("upto".to_owned(), came.upto.to_string())];
    let upto = || vec![("upto".to_owned(), came.upto.to_string())];
    html! {
        div.actions {
            @if is_dry && came.redriven > 0 {
                @if frame.bearer.has(Role::Operate) {
                    (what(if came.next.is_some() { "Redrive all that fit" } else { "Redrive these" }, "redrive", upto()))
                } @else {
                    p.hint { "This token may look, not do: it has not the role " code { "operate" } "." }
                }
            }
            @if let Some(next) = came.next { (what(if is_dry { "See the next" } else { "Go on with the next" }, if is_dry { "look" } else { "redrive" }, further(next))) }
        }
    }
}

fn line(came: &Came) -> Vec<Markup> {
    let mut cells = row(&came.letter);
    cells.push(html! {
        @match &came.came { Some(word) => (parts::state(word)), None => "gone meanwhile" }
        @if let Some(why) = &came.why { " " (why) }
    });
    cells
}
