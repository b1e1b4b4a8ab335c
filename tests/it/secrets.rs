//! No secret is in anything that the gateway says or keeps. One is put wherever one can be; everything is run, well and
//! badly, with the log at its loudest; then all that was written is searched.

mod written;

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use switchboard::sim::stage;

use crate::world::{
    ADMIN_TOKEN, Answer, Process, Scripted, Stub, TenantFile, World, provider, text_from, until, until_async,
};
use written::Written;

const PLATFORM: &str = r#"dsl: 1
platform: vault
settings: { report_url: { type: url }, other_url: { type: url } }
auth:
  in:
    - basic: { username: $.credentials.user, password: $.credentials.basic }
    - bearer: { token: $.credentials.bearer }
    - header: { name: x-key, value: $.credentials.header }
    - query: { name: key, value: $.credentials.query }
    - path: { name: key, value: $.credentials.path }
    - hmac:
        secret: $.credentials.hmac
        signature: "$.headers['x-signature']"
        message: [ $.raw ]
        identity: { read: "$.headers['x-account']", value: $.tenant.name }
  out: [ { header: { name: x-report-key, value: $.credentials.report } } ]
refused: { http: 400, body: { why: $.error.reason, cause: $.error.cause? } }
send:
  route: { method: POST, path: [ /vault, "/vault/{key}" ] }
  message: { id: $.body.id, to: "$.body.to | phone", from: $.body.from, text: $.body.text }
  answer: { http: 202 }
status:
  words: { submitted: sent, delivered: delivered, read: seen, failed: lost }
  do: [ report, other ]
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, word: $.word } }
  other:
    method: POST
    url: $.settings.other_url
    auth: { query: { name: key, value: $.credentials.out_query } }
    body: { id: $.message.id, secret: $.credentials.in_body }
"#;

const PROVIDER: &str = r#"dsl: 1
provider: safe
settings: { base_url: { type: url }, token_url: { type: url } }
auth:
  in:
    - jwt_hs256:
        secret: $.credentials.jwt
        header: authorization
        claims: { account: $.credentials.account }
        body_hash: payload_hash
        max_age: 5m
  out:
    - oauth2_client_credentials:
        url: $.settings.token_url
        id: $.credentials.client_id
        secret: $.credentials.client_secret
refused: { http: 400 }
status:
  route: { method: POST, path: /safe/status }
  event: { ref: $.body.ref, status: "$.body.status | table(words)", at: "$.body.at | time" }
tables: { words: { rows: { delivered: delivered }, else: failed } }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
    body: { to: $.message.to, ref: $.message.ref }
    take: { provider_id: $.answer.body.id }
    failed: { reason: unknown, detail: "$.answer.body.error?" }
    retry: { again: [ unreached, 5xx ], hold: [ 401 ] }
"#;

/// Every secret, by the variable that holds it. All are told from each other and from everything else.
const NAMES: [&str; 15] = [
    "USER",
    "BASIC",
    "BEARER",
    "HEADER",
    "QUERY",
    "PATH",
    "HMAC",
    "REPORT",
    "OUT_QUERY",
    "IN_BODY",
    "JWT",
    "ACCOUNT_KEY",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "STORE_KEY",
];

fn secret(name: &str) -> String {
    match name {
        "STORE_KEY" => BASE64_STANDARD.encode(Sha256::digest("the key of the store")),
        _ => format!("mark-{}", hex(&Sha256::digest(name)[..12])),
    }
}

const TOKEN: &str = "mark-the-token-that-the-server-granted";

/// What must be nowhere: secrets, and what they become on their way.
fn markers(world: &World, pem: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = NAMES
        .into_iter()
        .filter(|name| !matches!(*name, "USER" | "CLIENT_ID"))
        .map(|name| (name.to_owned(), secret(name)))
        .collect();
    all.extend(world.secrets().into_iter().filter(|(_, value)| value.contains("-value-of-")));
    all.insert("the signature secret".to_owned(), stage::ACCOUNT.1.to_owned());
    for cast in stage::brands("").into_iter().map(|(_, _, cast)| cast) {
        all.insert(format!("{}'s secret in the demonstration", cast.tenant), cast.api_secret());
        all.insert(format!("{}'s token in the demonstration", cast.tenant), cast.report_token());
    }
    all.insert("the granted token".to_owned(), TOKEN.to_owned());
    all.insert("the admin token".to_owned(), ADMIN_TOKEN.to_owned());
    all.insert("basic".to_owned(), BASE64_STANDARD.encode(format!("{}:{}", secret("USER"), secret("BASIC"))));
    all.insert("the private key".to_owned(), pem.lines().nth(3).unwrap().to_owned());
    all.insert("written out".to_owned(), "mark-that-is-written-out".to_owned());
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn jwt(secret: &str, body: &str) -> String {
    let claims = json!({
        "account": self::secret("ACCOUNT_KEY"), "iat": jiff::Timestamp::now().as_second(),
        "payload_hash": hex(&Sha256::digest(body)),
    });
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn tenant(urls: [&str; 4]) -> String {
    let [reports, other, api, tokens] = urls;
    let named = |names: &[(&str, &str)]| {
        names.iter().map(|(member, variable)| format!("    {member}: \"${{env:{variable}}}\"\n")).collect::<String>()
    };
    let platform = named(&[
        ("user", "USER"),
        ("basic", "BASIC"),
        ("bearer", "BEARER"),
        ("header", "HEADER"),
        ("query", "QUERY"),
        ("path", "PATH"),
        ("hmac", "HMAC"),
        ("report", "REPORT"),
        ("out_query", "OUT_QUERY"),
        ("in_body", "IN_BODY"),
    ]);
    let safe = named(&[
        ("jwt", "JWT"),
        ("account", "ACCOUNT_KEY"),
        ("client_id", "CLIENT_ID"),
        ("client_secret", "CLIENT_SECRET"),
    ]);
    format!(
        "tenant: kept\nplatform: vault\nprovider: safe\nnumbers: [ \"6531290045\" ]\ncredentials:\n  vault:\n{platform}  \
         safe:\n{safe}settings:\n  vault: {{ report_url: {reports}, other_url: {other} }}\n  safe: {{ base_url: {api}, \
         token_url: {tokens} }}\ndelivery: {{ retry: {{ first: 100ms }} }}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story: everything is run once, in its order")]
async fn no_secret_is_said_or_kept() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let refused = || Scripted::new(401, json!({ "error": format!("no such key: {TOKEN}") }));
    let odd = Scripted { headers: vec![("location", "/elsewhere")], ..Scripted::new(302, json!("odd")) };
    let fine = || Scripted::new(200, json!({ "id": "p-1" }));
    let reports = Stub::start(vec![Scripted::new(500, json!({})), fine()]).await;
    let other = Stub::start(vec![odd, Scripted::new(403, json!({}))]).await;
    let api = Stub::start(vec![refused(), Scripted::new(503, json!("later")), fine()]).await;
    let granted = Scripted::new(200, json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 }));
    let tokens = Stub::start(vec![Scripted::new(400, json!({ "error": "invalid_client" })), granted]).await;
    std::fs::write(world.mapping_path("vault.yaml"), PLATFORM).unwrap();
    std::fs::write(world.mapping_path("safe.yaml"), PROVIDER).unwrap();
    let text = tenant([&reports.url, &other.url, &api.url, &tokens.url]);
    std::fs::write(world.tenant_path("kept"), &text).unwrap();
    let pem = world.secrets()["PEM"].clone();
    std::fs::write(world.folder().join("key.pem"), &pem).unwrap();
    let own =
        world.brands[0].file.text().replace("${env:PEM}", &format!("${{file:{}/key.pem}}", world.folder().display()));
    std::fs::write(world.tenant_path("acme"), own).unwrap();
    let config = world.folder().join("switchboard.yaml");
    std::fs::write(&config, "encryption: { first: \"${env:STORE_KEY}\" }\n").unwrap();
    let markers = markers(&world, &pem);
    let mut environment: BTreeMap<String, String> =
        NAMES.into_iter().map(|name| (name.to_owned(), secret(name))).collect();
    environment.extend(world.secrets());
    let mut written = Written::default();

    let mut command = Process::command(&world);
    command.envs(&environment).env("SWITCHBOARD_LOG_LEVEL", "trace").env("RUST_BACKTRACE", "full");
    command.args(["--config", config.to_str().unwrap()]);
    let process = Process::begin(command);
    process.listening(&world).await;
    let listening = process.logged("listening", |line| line["message"] == "listening").await;
    let admin = format!("http://{}", listening["admin"].as_str().unwrap());

    let ready = async || {
        let answer = world.client.get(format!("{admin}/readyz")).send().await.unwrap();
        answer.text().await.unwrap()
    };
    assert!(ready().await.contains(r#""problems":[]"#), "{}", ready().await);

    // Every way in, with the right secret, a wrong one, and the right one at a wrong place.
    let mut number = 0;
    let mut body = || {
        number += 1;
        json!({ "id": format!("s-{number}"), "to": format!("+49 1512 00000{number:02}"), "from": "6531290045", "text": "Hi" }).to_string()
    };
    let post = |path: &str| world.client.post(world.url(path)).header("content-type", "application/json");
    let (user, path, query) = (secret("USER"), secret("PATH"), secret("QUERY"));
    let mut send = async |name: &str, value: String, path: &str, expected: u16| {
        let body = body();
        let signature = signed(&secret("HMAC"), &body);
        let value = if value == "SIGN" { signature } else { value };
        let request = post(path).header(name, value).header("x-account", "kept").body(body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, expected, "{name} {path}: {}", answer.body);
        answer.body.to_string()
    };
    let bearer = |name: &str| format!("Bearer {}", secret(name));
    let basic = |password: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    for (name, value, path, expected) in [
        ("authorization", basic(&secret("BASIC")), "/vault".to_owned(), 202),
        ("authorization", bearer("BEARER"), "/vault".to_owned(), 202),
        ("x-key", secret("HEADER"), "/vault".to_owned(), 202),
        ("x-none", "1".to_owned(), format!("/vault?key={query}"), 202),
        ("x-none", "1".to_owned(), format!("/vault/{path}"), 202),
        ("x-signature", "SIGN".to_owned(), "/vault".to_owned(), 202),
        ("authorization", basic("wrong"), "/vault".to_owned(), 400),
        ("authorization", bearer("HEADER"), "/vault".to_owned(), 400),
        ("authorization", format!("Digest {}", secret("BEARER")), "/vault".to_owned(), 400),
        ("x-key", secret("BEARER"), "/vault".to_owned(), 400),
        ("x-none", "1".to_owned(), format!("/vault/{path}/more?key={query}"), 404),
        ("x-none", "1".to_owned(), format!("/vault/x{path}?key=x{query}&key={query}"), 400),
        ("x-signature", "0".repeat(64), format!("/vault?other={query}"), 400),
    ] {
        written.add("an answer", send(name, value, &path, expected).await);
    }
    let broken = post("/vault").header("authorization", bearer("BEARER")).body("{\"id\":");
    written.add("an answer", Answer::of(broken).await.body.to_string());
    let long = post("/vault").header("authorization", bearer("BEARER")).body("x".repeat(300_000));
    written.add("an answer", Answer::of(long).await.body.to_string());

    // Out: the token is refused, the party is down, odd, and well.
    until("it is sent", || api.asked().iter().filter(|asked| asked.body["ref"].is_string()).count() >= 4).await;
    assert!(api.asked().iter().any(|asked| asked.headers["authorization"] == format!("Bearer {TOKEN}")), "it is used");
    let reference = api.asked().last().unwrap().body["ref"].clone();
    for (secret, word, expected) in [("JWT", "delivered", 200), ("JWT", "unheard of", 200), ("HMAC", "delivered", 400)]
    {
        let body = json!({ "ref": reference, "status": word, "at": "2026-11-04T09:14:06Z" }).to_string();
        let token = jwt(&self::secret(secret), &body);
        let answer =
            Answer::of(post("/safe/status").header("authorization", format!("Bearer {token}")).body(body)).await;
        assert_eq!(answer.status, expected, "{word}: {}", answer.body);
        written.add("an answer", answer.body.to_string());
    }
    until("it is reported", || reports.asked().len() >= 2 && !other.asked().is_empty()).await;
    assert!(reports.asked().iter().all(|asked| asked.headers["x-report-key"] == secret("REPORT").as_str()));
    let in_body = json!(secret("IN_BODY"));
    assert!(other.asked().iter().any(|asked| asked.body["secret"] == in_body), "it may go there, and does");

    // A brand with all that is shipped: a call signed with its private key, signed webhooks, reports, a STOP, templates.
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "one").await;
    for (id, text) in [("in-1", "hello"), ("in-2", "STOP")] {
        assert_eq!(
            world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", id, text)).await.status,
            200
        );
    }
    assert_eq!(world.webhook("/webhooks/vonage/status", &json!({ "to": to, "from": "6531290044" })).await.status, 200);
    let listed = world.send_as(&brand.file.credentials(), "/sync_templates", &json!({})).await;
    assert_eq!(listed.status, 200);
    written.add("a listing", listed.body.to_string());

    // A file with a secret written out, and broken besides; then everything that can be asked.
    let bad = text.replace("\"${env:BASIC}\"", "mark-that-is-written-out").replace("numbers:", "nubmers:");
    std::fs::write(world.tenant_path("bad"), bad.replace("tenant: kept", "tenant: bad")).unwrap();
    process.hang_up();
    until_async("the broken file is told", async || ready().await.contains("nubmers")).await;
    for path in [
        "/readyz",
        "/metrics",
        "/healthz",
        "/api/ledger",
        "/api/dead-letters",
        "/api/audit",
        "/api/tokens",
        "/api/dead-letters/1?personal=shown",
        "/api/none",
    ] {
        let answer = world.client.get(format!("{admin}{path}")).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        written.add(path, answer.text().await.unwrap());
        let wrong =
            world.client.get(format!("{admin}{path}")).bearer_auth(format!("{ADMIN_TOKEN}x")).send().await.unwrap();
        written.add(path, wrong.text().await.unwrap());
    }
    let (mappings, tenants) = (world.folder().join("mappings"), world.folder().join("tenants"));
    let (mappings, tenants) = (mappings.to_str().unwrap(), tenants.to_str().unwrap());
    environment.insert("SWITCHBOARD_ADMIN".to_owned(), admin.clone());
    environment.insert("SWITCHBOARD_ADMIN_TOKEN".to_owned(), ADMIN_TOKEN.to_owned());
    let files = ["--mappings", mappings, "--tenants", tenants];
    let said = written.command(&[&["check"][..], &files].concat(), &environment, 1);
    assert!(said.contains("nubmers") && said.contains("SB0406"), "{said}");
    written.command(&[&["check", "--json"][..], &files].concat(), &environment, 1);
    written.command(&["redrive", "--dry-run", "--list"], &environment, 0);
    written.command(&["redrive", "--list", "--json"], &environment, 0);
    written.command(&["audit"], &environment, 0);
    written.command(&["token", "list"], &environment, 0);
    written.command(&["token", "make", "reader", "--role", "read", "--json"], &environment, 0);
    written.command(&["ledger", "--recount"], &environment, 0);
    written.command(&["release", "--dry-run"], &environment, 0);
    written.command(&["release", "--json"], &environment, 0);
    written.command(&["forget", &to, "--json"], &environment, 0);
    written.command(&["fmt", "--check", mappings, tenants], &environment, 1);
    // A second gateway on the same store, and one without its key.
    let second: Vec<String> = ["serve", "--config", config.to_str().unwrap()].map(str::to_owned).into();
    let second = [second, Process::arguments(&world)].concat();
    let second: Vec<&str> = second.iter().map(String::as_str).collect();
    let said = written.command(&second, &environment, 1);
    assert!(said.contains("in use by another process"), "{said}");
    let keyless = environment.iter().filter(|(name, _)| *name != "STORE_KEY");
    written.command(&second, &keyless.map(|(name, value)| (name.clone(), value.clone())).collect(), 1);
    std::fs::remove_file(world.tenant_path("bad")).unwrap();
    let sample = world.folder().join("tenants/sample.json");
    std::fs::write(
        &sample,
        json!({ "id": "t", "to": "+49 1512 0000099", "from": "6531290045", "text": "Hi" }).to_string(),
    )
    .unwrap();
    let tried = ["try", "--tenant", "kept", "--request", sample.to_str().unwrap()];
    written.command(&[&tried[..], &files].concat(), &environment, 0);
    written.command(&[&tried[..], &files, &["--json"]].concat(), &environment, 0);
    written.command(&[&["try", "--inbound", "Stop."][..], &files].concat(), &environment, 0);
    let shipped = ["--mappings", concat!(env!("CARGO_MANIFEST_DIR"), "/mappings"), "--tenants", tenants];
    written.command(&[&["try", "--listing", "--tenant", "acme"][..], &shipped].concat(), &environment, 0);
    // The demonstration has all parties in one process: what they log of each other is theirs.
    let demo = [("SWITCHBOARD_LOG_LEVEL", "switchboard=trace"), ("RUST_BACKTRACE", "full")];
    let demo = demo.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    written.command(&["demo", "--messages", "10", "--verbose"], &demo, 0);

    // A crash, and what is left on the disk.
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-ABRT", &id]).status().unwrap().success());
    until_async("it is gone", async || world.client.get(world.url("/_/health")).send().await.is_err()).await;
    written.add("the log", process.text().join("\n"));
    written.folder(world.folder());
    let names: Vec<&str> = written.0.iter().map(|(by, _)| by.as_str()).collect();
    for looked_at in ["the log", "switchboard.db", "switchboard.db-wal", "/metrics"] {
        assert!(names.contains(&looked_at), "{looked_at} is not among {names:?}");
    }
    let log = String::from_utf8_lossy(&written.0.iter().find(|(by, _)| by == "the log").unwrap().1).into_owned();
    for level in ["TRACE", "DEBUG", "INFO", "WARN"] {
        assert!(log.contains(&format!("\"level\":\"{level}\"")), "the log has no {level}");
    }
    assert_eq!(written.leaks(&markers), Vec::<String>::new());
    // The search finds what is there.
    written.add("this test", secret("HMAC"));
    assert_eq!(written.leaks(&markers).len(), 1);
}
