//! Cases that must fail or cannot be run, over one small mapping: a runner that passes everything proves nothing.

use std::sync::Arc;

use super::{Material, Suite, Verdict};
use crate::diagnostic::Source;
use crate::value::Timestamp;

const MAPPING: &str = r#"
dsl: 1
platform: shop
settings: { report_url: { type: url } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400, body: { why: $.error.reason, text: "$.error.text?" } }
send:
  route: { method: POST, path: /send }
  schema: send.json
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
  answer: { http: 202, headers: { X-Id: $.body.id }, body: { ok: true } }
status:
  words: { submitted: sent, delivered: sent, read: read, failed: failed }
  do: [ report ]
inbound:
  rules:
    opt_out: { words: [ STOP ], do: [ suppress ] }
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { id: $.message.id, word: $.word, at: $.event.at }
given:
  numbers: [ "14155550100" ]
  settings: { report_url: "https://shop.example/report" }
  credentials: { token: t }
  message: { id: m-1 }
"#;

const SEND: &str = r#"{ "id": "m-1", "to": "14155550111", "from": "14155550100", "text": "Hello" }"#;

fn suite(cases: &str) -> Suite {
    let mapping = Source::new("shop.yaml", MAPPING);
    let cases = Source::new("shop.cases.yaml", cases);
    let schema = r#"{"type": "object", "properties": {"text": {"maxLength": 5}}}"#;
    let (mut suites, problems) = Suite::pair(&[mapping], &[cases], &|_| Some(schema.into()));
    let mut suite = suites.pop().unwrap();
    suite.problems.extend(problems);
    suite
}

fn run(suite: &Suite) -> Vec<(Verdict, &'static str)> {
    let sample = |name: &str| -> Option<Arc<[u8]>> {
        match name {
            "send.json" => Some(SEND.as_bytes().into()),
            "long.json" => Some(SEND.replace("Hello", "Hello, hello").into_bytes().into()),
            _ => None,
        }
    };
    let now = Timestamp::from_millis(1_793_783_646_981);
    let report = suite.run(&Material { sample: &sample, rsa_key_pem: include_str!("../auth/tests/pkcs8.pem"), now });
    report.outcomes.into_iter().map(|outcome| (outcome.verdict, outcome.leg)).collect()
}

/// One case: its differences as `path: expected / found`, or the code of what is wrong with it.
fn check(case: &str, expected: &[&str]) {
    let text = format!("for: shop\ncases:\n  - case: it\n    {}\n", case.trim().replace('\n', "\n    "));
    let suite = suite(&text);
    let mut found: Vec<String> = suite.problems.iter().map(|problem| problem.code.to_owned()).collect();
    for (verdict, _) in run(&suite) {
        match verdict {
            Verdict::Passed => found.push("passed".to_owned()),
            Verdict::Failed(differences) => {
                let line = |one: &super::Mismatch| format!("{}: {} / {}", one.path, one.expected, one.found);
                found.extend(differences.iter().map(line));
            }
            Verdict::Broken(problem) => found.push(format!("broken {}", problem.code)),
        }
    }
    assert_eq!(found, expected, "{text}");
}

#[test]
fn what_is_expected_is_compared() {
    let request = "request: { path: /send, body: { $file: send.json } }\nexpect:\n  ";
    let with = |expect: &str| format!("{request}{expect}");
    check(&with("{ answer: { http: 202, headers: { x-id: m-1 }, body: { ok: true, more: $omit } } }"), &["passed"]);
    check(&with("{ answer: { http: 200 } }"), &["answer.http: 200 / 202"]);
    check(&with("{ answer: { body: { ok: $omit } } }"), &["answer.body.ok: $omit / true"]);
    check(&with("{ answer: { body: { no_such: 1 } } }"), &["answer.body.no_such: 1 / $omit"]);
    check(&with("{ message: { to: 14155550111 } }"), &[r#"message.to: 14155550111 / "14155550111""#]);
    check(
        &with(
            "{ answer: { headers: { $exact: { content-type: application/json, x-id: m-1 } }, body: { $exact: { ok: true, more: $omit } } } }",
        ),
        &["passed"],
    );
    check(
        &with("{ answer: { $exact: { http: 202, body: {} } } }"),
        &[
            r#"answer.body.ok: $omit / true"#,
            r#"answer.headers: $omit / {"X-Id":"m-1","content-type":"application/json"}"#,
        ],
    );
    check(&with("{ answer: { $exact: 202 } }"), &["broken SB0608"]);
    check("request: { path: /send, body: { $exact: {} } }\nexpect: { answer: {} }", &["broken SB0601"]);
    check(
        &with("{ message: $omit, answer: {} }"),
        &[r#"message: $omit / {"id":"m-1","to":"14155550111","from":"14155550100","text":"Hello","kind":"text"}"#],
    );
}

#[test]
fn requests_are_signed_and_routed() {
    let with = |request: &str, expect: &str| format!("request: {{ path: {request} }}\nexpect: {{ answer: {expect} }}");
    let body = "body: { $file: send.json }";
    check(
        &with(&format!("/send, signed: wrong, {body}"), "{ http: 400, body: { why: unauthenticated } }"),
        &["passed"],
    );
    check(&with(&format!("/send, signed: missing, {body}"), "{ body: { why: unauthenticated } }"), &["passed"]);
    let token = format!("/send, signed: missing, headers: {{ Authorization: Bearer t }}, {body}");
    check(&with(&token, "{ http: 202 }"), &["passed"]);
    check(&with(&format!("/send, signed: stale, {body}"), "{ http: 400 }"), &["broken SB0608"]);
    check(&with(&format!("/send, signed: badly, {body}"), "{ http: 400 }"), &["broken SB0608"]);
    check(&with("/elsewhere", "{ http: 404 }"), &["passed"]);
    check(&with("/send, method: GET", "{ http: 405 }"), &["passed"]);
    check(&with("/send, body: \"{\"", "{ http: 400, body: { why: malformed } }"), &["passed"]);
    check(
        &with("/send, body: { id: m-1 }", "{ http: 400, body: { why: malformed } }"),
        &[r#"answer.body.why: "malformed" / "missing_field" (missing_field: to)"#],
    );
}

#[test]
fn a_sample_has_the_shape_of_its_schema() {
    let with = |body: &str| format!("request: {{ path: /send, body: {body} }}\nexpect: {{ answer: {{ http: 202 }} }}");
    check(
        &with("{ $file: long.json }"),
        &[r#"request.body/text: what send.json allows / "Hello, hello" is longer than 5 characters"#],
    );
    check(&with(&SEND.replace("Hello", "Hello, hello")), &["passed"]);
}

#[test]
fn words_are_said_once_and_in_order() {
    let with = |said: &str, status: &str, calls: &str| {
        format!(
            "given: {{ said: [ {said} ] }}\nevent: {{ status: {status}, at: \"2026-11-04T09:14:06Z\" }}\nexpect: {{ calls: [ {calls} ] }}"
        )
    };
    check(
        &with("", "delivered", "{ call: report, body: { id: m-1, word: sent, at: \"2026-11-04T09:14:06.000Z\" } }"),
        &["passed"],
    );
    check(&with("sent", "delivered", ""), &["passed"]);
    check(&with("read", "delivered", ""), &["passed"]);
    // `sent` stands for delivered too, so no failure follows it.
    check(&with("sent", "failed", ""), &["passed"]);
    check(&with("", "failed", "{ body: { word: failed } }"), &["passed"]);
    check(&with("failed", "read", "{ body: { word: read } }"), &["passed"]);
}

#[test]
fn a_person_is_suppressed_or_not() {
    let with = |text: &str, expect: &str| {
        format!(
            "inbound: {{ from: \"14155550111\", to: \"14155550100\", content: {{ kind: text, text: {text} }} }}\nexpect: {{ {expect} }}"
        )
    };
    check(&with("stop", "rule: opt_out, suppressed: true, calls: []"), &["passed"]);
    check(&with("hello", "rule: opt_out"), &[r#"rule: "opt_out" / $omit"#]);
    check(&with("hello", "rule: $omit, suppressed: true"), &["suppressed: true / false"]);
}

#[test]
fn cases_that_cannot_be_run_say_why() {
    let event = "event: { status: read, at: \"2026-11-04T09:14:06Z\" }";
    let expect = "expect: { calls: [] }";
    check(&format!("evnt: {{}}\n{event}\nexpect: {{ calls: [ {{}} ] }}"), &["SB0601", "passed"]);
    check(&format!("given: {{ numbrs: [] }}\n{event}\nexpect: {{ calls: [ {{}} ] }}"), &["SB0601", "passed"]);
    check(event, &["SB0602"]);
    check(expect, &["SB0602"]);
    check(&format!("{event}\nrequest: {{ path: /send }}\n{expect}"), &["SB0602"]);
    check(&format!("{event}\nexpect: {{ send: {{}} }}"), &["SB0607", "send: {} / $omit"]);
    check(&format!("answers: []\n{expect}"), &["broken SB0609"]);
    check("request: { path: /send, body: { $file: none.json } }\nexpect: { answer: {} }", &["broken SB0605"]);
    check(&format!("given: {{ settings: {{ report_ulr: x }} }}\n{event}\n{expect}"), &["broken SB0606"]);
    check("event: { status: seen, at: \"2026-11-04T09:14:06Z\" }\nexpect: { calls: [] }", &["broken SB0608"]);
    check("request: { path: /send, body: { $each: x } }\nexpect: { answer: {} }", &["broken SB0601"]);
}

#[test]
fn files_are_put_to_their_mappings() {
    let unknown = suite("for: shpo\ncases: []\n");
    let codes: Vec<_> = unknown.problems.iter().map(|problem| (problem.code, problem.help.join(" "))).collect();
    assert_eq!(codes, [("SB0604", "did you mean `shop`?".to_owned())]);
    let event = "event: { at: \"2026-11-04T09:14:06Z\" }, expect: { calls: [] }";
    let twice = suite(&format!("for: shop\ncases: [ {{ case: a, {event} }}, {{ case: a, {event} }} ]\n"));
    assert_eq!(twice.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["SB0603"]);
}

/// The same mapping, signed by the given scheme; its cases' outcomes.
fn signed(scheme: &str, path: &str, cases: &str) -> Vec<Verdict> {
    let mapping = MAPPING
        .replace("bearer: { token: $.credentials.token }", scheme)
        .replace("path: /send", &format!("path: \"{path}\""))
        .replace("dsl: 1\n", "dsl: 1\nhosts: [ keys.example ]\n")
        .replace("text: \"$.error.text?\"", "cause: \"$.error.cause?\"");
    let (mut suites, _) = Suite::pair(
        &[Source::new("shop.yaml", mapping)],
        &[Source::new("shop.cases.yaml", format!("for: shop\ncases:\n{cases}"))],
        &|_| Some("{}".into()),
    );
    let suite = suites.pop().unwrap();
    assert!(suite.problems.is_empty(), "{}", crate::diagnostic::render(&suite.problems));
    run(&suite).into_iter().map(|(verdict, _)| verdict).collect()
}

fn four_ways(path: &str, more: &str) -> String {
    let case = |word: &str, http: u16, body: &str| {
        format!(
            "  - case: {word}\n    request: {{ path: {path}, signed: {word}, {more} body: {SEND} }}\n    expect: {{ answer: {{ http: \
             {http}{body} }} }}\n"
        )
    };
    let refused = |cause: &str| format!(", body: {{ why: unauthenticated, cause: {cause} }}");
    [
        case("right", 202, ""),
        case("missing", 400, &refused("missing")),
        case("wrong", 400, &refused("wrong")),
        case("stale", 400, &refused("stale")),
    ]
    .concat()
}

#[test]
fn a_request_is_signed_all_four_ways() {
    let within = r#"hmac: { secret: $.credentials.token, signature: "$.headers.sig | capture(\"v1=(.+)\")", at: "$.headers.sig | capture(\"t=(\\\\d+)\")", max_age: 5m, message: [ "$.headers.sig | capture(\"t=(\\\\d+)\")", $.url, $.raw ] }"#;
    let plain = r#"hmac: { secret: $.credentials.token, signature: $.query.sig, at: $.headers.t, max_age: 5m, message: [ $.headers.t, $.raw ], identity: { read: $.headers.account, value: $.tenant.name } }"#;
    for (scheme, more) in [(plain, ""), (within, "headers: { sig: \"t={{at}},v1={{signature}}\" },")] {
        let cases = four_ways("/send", more);
        // Without its signature the header written out is one that holds nothing.
        let cases = if more.is_empty() { cases } else { cases.replace("cause: missing", "cause: wrong") };
        for verdict in signed(scheme, "/send", &cases) {
            assert!(matches!(verdict, Verdict::Passed), "{scheme}: {verdict:?}");
        }
    }
}

#[test]
fn what_cannot_be_signed_that_way_is_said() {
    let broken = |scheme: &str, path: &str, word: &str| {
        let cases = format!(
            "  - case: it\n    request: {{ path: {path}, signed: {word}, body: {SEND} }}\n    expect: {{ answer: {{ http: 202 }} }}\n"
        );
        match signed(scheme, &path.replace("/t", "/{key}"), &cases).pop() {
            Some(Verdict::Broken(problem)) => problem.message,
            other => format!("{other:?}"),
        }
    };
    let nonce = "hmac: { secret: $.credentials.token, signature: $.headers.sig, message: [ $.headers.nonce, $.raw ] }";
    assert_eq!(broken(nonce, "/send", "stale"), "a signature without `max_age` is never stale");
    assert_eq!(broken(nonce, "/send", "right"), "the signature covers the header `nonce`, which is not there once");
    let path = "path: { name: key, value: $.credentials.token }";
    assert_eq!(broken(path, "/send/t", "right"), "Some(Passed)");
    assert!(broken(path, "/send/t", "wrong").contains("401") || broken(path, "/send/t", "wrong").contains("400"));
}

#[test]
fn a_token_of_a_published_key_is_signed_with_one_made_for_the_run() {
    let scheme = "jwt_rs256: { jwks: \"https://keys.example/set\", claims: { iss: Issuer, aud: $.tenant.name }, max_age: 5m, body_hash: hash }";
    let verdicts = signed(scheme, "/send", &four_ways("/send", ""));
    assert_eq!(verdicts.len(), 4);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Passed)), "{verdicts:?}");
}

const GRANTED: &str = r#"
dsl: 1
provider: granted
settings: { token_url: { type: url } }
auth:
  out: [ { oauth2_client_credentials: { url: $.settings.token_url, id: $.credentials.id, secret: $.credentials.secret } } ]
hosts: [ api.example ]
send:
  call:
    method: POST
    url: https://api.example/messages
    body: { to: $.message.to, user: $.credentials.id }
    take: { provider_id: $.answer.body.id }
    retry: { again: [ 5xx ], hold: [ 401 ] }
given:
  numbers: [ "14155550100" ]
  settings: { token_url: "https://auth.example/token" }
  credentials: { id: i-1, secret: s-1 }
  message: { from: "14155550100", to: "14155550111", text: Hello }
cases:
  - case: a token that is refused is fetched anew, once
    answers: [ { http: 401 }, { http: 200, body: { id: p-1 } } ]
    expect:
      calls:
        - { headers: { authorization: Bearer token-1 }, body: { to: "14155550111", user: i-1 } }
        - { headers: { authorization: Bearer token-2 } }
      send: { outcome: sent, attempts: 1, provider_id: p-1 }
  - case: refused again, the lane is held
    answers: [ { http: 401 }, { http: 401 } ]
    expect: { send: { outcome: held } }
"#;

#[test]
fn a_fetched_token_is_shown_and_renewed() {
    let (mut suites, _) = Suite::pair(&[Source::new("granted.yaml", GRANTED)], &[], &|_| None);
    let suite = suites.pop().unwrap();
    assert!(suite.problems.is_empty(), "{}", crate::diagnostic::render(&suite.problems));
    let verdicts = run(&suite);
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().all(|(verdict, _)| matches!(verdict, Verdict::Passed)), "{verdicts:?}");
}

#[test]
fn a_call_that_cannot_be_signed_ends_its_case() {
    let mapping = r#"
dsl: 1
provider: courier
hosts: [ courier.example ]
auth: { out: [ { jwt_rs256: { key: $.credentials.key, claims: { iss: shop }, valid: 5m } } ] }
send:
  call:
    method: POST
    url: https://courier.example/messages
    body: { to: $.message.to }
    take: { provider_id: $.answer.body.id }
    failed: { reason: unknown }
    retry: { again: [ unreached, 5xx ] }
given:
  numbers: [ "14155550100" ]
  credentials: { key: k }
  message: { id: m-1, to: "14155550111", from: "14155550100", text: Hello }
cases:
  - case: two answers, none of which is asked for
    answers: [ { http: 503 }, { http: 200, body: { id: p1 } } ]
    expect: { send: { outcome: held, failure: { reason: unauthenticated } } }
"#;
    let (mut suites, problems) = Suite::pair(&[Source::new("courier.yaml", mapping)], &[], &|_| None);
    assert!(problems.is_empty(), "{}", crate::diagnostic::render(&problems));
    let now = Timestamp::from_millis(1_793_783_646_981);
    let material = |rsa_key_pem| Material { sample: &|_| None, rsa_key_pem, now };
    let suite = suites.pop().unwrap();
    let verdict = |key| suite.run(&material(key)).outcomes.remove(0).verdict;
    // That its answers are left over is told; before, they were waited for without end.
    let Verdict::Failed(differences) = verdict("no key") else { panic!("answers are left over") };
    assert_eq!(differences.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["answers"]);
    let Verdict::Failed(differences) = verdict(include_str!("../auth/tests/pkcs8.pem")) else { panic!("it is sent") };
    assert_eq!(differences[0].path, "send.outcome", "with a key that signs it is sent: the check can fail");
}
