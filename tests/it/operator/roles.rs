//! Tokens that are good for a part of it: roles, tenants, ends; and the audit log of what was done with them.

use serde_json::{Value, json};
use switchboard::app::Gateway;

use super::{Came, acme, answer, command, silent, typed};
use crate::world::{ADMIN_TOKEN, Process, TenantFile, World, person, provider};

/// Asks with a token; the HTTP status, and the error's code.
async fn with(world: &World, gateway: &Gateway, token: &str, path: &str, body: Option<&Value>) -> (u16, String) {
    let url = format!("http://{}{path}", gateway.admin_address().unwrap());
    let request = match body {
        Some(body) => world.client.post(url).header("content-type", "application/json").body(body.to_string()),
        None => world.client.get(url),
    };
    let (status, said) = answer(request.bearer_auth(token)).await;
    (status, said["error"]["code"].as_str().unwrap_or_default().to_owned())
}

async fn made(gateway: &Gateway, arguments: &[&str]) -> String {
    let came = command(gateway, &[&["token", "make"], arguments].concat()).await;
    assert_eq!(came.code, 0, "{}", came.err);
    assert!(came.out.starts_with("swb_") && came.out.lines().count() == 1 && !came.err.contains("swb_"));
    came.out.trim().to_owned()
}

/// A webhook of acme that cannot be read: a letter with somebody's number.
async fn letter(world: &World) {
    let status = json!({
        "channel": "whatsapp", "message_uuid": "of-nobody", "to": person(&world.brands[0], 1), "from": "6531290044",
        "timestamp": "yesterday", "status": "read",
    });
    assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_for_its_roles_and_its_tenant() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], silent()).await;
    let gateway = world.gateway().await;
    letter(&world).await;
    let reader = made(&gateway, &["watcher", "--role", "read"]).await;
    let worker = made(&gateway, &["worker", "--role", "read,operate", "--tenant", "acme"]).await;
    let seer = made(&gateway, &["seer", "--role", "read,reveal", "--tenant", "acme", "--expires", "90d"]).await;
    let stranger = made(&gateway, &["stranger", "--role", "read,operate,reveal", "--tenant", "globex"]).await;
    let everything = made(&gateway, &["second", "--role", "read,operate,reveal"]).await;
    let (shown, masked) = ("/api/dead-letters/1?personal=shown", "/api/dead-letters/1");
    let (redrive, dry) = (json!({ "id": 1 }), json!({ "id": 1, "dry_run": true }));
    let (release, forget) = (json!({}), json!({ "number": "6590999999" }));
    let other = json!({ "number": "6590999999", "tenant": "globex" });
    let make = json!({ "name": "more", "roles": ["read"] });
    let whom = json!({ "number": "6590999999", "tenant": "acme" });
    let change = json!({ "number": "6590999999", "tenant": "acme", "reason": "a letter" });
    let list = json!({ "tenant": "acme", "csv": "number\n6590999999\n" });
    let whole = json!({ "tenant": "acme" });
    let pause = json!({ "tenant": "acme", "reason": "a look" });
    let cancel = json!({ "tenant": "acme", "dry_run": true });
    let (ok, no, none) = ((200, ""), (403, "forbidden"), (404, "not_found"));
    for (who, token, path, body, expected) in [
        ("reads", &reader, "/api/ledger", None, ok),
        ("reads", &reader, "/api/audit", None, ok),
        ("reads", &reader, masked, None, ok),
        ("may not reveal", &reader, shown, None, no),
        ("may look", &reader, "/api/redrive", Some(&dry), ok),
        ("may not do", &reader, "/api/redrive", Some(&redrive), no),
        ("may not do", &reader, "/api/release", Some(&release), no),
        ("may not do", &reader, "/api/forget", Some(&forget), no),
        ("makes no tokens", &reader, "/api/tokens", None, no),
        ("reads", &reader, "/api/suppressions", None, ok),
        ("reads", &reader, "/api/suppressions/show", Some(&whom), ok),
        ("may not do", &reader, "/api/suppressions/add", Some(&change), no),
        ("may not do", &reader, "/api/suppressions/lift", Some(&change), no),
        ("may not do", &reader, "/api/suppressions/import", Some(&list), no),
        ("may not see numbers", &worker, "/api/suppressions/export", Some(&whole), no),
        ("works", &worker, "/api/suppressions/add", Some(&change), ok),
        ("works", &worker, "/api/suppressions/import", Some(&list), ok),
        ("sees", &seer, "/api/suppressions/export", Some(&whole), ok),
        ("may not do", &reader, "/api/pause", Some(&pause), no),
        ("may not do", &reader, "/api/resume", Some(&whole), no),
        ("may not do", &reader, "/api/cancel", Some(&cancel), no),
        ("works", &worker, "/api/pause", Some(&pause), ok),
        ("works", &worker, "/api/cancel", Some(&cancel), ok),
        ("works at its own", &stranger, "/api/resume", Some(&whole), none),
        ("works", &worker, "/api/resume", Some(&whole), ok),
        ("sees its own", &stranger, "/api/suppressions/show", Some(&whom), none),
        ("works at its own", &stranger, "/api/suppressions/lift", Some(&change), none),
        ("works", &worker, "/api/suppressions/lift", Some(&change), ok),
        ("works", &worker, "/api/release", Some(&release), ok),
        ("works", &worker, "/api/forget", Some(&forget), ok),
        ("works at its own", &worker, "/api/forget", Some(&other), none),
        ("works at its own", &worker, "/api/ledger?tenant=globex", None, none),
        ("may not reveal", &worker, shown, None, no),
        ("makes no tokens", &worker, "/api/tokens/make", Some(&make), no),
        ("sees", &seer, shown, None, ok),
        ("may not do", &seer, "/api/redrive", Some(&redrive), no),
        ("sees its own", &stranger, masked, None, none),
        ("sees its own", &stranger, shown, None, none),
        ("makes no tokens", &stranger, "/api/tokens/revoke", Some(&json!({ "name": "second" })), no),
        ("may all", &everything, shown, None, ok),
        ("may all", &everything, "/api/tokens/make", Some(&make), ok),
    ] {
        let came = with(&world, &gateway, token, path, body).await;
        assert_eq!((came.0, came.1.as_str()), expected, "{who}: {path}");
    }
    let url = format!("http://{}", gateway.admin_address().unwrap());
    let seen = |token: &str| answer(world.client.get(format!("{url}/api/ledger")).bearer_auth(token));
    let tenants = |said: &Value| said["tenants"].as_array().unwrap().len();
    assert_eq!((tenants(&seen(&reader).await.1), tenants(&seen(&stranger).await.1)), (2, 1));
    let theirs = answer(world.client.get(format!("{url}/api/dead-letters")).bearer_auth(&stranger)).await.1;
    assert_eq!(theirs["letters"], json!([]));

    // Revoked, it is refused at once; its name is free, and the others go on.
    assert_eq!(command(&gateway, &["token", "revoke", "watcher"]).await.code, 0);
    assert_eq!(with(&world, &gateway, &reader, "/api/ledger", None).await.0, 401);
    assert_eq!(with(&world, &gateway, &worker, "/api/ledger", None).await.0, 200);
    let again = made(&gateway, &["watcher", "--role", "read", "--expires", "1ms"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let late = world.client.get(format!("{url}/api/ledger")).bearer_auth(&again);
    let (status, said) = answer(late).await;
    assert_eq!((status, &said["error"]["text"]), (401, &json!("the token's time is over")));
    let listed = command(&gateway, &["token", "list", "--json"]).await.json();
    let names: Vec<&str> = listed["tokens"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["more", "second", "seer", "stranger", "watcher", "worker"]);
    assert_eq!(
        (&listed["tokens"][2]["roles"], &listed["tokens"][2]["tenant"]),
        (&json!(["read", "reveal"]), &json!("acme"))
    );
    assert!(!listed.to_string().contains("swb_"));
    gateway.stop().await;

    // Of them all the store has nothing but hashes; after a restart they are as good as before.
    let file = std::fs::read(world.folder().join("switchboard.db")).unwrap();
    for token in [&worker, &seer, &everything] {
        assert!(!file.windows(token.len()).any(|part| part == token.as_bytes()));
    }
    let gateway = world.gateway().await;
    assert_eq!(with(&world, &gateway, &seer, shown, None).await.0, 200);
    assert_eq!(with(&world, &gateway, &reader, "/api/ledger", None).await.0, 401);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_and_shown_is_written_down() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    letter(&world).await;
    let ops = made(&gateway, &["ops", "--role", "read,operate,reveal", "--tenant", "acme"]).await;
    let to = person(&world.brands[0], 1);
    for (path, body) in [
        ("/api/dead-letters/1?personal=shown", None),
        ("/api/dead-letters/1", None),
        ("/api/ledger", None),
        ("/api/redrive", Some(json!({ "dry_run": true }))),
        ("/api/redrive", Some(json!({}))),
        ("/api/release", Some(json!({ "sender": "6531290044" }))),
        ("/api/forget", Some(json!({ "number": to }))),
    ] {
        assert_eq!(with(&world, &gateway, &ops, path, body.as_ref()).await.0, 200, "{path}");
    }
    assert_eq!(command(&gateway, &["token", "revoke", "ops"]).await.code, 0);
    let said = command(&gateway, &["audit", "--json"]).await.json();
    let line = |line: &Value| {
        ["who", "what", "tenant", "about"].map(|member| line[member].as_str().unwrap_or("-").to_owned()).join(" · ")
    };
    let lines: Vec<String> = said["audit"].as_array().unwrap().iter().rev().map(line).collect();
    let (files, lines) = lines.split_first().unwrap();
    assert!(files.starts_with("the files · configuration · - · version "), "{files}");
    assert_eq!(
        lines,
        [
            "admin · token make · acme · ops read,operate,reveal",
            "ops · reveal · acme · dead letter 1",
            "ops · redrive · acme · dead letters 1 to 1: 1",
            "ops · release · acme · 6531290044",
            "ops · forget · acme · a person",
            "admin · token revoke · acme · ops",
        ]
    );
    assert!(!said.to_string().contains(&to), "nobody's number");
    let table = command(&gateway, &["audit", "--what", "reveal"]).await;
    assert!(table.out.lines().count() == 2 && table.out.contains("dead letter 1"), "{}", table.out);
    for (arguments, count) in [
        (&["--who", "ops", "--limit", "2"][..], 2),
        (&["--tenant", "acme", "--since", "1h"], 6),
        (&["--since", "2999-01-01T00:00:00Z"], 0),
        (&["--tenant", "globex"], 0),
    ] {
        let said = command(&gateway, &[&["audit", "--json"], arguments].concat()).await.json();
        assert_eq!(said["audit"].as_array().unwrap().len(), count, "{arguments:?}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_cannot_be_made_is_told_why() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    made(&gateway, &["ops", "--role", "read"]).await;
    for (arguments, code, part) in [
        (&["token", "make", "ops", "--role", "read"][..], 1, "revoke it first"),
        (&["token", "make", "admin", "--role", "read"], 2, "and not `admin`"),
        (&["token", "make", "a b", "--role", "read"], 2, "letters, digits"),
        (&["token", "make", "x"], 2, "--role"),
        (&["token", "make", "x", "--role", "write"], 2, "possible values: read, operate, reveal"),
        (&["token", "make", "x", "--role", "read", "--tenant", "none"], 1, "no tenant `none`"),
        (&["token", "make", "x", "--role", "read", "--expires", "soon"], 2, "no duration"),
        (&["token", "revoke", "none"], 1, "no token `none`"),
        (&["forget", "12"], 2, "6 to 128"),
        (&["forget", "6590999999", "--tenant", "none"], 1, "no tenant `none`"),
        (&["audit", "--since", "soon"], 2, "neither how long ago"),
    ] {
        let Came { code: came, err, .. } = command(&gateway, arguments).await;
        assert!(came == code && err.contains(part), "{arguments:?}: {came} {err}");
    }
    gateway.stop().await;
}

/// Every answer of the operator's listener, whoever gives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_can_do_nothing_with_the_admin_listener() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let base = format!("http://{}", gateway.admin_address().unwrap());
    for path in ["/healthz", "/readyz", "/metrics", "/api/ledger", "/api/none", "/none", "/_/health", "/api/redrive"] {
        let sent = world.client.get(format!("{base}{path}")).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        let header = |name: &str| {
            sent.headers().get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let policy = header("content-security-policy").join(";");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(name), [value], "{path}");
        }
        assert!(header("access-control-allow-origin").is_empty() && header("set-cookie").is_empty());
    }
    let host = gateway.admin_address().unwrap().to_string();
    let own = format!("http://{host}");
    for (name, value, expected) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", own.as_str(), 200),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "none", 200),
        // A token is in a header or nowhere.
        ("cookie", "token=an-admin-token-of-some-length", 401),
    ] {
        let request = world.client.get(format!("{base}/api/ledger")).header(name, value);
        let request = if expected == 401 { request } else { request.bearer_auth(ADMIN_TOKEN) };
        assert_eq!(answer(request).await.0, expected, "{name}: {value}");
    }
    // A page whose own name leads to this machine has the same origin as the listener, and its browser says so.
    for (asked, expected) in [
        ("pages.example", 403),
        ("pages.example:8081", 403),
        ("127.0.0.1.pages.example", 403),
        ("localhost.pages.example", 403),
        ("", 403),
        ("localhost", 200),
        ("LOCALHOST:8081", 200),
        ("[::1]:8081", 200),
        ("127.0.0.1", 200),
    ] {
        for path in ["/metrics", "/readyz", "/api/ledger"] {
            let request = world.client.get(format!("{base}{path}")).header("host", asked).bearer_auth(ADMIN_TOKEN);
            assert_eq!(request.send().await.unwrap().status().as_u16(), expected, "{asked} {path}");
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_listener_is_not_opened_to_others_without_a_token() {
    let world = World::new(vec![acme()], provider()).await;
    let file = world.folder().join("switchboard.yaml");
    std::fs::write(&file, "log: json\nadmin_listen: 0.0.0.0:0\n").unwrap();
    let mut arguments = Process::arguments(&world);
    let place = arguments.iter().position(|argument| argument == "--admin-listen").unwrap();
    let flag: Vec<String> = arguments.drain(place..place + 2).collect();
    let mut typed_in: Vec<&str> = ["serve", "--config", file.to_str().unwrap()].to_vec();
    typed_in.extend(arguments.iter().map(String::as_str));
    let secrets = world.secrets();
    let secrets: Vec<(&str, &str)> = secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let came = typed(&typed_in, &secrets).await;
    assert_eq!(came.code, 1, "{}", came.err);
    for part in ["error[SB0421]", "switchboard.yaml:2:15", "0.0.0.0:0", "SWITCHBOARD_ADMIN_TOKEN", "127.0.0.1:8081"] {
        assert!(came.err.contains(part), "{part}: {}", came.err);
    }
    assert!(!came.out.contains("swb_"), "none was made");
    // From a flag it has no place in a file. IPv6, too.
    let mut flagged = typed_in.clone();
    flagged.extend([flag[0].as_str(), "[::]:0"]);
    let came = typed(&flagged, &secrets).await;
    assert!(came.code == 1 && came.err.contains("SB0421") && !came.err.contains("-->"), "{}", came.err);
    // With a token it is opened.
    let options = switchboard::app::Options { admin_listen: Some(([0, 0, 0, 0], 0).into()), ..world.options() };
    let gateway = Gateway::start(options.clone()).await.unwrap();
    let admin = format!("http://127.0.0.1:{}", gateway.admin_address().unwrap().port());
    let token = ("SWITCHBOARD_ADMIN_TOKEN", ADMIN_TOKEN);
    assert_eq!(typed(&["token", "make", "ops", "--role", "read", "--admin", &admin], &[token]).await.code, 0);
    gateway.stop().await;
    // One that was made for somebody is one.
    let gateway = Gateway::start(switchboard::app::Options { admin_token: None, ..options }).await.unwrap();
    assert!(gateway.made_token().is_none());
    gateway.stop().await;
}
