//! What each number used by month and category, with the provider's cost.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::place;
use super::{Page, parts};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Found {
    from: String,
    to: String,
    whole: bool,
    usage: Vec<Total>,
    totals: Vec<Sum>,
}

#[derive(Debug, Deserialize)]
struct Total {
    month: String,
    tenant: String,
    sender: String,
    category: Option<String>,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Debug, Deserialize)]
struct Sum {
    currency: Option<String>,
    messages: i64,
    priced: i64,
    cost: Option<String>,
}

/// A total's columns, and those of all together.
const COLUMNS: [&str; 8] = ["Month", "Tenant", "Number", "Category", "Messages", "With a price", "Currency", "Cost"];
const SUMS: [&str; 4] = ["Currency", "Messages", "With a price", "Cost"];

pub(in super::super) fn page(found: &Found, tenant: &str, tenants: &[String]) -> Page {
    let rows: Vec<Vec<Markup>> = found.usage.iter().map(row).collect();
    let sums: Vec<Vec<Markup>> = found.totals.iter().map(sum).collect();
    Page::new(
        "Usage",
        html! {
            form.filter role="search" method="get" action=(place::USAGE) {
                @if tenants.len() > 1 { (parts::choice("Tenant", "tenant", tenants, tenant)) }
                (parts::field("From", "from", &found.from, "2026-11"))
                (parts::field("To", "to", &found.to, "2026-11"))
                button type="submit" { "Show" }
            }
            p.hint { "Messages that the provider took, in the month of their acceptance (UTC). The cost is what the provider says in its statuses; its bill is what counts." }
            @if rows.is_empty() {
                p.nothing role="status" { "No provider took a message then." }
            } @else {
                (parts::table("In all, by currency", &SUMS, &sums))
                (parts::table("By month, number and category", &COLUMNS, &rows))
                @if !found.whole { p.notice.odd role="status" { "There is more than is listed: choose a tenant, or fewer months." } }
            }
        },
    )
}

fn row(total: &Total) -> Vec<Markup> {
    let Total { month, tenant, sender, category, sum: Sum { currency, messages, priced, cost } } = total;
    vec![
        html! { (month) },
        html! { (tenant) },
        html! { code { (sender) } },
        parts::text_or_none(category.as_deref()),
        number(*messages),
        number(*priced),
        parts::text_or_none(currency.as_deref()),
        parts::text_or_none(cost.as_deref()),
    ]
}

fn sum(Sum { currency, messages, priced, cost }: &Sum) -> Vec<Markup> {
    let currency = parts::text_or_none(currency.as_deref());
    vec![currency, number(*messages), number(*priced), parts::text_or_none(cost.as_deref())]
}

/// A count by thousands, also one below zero.
fn number(count: i64) -> Markup {
    html! { @if count < 0 { "−" } (parts::count(count.unsigned_abs())) }
}
