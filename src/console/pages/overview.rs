//! The overview: how every tenant does, now and within the last hour.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Page, chart, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Overview {
    at: String,
    tenants: Vec<Tenant>,
    store: Store,
    configuration: Configuration,
}

#[derive(Debug, Deserialize)]
struct Store {
    writable: bool,
}

#[derive(Debug, Deserialize)]
struct Configuration {
    version: String,
    errors: u64,
    warnings: u64,
}

#[derive(Debug, Deserialize)]
struct Tenant {
    tenant: String,
    state: String,
    platform: String,
    provider: String,
    ledger: Ledger,
    difference: i64,
    queued: u64,
    drain_seconds: Option<f64>,
    backlog: u64,
    rate: Rate,
    held: u64,
    paused: u64,
    dead_letters: u64,
    lately: Lately,
}

#[derive(Debug, Deserialize)]
struct Ledger {
    accepted: u64,
    in_flight: u64,
}

#[derive(Debug, Deserialize)]
struct Rate {
    ceiling: Option<f64>,
    current: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Lately {
    accepted: u64,
    submitted: u64,
    delivered: u64,
    read: u64,
    failed: u64,
    reasons: Vec<(String, u64)>,
    waited_seconds: f64,
    minutes: Vec<[u64; 3]>,
}

pub(in super::super) fn page(overview: &Overview) -> Page {
    let live = format!("{}/overview", place::LIVE);
    Page::new("Overview", html! { div data-live=(live) { (part(overview)) } })
}

/// What is live of it.
pub(in super::super) fn part(overview: &Overview) -> Markup {
    let Overview { at, tenants, store, configuration } = overview;
    html! {
        p.standing {
            span { "As of " (parts::time(at)) " UTC" }
            @if store.writable { span { "Store " (parts::state("takes writes")) } } @else { span.notice.bad { "The store takes no writes: platforms are told “later”" } }
            span {
                a href=(place::CONFIGURATION) { "Configuration " code { (configuration.version) } }
                @if configuration.errors > 0 { " " span.state.bad { (parts::counted(configuration.errors, "error")) } }
                @if configuration.warnings > 0 { " " span.state.odd { (parts::counted(configuration.warnings, "warning")) } }
            }
        }
        @if tenants.is_empty() { p.nothing { "There is no tenant yet: put a file into the folder of tenants." } }
        div.tenants { @for tenant in tenants { (card(tenant)) } }
    }
}

fn card(tenant: &Tenant) -> Markup {
    let Tenant { tenant: name, state, platform, provider, lately, .. } = tenant;
    html! {
        section.card aria-label={ "Tenant " (name) } {
            header {
                h2 { (name) }
                span.hint { (platform) " → " (provider) }
                @if state != "enabled" { (parts::state(state)) }
            }
            (chart::minutes(&lately.minutes))
            (funnel(lately))
            (parts::facts(&[
                ("Waiting", waiting(tenant)),
                ("Time to drain", drain(tenant)),
                ("Longest wait", html! { (parts::span(lately.waited_seconds)) }),
                ("Rate", rate(&tenant.rate)),
                ("Paused", linked(tenant.paused, place::HELD, "odd")),
                ("Held lanes", linked(tenant.held, place::HELD, "odd")),
                ("Dead letters", linked(tenant.dead_letters, &format!("{}?tenant={name}", place::LETTERS), "odd")),
                ("Accepted in all", html! { (parts::count(tenant.ledger.accepted)) }),
                ("In flight", html! { (parts::count(tenant.ledger.in_flight)) }),
                ("Ledger difference", difference(tenant.difference)),
            ]))
        }
    }
}

/// What came of the last hour, step by step.
fn funnel(lately: &Lately) -> Markup {
    let Lately { accepted, submitted, delivered, read, failed, reasons, .. } = lately;
    let whole = *accepted.max(submitted).max(delivered).max(read).max(failed);
    let steps = [
        ("accepted", accepted),
        ("submitted", submitted),
        ("delivered", delivered),
        ("read", read),
        ("failed", failed),
    ];
    let rows: Vec<Vec<Markup>> = steps
        .into_iter()
        .map(|(step, number)| {
            let reasons = (step == "failed" && !reasons.is_empty()).then(|| why(reasons));
            vec![
                html! { (step) @if let Some(reasons) = reasons { (reasons) } },
                html! { (parts::count(*number)) },
                chart::part(*number, whole, step),
            ]
        })
        .collect();
    html! { div.funnel { (parts::table("The last hour", &["Step", "Messages", "Share"], &rows)) } }
}

fn why(reasons: &[(String, u64)]) -> Markup {
    html! { ul.reasons { @for (reason, count) in reasons { li { code { (reason) } " " (parts::count(*count)) } } } }
}

fn waiting(tenant: &Tenant) -> Markup {
    html! {
        (parts::count(tenant.queued))
        @if tenant.queued > 0 { span.hint { " " (chart::hundredths(tenant.queued, tenant.backlog)) " % of the backlog" } }
    }
}

fn drain(tenant: &Tenant) -> Markup {
    match (tenant.queued, tenant.drain_seconds) {
        (0, _) => html! { "none" },
        (_, Some(seconds)) => html! { (parts::span(seconds)) },
        (_, None) => html! { span.state.bad { "never, as things are" } },
    }
}

/// What it may send now, of what its file lets it.
fn rate(rate: &Rate) -> Markup {
    let (current, ceiling) = (rate.current.unwrap_or_default(), rate.ceiling.unwrap_or_default());
    html! {
        (decimal(current)) "/s"
        @if current < ceiling { " " span.state.odd { "slowed, of " (decimal(ceiling)) "/s" } }
    }
}

/// Without places where there are none.
fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn linked(count: u64, path: &str, class: &str) -> Markup {
    html! { @if count == 0 { "0" } @else { a href=(path) { span class={ "state " (class) } { (parts::count(count)) } } } }
}

fn difference(difference: i64) -> Markup {
    html! { @if difference == 0 { "0" } @else { span.state.bad { (difference) } } }
}
