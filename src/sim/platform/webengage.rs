//! WebEngage's own formats: what it sends, what its answers mean, what may be told to it. Posts and listens to nothing.

use serde_json::{Value, json};

use super::campaign::{Outgoing, Person, Verdict};
use super::form::{Form, filled, whole_seconds};
use super::journal::Report;
use super::options::Shape;
use super::server::{Consent, Told};

/// Codes a failure may carry in a notification, § 4 and 6: all of the table but success and the two that belong in an
/// answer only, 2010 and 2015.
const FAILURES: &[u64] = &[
    2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2011, 2014, 2019, 2021, 2022, 2023, 2024, 2025, 2026,
    9988,
];

/// A send in personalization-variables mode, § 2.
pub(super) fn send(person: &Person, shape: Shape, from: &str, campaign: &str, number: u64) -> Outgoing {
    let (name, order) = (person.name, person.order.as_str());
    let mut template = match shape {
        Shape::Text => {
            json!({"templateName": "order_update", "templateVariables": [name, order, "6 Nov"], "type": "TEXT"})
        }
        Shape::Plain => json!({"templateName": "welcome", "templateVariables": []}),
        Shape::Image => json!({
            "templateName": "season_banner", "templateVariables": [name, "30%"], "type": "IMAGE",
            "mediaUrl": "https://img.shop.example/d/hero.jpg", "buttonUrlParam": "sale",
        }),
        Shape::Replies => json!({"templateName": "visit_feedback", "templateVariables": [name], "type": "TEXT"}),
        Shape::Link => {
            json!({"templateName": "track_parcel", "templateVariables": [name, order], "type": "TEXT", "buttonUrlParam": order})
        }
    };
    template["language"] = "en".into();
    // Both forms occur, and the notification must repeat the one received.
    let to = if number.is_multiple_of(4) { format!("+{}", person.number) } else { person.number.clone() };
    let id = format!("{campaign}-{number:07}");
    let body = json!({
        "version": "1.0",
        "whatsAppData": {
            "toNumber": to, "fromNumber": from, "templateData": template,
            "customData": {"userId": format!("u-{}", person.number), "Key 1": "Value 1"},
        },
        "metadata": {
            "campaignType": if number.is_multiple_of(5) { "TRANSACTIONAL" } else { "PROMOTIONAL" },
            "timestamp": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%z").to_string(),
            "messageId": id,
        },
    });
    Outgoing { body, id, to }
}

/// What an answer to a send means, § 4 and 5.
pub(super) fn verdict(status: u16, body: &Value) -> Verdict {
    let code = body["statusCode"].as_u64();
    match (status, code) {
        (429 | 503, _) | (_, Some(2015)) => Verdict::Later,
        (200, Some(0)) if body["status"] == "whatsapp_accepted" => Verdict::Accepted,
        _ => Verdict::Refused(code.map_or_else(|| status.to_string(), |code| code.to_string())),
    }
}

/// A delivery status notification, § 6; `recipient` tells the number a message was sent to, as it was written.
pub(super) fn told(body: &Value, at: i64, recipient: impl Fn(&str) -> Option<String>) -> Told {
    let status = body["status"].as_str().unwrap_or_default();
    let expected = body["messageId"].as_str().and_then(recipient);
    let members = ["version", "messageId", "toNumber", "status", "statusCode", "reason", "timestamp"];
    let code = |code: &Value| match status {
        "whatsapp_failed" => code.as_u64().is_some_and(|code| FAILURES.contains(&code)),
        _ => code.as_u64() == Some(0),
    };
    let word = |word: &Value| ["whatsapp_sent", "whatsapp_failed", "whatsapp_read"].iter().any(|known| word == known);
    let same = |number: &Value| filled(number) && expected.as_ref().is_none_or(|to| number == to.as_str());
    let form = Form::of(body).only(&members).needs("/version", "1.0", |version| version == "1.0");
    let form = form.needs("/messageId", "a text", filled).needs("/toNumber", "the number as it was sent", same);
    let form = form.needs("/status", "a known word", word).needs("/statusCode", "a code of this status", code);
    let form = form.needs("/timestamp", "yyyy-MM-ddTHH:mm:ss±hhmm", whole_seconds).may("/reason", "a text", filled);
    let form = if body["statusCode"] == 9988 { form.needs("/reason", "a text", filled) } else { form };
    let mut reports = Vec::new();
    if let (Some(id), false) = (body["messageId"].as_str(), status.is_empty()) {
        let code = body["statusCode"].as_u64().map(|code| code.to_string());
        reports.push((id.to_owned(), Report { status: status.to_owned(), code, at }));
    }
    Told { wrong: form.wrong(), reports, inbound: None }
}

/// A post to the Users API, § 7: the user and whether they are opted in.
pub(super) fn consent(body: &Value) -> Consent {
    let form = Form::of(body).only(&["userId", "anonymousId", "whatsappOptIn"]);
    let form = form.may("/userId", "a text", filled).may("/anonymousId", "a text", filled);
    let mut wrong = form.needs("/whatsappOptIn", "a boolean", Value::is_boolean).wrong();
    let user = body["userId"].as_str().or(body["anonymousId"].as_str());
    if user.is_none() {
        wrong.push("userId and anonymousId are missing".to_owned());
    }
    match (user, body["whatsappOptIn"].as_bool()) {
        (Some(user), Some(opted_in)) if wrong.is_empty() => Ok((user.to_owned(), opted_in)),
        _ => Err(wrong),
    }
}

/// What is wrong with a post to the Events API, § 7.
pub(super) fn event(body: &Value) -> Vec<String> {
    let form = Form::of(body).only(&["userId", "anonymousId", "eventName", "eventTime", "eventData"]);
    let form = form.needs("/userId", "a text", filled).needs("/eventName", "a text", filled);
    form.may("/eventTime", "yyyy-MM-ddTHH:mm:ss±hhmm", whole_seconds)
        .may("/eventData", "an object", Value::is_object)
        .wrong()
}
