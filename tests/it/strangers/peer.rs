//! Sinch on loopback, as docs/contracts/sinch.md has it: tokens, sends held against the schema, a list of templates, and
//! signed callbacks when a test says so. It shares nothing with the mapping.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::world::Answer;

pub(super) const PROJECT: &str = "c36f3d3d-1513-4edd-ae42-11995557ff61";
pub(super) const APP: &str = "01EB37HMH1M6SV18ASNS3G135H";
pub(super) const SECRET: &str = "callbacks-of-sinch";
const KEY: (&str, &str) = ("key-id", "key-secret");

#[derive(Default)]
struct Scene {
    /// What sends are answered before they are taken again.
    script: VecDeque<(u16, Value)>,
    tokens: u32,
    taken: Vec<Value>,
    violations: Vec<String>,
}

/// The provider.
pub(super) struct Sinch {
    pub(super) url: String,
    scene: Arc<Mutex<Scene>>,
    client: reqwest::Client,
    target: String,
}

impl Sinch {
    /// Listens; callbacks go to addresses under `target`.
    pub(super) async fn start(client: reqwest::Client, target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let scene = Arc::<Mutex<Scene>>::default();
        tokio::spawn(serve(listener, Arc::clone(&scene)));
        Self { url, scene, client, target }
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next sends are answered so.
    pub(super) fn answer(&self, status: u16, body: Value) {
        self.scene().script.push_back((status, body));
    }

    /// Every message that was taken, oldest first; the id that it was given is its place.
    pub(super) fn taken(&self) -> Vec<Value> {
        self.scene().taken.clone()
    }

    pub(super) fn tokens(&self) -> u32 {
        self.scene().tokens
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.scene().violations.clone()
    }

    /// Posts what became of a message.
    pub(super) async fn report(&self, place: usize, status: &str, reason: Option<Value>) -> Answer {
        let message = self.taken()[place].clone();
        let identity = &message["recipient"]["identified_by"]["channel_identities"][0]["identity"];
        let mut report = json!({
            "message_id": id(place), "conversation_id": "", "contact_id": "", "status": status,
            "channel_identity": {"channel": "WHATSAPP", "identity": identity, "app_id": ""},
            "metadata": message["message_metadata"], "processing_mode": "DISPATCH",
        });
        if let Some(reason) = reason {
            report["reason"] = reason;
        }
        self.callback(json!({ "message_delivery_report": report }), SECRET).await
    }

    /// Posts what a person wrote.
    pub(super) async fn say(&self, from: &str, message_id: &str, text: &str) -> Answer {
        let message = json!({
            "id": message_id, "direction": "TO_APP", "contact_message": {"text_message": {"text": text}},
            "channel_identity": {"channel": "WHATSAPP", "identity": from, "app_id": ""},
            "conversation_id": "", "contact_id": "", "metadata": "", "sender_id": "",
            "accept_time": "2026-11-04T10:55:39.521500Z", "processing_mode": "DISPATCH",
        });
        self.callback(json!({ "message": message }), SECRET).await
    }

    /// Posts a callback under a secret.
    pub(super) async fn callback(&self, what: Value, secret: &str) -> Answer {
        let mut body = what;
        body["app_id"] = json!(APP);
        body["project_id"] = json!(PROJECT);
        body["accepted_time"] = json!("2026-11-04T15:09:11.659Z");
        body["event_time"] = json!("2026-11-04T15:09:13.267185Z");
        let body = body.to_string();
        // Each trigger has a webhook of its own.
        let kind = if body.contains("message_delivery_report") { "delivery" } else { "inbound" };
        let (nonce, timestamp) = (format!("{:026x}", rand::random::<u64>()), jiff::Timestamp::now().as_second());
        let timestamp = timestamp.to_string();
        let request = self
            .client
            .post(format!("{}/{kind}", self.target))
            .header("content-type", "application/json; charset=utf-8");
        let request = request
            .header("x-sinch-webhook-signature", signature(secret, &body, &nonce, &timestamp))
            .header("x-sinch-webhook-signature-nonce", nonce)
            .header("x-sinch-webhook-signature-timestamp", timestamp)
            .header("x-sinch-webhook-signature-algorithm", "HmacSHA256");
        Answer::of(request.body(body)).await
    }
}

/// The id of a taken message.
pub(super) fn id(place: usize) -> String {
    format!("01EQBC1A3BEK731GY4YXEN{place:04}")
}

fn signature(secret: &str, body: &str, nonce: &str, timestamp: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{body}.{nonce}.{timestamp}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn serve(listener: TcpListener, scene: Arc<Mutex<Scene>>) {
    let schema = crate::shipped::folder().join("schemas/sinch-send.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let schema = Arc::new(jsonschema::validator_for(&schema).unwrap());
    while let Ok((stream, _)) = listener.accept().await {
        let (scene, schema) = (Arc::clone(&scene), Arc::clone(&schema));
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (scene, schema) = (Arc::clone(&scene), Arc::clone(&schema));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                let mut scene = scene.lock().unwrap_or_else(PoisonError::into_inner);
                let (status, body) = play(&mut scene, &schema, &head, &body);
                let answer = http::Response::builder().status(status).header("content-type", "application/json");
                Ok::<_, Infallible>(answer.body(Full::<Bytes>::new(body.to_string().into())).unwrap())
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn play(scene: &mut Scene, schema: &jsonschema::Validator, head: &http::request::Parts, body: &[u8]) -> (u16, Value) {
    let authorization = head.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let error = |code: u16, status: &str| (code, json!({"error": {"code": code, "status": status, "message": status}}));
    if head.uri.path() == "/oauth2/token" {
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", KEY.0, KEY.1)));
        let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
        let has = |name: &str, value: &str| form.iter().any(|(a, b)| (&**a, &**b) == (name, value));
        let known = authorization == basic || has("client_id", KEY.0) && has("client_secret", KEY.1);
        if !known || !has("grant_type", "client_credentials") {
            return (401, json!({"error": "invalid_client"}));
        }
        scene.tokens += 1;
        let token = format!("token-{}", scene.tokens);
        return (200, json!({"access_token": token, "expires_in": 3599, "scope": "", "token_type": "bearer"}));
    }
    if authorization != format!("Bearer token-{}", scene.tokens) {
        return error(401, "UNAUTHENTICATED");
    }
    match (head.method.as_str(), head.uri.path()) {
        ("GET", path) if path == format!("/v1/projects/{PROJECT}/whatsapp/templates") => {
            (200, templates(head.uri.query()))
        }
        ("POST", path) if path == format!("/v1/projects/{PROJECT}/messages:send") => {
            if let Some((status, body)) = scene.script.pop_front() {
                return (status, body);
            }
            let message: Value = serde_json::from_slice(body).unwrap_or_default();
            let broken = schema.iter_errors(&message).map(|problem| format!("{}: {problem}", problem.instance_path()));
            scene.violations.extend(broken);
            if message["app_id"] != APP {
                return error(404, "NOT_FOUND");
            }
            scene.taken.push(message);
            (200, json!({"message_id": id(scene.taken.len() - 1), "accepted_time": "2026-11-04T15:09:11.659Z"}))
        }
        _ => error(404, "NOT_FOUND"),
    }
}

/// Two pages, the language in capitals.
fn templates(query: Option<&str>) -> Value {
    let template = |id: &str, name: &str, components: Value| {
        json!({"whatsappId": id, "name": name, "language": "EN", "state": "APPROVED", "category": "MARKETING",
            "details": {"components": components}})
    };
    let body = |text: &str| json!({"type": "BODY", "text": text, "examples": []});
    if !query.unwrap_or_default().contains("pageToken=second") {
        let order = template("1", "order_update", json!([body("Hi {{1}}, order {{2}} arrives on {{3}}")]));
        return json!({"templates": [order], "nextPageToken": "second"});
    }
    let buttons = json!({"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Yes"}, {"type": "QUICK_REPLY", "text": "Later"},
        {"type": "URL", "text": "Shop", "url": "https://shop.example/{{1}}"},
    ]});
    let header = json!({"type": "HEADER", "format": "IMAGE"});
    json!({"templates": [template("2", "weekend_offer", json!([header, body("{{1}}, save {{2}}"), buttons]))]})
}

#[test]
fn the_signature_is_that_of_the_published_example() {
    let body = r#"{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4","contact_create_notification":{"contact":{"id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":"SMS","identity":"48123456789","app_id":""}],"display_name":"New Test Contact","email":"new.contact@email.com","external_id":"","metadata":"","language":"EN_US"}},"message_metadata":""}"#;
    let made = signature("foo_secret1234", body, "01FJA8B4A7BM43YGWSG9GBV067", "1634579353");
    assert_eq!(made, "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=");
}
