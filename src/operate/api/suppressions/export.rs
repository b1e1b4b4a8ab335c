//! `POST /api/suppressions/export`: the list as CSV, a page at a time, for whoever may see numbers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::super::Desk;
use super::super::fault::Fault;
use super::super::token::Bearer;
use super::{because, when};
use crate::model::Address;
use crate::store::Listed;

/// Rows of a page.
const PAGE: usize = 1000;

/// The columns; an import reads all but the last two.
pub(super) const COLUMNS: [&str; 7] = ["tenant", "number", "sender", "since", "reason", "cause", "by"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Export {
    tenant: Option<String>,
    after: Option<Last>,
}

/// The last row of the page before.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Last {
    number: String,
    sender: String,
}

impl Desk {
    pub(in super::super) async fn export(&self, bearer: &Bearer, asked: Export) -> Result<Value, Fault> {
        let (tenant, _) = self.whose_list(bearer, asked.tenant, None).await?;
        let after = asked.after.map(|last| Listed {
            address: last.number.as_str().into(),
            sender: Some(last.sender.as_str()).filter(|sender| !sender.is_empty()).map(Address::from),
            since: None,
        });
        if after.is_none() {
            self.note(bearer, "suppressions export", Some(&tenant), "the list".to_owned()).await?;
        }
        let page = self.flow.store.suppressed(&tenant, after.as_ref(), PAGE).await?;
        let mut csv = csv::Writer::from_writer(Vec::new());
        if after.is_none() {
            written(csv.write_record(COLUMNS))?;
        }
        for listed in &page {
            written(csv.write_record(row(tenant.as_str(), listed)))?;
        }
        let text = csv.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let next = page.last().filter(|_| page.len() == PAGE).map(|last| Last {
            number: last.address.as_str().to_owned(),
            sender: last.sender.as_ref().map_or_else(String::new, |sender| sender.as_str().to_owned()),
        });
        Ok(json!({ "csv": text, "rows": page.len(), "next": next }))
    }
}

fn written(result: csv::Result<()>) -> Result<(), Fault> {
    result.map_err(|problem| Fault::Unavailable(problem.to_string()))
}

fn row(tenant: &str, listed: &Listed) -> [String; 7] {
    let Listed { address, sender, since } = listed;
    let sender = sender.as_ref().map(Address::as_str).unwrap_or_default();
    let (since, why) = match since {
        Some((at, cause)) => (when(cause, *at), because(cause, str::to_owned)),
        None => (None, Value::Null),
    };
    let member = |name: &str| why[name].as_str().unwrap_or_default().to_owned();
    let by = [member("who"), member("rule")].concat();
    let (number, since) = (address.as_str().to_owned(), since.unwrap_or_default());
    [tenant.to_owned(), number, sender.to_owned(), since, harmless(&member("reason")), member("cause"), by]
}

/// A spreadsheet would take it for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Cause;
    use crate::value::Timestamp;

    #[test]
    fn a_row_says_since_when_and_why() {
        let at = Timestamp::from_millis(1_793_783_646_000);
        let listed = |sender: Option<&str>, since| Listed {
            address: "6598114720".into(),
            sender: sender.map(Address::from),
            since,
        };
        let said = Cause::Said { rule: "opt_out".to_owned(), word: Some("STOP".to_owned()), inbound: None };
        let by_hand = Cause::Operator { who: "ops".to_owned(), reason: Some("=1+1".to_owned()) };
        for (listed, expected) in [
            (listed(None, Some((at, said))), ["acme", "6598114720", "", "2026-11-04T09:14:06Z", "", "said", "opt_out"]),
            (
                listed(Some("65"), Some((at, by_hand))),
                ["acme", "6598114720", "65", "2026-11-04T09:14:06Z", "'=1+1", "operator", "ops"],
            ),
            (listed(None, Some((at, Cause::Before))), ["acme", "6598114720", "", "", "", "before", ""]),
            (listed(None, None), ["acme", "6598114720", "", "", "", "", ""]),
        ] {
            assert_eq!(row("acme", &listed), expected);
        }
    }
}
