//! A platform that signs with private keys and publishes the public ones, over sockets: its keys change, its publisher goes
//! away, and strangers try what strangers try.

use std::sync::LazyLock;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::sim::keys::{self, KeyPair};

use crate::world::{Answer, Scripted, Stub, TenantFile, World, provider, until, until_async};

const MAPPING: &str = r#"dsl: 1
platform: keyed
settings: { jwks_url: { type: url }, audience: { type: text } }
auth:
  in:
    - jwt_rs256:
        jwks: $.settings.jwks_url
        header: [ x-token, authorization ]
        claims: { iss: Issuer, aud: $.settings.audience }
        body_hash: body
refused: { http: 400, body: { why: $.error.reason, cause: $.error.cause?, wait: $.error.retry_after? } }
send:
  route: { method: POST, path: /keyed }
  message: { id: $.body.id, to: "$.body.to | phone", from: $.body.from, text: $.body.text }
  answer: { http: 202 }
"#;

static KEYS: LazyLock<[KeyPair; 2]> = LazyLock::new(|| [keys::generate().unwrap(), keys::generate().unwrap()]);

fn key(place: usize) -> EncodingKey {
    EncodingKey::from_rsa_pem(KEYS[place].private_pem.as_bytes()).unwrap()
}

/// A key as it is published.
fn published(place: usize, kid: &str) -> Value {
    let mut key = Jwk::from_encoding_key(&key(place), Algorithm::RS256).unwrap();
    key.common.key_id = Some(kid.to_owned());
    json!(key)
}

fn set(keys: &[Value]) -> Scripted {
    Scripted::new(200, json!({"keys": keys}))
}

const BODY: &str = r#"{"id":"k-1","to":"+65 9000 0001","from":"6531290045","text":"Hello"}"#;

/// What the party signs: the changes laid over a right token's claims.
fn claims(changes: &Value) -> Value {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(BODY.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = jiff::Timestamp::now().as_second();
    let mut claims = json!({"iss": "Issuer", "aud": ["other", "first"], "sub": "s", "exp": now + 300, "body": hash});
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

fn header(kid: &str) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) }
}

fn token(kid: &str, place: usize) -> String {
    encode(&header(kid), &claims(&json!({})), &key(place)).unwrap()
}

fn tenant(world: &World, name: &str, number: &str, jwks: &str) -> String {
    let other = world.brands[0].file.text();
    let provider_side = &other[other.find("  vonage:").unwrap()..other.find("settings:").unwrap()];
    format!(
        "tenant: {name}\nplatform: keyed\nprovider: vonage\nnumbers: [ \"{number}\" \
         ]\ncredentials:\n{provider_side}settings:\n  jwks_url: {jwks}\n  audience: {name}\n  base_url: {}\n",
        world.provider.url(),
    )
}

async fn send(world: &World, token: &str) -> (u16, Value) {
    let request = world.client.post(world.url("/keyed")).header("content-type", "application/json");
    let answer = Answer::of(request.header("authorization", format!("Bearer {token}")).body(BODY)).await;
    (answer.status, answer.body)
}

/// A world with two tenants: keys of the first are at `publisher`, those of the second at `other`.
async fn keyed(publisher: &Stub, other: &str) -> (World, Gateway) {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    std::fs::write(world.mapping_path("keyed.yaml"), MAPPING).unwrap();
    let first = tenant(&world, "first", "6531290045", &format!("{}/keys", publisher.url));
    std::fs::write(world.tenant_path("first"), first).unwrap();
    std::fs::write(world.tenant_path("second"), tenant(&world, "second", "6531290046", other)).unwrap();
    let gateway = Gateway::start(world.options()).await.unwrap();
    (world, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_fetched_before_they_are_needed_and_forgeries_are_refused() {
    let publisher = Stub::start(vec![set(&[published(0, "k-0")])]).await;
    let (world, gateway) = keyed(&publisher, "http://127.0.0.1:1/keys").await;
    until("the set is fetched before anybody asks", || publisher.asked().len() == 1).await;
    assert_eq!(send(&world, &token("k-0", 0)).await.0, 202);
    assert_eq!(send(&world, &token("k-0", 0)).await.0, 202, "a repeat");

    let signed = |header: &Header, changes: Value| encode(header, &claims(&changes), &key(0)).unwrap();
    let good = token("k-0", 0);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let part = |json: Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
    };
    let secret = EncodingKey::from_secret(KEYS[0].public_pem.as_bytes());
    let hs256 = Header { alg: Algorithm::HS256, ..header("k-0") };
    let own = serde_json::from_value(published(1, "k-0")).unwrap();
    let own = Header { jwk: Some(own), ..header("k-0") };
    let elsewhere = Header { jku: Some(format!("{}/mine", publisher.url)), ..header("k-0") };
    let certificate = Header { x5u: Some(format!("{}/mine", publisher.url)), ..header("k-0") };
    let past = jiff::Timestamp::now().as_second() - 61;
    for (name, token, cause) in [
        ("unsigned", format!("{}.{payload}.", part(json!({"alg": "none"}))), "wrong"),
        ("no signature", format!("{message}."), "wrong"),
        ("public key as secret", encode(&hs256, &claims(&json!({})), &secret).unwrap(), "wrong"),
        ("another key", token("k-0", 1), "wrong"),
        ("its own key", encode(&own, &claims(&json!({})), &key(1)).unwrap(), "wrong"),
        ("its own set", signed(&elsewhere, json!({})), "wrong"),
        ("its own certificate", signed(&certificate, json!({})), "wrong"),
        ("another payload", format!("{head}.{}.{signature}", part(claims(&json!({"sub": "boss"})))), "wrong"),
        ("another issuer", signed(&header("k-0"), json!({"iss": "Evil"})), "wrong"),
        ("another body", signed(&header("k-0"), json!({"body": "00"})), "wrong"),
        ("never ends", signed(&header("k-0"), json!({"exp": null})), "wrong"),
        ("over", signed(&header("k-0"), json!({"exp": past})), "stale"),
    ] {
        assert_eq!(send(&world, &token).await, (400, json!({"why": "unauthenticated", "cause": cause})), "{name}");
    }
    let nobody = signed(&header("k-0"), json!({"aud": "nobody"}));
    assert_eq!(send(&world, &nobody).await, (400, json!({"why": "unknown_tenant", "cause": "wrong"})));
    let unsigned = world.client.post(world.url("/keyed")).header("content-type", "application/json").body(BODY);
    assert_eq!(Answer::of(unsigned).await.body["cause"], "missing");
    // Right in all but its set, which was never had: whoever sent it comes again.
    let second = signed(&header("k-0"), json!({"aud": "second"}));
    assert_eq!(send(&world, &second).await, (400, json!({"why": "overloaded", "wait": 10})));

    assert!(publisher.asked().iter().all(|asked| asked.path == "/keys"), "nothing a token says is fetched");
    assert_eq!(publisher.asked().len(), 1);
    until("one message is sent", || world.taken("6590000001").len() == 1).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_fetched_when_a_token_names_it_and_strangers_cause_no_storm() {
    let before = set(&[published(0, "k-0")]);
    let after = set(&[published(0, "k-0"), published(1, "k-1")]);
    let publisher = Stub::start(vec![before, after, Scripted::new(503, json!({}))]).await;
    let (world, gateway) = keyed(&publisher, "http://127.0.0.1:1/keys").await;
    until("the set is fetched", || publisher.asked().len() == 1).await;
    assert_eq!(send(&world, &token("k-0", 0)).await.0, 202);
    let later = (400, json!({"why": "overloaded", "wait": 10}));
    assert_eq!(send(&world, &token("k-1", 1)).await, later, "it was fetched a moment ago");
    assert_eq!(publisher.asked().len(), 1);

    // The pause of ten seconds is over; many come at once with the new key, and one fetch serves them.
    let new = token("k-1", 1);
    until_async("all of them are taken", async || {
        let all = futures_util::future::join_all((0..8).map(|_| send(&world, &new))).await;
        assert!(all.iter().all(|answer| answer.0 == 202 || *answer == later), "{all:?}");
        all.iter().all(|(status, _)| *status == 202)
    })
    .await;
    assert_eq!(publisher.asked().len(), 2);

    // Strangers name keys that nobody has: they wait for nothing, and nothing is fetched. Known keys go on.
    for number in 0..20 {
        assert_eq!(send(&world, &token(&format!("random-{number}"), 1)).await, later);
    }
    assert_eq!(publisher.asked().len(), 2);
    for (kid, place) in [("k-0", 0), ("k-1", 1)] {
        assert_eq!(send(&world, &token(kid, place)).await.0, 202);
    }

    // The publisher is down: what is known stays known, and what is not may come later.
    until_async("the pause is over", async || {
        assert_eq!(send(&world, &token("k-2", 0)).await, later);
        publisher.asked().len() > 2
    })
    .await;
    assert_eq!(publisher.asked().len(), 3);
    assert_eq!(send(&world, &token("k-0", 0)).await.0, 202);
    assert_eq!(send(&world, &token("k-1", 0)).await.1["cause"], "wrong");
    gateway.stop().await;
}
