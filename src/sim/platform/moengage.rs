//! MoEngage's own formats: what it sends, what its answers mean, what may be told to it. Posts and listens to nothing.

use serde_json::{Value, json};

use super::campaign::{Outgoing, Person, Verdict};
use super::form::{Form, digits, filled, millis, person};
use super::journal::Report;
use super::options::Shape;
use super::server::{Consent, Told};

/// A send, § 2.
pub(super) fn send(person: &Person, shape: Shape, from: &str, campaign: &str, number: u64) -> Outgoing {
    let text = |values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| json!({"type": "text", "text": value})).collect();
        json!({"type": "body", "parameters": values})
    };
    let reply = |index: u8, payload: &str| {
        let parameters = json!([{"type": "payload", "payload": payload}]);
        json!({"type": "button", "sub_type": "quick_reply", "index": index.to_string(), "parameters": parameters})
    };
    let link = |index: u8, suffix: &str| {
        let parameters = json!([{"type": "text", "text": suffix}]);
        json!({"type": "button", "sub_type": "url", "index": index.to_string(), "parameters": parameters})
    };
    let image = || {
        let image = json!({"type": "image", "image": {"link": "https://cdn.shop.example/wk45/hero.jpg"}});
        json!({"type": "header", "parameters": [image]})
    };
    let (name, order) = (person.name, person.order.as_str());
    let (template, components) = match shape {
        Shape::Text => ("order_update", vec![text(&[name, order, "6 Nov"])]),
        Shape::Plain => ("welcome", Vec::new()),
        Shape::Image => (
            "weekend_offer",
            vec![
                image(),
                text(&[name, "20%"]),
                reply(0, "{'offer':'wk45','reply':'yes'}"),
                reply(1, "later"),
                link(2, order),
            ],
        ),
        Shape::Replies => {
            ("visit_feedback", vec![text(&[name]), reply(0, "good"), reply(1, "average"), reply(2, "poor")])
        }
        Shape::Link => ("track_parcel", vec![text(&[name, order]), link(1, order)]),
    };
    let id = format!("{campaign}_c{number:07}");
    let to = person.number.clone();
    let template = json!({"name": template, "language": {"code": "en"}, "components": components});
    Outgoing { body: json!({"msg_id": id, "from": from, "to": to, "template": template}), id, to }
}

/// What an answer to a send means, § 3.
pub(super) fn verdict(status: u16, body: &Value) -> Verdict {
    match status {
        429 | 503 => Verdict::Later,
        200..300 if body["status"] == "success" => Verdict::Accepted,
        _ => Verdict::Refused(body["error"]["code"].as_str().map_or_else(|| status.to_string(), str::to_owned)),
    }
}

/// A post to the delivery URL: statuses, or something a person wrote, § 5 and 6.
pub(super) fn told(body: &Value, at: i64) -> Told {
    if body.get("statuses").is_some() { statuses(body, at) } else { inbound(body) }
}

fn statuses(body: &Value, at: i64) -> Told {
    let count = |value: &Value| value.as_array().is_some_and(|list| (1..=50).contains(&list.len()));
    let mut wrong = Form::of(body).only(&["statuses"]).needs("/statuses", "a list of 1 to 50", count).wrong();
    let mut reports = Vec::new();
    for status in body["statuses"].as_array().into_iter().flatten() {
        let failed = status["status"] == "failed";
        let word =
            |value: &Value| value.as_str().is_some_and(|word| ["sent", "delivered", "read", "failed"].contains(&word));
        let form = Form::of(status).only(&["msg_id", "status", "timestamp", "error"]).unless(failed, "/error");
        let form = form.needs("/msg_id", "a text", filled).needs("/status", "a known word", word);
        let form = form.needs("/timestamp", "integer milliseconds", millis);
        let form = form.may("/error/code", "a text", filled).may("/error/message", "a text", filled);
        let error = |value: &Value| value.get("code").is_some() && value.get("message").is_some();
        wrong.extend(form.may("/error", "a code and a message", error).wrong());
        if let (Some(id), Some(word)) = (status["msg_id"].as_str(), status["status"].as_str()) {
            let code = status["error"]["code"].as_str().map(str::to_owned);
            reports.push((id.to_owned(), Report { status: word.to_owned(), code, at }));
        }
    }
    Told { wrong, reports, inbound: None }
}

fn inbound(body: &Value) -> Told {
    let kind = body["type"].as_str().unwrap_or_default();
    let members = ["from", "waba_number", "timestamp", "type", "context", "text", "button"];
    let form = Form::of(body).only(&members).needs("/from", "a person", person).needs("/waba_number", "digits", digits);
    let form = form.needs("/timestamp", "integer milliseconds", millis).may("/context/msg_id", "a text", filled);
    let form = form.unless(kind == "text", "/text").unless(kind == "button", "/button");
    let form = form.needs("/type", "text or button", |kind| ["text", "button"].iter().any(|known| kind == known));
    let form = match kind {
        "text" => form.needs("/text/body", "a text", Value::is_string),
        "button" => form.needs("/button/payload", "a text", Value::is_string).may("/button/text", "a text", filled),
        _ => form,
    };
    let context = |context: &Value| context.get("msg_id").is_some();
    let wrong = form.may("/context", "an object with msg_id", context).wrong();
    Told { wrong, reports: Vec::new(), inbound: Some(body.clone()) }
}

/// A post to the data API, § 7.2: the customer and whether they are subscribed.
pub(super) fn consent(body: &Value) -> Consent {
    let form = Form::of(body).only(&["type", "customer_id", "update_existing_only", "attributes"]);
    let form = form.needs("/type", "customer", |kind| kind == "customer").needs("/customer_id", "a text", filled);
    let form = form.may("/update_existing_only", "a boolean", Value::is_boolean);
    let wrong = form.needs("/attributes/moe_wa_subscription", "a boolean", Value::is_boolean).wrong();
    match (body["customer_id"].as_str(), body["attributes"]["moe_wa_subscription"].as_bool()) {
        (Some(customer), Some(opted_in)) if wrong.is_empty() => Ok((customer.to_owned(), opted_in)),
        _ => Err(wrong),
    }
}
