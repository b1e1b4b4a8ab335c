//! Edge cases of conversions, conditions, times, lists, encodings and secrets.

use super::{SampleFacts, a, check, fails, nothing, run};
use crate::functions::{Call, Prepared, find};
use crate::value::{Arena, Value};

#[test]
fn conversions() {
    check("$.a | string", &a("né"), r#""né""#);
    check("$.a | string", &a(false), r#""false""#);
    check("$.a | string", &a(u64::MAX), r#""18446744073709551615""#);
    check("$.a | number", &a("007"), "7");
    check("$.a | number", &a("1e3"), "1000.0");
    check("$.a | number", &a("18446744073709551615"), "18446744073709551615");
    for text in ["", " ", "nan", "inf", "-infinity", "1e999", "0x10", "1,5", "१२", "e", "1 "] {
        fails("$.a | number", &a(text), "expected a number");
        fails("$.a | integer", &a(text), "expected a number without a fraction");
    }
    fails("$.a | number", &a(true), "expected a number");
    fails("$.a | integer", &a(1.5), "expected a number without a fraction");
    fails("$.a | integer", &a(1e300), "expected a number without a fraction");
    check("$.a | integer", &a("-3.0"), "-3");
    check("$.a | plus(-1)", &a(0), "-1");
    fails("$.a | plus(1)", &a(i64::MAX), "expected a number without a fraction");
    fails("$.a | plus(1)", &a(0.5), "expected a number without a fraction");
    fails("$.a | plus(1)", &a("1"), "expected a number");
    nothing("$.a | plus($.b)", &a(1));
    check("$.a | boolean", &a("FALSE"), "false");
    check("$.a | boolean", &a("1"), "true");
    fails("$.a | boolean", &a("yes"), "expected true or false");
    fails("$.a | boolean", &a(2), "expected true or false");
    check("$.a | nonempty", &a(0), "0");
    check("$.a | nonempty", &a(false), "false");
    check("$.a | nonempty", &a(" "), r#"" ""#);
    nothing("$.a | nonempty", r#"{"a": null}"#);
}

#[test]
fn conditions() {
    check("$.a | in(\"1\")", &a(1), "false");
    check("$.a | in(true)", &a(true), "true");
    nothing("$.a | in($.b)", &a("x"));
    fails("$.a | in(1)", r#"{"a": []}"#, "expected a text, a number or a boolean");
    check("$.a | between(1, 1)", &a(1), "true");
    check("$.a | between(-1, 0.5)", &a(0.75), "false");
    check("$.a | between(5, 1)", &a(3), "false");
    fails("$.a | between(1, 2)", &a("1"), "expected numbers");
    check("$.a | is_ascii", &a(""), "true");
    check("$.a | is_gsm7", &a("[~{^}]|\\\r\n\u{c}Ç@"), "true");
    for text in ["`", "ç", "\t", "“", "😀"] {
        check("$.a | is_gsm7", &a(text), "false");
    }
}

#[test]
fn times() {
    let same = "2026-11-21T04:30:00.000Z";
    for text in [
        "2026-11-21T04:30:00Z",
        "2026-11-21T04:30:00.000Z",
        "2026-11-21T10:00:00+05:30",
        "2026-11-21T10:00+0530",
        "2026-11-21 04:30:00Z",
        "2026-11-21T04:30:00",
        "2026-11-21 04:30",
        "1795235400",
        "1795235400000",
        " 2026-11-21T04:30Z ",
        "20261121T043000Z",
        "2026-11-20T23:30:00-05",
    ] {
        check("$.a | time", &a(text), &format!("{same:?}"));
    }
    check("$.a | time", &a("2026-11-21"), r#""2026-11-21T00:00:00.000Z""#);
    check("$.a | time", &a("2026-11-21T04:30:00.1239Z"), r#""2026-11-21T04:30:00.123Z""#);
    check("$.a | time", &a(1_795_235_400.25), r#""2026-11-21T04:30:00.250Z""#);
    check("$.a | time", &a(99_999_999_999_i64), r#""5138-11-16T09:46:39.000Z""#);
    check("$.a | time", &a(100_000_000_000_i64), r#""1973-03-03T09:46:40.000Z""#);
    check("$.a | time", &a(-1), r#""1969-12-31T23:59:59.000Z""#);
    check("$.a | time | time", &a(0), r#""1970-01-01T00:00:00.000Z""#);
    for text in
        ["", "x", "2026-13-01", "2026-11-21T25:00:00Z", "99999999999999999999", "9999999999999999", "today", "12:00"]
    {
        fails("$.a | time", &a(text), "expected a time in ISO 8601 or as an epoch");
    }
    fails("$.a | time", &a(1e18), "expected an epoch in seconds or milliseconds");
    fails("$.a | time", &a(true), "expected a text or a number");
    let formatted = |format: &str| format!("$.a | time({format})");
    check(&formatted(r#""%Y-%m-%d %H:%M:%S""#), &a("2026-11-21 04:30:00"), &format!("{same:?}"));
    check(
        &formatted(r#""%Y-%m-%d %H:%M:%S %z", "Asia/Kolkata""#),
        &a("2026-11-21 04:30:00 +0000"),
        &format!("{same:?}"),
    );
    check(
        &formatted(r#""%Y-%m-%d %H:%M:%S", $.b"#),
        r#"{"a": "2026-11-21 10:00:00", "b": "Asia/Kolkata"}"#,
        &format!("{same:?}"),
    );
    check(&formatted(r#""%d %b %Y", "America/New_York""#), &a("1 Jul 2026"), r#""2026-07-01T04:00:00.000Z""#);
    check(&formatted(r#""%Y-%m-%d %H:%M:%S%.3f""#), &a("2026-11-21 04:30:00.250"), r#""2026-11-21T04:30:00.250Z""#);
    check(&formatted(r#""%s""#), &a(1_795_235_400), &format!("{same:?}"));
    check(&formatted(r#""%Y%m%d""#), &a(20_261_121), r#""2026-11-21T00:00:00.000Z""#);
    fails(&formatted(r#""%Y-%m-%d""#), &a("21/11/2026"), "expected a time in the format");
    fails(
        &formatted(r#""%Y-%m-%d", $.b"#),
        r#"{"a": "2026-11-21", "b": "Mars/Base"}"#,
        "no such time zone: expected a name such as \"Asia/Kolkata\"",
    );
    for bad in [r#""%H:%M""#, r#""%Q!""#, r#""%Y-%m-%d", "Mars/Base""#, "1", r#""""#] {
        let load = run(&formatted(bad), &a("x")).unwrap_err();
        assert!(load.starts_with("load: "), "{bad}: {load}");
    }
    check(r#"$.a | time | format("%d.%m.%y %p%%")"#, &a(0), r#""01.01.70 AM%""#);
    assert!(run(r#"$.a | time | format("%!")"#, &a(0)).unwrap_err().starts_with("load: "));
    fails(r#"$.a | format("%Y")"#, &a(0), "expected a time");
    check(r#"$.a | time | epoch("s")"#, &a("1969-12-31T23:59:59.5Z"), "-1");
    fails(r#"$.a | time | epoch("us")"#, &a(0), "load: expected \"s\" or \"ms\"");
}

#[test]
fn lists() {
    nothing("$.a | last", r#"{"a": [1, null]}"#);
    check("$.a | list", &a(""), r#"[""]"#);
    check("$.a | list", r#"{"a": {}}"#, "[{}]");
    fails("$.a | count", r#"{"a": {}}"#, "expected a list");
    check(r#"$.a | join(",")"#, r#"{"a": []}"#, r#""""#);
    fails(r#"$.a | join(",")"#, r#"{"a": [[]]}"#, "expected a list of texts, numbers or booleans");
    let long = serde_json::json!({ "a": vec!["x".repeat(1000); 100] }).to_string();
    fails(r#"$.a | join(",")"#, &long, "bound: a text of more than 65536 bytes");
    check("$.a | number_keys", r#"{"a": []}"#, "{}");
    check("$.a | by_number", r#"{"a": {}}"#, "[]");
    check("$.a | by_number | number_keys | get(\"11\")", &eleven(), "11");
    for map in [
        r#"{"0": 1}"#,
        r#"{"1": 1, "3": 3}"#,
        r#"{"01": 1}"#,
        r#"{"+1": 1}"#,
        r#"{"x": 1}"#,
        r#"{"1": 1, "18446744073709551616": 2}"#,
    ] {
        fails("$.a | by_number", &format!(r#"{{"a": {map}}}"#), "expected a map with keys \"1\" to \"n\"");
    }
    nothing("$.a | get(\"x\")", r#"{"a": {"x": null}}"#);
    fails("$.a | get(\"x\")", r#"{"a": "x"}"#, "expected a map");
    check("$.a | keyed(\"\")", r#"{"a": {"b": 1}}"#, r#"{"": {"b": 1}}"#);
    nothing("$.a | keyed(\"x\")", r#"{"a": null}"#);
    nothing("$.a | keyed($.b)", &a(1));
    fails("$.a | keyed($.b)", r#"{"a": 1, "b": 2}"#, "expected a text as argument");
    check("$.a | merge", r#"{"a": [{"y": 1}, {}, {"x": null}]}"#, r#"{"y": 1, "x": null}"#);
    fails("$.a | merge", r#"{"a": [{"x": 1}, {"x": 1}]}"#, "expected maps without a name in common");
    fails("$.a | merge", r#"{"a": [{"x": 1}, null]}"#, "expected a list of maps");
    let half =
        |from: usize| (from..from + 6000).map(|n| (n.to_string(), 0)).collect::<std::collections::BTreeMap<_, _>>();
    let many = serde_json::json!({ "a": [half(0), half(6000)] }).to_string();
    fails("$.a | merge", &many, "bound: a map of more than 10000 members");
}

/// `{"a": {"11": 11, …, "1": 1}}`: keys whose order as texts is another than as numbers.
fn eleven() -> String {
    let members: Vec<_> = (1..=11).rev().map(|n| format!("\"{n}\": {n}")).collect();
    format!(r#"{{"a": {{{}}}}}"#, members.join(", "))
}

#[test]
fn encodings() {
    check("$.a | to_json", r#"{"a": {"b": null, "a": [1.0, "é\n"]}}"#, r#""{\"b\":null,\"a\":[1.0,\"é\\n\"]}""#);
    check("$.a | to_json", &a("x"), r#""\"x\"""#);
    nothing("$.a | from_json", &a("null"));
    for text in ["", "{", "{\"a\":1,\"a\":2}", "[1] x"] {
        fails("$.a | from_json", &a(text), "expected a JSON text");
    }
    fails("$.a | from_json", &a("[".repeat(1000)), "expected a JSON text");
    check("$.a | base64", &a(""), r#""""#);
    check("$.a | unbase64", &a("bsOpPw"), r#""né?""#);
    check("$.a | base64 | unbase64", &a("né😀"), r#""né😀""#);
    for text in ["?", "a", "/w==", "-+", "YQ==\n"] {
        fails("$.a | unbase64", &a(text), "expected a text in base64");
    }
    check("$.a | sha256", &a(""), r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#);
    nothing("$.a | hmac_sha256($.b)", &a("x"));
}

#[test]
fn secrets_stay_secret() {
    let arena = Arena::new();
    let secret = Value::Secret("hush");
    let map = Value::Map(arena.alloc([("k", secret)]));
    let call = |name: &str, input| {
        let function = find(name).unwrap();
        let call = Call { input, arguments: &[], prepared: &Prepared::None, arena: &arena, facts: &SampleFacts };
        (function.body)(&call)
    };
    assert!(matches!(call("string", secret), Ok(Some(Value::Secret(_)))));
    assert!(call("string", map).is_err());
    assert!(call("to_json", map).is_err());
    assert!(call("base64", secret).is_err());
}
