//! Vonage's webhooks to what `MoEngage` is told: a report, and a person's tap.

use serde::{Deserialize, Serialize};

use super::Text;

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    timestamp: Text<'a>,
    status: Word,
    #[serde(borrow, default)]
    error: Option<Problem<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Submitted,
    Delivered,
    Read,
    Rejected,
    Undeliverable,
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    detail: Text<'a>,
}

#[derive(Serialize)]
struct Reports<'a> {
    statuses: [Report<'a>; 1],
}

#[derive(Serialize)]
struct Report<'a> {
    msg_id: &'a str,
    status: &'static str,
    timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    code: Text<'a>,
    message: Text<'a>,
}

/// The platform's report for a status webhook of the message that the platform calls `id`.
pub(crate) fn report(body: &[u8], id: &str) -> serde_json::Result<Vec<u8>> {
    let Status { timestamp, status, error } = serde_json::from_slice(body)?;
    let status = match status {
        Word::Submitted => "sent",
        Word::Delivered => "delivered",
        Word::Read => "read",
        Word::Rejected | Word::Undeliverable => "failed",
    };
    let error = error.map(|Problem { title, detail }| Reason { code: title, message: detail });
    let timestamp = millis(&timestamp)?;
    serde_json::to_vec(&Reports { statuses: [Report { msg_id: id, status, timestamp, error }] })
}

#[derive(Deserialize)]
struct Inbound<'a> {
    #[serde(borrow)]
    to: Text<'a>,
    #[serde(borrow)]
    from: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    button: Button<'a>,
}

#[derive(Deserialize, Serialize)]
struct Button<'a> {
    #[serde(borrow)]
    payload: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
}

#[derive(Serialize)]
struct Post<'a> {
    from: Text<'a>,
    waba_number: Text<'a>,
    timestamp: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    button: Button<'a>,
}

/// The platform's post for a tap on a button.
pub(crate) fn tap(body: &[u8]) -> serde_json::Result<Vec<u8>> {
    let Inbound { to, from, timestamp, button } = serde_json::from_slice(body)?;
    let timestamp = millis(&timestamp)?;
    serde_json::to_vec(&Post { from, waba_number: to, timestamp, kind: "button", button })
}

fn millis(text: &Text<'_>) -> serde_json::Result<i64> {
    text.0.parse().map(jiff::Timestamp::as_millisecond).map_err(serde::de::Error::custom)
}
