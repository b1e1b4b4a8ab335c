//! What is wrong with a request is told in the words of who sent it, costs nobody else anything, and leaves no trace of
//! a person in the log.

mod log;
mod webhooks;
mod words;

use serde_json::{Value, json};
use switchboard::sim::platform::{Credentials, Kind};
use switchboard::sim::provider::ProviderOptions;

use crate::world::{Answer, Brand, TenantFile, World, order, person, provider, text_from, until, until_async};

const STATUS: &str = "/webhooks/vonage/status";
const INBOUND: &str = "/webhooks/vonage/inbound";

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

fn bandra() -> TenantFile {
    TenantFile::webengage("bandra", "919845013377")
}

/// A provider whose own statuses go nowhere: the test posts what it is about.
fn silent() -> ProviderOptions {
    ProviderOptions { status_url: Some("http://127.0.0.1:9/".to_owned()), ..provider() }
}

async fn post(world: &World, brand: &Brand, body: String) -> Answer {
    let request = world.client.post(world.url(brand.file.path())).header("content-type", "application/json");
    let request = match brand.file.credentials() {
        Credentials::Basic { username, password } => request.basic_auth(username, Some(password)),
        Credentials::Bearer(token) => request.bearer_auth(token),
        Credentials::Headers(_) => unreachable!("no brand has these"),
    };
    Answer::of(request.body(body)).await
}

/// Posts a webhook with a token of its own.
async fn hook(world: &World, path: &str, body: &str, token: Option<String>) -> u16 {
    let request = world.client.post(world.url(path)).header("content-type", "application/json");
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    Answer::of(request.body(body.to_owned())).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_doors_are_told_apart() {
    let world = World::new(vec![acme(), bandra()], provider()).await;
    let gateway = world.gateway().await;
    let client = &world.client;
    let cases = [
        ("an unknown path", client.post(world.url("/webhooks/sand")), 404, Value::Null),
        ("a path below", client.post(world.url("/webhooks/send/x")), 404, Value::Null),
        ("a path with dots", client.post(world.url("/webhooks/%2e%2e/send")), 404, Value::Null),
        ("nothing named", client.get(world.url("/")), 404, Value::Null),
        ("GET of a send", client.get(world.url("/webhooks/send")), 405, Value::Null),
        ("PUT of a send", client.put(world.url("/webengage/messages")), 405, Value::Null),
        ("DELETE of a status", client.delete(world.url(STATUS)), 405, Value::Null),
        ("POST of the health", client.post(world.url("/_/health")), 405, Value::Null),
    ];
    for (what, request, http, expected) in cases {
        let answer = Answer::of(request.body("{}")).await;
        assert_eq!((answer.status, &answer.body), (http, &expected), "{what}");
        assert_eq!(answer.header("allow").is_some(), http == 405, "{what}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_refused_in_the_callers_words() {
    let world = World::new(vec![acme(), bandra()], provider()).await;
    let gateway = world.gateway().await;
    let (acme, bandra) = (&world.brands[0], &world.brands[1]);
    let moengage = json!({"status": "failure", "error": {"code": "7000", "message": "Invalid credentials"}});
    let webengage = json!({"status": "whatsapp_rejected", "statusCode": 2011, "message": "Authentication failure"});
    let basic = |username: String, password: String| Credentials::Basic { username, password };
    let (key, secret) = (acme.file.value("KEY"), acme.file.value("SECRET"));
    let cases = [
        (acme, "none", Credentials::Headers(vec![]), &moengage),
        (acme, "a wrong secret", basic(key.clone(), "wrong".to_owned()), &moengage),
        (acme, "a wrong key", basic("wrong".to_owned(), secret.clone()), &moengage),
        (acme, "both empty", basic(String::new(), String::new()), &moengage),
        (acme, "another's token", Credentials::Bearer(bandra.file.value("KEY")), &moengage),
        (bandra, "none", Credentials::Headers(vec![]), &webengage),
        (bandra, "a wrong token", Credentials::Bearer("wrong".to_owned()), &webengage),
        (bandra, "an empty token", Credentials::Bearer(String::new()), &webengage),
        (bandra, "another's pair", basic(key, secret), &webengage),
    ];
    for (brand, what, credentials, expected) in cases {
        let body = order(brand, "bad", &person(brand, 1));
        let answer = world.send_as(&credentials, brand.file.path(), &body).await;
        assert_eq!((answer.status, &answer.body), (401, expected), "{}: {what}", brand.file.name);
    }
    for brand in &world.brands {
        assert_eq!(gateway.flow.store.ledger(&brand.file.tenant()).await.unwrap().accepted, 0);
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_gets_the_first_answer() {
    let world = World::new(vec![acme(), bandra()], silent()).await;
    let gateway = world.gateway().await;
    for brand in &world.brands {
        let to = person(brand, 1);
        let body = order(brand, "twice", &to);
        let first = world.send(brand, &body).await;
        assert_eq!(first.status, 200, "{}", brand.file.name);
        let together: Vec<_> = std::iter::repeat_with(|| world.send(brand, &body)).take(5).collect();
        for answer in futures_util::future::join_all(together).await {
            assert_eq!((answer.status, &answer.body), (first.status, &first.body), "{}", brand.file.name);
        }
        until("it is sent", || !world.taken(&to).is_empty()).await;
        let stop = text_from(&to, brand.file.number, &format!("stop-{}", brand.file.name), "STOP");
        assert_eq!(world.webhook(INBOUND, &stop).await.status, 200);
        let late = world.send(brand, &body).await;
        assert_eq!((late.status, &late.body), (first.status, &first.body), "{}: after STOP", brand.file.name);
        if brand.file.kind == Kind::WebEngage {
            let other = world.send(brand, &order(brand, "other", &to)).await;
            assert_eq!((other.status, &other.body["statusCode"]), (200, &json!(2024)), "a new one is refused");
        }
        let ledger = gateway.flow.store.ledger(&brand.file.tenant()).await.unwrap();
        assert_eq!((ledger.accepted, world.taken(&to).len()), (1, 1), "{}", brand.file.name);
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_accept_rate_is_told_later() {
    let limits = "limits: { accept: 1/s }";
    let world = World::new(vec![acme().line(limits), bandra().line(limits)], provider()).await;
    let gateway = world.gateway().await;
    let expected = [
        json!({"status": "failure", "error": {"code": "4290", "message": "Too many requests"}}),
        json!({"status": "whatsapp_rejected", "statusCode": 2015, "message": "Throttled, retry later"}),
    ];
    for (brand, expected) in world.brands.iter().zip(expected) {
        let mut refused = None;
        for place in 0..200 {
            let (id, to) = (format!("wave-{place}"), person(brand, place));
            let answer = world.send(brand, &order(brand, &id, &to)).await;
            if answer.status != 200 {
                refused = Some((answer, order(brand, &id, &to), id));
                break;
            }
        }
        let (answer, body, id) = refused.expect("more came than are accepted in a second");
        assert_eq!((answer.status, &answer.body), (429, &expected));
        assert!(world.stored(&gateway, brand, &id).await.is_none(), "what was told later is not stored");
        until_async("it is accepted later", async || world.send(brand, &body).await.status == 200).await;
    }
    world.check_contracts();
    gateway.stop().await;
}
