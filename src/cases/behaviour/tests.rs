//! Two versions of one small mapping, on samples and on cases.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::{Material, Suite, Trying};
use super::{Change, Comparison, Sample, Side};
use crate::config::Files;
use crate::diagnostic::Source;
use crate::value::Timestamp;

const PLATFORM: &str = r#"dsl: 1
platform: shop
settings: { report_url: { type: url } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400, body: { why: $.error.reason } }
send:
  route: { method: POST, path: /send }
  message:
    id: $.body.id
    to: $.body.to
    from: $.body.from
    text: $.body.text
  answer: { http: 202, body: { ok: true } }
status:
  words: { submitted: sent, delivered: sent, read: read, failed: failed }
  do: [ report ]
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, word: $.word } }
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
numbers: [ "14155550100" ]
credentials: { shop: { token: "${env:A}" }, post: { token: "${env:B}" } }
settings: { report_url: "https://shop.example/report" }
"#;

fn side(platform: &str, provider: &str, tenant: &str) -> Side {
    let source = |name: &str, text: &str| Source::new(name, text);
    let files = Files {
        mappings: vec![source("shop.yaml", platform), source("post.yaml", provider)],
        tenants: vec![source("acme.yaml", tenant)],
        ..Files::default()
    };
    Side::new(&files, "").unwrap_or_else(|problems| panic!("{}", crate::diagnostic::render(&problems)))
}

fn request(id: &str, text: &str) -> Sample {
    let body = json!({"id": id, "to": "14155550111", "from": "14155550100", "text": text}).to_string();
    let request = json!({"path": "/send", "body": {"$file": "body.json"}}).to_string();
    let body: Arc<[u8]> = body.into_bytes().into();
    let at = Timestamp::from_millis(1_793_783_646_981);
    let (tenant, id) = ("acme".to_owned(), id.to_owned());
    Sample { tenant, id, sort: "sends", trying: Trying::Request(request), body: Some(body), given: "{}".to_owned(), at }
}

fn compared(sides: [&Side; 2]) -> Comparison {
    let mut comparison = Comparison::default();
    for place in 0..3 {
        comparison.sample(sides, &request(&format!("m-{place}"), &"long ".repeat(place + 1)));
    }
    comparison
}

fn brief(change: &Change) -> (String, u64, [Option<Json>; 2], [Option<&str>; 2]) {
    let place = [&change.leg, &change.mapping, &change.path].map(String::as_str).join(" ");
    (place, change.count, change.values.clone(), [0, 1].map(|side| change.lines[side].as_deref()))
}

#[test]
fn what_is_the_same_has_no_changes() {
    let comparison = compared([&side(PLATFORM, PROVIDER, TENANT), &side(PLATFORM, PROVIDER, TENANT)]);
    assert_eq!((comparison.compared, comparison.changed, comparison.unreadable), (3, 0, 0));
    assert!(comparison.changes().is_empty());
}

#[test]
fn a_changed_line_is_told_with_all_that_follows_from_it() {
    let new = PLATFORM.replace("text: $.body.text", "text: $.body.text | upper");
    let comparison = compared([&side(PLATFORM, PROVIDER, TENANT), &side(&new, PROVIDER, TENANT)]);
    assert_eq!((comparison.compared, comparison.changed), (3, 3));
    let values = || [Some(json!("long ")), Some(json!("LONG "))];
    let (own, made) = ([Some("shop.yaml:12:11"); 2], [Some("post.yaml:9:37"); 2]);
    let expected = [
        ("send post calls[0].body.text".to_owned(), 3, values(), made),
        ("send shop message.text".to_owned(), 3, values(), own),
    ];
    assert_eq!(comparison.changes().into_iter().map(brief).collect::<Vec<_>>(), expected);
    assert_eq!(comparison.changes()[0].example, "m-0");
}

#[test]
fn a_refusal_ends_the_legs_behind_it() {
    let check =
        "  checks:\n    - { refuse: malformed, when: '$.body.text == \"long long \"', text: too long }\n  answer:";
    let new = PLATFORM.replace("  answer:", check);
    let comparison = compared([&side(PLATFORM, PROVIDER, TENANT), &side(&new, PROVIDER, TENANT)]);
    assert_eq!((comparison.compared, comparison.changed), (3, 1));
    let told: Vec<String> = comparison.changes().into_iter().map(|change| brief(change).0).collect();
    for place in ["post (all of it)", "shop answer.http", "shop answer.body.why", "shop message", "shop why"] {
        assert!(told.contains(&format!("send {place}")), "{place} in {told:?}");
    }
    assert!(comparison.changes().iter().all(|change| change.count == 1 && change.example == "m-1"));
}

#[test]
fn a_tenant_that_one_side_does_not_have_and_a_sample_that_nobody_can_read_are_counted() {
    let (here, gone) = (side(PLATFORM, PROVIDER, TENANT), side(PLATFORM, PROVIDER, &TENANT.replace("acme", "other")));
    let comparison = compared([&here, &gone]);
    let expected = ("  tenant".to_owned(), 3, [Some(json!("served")), None], [None, None]);
    assert_eq!(comparison.changes().into_iter().map(brief).collect::<Vec<_>>(), [expected]);
    let mut comparison = Comparison::default();
    comparison.sample([&here, &here], &Sample { trying: Trying::Message("[".to_owned()), ..request("m", "") });
    comparison.sample([&gone, &gone], &request("m", ""));
    assert_eq!((comparison.compared, comparison.unreadable), (0, 2));
}

#[test]
fn cases_are_run_on_both_mappings_whatever_they_expect() {
    let cases = Source::new(
        "shop.cases.yaml",
        r#"
for: shop
given:
  numbers: [ "14155550100" ]
  settings: { report_url: "https://shop.example/report" }
  credentials: { token: t }
  message: { id: m-1 }
cases:
  - case: it is read
    event: { status: read, at: "2026-11-04T09:14:06Z" }
    expect: { calls: [] }
  - case: it is sent
    event: { status: submitted, at: "2026-11-04T09:14:06Z" }
    expect: { calls: [] }
"#,
    );
    let suite = |text: &str| {
        let (mut suites, problems) =
            Suite::pair(&[Source::new("shop.yaml", text)], std::slice::from_ref(&cases), &|_| None);
        assert!(problems.is_empty(), "{problems:?}");
        suites.pop().unwrap()
    };
    let (old, new) = (suite(PLATFORM), suite(&PLATFORM.replace("read: read", "read: seen")));
    let mut comparison = Comparison::default();
    let now = Timestamp::from_millis(1_793_783_646_981);
    comparison.cases([&old, &new], &Material { sample: &|_| None, rsa_key_pem: "", now });
    assert_eq!((comparison.compared, comparison.changed), (2, 1));
    let (place, count, values, _) = brief(comparison.changes()[0]);
    assert_eq!((place.as_str(), count), ("status shop calls[0].body.word", 1));
    assert_eq!(values, [Some(json!("read")), Some(json!("seen"))]);
    assert_eq!(comparison.changes()[0].example, "shop.cases.yaml: it is read");
}
