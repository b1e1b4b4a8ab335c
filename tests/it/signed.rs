//! A platform that signs its requests with a keyed hash, and whose reports are signed the same way, over sockets.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use switchboard::app::{Gateway, Options};

use crate::world::{Answer, Scripted, Stub, TenantFile, World, provider, until};

const MAPPING: &str = r#"dsl: 1
platform: signed
settings: { report_url: { type: url } }
auth:
  in:
    - hmac:
        secret: $.credentials.signing_secret
        algorithm: sha512
        encoding: base64
        signature: "$.headers['x-signature'] | capture(\"sig=(.+)\")"
        message: [ "$.headers['x-time']", ".", $.url, ".", $.raw ]
        at: "$.headers['x-time']"
        max_age: 5m
        identity: { read: $.path.account, value: $.tenant.name }
  out:
    - hmac:
        secret: $.credentials.signing_secret
        signature: "$.headers['x-signature']"
        prefix: "sha256="
        message: [ $.tenant.name, ":", "$.headers['x-time']", ":", $.raw ]
        at: "$.headers['x-time']"
refused: { http: 400, body: { why: $.error.reason, cause: $.error.cause? } }
send:
  route: { method: POST, path: "/signed/{account}/send" }
  message: { id: $.body.id, to: "$.body.to | phone", from: $.body.from, text: $.body.text }
  answer: { http: 202 }
status:
  words: { submitted: sent, delivered: delivered, read: seen, failed: lost }
  do: [ report ]
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { id: $.message.id, word: $.word }
"#;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// What a platform does: another implementation than the gateway's.
fn sign(secret: &str, time: &str, url: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    [time.as_bytes(), b".", url.as_bytes(), b".", body].iter().for_each(|part| mac.update(part));
    format!("alg=x,sig={}", STANDARD.encode(mac.finalize().into_bytes()))
}

struct Party<'w> {
    world: &'w World,
    secret: &'static str,
    account: &'static str,
    age: i64,
}

impl Party<'_> {
    async fn send(
        &self,
        body: &Value,
        change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Answer {
        let body = body.to_string();
        let url = self.world.url(&format!("/signed/{}/send?x=%20y", self.account));
        let time = (now() - self.age).to_string();
        let signature = sign(self.secret, &time, &url, body.as_bytes());
        let request = self.world.client.post(&url).header("content-type", "application/json");
        let request = request.header("x-time", time).header("x-signature", signature).body(body);
        Answer::of(change(request)).await
    }
}

fn tenant(world: &World, name: &str, number: &str, secret: &str, reports: &str) -> String {
    let other = world.brands[0].file.text();
    let provider_side = &other[other.find("  vonage:").unwrap()..other.find("settings:").unwrap()];
    format!(
        "tenant: {name}\nplatform: signed\nprovider: vonage\nnumbers: [ \"{number}\" ]\ncredentials:\n  signed: {{ \
         signing_secret: {secret} }}\n{provider_side}settings:\n  report_url: {reports}/told\n  base_url: {}\n",
        world.provider.url(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_signs_and_is_signed_to() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let reports = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    std::fs::write(world.mapping_path("signed.yaml"), MAPPING).unwrap();
    let first = tenant(&world, "first", "6531290045", "[ first-new, first-old ]", &reports.url);
    let second = tenant(&world, "second", "6531290046", "second-secret", &reports.url);
    std::fs::write(world.tenant_path("first"), first).unwrap();
    std::fs::write(world.tenant_path("second"), second).unwrap();
    let options = Options { public_url: Some(world.url("/").parse().unwrap()), ..world.options() };
    let gateway = Gateway::start(options).await.unwrap();

    let body = |id: &str| json!({"id": id, "to": "+65 9000 0001", "from": "6531290045", "text": "Hello"});
    let party = Party { world: &world, secret: "first-old", account: "first", age: 0 };
    assert_eq!(party.send(&body("s-1"), |request| request).await.status, 202);
    let party = Party { secret: "first-new", ..party };
    let zipped = |request: reqwest::RequestBuilder| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body("s-2").to_string().as_bytes()).unwrap();
        request.header("content-encoding", "gzip").body(gzip.finish().unwrap())
    };
    assert_eq!(party.send(&body("s-2"), zipped).await.status, 202);

    let refused = async |party: Party<'_>, why: &str, cause: Option<&str>| {
        let answer = party.send(&body("s-3"), |request| request).await;
        let expected = json!({"why": why, "cause": cause});
        let expected = if cause.is_none() { json!({"why": why}) } else { expected };
        assert_eq!((answer.status, answer.body), (400, expected));
    };
    let other = |secret, account, age| Party { world: &world, secret, account, age };
    refused(other("first-new", "first", 400), "unauthenticated", Some("stale")).await;
    refused(other("first-new", "first", -400), "unauthenticated", Some("stale")).await;
    refused(other("second-secret", "first", 0), "unauthenticated", Some("wrong")).await;
    refused(other("first-new", "third", 0), "unknown_tenant", Some("wrong")).await;
    let unsigned = world.client.post(world.url("/signed/first/send")).body(body("s-4").to_string());
    assert_eq!(Answer::of(unsigned).await.body["cause"], "missing");
    let changed = |request: reqwest::RequestBuilder| request.body(body("s-5").to_string());
    assert_eq!(party.send(&body("s-4"), changed).await.body["cause"], "wrong");

    until("its last word is told", || reports.asked().iter().any(|asked| asked.body["word"] == "seen")).await;
    for asked in reports.asked() {
        let header = |name: &str| asked.headers[name].to_str().unwrap().to_owned();
        let (time, given) = (header("x-time"), header("x-signature"));
        assert!((now() - time.parse::<i64>().unwrap()).abs() < 60);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"first-new").unwrap();
        mac.update(format!("first:{time}:{}", asked.body).as_bytes());
        let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(given, format!("sha256={digits}"));
    }
    assert_eq!(world.taken("6590000001").len(), 2);
    gateway.stop().await;
}
