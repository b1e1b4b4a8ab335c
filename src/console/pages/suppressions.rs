//! Opt-outs: the newest changes of the list, one person's place on it with its history, and changes by hand.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Frame, Page, parts};
use crate::operate::Role;

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    lines: Vec<Line>,
    pub(in super::super) next: Option<i64>,
}

/// The list changed.
#[derive(Debug, Deserialize)]
struct Line {
    at: Option<String>,
    tenant: String,
    number: Option<String>,
    sender: Option<String>,
    does: String,
    cause: String,
    who: Option<String>,
    reason: Option<String>,
    rule: Option<String>,
    word: Option<String>,
    inbound: Option<String>,
}

/// One person at every tenant that knows something.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Shown {
    number: String,
    tenants: Vec<Stands>,
}

#[derive(Debug, Deserialize)]
struct Stands {
    tenant: String,
    opted_out: bool,
    senders: Vec<String>,
    history: Vec<Line>,
}

/// What came of a change by hand.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Changed {
    changed: bool,
    opted_out: bool,
}

/// What came of a list.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Imported {
    rows: u64,
    #[serde(default)]
    added: u64,
    #[serde(default)]
    already: u64,
    #[serde(default)]
    dry_run: bool,
}

/// What was typed: it comes back in the next form.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Typed<'t> {
    pub(in super::super) tenant: &'t str,
    pub(in super::super) number: &'t str,
    pub(in super::super) csv: &'t str,
    pub(in super::super) reason: &'t str,
}

const COLUMNS: [&str; 6] = ["When", "Tenant", "Number", "Did", "For", "Why"];

pub(in super::super) fn page(
    found: &Found,
    asked: Typed<'_>,
    tenants: &[String],
    next: Option<&str>,
    frame: &Frame<'_>,
) -> Page {
    let rows: Vec<Vec<Markup>> = found.lines.iter().map(row).collect();
    Page::new(
        "Opt-outs",
        html! {
            (search(asked, frame))
            h2 { "The newest changes" }
            @if tenants.len() > 1 {
                form.filter role="search" aria-label="Changes" method="get" action=(place::OPT_OUTS) {
                    (parts::choice("Tenant", "tenant", tenants, asked.tenant))
                    button type="submit" { "Filter" }
                }
            }
            @if rows.is_empty() {
                p.nothing role="status" { "Nobody has opted out." }
            } @else {
                (parts::table("Changes of the list, newest first", &COLUMNS, &rows))
                nav.pages aria-label="Pages of changes" { @if let Some(next) = next { a.button href=(next) rel="next" { "Older" } } @else { span.hint { "These are the oldest." } } }
            }
            @if frame.bearer.has(Role::Operate) { (import(asked, tenants, frame)) }
        },
    )
}

pub(in super::super) fn shown(shown: &Shown, asked: Typed<'_>, tenants: &[String], frame: &Frame<'_>) -> Page {
    Page::new(
        format!("Opt-outs of {}", shown.number),
        html! {
            (search(asked, frame))
            @if shown.tenants.is_empty() {
                p.nothing role="status" { "This number is on no list, and never was." }
            }
            @for stands in &shown.tenants { (section(stands)) }
            @if frame.bearer.has(Role::Operate) { (by_hand(asked, tenants, frame)) }
            p { a href=(place::OPT_OUTS) { "Back to the newest changes" } }
        },
    )
}

pub(in super::super) fn changed(changed: &Changed) -> Page {
    Page::new(
        if changed.opted_out { "On the list" } else { "Off the list" },
        html! {
            p.notice role="status" {
                @if changed.opted_out { "The number is on the list" } @else { "The number is not on the list" }
                @if changed.changed { ": that was changed just now." } @else { ", as before: nothing was changed." }
            }
            p { a href=(place::OPT_OUTS) { "Back to the newest changes" } }
        },
    )
}

pub(in super::super) fn imported(imported: &Imported) -> Page {
    let Imported { rows, added, already, dry_run } = imported;
    Page::new(
        if *dry_run { "Every row is good" } else { "Imported" },
        html! {
            p.notice role="status" {
                (parts::counted(*rows, "row"))
                @if *dry_run { "; nothing was imported." } @else { ": " strong { (parts::count(*added)) } " added, " (parts::count(*already)) " on the list already." }
            }
            p { a href=(place::OPT_OUTS) { "Back to the newest changes" } }
        },
    )
}

/// What is wrong with a list stands beside it, so that it can be mended.
pub(in super::super) fn wrong(why: &str, asked: Typed<'_>, tenants: &[String], frame: &Frame<'_>) -> Page {
    Page::new("Opt-outs", html! { pre.problem.error role="alert" { (why) } (import(asked, tenants, frame)) })
}

/// A number goes in a form, so that it stands in no link.
fn search(asked: Typed<'_>, frame: &Frame<'_>) -> Markup {
    html! {
        form.filter role="search" aria-label="One person" method="post" action=(place::OPT_OUTS) {
            (parts::csrf(frame.csrf))
            (parts::field("Number", "number", asked.number, "+65 9811 4720"))
            button type="submit" { "Look up" }
        }
    }
}

fn section(stands: &Stands) -> Markup {
    let rows: Vec<Vec<Markup>> = stands.history.iter().map(row).collect();
    html! {
        section {
            h2 { (stands.tenant) }
            p.notice {
                @if stands.opted_out { "Opted out: nothing is sent to this number." }
                @else if stands.senders.is_empty() { "Not opted out." }
                @else { "Opted out of what is sent from " @for sender in &stands.senders { code { (sender) } " " } }
            }
            (parts::table("What changed, newest first", &COLUMNS, &rows))
        }
    }
}

fn by_hand(asked: Typed<'_>, tenants: &[String], frame: &Frame<'_>) -> Markup {
    let names: Vec<(&str, &str)> = tenants.iter().map(|name| (name.as_str(), name.as_str())).collect();
    html! {
        h2 { "By hand" }
        form.stack method="post" action=(place::OPT_OUT) {
            (parts::csrf(frame.csrf))
            input type="hidden" name="number" value=(asked.number);
            (parts::one_of("Whose list", "tenant", &names, asked.tenant))
            (parts::field("From one number alone", "sender", "", "all numbers of the tenant"))
            (parts::field("Reason", "reason", "", "why: it stands in the history"))
            button type="submit" name="do" value="add" { "Put on the list" }
            button type="submit" name="do" value="lift" { "Take off the list" }
        }
    }
}

fn import(asked: Typed<'_>, tenants: &[String], frame: &Frame<'_>) -> Markup {
    let names: Vec<(&str, &str)> = tenants.iter().map(|name| (name.as_str(), name.as_str())).collect();
    html! {
        h2 { "A list from elsewhere" }
        form.stack method="post" action=(place::IMPORT) {
            (parts::csrf(frame.csrf))
            (parts::one_of("Whose list", "tenant", &names, asked.tenant))
            label.field {
                span { "Rows, as CSV; the first line names the columns" }
                textarea name="csv" rows="8" spellcheck="false" placeholder="number,since,reason" { (asked.csv) }
            }
            (parts::field("Reason for rows without one", "reason", asked.reason, "list of the system before"))
            button type="submit" name="do" value="look" { "Check the rows" }
            button type="submit" name="do" value="import" { "Import them" }
        }
    }
}

fn row(line: &Line) -> Vec<Markup> {
    vec![
        parts::time_or_none(line.at.as_deref()),
        html! { (line.tenant) },
        html! { @match line.number.as_deref() { Some(number) => { code { (number) } }, None => span.none { "forgotten" } } },
        html! { (line.does.replace('_', " ")) },
        html! { @match line.sender.as_deref() { Some(sender) => { code { (sender) } }, None => "all numbers" } },
        why(line),
    ]
}

fn why(line: &Line) -> Markup {
    let reason = line.reason.as_deref();
    html! {
        @match line.cause.as_str() {
            "said" => {
                "the person said so"
                @if let Some(word) = &line.word { ": " q { (word) } }
                @if let Some(rule) = &line.rule { ", rule " code { (rule) } }
                @if let Some(inbound) = &line.inbound { ", message " code { (inbound) } }
            },
            "operator" => { "by " strong { (line.who.as_deref().unwrap_or_default()) } @if let Some(reason) = reason { ": " (reason) } },
            "import" => { "imported by " strong { (line.who.as_deref().unwrap_or_default()) } @if let Some(reason) = reason { ": " (reason) } },
            "joined" => "with another address of the same person",
            "before" => "older than the history",
            other => (other),
        }
    }
}
