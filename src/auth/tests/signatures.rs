//! Signatures over parts of a request. The expected ones are others' work: vendors' published examples, RFC 4231, and a
//! second implementation.

use regex::Regex;

use super::*;

fn header(name: &str) -> Read {
    Read { source: Source::Header(name.to_owned()), capture: None }
}

fn captured(name: &str, pattern: &str) -> Read {
    Read { capture: Some(Regex::new(pattern).unwrap()), ..header(name) }
}

fn read(source: Source) -> Part {
    Part::Read(Read { source, capture: None })
}

fn text(text: &str) -> Part {
    Part::Text(Secret::new(text.to_owned()))
}

fn plain(secret: &[&str]) -> Signature {
    Signature {
        secret: secrets(secret),
        algorithm: Algorithm::Sha256,
        encoding: Encoding::Hex,
        place: header("x-signature"),
        prefix: String::new(),
        message: vec![read(Source::Raw)],
        at: None,
        max_age: None,
        identity: None,
    }
}

fn timed() -> Signature {
    let at = header("x-time");
    Signature {
        prefix: "v0=".to_owned(),
        message: vec![text("v0:"), Part::Read(at.clone()), text(":"), read(Source::Raw)],
        at: Some(at),
        max_age: Some(Duration::from_secs(300)),
        ..plain(&["s1"])
    }
}

fn index(entries: Vec<(usize, Signature)>) -> Index {
    Index::build([7; 32], entries.into_iter().map(|(tenant, one)| (tenant, Scheme::Hmac(Box::new(one)))).collect())
}

const WRONG: Outcome<Vec<usize>> = Err((Cause::Wrong, false));
const MISSING: Outcome<Vec<usize>> = Err((Cause::Missing, false));
const STALE: Outcome<Vec<usize>> = Err((Cause::Stale, false));
const NOBODY: Outcome<Vec<usize>> = Err((Cause::Wrong, true));

/// HMAC-SHA256 of `Hello, World!` with `It's a Secret to Everybody`, as its vendor publishes it.
const HELLO: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

#[test]
fn published_examples_verify() {
    let hub = Signature { prefix: "sha256=".to_owned(), ..plain(&["It's a Secret to Everybody"]) };
    let value = format!("sha256={HELLO}");
    let found = outcome(&index(vec![(3, hub)]), &request(&[("x-signature", &value)], "", "Hello, World!"));
    assert_eq!(found, Ok(vec![3]));

    // The URL with its query as written, then every form field, sorted.
    let form = Signature {
        algorithm: Algorithm::Sha1,
        encoding: Encoding::Base64,
        message: vec![read(Source::Url), read(Source::SortedForm)],
        ..plain(&["12345"])
    };
    let body = "To=%2B18005551212&Digits=1234&CallSid=CA1234567890ABCDE&From=%2B12349013030&Caller=%2B12349013030";
    let signature = ("x-signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
    let asked = wire::Incoming { path: "/myapp.php".to_owned(), ..request(&[signature], "foo=1&bar=2", body) };
    let index = index(vec![(0, form)]);
    assert_eq!(outcome(&index, &asked), Ok(vec![0]));
    assert_eq!(outcome(&index, &wire::Incoming { query: "bar=2&foo=1".to_owned(), ..asked.clone() }), WRONG);
    let reordered = body.split('&').rev().collect::<Vec<_>>().join("&").into_bytes();
    assert_eq!(outcome(&index, &wire::Incoming { body: reordered.into(), ..asked }), Ok(vec![0]));
}

#[test]
fn either_encoding_is_read_as_it_may_be_written() {
    const HEX: &str = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    const BASE64: &str = "Fkt6e/z4GeLjlfvnO1bgo4e9ZCIugx/WECcM1+olBVSXWL91wFqZSm0DT2X48Ob9yuqxo01Ka0tjbgcKOLznNw==";
    let url_safe = BASE64.replace('/', "_").replace('+', "-");
    let cases = [
        (Encoding::Hex, HEX, true),
        (Encoding::Hex, &HEX.to_uppercase(), true),
        (Encoding::Hex, &HEX[..126], false),
        (Encoding::Hex, &HEX[..127], false),
        (Encoding::Hex, BASE64, false),
        (Encoding::Hex, "", false),
        (Encoding::Base64, BASE64, true),
        (Encoding::Base64, BASE64.trim_end_matches('='), true),
        (Encoding::Base64, &url_safe, true),
        (Encoding::Base64, HEX, false),
        (Encoding::Base64, "é", false),
    ];
    for (encoding, value, right) in cases {
        let scheme = Signature { algorithm: Algorithm::Sha512, encoding, ..plain(&["Jefe"]) };
        let found =
            outcome(&index(vec![(1, scheme)]), &request(&[("x-signature", value)], "", "what do ya want for nothing?"));
        assert_eq!(found, if right { Ok(vec![1]) } else { WRONG }, "{encoding:?} {value}");
    }
}

#[test]
fn bytes_are_signed_as_they_came() {
    let body = [0xff, 0x00, 0xfe];
    let lossy = "185be833a74319f2e0e9ef0ee3dcb56ae41ffadbb377c334a3870e1db4c719c1";
    let mut asked = request(&[("x-signature", lossy)], "", "");
    asked.body = Bytes::copy_from_slice(&body);
    let index = index(vec![(0, plain(&["s1"]))]);
    assert_eq!(outcome(&index, &asked), WRONG);
    asked.headers =
        vec![("x-signature".to_owned(), "578fe86f2c58ba8788d5d4c4566e253c2a0fe30945ad469797a9fd9e506b13d1".to_owned())];
    assert_eq!(outcome(&index, &asked), Ok(vec![0]));
}

/// What it is, `x-time`, `x-signature`, seconds from the signing to now.
type Window<'c> = (&'c str, Option<&'c str>, &'c str, i64, Outcome<Vec<usize>>);

#[test]
fn a_replay_window_is_open_to_both_sides_and_only_to_what_is_signed() {
    let index = index(vec![(2, timed())]);
    let right = "v0=ecfad4a9731250307967ffa978d3a1ee3ec2b7a3cd610c145a250b6a4876e051";
    let now = |seconds: i64| Timestamp::from_millis(1_793_783_000_000 + seconds * 1000);
    let cases: [Window<'_>; 11] = [
        ("in time", Some("1793783000"), right, 0, Ok(vec![2])),
        ("at the end", Some("1793783000"), right, 300, Ok(vec![2])),
        ("a clock behind", Some("1793783000"), right, -300, Ok(vec![2])),
        ("too late", Some("1793783000"), right, 301, STALE),
        ("too early", Some("1793783000"), right, -301, STALE),
        ("a new time on an old signature", Some("1793783600"), right, 600, WRONG),
        ("no time", None, right, 0, WRONG),
        ("a time that is none", Some("soon"), right, 0, WRONG),
        ("wrong and late", Some("1793783000"), "v0=00", 900, WRONG),
        ("another scheme", Some("1793783000"), "v1=00", 0, WRONG),
        ("no signature", Some("1793783000"), "", 0, MISSING),
    ];
    for (what, time, signature, seconds, expected) in cases {
        let mut headers = Vec::new();
        headers.extend(time.map(|time| ("x-time", time)));
        headers.extend(Some(("x-signature", signature)).filter(|_| !signature.is_empty()));
        let found = outcome_at(&index, &request(&headers, "", r#"{"a":1}"#), &[], now(seconds));
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_time_is_read_in_seconds_milliseconds_and_iso_8601() {
    for (written, right) in [
        ("1793783000", true),
        ("1793783000000", true),
        ("2026-11-04T09:03:20Z", true),
        ("2026-11-04T14:33:20+05:30", true),
        ("99999999999999999999", false),
        ("9223372036854775807", false),
        ("", false),
        ("-1", false),
    ] {
        let scheme = Signature { max_age: Some(Duration::from_secs(1)), ..timed() };
        let asked = request(&[("x-time", written)], "", "");
        let signature =
            scheme.sign(&Request { incoming: &asked, path: &[], public_url: None, keys: &KeyRing::default() }).unwrap();
        let asked = request(&[("x-time", written), ("x-signature", &signature)], "", "");
        assert_eq!(outcome(&index(vec![(0, scheme)]), &asked).is_ok(), right, "{written}");
    }
}

#[test]
fn a_signature_may_stand_within_a_header_and_be_there_several_times() {
    let form = Signature {
        place: captured("x-signature", r"v1=(\w+)"),
        at: Some(captured("x-signature", r"t=(\d+)")),
        message: vec![Part::Read(captured("x-signature", r"t=(\d+)")), text("."), read(Source::Raw)],
        max_age: Some(Duration::from_secs(60)),
        ..plain(&["s1", "s2"])
    };
    let asked = request(&[("x-signature", "t=1793783000")], "", "x");
    let new = Signature { secret: secrets(&["s2"]), ..form.clone() };
    let signature =
        new.sign(&Request { incoming: &asked, path: &[], public_url: None, keys: &KeyRing::default() }).unwrap();
    let index = index(vec![(0, form)]);
    for (value, expected) in [
        (format!("t=1793783000,v1={signature}"), Ok(vec![0])),
        (format!("t=1793783000,v1=00,v1={signature}"), Ok(vec![0])),
        (format!("t=1793783000,v1=zz,v1={signature}"), Ok(vec![0])),
        (format!("t=1793783001,v1={signature}"), WRONG),
        (format!("v1={signature}"), WRONG),
        ("t=1793783000".to_owned(), WRONG),
        (format!("t=1793783000{}v1={signature}", ",v1=00".repeat(8)), WRONG),
    ] {
        assert_eq!(outcome(&index, &request(&[("x-signature", &value)], "", "x")), expected, "{value}");
    }
}

#[test]
fn secrets_are_rotated_and_an_empty_one_is_nobodys() {
    let index = index(vec![(0, plain(&["new", "It's a Secret to Everybody"])), (1, plain(&[""]))]);
    let found = |value: &str| outcome(&index, &request(&[("x-signature", value)], "", "Hello, World!"));
    assert_eq!(found(HELLO), Ok(vec![0]));
    let signed = |secret: &str| {
        let asked = request(&[], "", "Hello, World!");
        plain(&[secret]).sign(&Request { incoming: &asked, path: &[], public_url: None, keys: &KeyRing::default() })
    };
    assert_eq!(found(&signed("new").unwrap()), Ok(vec![0]));
    assert_eq!(signed("").unwrap_err(), AuthError::NoSecret);
    // HMAC with an empty key, which anybody can make.
    assert_eq!(found("2bbcfa9524f3218c7a34b30e6936f8b1a4516cb097f1a85a1c7d98b5977ec769"), WRONG);
}

#[test]
fn the_identity_finds_the_tenant_and_without_one_only_so_many_are_tried() {
    let of = |identity: &str, secret: &str| Signature {
        identity: Some((Read { source: Source::Path("account".to_owned()), capture: None }, secrets(&[identity]))),
        ..plain(&[secret])
    };
    let named: Vec<_> = (0..100).map(|tenant| (tenant, of(&format!("a-{tenant}"), &format!("s-{tenant}")))).collect();
    let found = |index: &Index, account: Option<&str>, secret: &str| {
        let asked = request(&[], "", "x");
        let signature = plain(&[secret])
            .sign(&Request { incoming: &asked, path: &[], public_url: None, keys: &KeyRing::default() })
            .unwrap();
        let path: Vec<(&str, String)> = account.iter().map(|account| ("account", (*account).to_owned())).collect();
        outcome_at(index, &request(&[("x-signature", &signature)], "", "x"), &path, NOW)
    };
    let index_of_named = index(named);
    assert!(index_of_named.crowded().next().is_none());
    assert_eq!(found(&index_of_named, Some("a-77"), "s-77"), Ok(vec![77]));
    assert_eq!(found(&index_of_named, Some("a-76"), "s-77"), WRONG);
    assert_eq!(found(&index_of_named, Some("nobody"), "s-77"), NOBODY);
    assert_eq!(found(&index_of_named, None, "s-77"), WRONG);

    // One secret for many, as of one application, is one key.
    let shared = index((0..100).map(|tenant| (tenant, plain(&["one"]))).collect());
    assert_eq!(found(&shared, None, "one").map(|tenants| tenants.len()), Ok(100));
    let many = index((0..20).map(|tenant| (tenant, plain(&[&format!("s-{tenant}")]))).collect());
    assert_eq!(many.crowded().copied().collect::<Vec<_>>(), [16, 17, 18, 19]);
    assert_eq!(found(&many, None, "s-15"), Ok(vec![15]));
    assert_eq!(found(&many, None, "s-16"), WRONG);
}

#[test]
fn a_header_given_twice_is_no_part_of_anything() {
    let index = index(vec![(2, timed())]);
    let time = ("x-time", "1793783000");
    let right = ("x-signature", "v0=ecfad4a9731250307967ffa978d3a1ee3ec2b7a3cd610c145a250b6a4876e051");
    assert_eq!(outcome(&index, &request(&[time, right], "", r#"{"a":1}"#)), Ok(vec![2]));
    assert_eq!(outcome(&index, &request(&[time, right, right], "", r#"{"a":1}"#)), WRONG);
    assert_eq!(outcome(&index, &request(&[time, time, right], "", r#"{"a":1}"#)), WRONG);
}

#[test]
fn a_call_is_signed_as_it_goes_out() {
    let call = |headers: &[(&str, &str)]| wire::Prepared {
        method: "POST".to_owned(),
        url: "https://api.example/v1?a=b".parse().unwrap(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Bytes::from_static(br#"{"a":1}"#),
        timeout: Duration::from_secs(1),
    };
    let mut made = call(&[("X-Signature", "old")]);
    Outgoing::Hmac(Box::new(timed())).apply(None, NOW, &mut made).unwrap();
    let expected = [
        ("x-time", "1793783000"),
        ("x-signature", "v0=ecfad4a9731250307967ffa978d3a1ee3ec2b7a3cd610c145a250b6a4876e051"),
    ];
    assert_eq!(made.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let nonce = Signature { message: vec![Part::Read(header("x-nonce")), read(Source::Raw)], ..plain(&["s1"]) };
    let scheme = Outgoing::Hmac(Box::new(nonce));
    let problem = scheme.apply(None, NOW, &mut call(&[])).unwrap_err();
    assert_eq!(problem.to_string(), "the signature covers the header `x-nonce`, which is not there once");
    assert_eq!(scheme.apply(None, NOW, &mut call(&[("X-Nonce", "n")])), Ok(()));

    // In the query, and over the URL without it; a second signing takes the place of the first.
    let place = Read { source: Source::Query("sig".to_owned()), capture: None };
    let over_url = Signature { place, message: vec![read(Source::Url)], ..plain(&["s1"]) };
    let scheme = Outgoing::Hmac(Box::new(over_url));
    let mut made = call(&[]);
    scheme.apply(None, NOW, &mut made).unwrap();
    let first = made.url.clone();
    assert_eq!(
        first.as_str(),
        "https://api.example/v1?a=b&sig=09a2ffba73986814e61583cf1d42edd9a2ef70da2f4630396d66e27206e542f0"
    );
    scheme.apply(None, NOW, &mut made).unwrap();
    assert_eq!(made.url, first);
}

#[test]
fn nothing_of_a_secret_is_printed() {
    let scheme = Scheme::Hmac(Box::new(plain(&["It's a Secret to Everybody"])));
    let printed = format!("{scheme:?} {:?}", Index::build([7; 32], vec![(0, scheme.clone())]));
    assert!(!printed.contains("Everybody"), "{printed}");
}
