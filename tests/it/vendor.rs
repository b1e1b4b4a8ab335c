//! The provider's own published libraries against the gateway and its simulated provider: tokens of webhooks, tokens of
//! sends, and the requests of their clients.
//!
//! In JavaScript and in Python (tests/vendor), installed here from their registries. A machine without Node.js or Python
//! gets them from its packages, or the tests fail: they never pass unrun.

mod libraries;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use switchboard::sim::stage::{ACCOUNT, APPLICATION};

use crate::world::{Answer, Scripted, Stub, TenantFile, World, order, person, provider, until};
use libraries::LIBRARIES;

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

fn pem(world: &World) -> String {
    world.secrets()["PEM"].clone()
}

fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A webhook's claims as the contract has them, Vonage § 3.3.
fn claims(body: &[u8]) -> Value {
    json!({
        "iss": "Vonage", "iat": jiff::Timestamp::now().as_second(), "jti": format!("{:032x}", rand::random::<u128>()),
        "api_key": ACCOUNT.0, "application_id": APPLICATION, "payload_hash": hash(body),
    })
}

/// The simulated provider signs its webhooks so that the libraries' own check takes them, and only with the right secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulated_providers_tokens_are_good_to_the_libraries() {
    let listener = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let options = switchboard::sim::provider::ProviderOptions { status_url: Some(listener.url.clone()), ..provider() };
    let world = World::new(vec![acme()], options).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "v-1", &person(brand, 1))).await.status, 200);
    until("a status is posted", || !listener.asked().is_empty()).await;
    let asked = listener.asked().remove(0);
    let token = asked.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    let forged = format!("{}x.{}", &token[..token.rfind('.').unwrap() - 1], &token[token.rfind('.').unwrap() + 1..]);
    for library in &LIBRARIES {
        let verify = |token: &str, secret: &str| json!({ "task": "verify", "token": token, "secret": secret });
        let told = library.ask(vec![
            verify(&token, ACCOUNT.1),
            verify(&token, "another-signature-secret-of-32-bytes"),
            verify(&forged, ACCOUNT.1),
        ]);
        assert_eq!(told[0], json!(true), "{}", library.name);
        assert_ne!(told[1], json!(true), "{}: another secret", library.name);
        assert_ne!(told[2], json!(true), "{}: other claims", library.name);
    }
    gateway.stop().await;
}

/// What a library signs as a webhook the gateway takes, where its secret, its algorithm, its age and its body are right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_a_library_signed_are_taken_and_no_others() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let body = json!({
        "channel": "whatsapp", "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "to": "6591234567",
        "from": world.brands[0].file.number, "timestamp": "2026-11-04T09:14:06.981Z", "status": "delivered",
    })
    .to_string();
    let old = json!({ "iat": jiff::Timestamp::now().as_second() - 2 * 86_400 });
    let with = |more: Value| {
        let mut claims = claims(body.as_bytes());
        let claims_of = claims.as_object_mut().unwrap();
        claims_of.extend(more.as_object().unwrap().clone());
        claims
    };
    for library in &LIBRARIES {
        let sign = |claims: Value, secret: &str, algorithm: &str| json!({ "task": "sign", "claims": claims, "secret": secret, "algorithm": algorithm });
        let cases = [
            ("as it should be", true, sign(with(json!({})), ACCOUNT.1, "HS256")),
            ("another secret", false, sign(with(json!({})), "another-signature-secret-of-32-bytes", "HS256")),
            ("another algorithm", false, sign(with(json!({})), &ACCOUNT.1.repeat(2), "HS512")),
            ("another body", false, sign(with(json!({ "payload_hash": hash(b"other") })), ACCOUNT.1, "HS256")),
            ("two days old", false, sign(with(old.clone()), ACCOUNT.1, "HS256")),
        ];
        let tokens = library.ask(cases.iter().map(|(.., task)| task.clone()).collect());
        for ((what, good, _), token) in cases.iter().zip(tokens) {
            let answer = post(&world, &body, token.as_str().unwrap()).await;
            assert_eq!(answer.status == 200, *good, "{}: {what}: {answer:?}", library.name);
        }
    }
    gateway.stop().await;
}

async fn post(world: &World, body: &str, token: &str) -> Answer {
    let request = world.client.post(world.url("/webhooks/vonage/status")).header("content-type", "application/json");
    Answer::of(request.header("authorization", format!("Bearer {token}")).body(body.to_owned())).await
}

/// The libraries read the gateway's tokens, and the simulated provider takes theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_sends_are_the_same_to_both_sides() {
    let listing = Scripted::new(200, json!({ "templates": [], "paging": {} }));
    let taken = Scripted::new(202, json!({ "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab" }));
    let stub = Stub::start(vec![listing, taken]).await;
    let file =
        acme().setting(&format!("vonage: {{ base_url: {} }}", stub.url)).line("delivery: { preflight: \"off\" }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "v-2", &person(brand, 2))).await.status, 200);
    let send = || stub.asked().into_iter().find(|asked| asked.path == "/v1/messages");
    until("it is sent", || send().is_some()).await;
    let token = send().unwrap().headers["authorization"].to_str().unwrap().replacen("Bearer ", "", 1);
    for library in &LIBRARIES {
        let read = library.ask(vec![json!({ "task": "read", "token": token, "key": World::public_key() })]);
        assert_eq!(read[0]["application_id"], APPLICATION, "{}: {}", library.name, read[0]);
        for claim in ["iat", "exp", "jti"] {
            assert!(!read[0][claim].is_null(), "{}: {claim} of {}", library.name, read[0]);
        }
        let made = library.ask(vec![json!({ "task": "make", "application": APPLICATION, "key": pem(&world) })]);
        let answer = send_with(&world, made[0].as_str().unwrap(), brand.file.number).await;
        assert_eq!(answer.status, 202, "{}: {answer:?}", library.name);
    }
    gateway.stop().await;
}

async fn send_with(world: &World, token: &str, from: &str) -> Answer {
    let url = format!("{}/v1/messages", world.provider.url());
    let request = world.client.post(url).bearer_auth(token).header("content-type", "application/json");
    Answer::of(request.body(template("6591230000", from).to_string())).await
}

fn template(to: &str, from: &str) -> Value {
    let parameters = ["Asha", "PX-7", "6 Nov"].map(|text| json!({ "type": "text", "text": text }));
    json!({
        "channel": "whatsapp", "message_type": "custom", "to": to, "from": from,
        "custom": { "type": "template", "template": {
            "name": "order_update", "language": { "policy": "deterministic", "code": "en" },
            "components": [{ "type": "body", "parameters": parameters }],
        } },
    })
}

/// The requests of the libraries' clients are none that the simulated provider finds fault with, as the gateway's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_libraries_clients_break_no_contract() {
    let world = World::new(vec![acme()], provider()).await;
    let from = world.brands[0].file.number;
    for (place, library) in LIBRARIES.iter().enumerate() {
        let to = format!("659123000{place}");
        let message = message(&to, from);
        let (url, key) = (world.provider.url(), pem(&world));
        let sent = library.ask(vec![
            json!({ "task": "send", "url": url, "application": APPLICATION, "key": key, "message": message }),
        ]);
        let taken = world.taken(&to);
        assert_eq!(taken.len(), 1, "{}: {sent:?}", library.name);
        assert_eq!(sent[0], taken[0].message_uuid, "{}", library.name);
        assert_eq!(taken[0].body["message_type"], "template", "{}: {}", library.name, taken[0].body);
    }
    world.check_contracts();
}

/// A template message as the clients take it.
fn message(to: &str, from: &str) -> Value {
    json!({
        "channel": "whatsapp", "message_type": "template", "to": to, "from": from,
        "template": { "name": "order_update", "parameters": ["Asha", "PX-7", "6 Nov"] },
        "whatsapp": { "policy": "deterministic", "locale": "en" },
    })
}
