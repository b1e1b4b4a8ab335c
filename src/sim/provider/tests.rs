//! The provider end to end: sends over HTTP, a small receiver that verifies webhooks as the contract says, § 5.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::sim::http::{Request, Server, client, empty};
use crate::sim::{Delay, keys};

/// What arrived at the receiver: whether it verified, and the body.
type Arrived = Arc<Mutex<Vec<(bool, Value)>>>;

/// A receiver of webhooks that answers `status` to the first `trouble` requests, then 200.
async fn receiver(trouble: usize, status: StatusCode) -> (Server, Arrived) {
    let arrived = Arrived::default();
    let seen = Arc::clone(&arrived);
    let server = Server::start(0, move |request: Request| {
        let seen = Arc::clone(&seen);
        async move {
            let mut seen = seen.lock().unwrap();
            seen.push((verified(&request), serde_json::from_slice(&request.body).unwrap()));
            Some(empty(if seen.len() <= trouble { status } else { StatusCode::OK }))
        }
    });
    (server.await.unwrap(), arrived)
}

fn verified(request: &Request) -> bool {
    let Some(token) = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) else {
        return false;
    };
    let mut rules = Validation::new(Algorithm::HS256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(Account::default().signature_secret.as_bytes());
    let Ok(token) = jsonwebtoken::decode::<Value>(token, &key, &rules) else { return false };
    let hash: String = Sha256::digest(&request.body).iter().map(|byte| format!("{byte:02x}")).collect();
    token.claims["iss"] == "Vonage"
        && token.claims["api_key"] == "9c41ab7e"
        && token.claims["payload_hash"] == hash.as_str()
}

fn quick() -> ProviderOptions {
    let life = Life {
        delivered: 1.0,
        read: 1.0,
        submitted_after: Delay::millis(0, 5),
        delivered_after: Delay::millis(5, 10),
        read_after: Delay::millis(10, 20),
        ..Life::default()
    };
    let webhooks = Delivery { scale: 0.001, ..Delivery::default() };
    ProviderOptions { life, webhooks, ..ProviderOptions::default() }
}

fn message(reference: &str) -> Value {
    json!({
        "to": "6598114720", "from": "6531290044", "channel": "whatsapp", "client_ref": reference,
        "message_type": "custom",
        "custom": {"type": "template", "template": {
            "name": "order_update", "language": {"policy": "deterministic", "code": "en"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "x"}]}],
        }},
    })
}

async fn send(provider: &Provider, body: &str) -> Option<(u16, Value)> {
    let client = client(Duration::from_secs(2), Duration::from_secs(5)).unwrap();
    let request = client.post(format!("{}/v1/messages", provider.url()));
    let request = request.header("authorization", "Basic OWM0MWFiN2U6eA==").body(body.to_owned());
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()))
}

async fn settled(provider: &Provider) {
    assert!(provider.settled(Duration::from_secs(20)).await, "webhooks are still under way");
}

fn samples(prefix: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let chosen = files.filter(|path| name(path).starts_with(prefix));
    chosen.map(|path| (name(&path), std::fs::read_to_string(path).unwrap())).collect()
}

#[tokio::test]
async fn every_published_send_is_accepted() {
    let provider = Provider::start(quick()).await.unwrap();
    let samples = samples("vonage.send.");
    assert!(samples.len() > 30, "{}", samples.len());
    for (name, body) in &samples {
        let (status, answer) = send(&provider, body).await.unwrap();
        assert_eq!(status, 202, "{name}: {answer}");
        assert!(answer["message_uuid"].is_string(), "{name}");
    }
    assert_eq!(provider.journal().sent().len(), samples.len());
    assert!(provider.journal().violations().is_empty());
}

#[tokio::test]
async fn a_send_against_the_contract_is_answered_422_and_noted() {
    let provider = Provider::start(quick()).await.unwrap();
    let changed = |member: &str, value: Value| {
        let mut body = message("r");
        body[member] = value;
        body.to_string()
    };
    let cases = [
        ("#invalid-json", "{".to_owned()),
        ("#1430", changed("to", json!("+6598114720"))),
        ("#1120", changed("from", json!(6_531_290_044_u64))),
        ("#1450", changed("client_ref", json!("x".repeat(101)))),
        ("#1140", changed("message_type", json!("fax"))),
        ("#1150", changed("custom", json!({"type": "template", "template": {"name": "x"}}))),
        ("#1150", changed("text", Value::Null)),
    ];
    for (number, (kind, body)) in (1..).zip(&cases) {
        let (status, answer) = send(&provider, body).await.unwrap();
        assert_eq!(status, 422, "{body}");
        assert!(answer["type"].as_str().unwrap().ends_with(kind), "{kind}: {answer}");
        assert_eq!(answer["invalid_parameters"].is_array(), *kind != "#invalid-json", "{answer}");
        assert!(!answer.to_string().contains("6598114720"), "a value is repeated: {answer}");
        assert_eq!(provider.journal().violations().len(), number);
    }
    assert_eq!(provider.journal().summary().refused, BTreeMap::from([(422, 7)]));
    assert!(provider.journal().sent().is_empty());
}

#[tokio::test]
async fn statuses_come_signed_and_keep_their_schemas() {
    let (receiver, arrived) = receiver(0, StatusCode::OK).await;
    let life = Life { stop: 1.0, ..quick().life };
    let url = Some(receiver.url());
    let options = ProviderOptions { status_url: url.clone(), inbound_url: url, life, ..quick() };
    let provider = Provider::start(options).await.unwrap();
    let (_, answer) = send(&provider, &message("r-1").to_string()).await.unwrap();
    provider.tap("6598114720", "6531290044", "yes", "Yes, please", "4eddf4c1-9d40-4c71-b6d8-322dff26fe5f");
    settled(&provider).await;
    let arrived = arrived.lock().unwrap();
    let schema = |text: &str| jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    let statuses = schema(include_str!("../../../mappings/schemas/vonage-status.schema.json"));
    let inbounds = schema(include_str!("../../../mappings/schemas/vonage-inbound.schema.json"));
    let mut words = Vec::new();
    for (verified, body) in arrived.iter() {
        assert!(*verified, "{body}");
        if body.get("status").is_some() {
            assert!(statuses.is_valid(body), "{body}");
            assert_eq!((&body["message_uuid"], &body["client_ref"]), (&answer["message_uuid"], &json!("r-1")));
            words.push(body["status"].as_str().unwrap());
        } else {
            assert!(inbounds.is_valid(body), "{body}");
            words.push(body["message_type"].as_str().unwrap());
        }
    }
    words.sort_unstable();
    assert_eq!(words, ["button", "delivered", "read", "submitted", "text"]);
    let posted = Posted { sent: 1, acknowledged: 1, ..Posted::default() };
    assert_eq!(provider.journal().summary().webhooks["read"], posted);
    assert_eq!(provider.journal().summary().webhooks["inbound"], Posted { sent: 2, acknowledged: 2, ..posted });
}

#[tokio::test]
async fn webhooks_are_repeated_after_trouble_and_lost_after_refusal() {
    for (status, repeated, lost) in [(503, 1, 0), (429, 1, 0), (400, 0, 1), (401, 0, 1)] {
        let (receiver, _) = receiver(1, StatusCode::from_u16(status).unwrap()).await;
        let life = Life { delivered: 0.0, ..quick().life };
        let options = ProviderOptions { status_url: Some(receiver.url()), life, ..quick() };
        let provider = Provider::start(options).await.unwrap();
        send(&provider, &message("r").to_string()).await.unwrap();
        settled(&provider).await;
        let posted = provider.journal().summary().webhooks["submitted"];
        assert_eq!(posted, Posted { sent: 1, acknowledged: 1 - lost, repeated, lost }, "{status}");
    }
}

#[tokio::test]
async fn a_wrong_seal_is_right_the_second_time() {
    let cases = [Delivery { unsigned: 1.0, ..quick().webhooks }, Delivery { altered: 1.0, ..quick().webhooks }];
    for webhooks in cases {
        let (receiver, arrived) = receiver(1, StatusCode::SERVICE_UNAVAILABLE).await;
        let life = Life { delivered: 0.0, ..quick().life };
        let options = ProviderOptions { status_url: Some(receiver.url()), life, webhooks, ..quick() };
        let provider = Provider::start(options).await.unwrap();
        send(&provider, &message("r").to_string()).await.unwrap();
        settled(&provider).await;
        let verified: Vec<_> = arrived.lock().unwrap().iter().map(|(verified, _)| *verified).collect();
        assert_eq!(verified, [false, true]);
    }
}

#[tokio::test]
async fn an_early_status_precedes_the_answer() {
    let (receiver, arrived) = receiver(0, StatusCode::OK).await;
    let life = Life { early: 1.0, submitted_after: Delay::millis(60_000, 60_000), delivered: 0.0, ..quick().life };
    let options = ProviderOptions { status_url: Some(receiver.url()), life, ..quick() };
    let provider = Provider::start(options).await.unwrap();
    send(&provider, &message("r").to_string()).await.unwrap();
    assert_eq!(arrived.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn faults_of_the_answer() {
    let cases = [
        (Some(429), 0, Answers { throttled: 1.0, ..Answers::default() }),
        (Some(500), 0, Answers { failing: 1.0, ..Answers::default() }),
        (Some(401), 0, Answers { unauthorized: 1.0, ..Answers::default() }),
        (Some(402), 0, Answers { no_credit: 1.0, ..Answers::default() }),
        (None, 0, Answers { dropped: 1.0, ..Answers::default() }),
        (None, 1, Answers { lost: 1.0, ..Answers::default() }),
        (Some(202), 1, Answers { per_sender: Some(1), ..Answers::default() }),
        (Some(429), 0, Answers { per_sender: Some(0), ..Answers::default() }),
    ];
    let provider = Provider::start(quick()).await.unwrap();
    for (status, accepted, answers) in cases {
        provider.journal().clear();
        let what = format!("{answers:?}");
        provider.set_answers(answers);
        let answer = send(&provider, &message("r").to_string()).await;
        assert_eq!(answer.map(|(status, _)| status), status, "{what}");
        assert_eq!(provider.journal().summary().accepted, accepted, "{what}");
    }
}

#[tokio::test]
async fn a_template_that_does_not_fit_is_rejected_later() {
    let (receiver, arrived) = receiver(0, StatusCode::OK).await;
    let options = ProviderOptions { status_url: Some(receiver.url()), check_templates: true, ..quick() };
    let provider = Provider::start(options).await.unwrap();
    assert_eq!(send(&provider, &message("r").to_string()).await.unwrap().0, 202);
    settled(&provider).await;
    let arrived = arrived.lock().unwrap();
    assert_eq!((arrived.len(), &arrived[0].1["error"]["title"]), (1, &json!("1022")));
}

#[tokio::test]
async fn credentials_and_senders_belong_together() {
    let pair = keys::generate().unwrap();
    let account = |number: &str, application: &str| Account {
        numbers: vec![number.to_owned()],
        application_id: Some(application.to_owned()),
        public_key_pem: Some(pair.public_pem.clone()),
        ..Account::default()
    };
    let accounts = vec![account("6531290044", "ours"), account("442079460123", "theirs")];
    let provider = Provider::start(ProviderOptions { accounts, ..quick() }).await.unwrap();
    let now = Timestamp::now().as_second();
    let client = client(Duration::from_secs(2), Duration::from_secs(5)).unwrap();
    for (application, expected) in [("ours", 202), ("theirs", 422), ("nobody", 401)] {
        let claims = json!({"application_id": application, "iat": now, "exp": now + 900, "jti": "1"});
        let key = EncodingKey::from_rsa_pem(pair.private_pem.as_bytes()).unwrap();
        let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
        let request =
            client.post(format!("{}/v1/messages", provider.url())).header("authorization", format!("Bearer {token}"));
        let answer = request.body(message("r").to_string()).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{application}");
    }
}

#[tokio::test]
async fn the_other_addresses() {
    let templates = BTreeMap::from([("1".to_owned(), demo_templates()), ("2".to_owned(), Vec::new())]);
    let provider = Provider::start(ProviderOptions { templates, ..quick() }).await.unwrap();
    let client = client(Duration::from_secs(2), Duration::from_secs(5)).unwrap();
    let list = "/v2/whatsapp-manager/wabas";
    let cases = [
        ("GET", "/v1/messages/ping".to_owned(), "", 200),
        ("GET", format!("{list}/1/templates?limit=2"), "", 200),
        ("GET", format!("{list}/2/templates"), "", 200),
        ("GET", format!("{list}/3/templates"), "", 404),
        ("GET", format!("{list}/1/templates?limit=x"), "", 400),
        ("DELETE", "/v1/messages".to_owned(), "", 403),
        ("PATCH", "/v1/messages/x".to_owned(), r#"{"status":"read"}"#, 401),
        ("GET", "/elsewhere".to_owned(), "", 404),
        ("GET", "/journal".to_owned(), "", 200),
        ("GET", "/journal/summary".to_owned(), "", 200),
        ("POST", "/inbound".to_owned(), r#"{"from":"1","to":"2","text":"hi"}"#, 409),
        ("POST", "/inbound".to_owned(), r#"{"unknown":"1"}"#, 400),
    ];
    for (method, path, body, expected) in cases {
        let request = client.request(method.parse().unwrap(), format!("{}{path}", provider.url()));
        let answer = request.header("authorization", "Basic OWM0MWFiN2U6eA==").body(body).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{method} {path}");
    }
    provider.set_answers(Answers { listing: Some(500), ..Answers::default() });
    assert_eq!(client.get(format!("{}{list}/1/templates", provider.url())).send().await.unwrap().status(), 500);
}

#[test]
fn published_samples_keep_their_schemas_and_refusals_their_form() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../mappings/schemas/vonage-templates.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (name, text) in samples("vonage.templates.list") {
        assert!(schema.is_valid(&serde_json::from_str(&text).unwrap()), "{name}");
    }
    assert!(schema.is_valid(&json!({"templates": demo_templates()})));
    for (name, text) in samples("vonage.error.") {
        let sample: Value = serde_json::from_str(&text).unwrap();
        assert!(sample["title"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn a_stopped_provider_is_silent() {
    let provider = Provider::start(quick()).await.unwrap();
    let url = provider.url();
    provider.stop().await;
    let client = client(Duration::from_secs(1), Duration::from_secs(1)).unwrap();
    assert!(client.get(url).send().await.is_err());
}
