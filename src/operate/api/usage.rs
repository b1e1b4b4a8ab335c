//! `GET /api/usage`: what each number used by month and category, and what the provider said that it costs. Money is decimal
//! text: no program reads it as a number that is not exact.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Desk;
use super::fault::Fault;
use super::token::Bearer;
use crate::model::{Name, decimal};
use crate::store::{Item, Months, Usage};
use crate::value::Month;

/// So many totals are listed; those behind them are asked for by fewer months, or one tenant.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: Option<String>,
    /// One month alone.
    month: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Desk {
    pub(super) async fn usage(&self, bearer: &Bearer, asked: Asked) -> Result<Value, Fault> {
        let now = Month::of(self.flow.ambient.now());
        let (from, to) = span(&asked, now)?;
        let tenant = bearer.of(asked.tenant)?.as_deref().map(Name::from);
        // Who has no file any more may have used something.
        let of = Months { tenant, from, to };
        let totals = self.flow.store.usage(&of, MOST).await?;
        if let Some(tenant) = of.tenant.filter(|_| totals.is_empty())
            && self.flow.snapshot.load().tenant(tenant.as_str()).is_none()
        {
            return Err(Fault::NotFound(format!("there is no tenant `{tenant}`, and nothing that it used then")));
        }
        Ok(json!({
            "from": from.to_string(), "to": to.to_string(), "whole": totals.len() < MOST,
            "usage": totals.iter().map(one).collect::<Vec<_>>(), "totals": sums(&totals),
        }))
    }
}

/// The first and the last month that are asked for: this one, where nobody says.
fn span(asked: &Asked, now: Month) -> Result<(Month, Month), Fault> {
    let read = |name: &str, text: &Option<String>| match text.as_deref() {
        None => Ok(None),
        Some(text) => {
            Month::parse(text).map(Some).ok_or_else(|| Fault::BadRequest(format!("`{name}`: a month, as {now}")))
        }
    };
    let (month, from, to) = (read("month", &asked.month)?, read("from", &asked.from)?, read("to", &asked.to)?);
    match (month, from, to) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Err(Fault::BadRequest("`month` is one month alone: leave out `from` and `to`".to_owned()))
        }
        (Some(month), None, None) => Ok((month, month)),
        (None, from, to) => {
            let to = to.unwrap_or_else(|| from.map_or(now, |from| from.max(now)));
            let from = from.unwrap_or(to);
            let backwards = || Fault::BadRequest(format!("`from` {from} is after `to` {to}"));
            (from <= to).then_some((from, to)).ok_or_else(backwards)
        }
    }
}

/// What nobody said is null.
fn said(word: &str) -> Option<&str> {
    Some(word).filter(|word| !word.is_empty())
}

fn one(total: &Usage) -> Value {
    let Usage { item: Item { month, category, currency }, lane, messages, priced, cost } = total;
    let cost = said(currency).map(|_| decimal(*cost));
    json!({
        "month": month.to_string(), "tenant": lane.tenant.as_str(), "sender": lane.from.as_str(),
        "category": said(category), "currency": said(currency), "messages": messages, "priced": priced, "cost": cost,
    })
}

/// By currency, and all messages without one: these sums are of different money, so there is no sum of them.
fn sums(totals: &[Usage]) -> Vec<Value> {
    let mut sums: BTreeMap<&str, (i64, i64, i128)> = BTreeMap::new();
    for total in totals {
        let sum = sums.entry(&total.item.currency).or_default();
        *sum = (sum.0 + total.messages, sum.1 + total.priced, sum.2 + total.cost);
    }
    let sum = |(currency, (messages, priced, cost)): (&str, (i64, i64, i128))| {
        let cost = said(currency).map(|_| decimal(cost));
        json!({ "currency": said(currency), "messages": messages, "priced": priced, "cost": cost })
    };
    sums.into_iter().map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(month: &str, from: &str, to: &str) -> Result<(String, String), bool> {
        let text = |text: &str| Some(text.to_owned()).filter(|text| text != "none");
        let asked = Asked { tenant: None, month: text(month), from: text(from), to: text(to) };
        let span = span(&asked, Month::parse("2026-11").unwrap());
        span.map(|(from, to)| (from.to_string(), to.to_string())).map_err(|fault| matches!(fault, Fault::BadRequest(_)))
    }

    #[test]
    fn months_are_this_one_or_those_that_are_named() {
        let good = [
            (["none", "none", "none"], ["2026-11", "2026-11"]),
            (["2025-02", "none", "none"], ["2025-02", "2025-02"]),
            (["none", "2026-09", "none"], ["2026-09", "2026-11"]),
            (["none", "none", "2026-09"], ["2026-09", "2026-09"]),
            (["none", "2025-12", "2026-01"], ["2025-12", "2026-01"]),
            (["none", "2027-01", "none"], ["2027-01", "2027-01"]),
        ];
        for ([month, from, to], [first, last]) in good {
            assert_eq!(asked(month, from, to), Ok((first.to_owned(), last.to_owned())), "{month} {from} {to}");
        }
        for [month, from, to] in [
            ["2026-11", "2026-10", "none"],
            ["2026-11", "none", "2026-12"],
            ["none", "2026-02", "2026-01"],
            ["november", "none", "none"],
            ["none", "none", ""],
        ] {
            assert_eq!(asked(month, from, to), Err(true), "{month} {from} {to}");
        }
    }
}
