//! What a scheme may not say, and what `check` then says.

use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::compile;

/// The problems of a mapping with that scheme, incoming or outgoing.
fn problems(way: &str, scheme: &str) -> Vec<Diagnostic> {
    let (own, other) = if way == "in" { (scheme, "none") } else { ("none", scheme) };
    let text = format!(
        "dsl: 1\nplatform: shop\nauth:\n  in: [ {own} ]\n  out: [ {other} ]\nrefused: {{ http: 400 }}\nsend:\n  \
         route: {{ method: POST, path: \"/send/{{account}}\" }}\n  message: {{ id: $.body.id, to: $.body.to, from: \
         $.body.from, text: $.body.text }}\n"
    );
    let mut problems = Vec::new();
    let _mapping = compile(&Source::new("shop.yaml", text), "v".to_owned(), None, &mut problems);
    problems
}

fn check(way: &str, scheme: &str, expected: &str) {
    let found = problems(way, scheme);
    let said: Vec<String> = found
        .iter()
        .map(|problem| format!("{} {} {}", problem.code, problem.message, problem.help.join(" ")))
        .collect();
    match expected {
        "" => assert!(said.is_empty(), "{scheme}: {said:?}"),
        _ => assert!(said.len() == 1 && said[0].contains(expected), "{scheme}: {said:?}"),
    }
}

const SIGNED: &str = r#"secret: $.credentials.s, signature: "$.headers['x-sig']""#;

#[test]
fn every_scheme_is_read_the_ways_it_goes() {
    for (scheme, both) in [
        ("none", true),
        ("basic: { username: $.credentials.u, password: $.credentials.p }", true),
        ("bearer: { token: $.credentials.t, header: X-Token }", true),
        ("header: { name: X-Key, value: $.credentials.k, prefix: \"App \" }", true),
        ("header: [ { name: X-Key, value: $.credentials.k }, { name: X-Secret, value: $.credentials.s } ]", true),
        ("query: { name: key, value: $.credentials.k }", true),
        ("path: { name: account, value: $.credentials.k }", false),
        ("hmac: { secret: $.credentials.s, signature: $.headers.sig }", true),
        ("jwt_hs256: { secret: $.credentials.s }", false),
        ("jwt_hs256: { secret: $.credentials.s, header: [ a, b ], claims: { iss: x }, max_age: 5m }", false),
    ] {
        check("in", scheme, "");
        check("out", scheme, if both { "" } else { "no scheme that we can prove ourselves by" });
    }
    let granted =
        "oauth2_client_credentials: { url: \"https://a.example\", id: $.credentials.i, secret: $.credentials.s";
    check("out", &format!("{granted}, scope: a, style: body, params: {{ audience: b }} }}"), "");
    check("out", &format!("{granted}, style: header }}"), "basic, body");
    check("in", &format!("{granted} }}"), "no scheme that a party can prove itself by");
    check(
        "in",
        "jwt_rs256: { jwks: \"https://a.example/k\", header: a, claims: { aud: $.tenant.name }, max_age: 5m }",
        "",
    );
    check("in", "jwt_rs256: { jwks: \"https://a.example/k\", key: $.credentials.k }", "SB0301");
    check("in", "jwt_rs256: {}", "SB0302");
    check("out", "jwt_rs256: { key: $.credentials.k, jwks: \"https://a.example/k\" }", "SB0301");
    check("in", "hamc: {}", "SB0309 `hamc` is no scheme that a party can prove itself by one of: none, basic");
    check("in", "[ none ]", "SB0309");
}

#[test]
fn what_is_signed_is_something_that_a_request_has_before_it_is_decoded() {
    for (more, expected) in [
        ("", ""),
        ("message: $.raw", ""),
        (
            "message: [ $.sorted_form, $.url, $.query.n, \"$.headers['X-N']\", $.path.account, \".\", $.tenant.name ]",
            "",
        ),
        ("message: [ $.body.id, $.raw ]", "SB0330 `$.body.id` cannot be read here"),
        ("message: [ $.claims.iss, $.raw ]", "SB0330 `$.claims.iss`"),
        ("message: [ \"$.headers.a ?? $.raw\" ]", "SB0330"),
        ("message: [ \"$.raw | capture(\\\"a\\\")\" ]", "behind the last three"),
        ("message: [ \"$.headers.a | capture(\\\"(\\\")\", $.raw ]", "SB0330 this is no regular expression"),
        ("message: [ $.raw, $.settings.b ]", "SB0204"),
        ("message: [ a, b ]", "SB0330 this signs nothing of the request"),
        ("message: [ $.path.acount, $.raw ]", "SB0332 no route has `{acount}` in its path"),
        ("identity: { read: $.path.account, value: $.tenant.name }", ""),
        ("identity: { read: $.raw, value: $.tenant.name }", "SB0330 `read` cannot stand there"),
        ("identity: { read: $.path.account }", "SB0302"),
        ("algorithm: md5", "sha1, sha256, sha512"),
        ("encoding: base32", "hex, base64"),
        ("key: x", "SB0301"),
    ] {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        check("in", &format!("hmac: {{ {SIGNED}{more} }}"), expected);
    }
    check("in", "hmac: { secret: $.credentials.s, signature: x-sig }", "SB0330 `signature` says where it stands");
    check("in", "hmac: { secret: $.credentials.s, signature: $.raw }", "SB0330 `signature` cannot stand there");
}

#[test]
fn a_replay_window_needs_a_time_that_is_signed() {
    for (more, expected) in [
        ("at: $.headers.time, max_age: 5m, message: [ $.headers.time, $.raw ]", ""),
        ("at: $.query.time, max_age: 5m, message: [ $.url, $.raw ]", ""),
        ("at: \"$.headers.time | capture(\\\"t=(.)\\\")\", max_age: 5m, message: [ $.headers.time, $.raw ]", ""),
        ("at: $.headers.time, max_age: 5m, message: [ $.raw ]", "SB0331 this time is not signed"),
        ("at: $.headers.time, message: [ $.headers.time, $.raw ]", "SB0331 `at` without `max_age`"),
        ("max_age: 5m", "SB0331 `max_age` needs the time of signing"),
    ] {
        check("in", &format!("hmac: {{ {SIGNED}, {more} }}"), expected);
    }
}

#[test]
fn a_call_of_ours_is_signed_with_what_it_has() {
    check("out", &format!("hmac: {{ {SIGNED}, at: $.query.time, message: [ $.query.time, $.url, $.raw ] }}"), "");
    check("out", &format!("hmac: {{ {SIGNED}, max_age: 5m }}"), "SB0301");
    check("out", &format!("hmac: {{ {SIGNED}, message: [ $.path.account, $.raw ] }}"), "no `$.path`");
    let within = r#"hmac: { secret: $.credentials.s, signature: "$.headers.s | capture(\"a\")" }"#;
    check("out", within, "SB0330 `signature` cannot stand there");
}
