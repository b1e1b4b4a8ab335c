//! What stands in for what.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::cases::stand;
use crate::config::{Files, Snapshot};
use crate::diagnostic::Source;

const PLATFORM: &str = r#"dsl: 1
platform: shop
settings: { report_url: { type: url }, desk: { type: text } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400, body: { why: $.error.reason } }
send:
  route: { method: POST, path: /send }
  checks:
    - { refuse: malformed, when: '$.body.kind == "sticker"', text: no }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text, class: '$.body.code | table(classes)' }
  answer: { http: 202, body: { ok: true } }
inbound:
  rules:
    opt_out: { words: [ STOP, Stop all ], do: [ suppress ] }
status:
  words: { submitted: sent, delivered: sent, read: read, failed: failed }
  do: [ report ]
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, word: $.word } }
tables:
  classes: { rows: { "1022": transactional }, else: promotional }
cases:
  - case: somebody who is made up
    event: { status: read, at: "2026-11-04T09:14:06Z", user: Ravindra }
    expect: { calls: [] }
"#;
const PROVIDER: &str = r#"dsl: 1
provider: post
settings: { base_url: { type: url, default: "https://post.example" } }
auth: { out: { bearer: { token: $.credentials.token } } }
send:
  call:
    method: POST
    url: $.settings.base_url
    body: { to: $.message.to, text: $.message.text }
    take: { provider_id: $.answer.body.id }
    retry: { in_doubt: [ unreached, unanswered, 5xx ] }
"#;
const TENANT: &str = r#"
tenant: acme
platform: shop
provider: post
numbers: [ { number: "14155550100", waba: "104996122399160" } ]
credentials: { shop: { token: "${env:A}" }, post: { token: "${env:B}" } }
settings: { report_url: "https://shop.example/report", desk: Berlin Mitte }
"#;
/// 2026-11-04T09:14:06Z.
const AT: i64 = 1_793_783_646_000;

fn snapshot() -> Arc<Snapshot> {
    let source = |name: &str, text: &str| Source::new(name, text);
    let files = Files {
        mappings: vec![source("shop.yaml", PLATFORM), source("post.yaml", PROVIDER)],
        tenants: vec![source("acme.yaml", TENANT)],
        ..Files::default()
    };
    let (snapshot, problems) = stand::without_secrets(&files, &String::new);
    assert!(snapshot.tenant("acme").is_some(), "{}", crate::diagnostic::render(&problems));
    snapshot
}

fn with<T>(key: u8, ask: impl FnOnce(&StandIns<'_>) -> T) -> T {
    let snapshot = snapshot();
    let known = Known::of(&snapshot);
    let tenant = snapshot.tenant("acme").unwrap();
    ask(&StandIns { known: &known, tenant, key: [key; 32], at: Timestamp::from_millis(AT) })
}

/// What stands in for a document.
fn masked(document: &Json) -> Json {
    with(7, |stand_ins| {
        let arena = Arena::new();
        let written = document.to_string();
        let mut out = Vec::new();
        json::write(stand_ins.value(json::read(written.as_bytes(), &arena).unwrap(), &arena), &mut out);
        serde_json::from_slice(&out).unwrap()
    })
}

#[test]
fn what_the_files_say_and_times_and_short_numbers_stay() {
    for text in [
        "sticker",
        "1022",
        "read",
        "transactional",
        "acme",
        "14155550100",
        "+1 (415) 555-0100",
        "104996122399160",
        "Berlin Mitte",
        "stop",
        "Stop!",
        "STOP all.",
        "2026-11-04T09:14:06Z",
        "2026-11-04T09:14:06+0000",
        "2026-11-04 09:14:06",
        "2026-11-04",
        "1793783646",
        "1793783646123",
        "",
        "?!",
    ] {
        assert_eq!(with(7, |stand_ins| stand_ins.text(text)), text);
    }
    let document = json!({"id": null, "to": true, "code": 1022, "text": 65.5, "from": 14_155_550_100_u64, "kind": AT});
    assert_eq!(masked(&document), document);
}

#[test]
fn what_people_are_called_wrote_or_can_be_reached_by_does_not() {
    let document = json!({
        "to": "6598114720", "text": "Asha Rao, +65 9811 4720, code 482913", "6598114720": ["Asha"], "from": 6_598_114_720_u64,
        "asha": "asha.rao@mail.example", "id": "https://a.example/u/asha/photo.jpg", "kind": "{\"name\":\"Asha\",\"code\":5}",
        "code": "Ravindra", "ok": "Привет 世界",
    });
    let masked = masked(&document).to_string();
    for part in
        ["98114720", "9811 4720", "114720", "Asha", "asha", "Rao", "482913", "Ravindra", "mail", "Привет", "世界"]
    {
        assert!(!masked.contains(part), "{part} in {masked}");
    }
}

#[test]
fn a_stand_in_is_of_the_same_kind_and_length_and_the_same_for_the_same() {
    let document = json!({
        "to": "6598114720", "from": 6_598_114_720_u64, "text": "+65 9811-4720", "id": "https://a.example/x/photo.jpg",
        "kind": "https://errors.example/post#1022", "code": "{\"to\":\"6598114720\",\"kind\":\"sticker\"}",
        "ok": ["Asha Rao", "Asha Rao", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"],
    });
    let masked = masked(&document);
    let to = masked["to"].as_str().unwrap();
    assert!(to.len() == 10 && to.starts_with("6598") && to != "6598114720", "{to}");
    assert_eq!(masked["from"].to_string(), to);
    let laid_out = masked["text"].as_str().unwrap();
    assert!(laid_out.starts_with("+65 98") && laid_out.as_bytes()[8] == b'-', "{laid_out}");
    assert_eq!(laid_out.replace(['+', ' ', '-'], ""), to);
    let link = masked["id"].as_str().unwrap();
    assert!(
        link.starts_with("https://") && link.ends_with("/photo.jpg".split_once('o').unwrap().1)
            || link.ends_with(".jpg")
    );
    assert_eq!(link.len(), "https://a.example/x/photo.jpg".len());
    assert!(masked["kind"].as_str().unwrap().ends_with("#1022"), "{masked}");
    let inside: Json = serde_json::from_str(masked["code"].as_str().unwrap()).unwrap();
    assert_eq!((inside["to"].as_str(), inside["kind"].as_str()), (Some(to), Some("sticker")));
    let names = &masked["ok"];
    assert_eq!(names[0], names[1]);
    let name: Vec<bool> = names[0].as_str().unwrap().chars().map(char::is_uppercase).collect();
    assert_eq!(name, "Asha Rao".chars().map(char::is_uppercase).collect::<Vec<_>>());
    let id = names[2].as_str().unwrap();
    assert!(id.len() == 36 && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()), "{id}");
    // Of another document it is another one.
    let other = |key| with(key, |stand_ins| stand_ins.text("6598114720"));
    assert_ne!(other(1), other(2));
}

#[test]
fn of_a_text_that_begins_with_a_keyword_the_keyword_stays() {
    let kept = with(7, |stand_ins| stand_ins.text("STOP"));
    assert_eq!(kept, "STOP");
    let path = with(7, |stand_ins| {
        [stand_ins.segment("who", "acme"), stand_ins.segment("key", "{key}"), stand_ins.segment("who", "6598114720")]
    });
    assert_eq!(path[..2], ["acme", "{key}"]);
    assert!(path[2].starts_with("6598") && path[2] != "6598114720");
}
