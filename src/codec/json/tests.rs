//! Reading and writing JSON: cases, bounds, and properties over arbitrary documents.

use proptest::prelude::*;

use super::{read, write, write_text};
use crate::codec::{CodecError, MAX_DEPTH, MAX_ITEMS};
use crate::value::{Arena, Timestamp, Tree, Value};

fn written(value: Value<'_>) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn check(source: &str, expected: &str) {
    let arena = Arena::new();
    assert_eq!(written(read(source.as_bytes(), &arena).unwrap()), expected);
}

#[track_caller]
fn refuses(source: &[u8], expected: &str) {
    let arena = Arena::new();
    assert_eq!(read(source, &arena).unwrap_err().to_string(), expected);
}

#[test]
fn forms_are_kept() {
    check(" {\"b\" : 1, \"a\": [ true,false , null ] } ", r#"{"b":1,"a":[true,false,null]}"#);
    check("[]", "[]");
    check("{}", "{}");
    check("0", "0");
    check("1.0", "1.0");
    check("-9223372036854775808", "-9223372036854775808");
    check("18446744073709551615", "18446744073709551615");
    check("1.5e3", "1500.0");
    check(r#""\u00e9\ud83d\ude00\/""#, "\"é😀/\"");
    check(r#"{"a\nb":"\b\f\n\r\t\u0001\"\\\u007f"}"#, "{\"a\\nb\":\"\\b\\f\\n\\r\\t\\u0001\\\"\\\\\u{7f}\"}");
}

#[test]
fn what_is_no_json_is_refused() {
    refuses(b"", "not JSON: EOF while parsing a value at line 1, column 0");
    refuses(b"{\n \"a\": }", "not JSON: expected value at line 2, column 7");
    refuses(b"{} {}", "not JSON: trailing characters at line 1, column 4");
    refuses(b"\"\xff\"", "not JSON: not UTF-8");
    refuses(br#""\ud800""#, "not JSON: unexpected end of hex escape at line 1, column 8");
    refuses(br#"{"a":1,"b":2,"a":3}"#, "not JSON: a key is repeated in one map at line 1, column 19");
    refuses(br#"{"a":1,"\u0061":3}"#, "not JSON: a key is repeated in one map at line 1, column 18");
    refuses(b"1e999", "not JSON: number out of range at line 1, column 5");
    refuses(b"NaN", "not JSON: expected value at line 1, column 1");
}

#[test]
fn a_repeated_key_is_found_among_many() {
    let mut members: Vec<_> = (0..1000).map(|n| format!("\"k{n}\":{n}")).collect();
    let arena = Arena::new();
    let all = format!("{{{}}}", members.join(","));
    assert_eq!(read(all.as_bytes(), &arena).unwrap().as_map().unwrap().len(), 1000);
    members.push("\"k500\":0".to_owned());
    let source = format!("{{{}}}", members.join(","));
    assert!(matches!(read(source.as_bytes(), &arena), Err(CodecError::Syntax { .. })));
}

#[test]
fn bounds_are_typed() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let maps = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    check(&nested(MAX_DEPTH), &nested(MAX_DEPTH));
    check(&maps(MAX_DEPTH), &maps(MAX_DEPTH));
    refuses(nested(MAX_DEPTH + 1).as_bytes(), "nested deeper than 64 levels");
    refuses(maps(MAX_DEPTH + 1).as_bytes(), "nested deeper than 64 levels");
    refuses(nested(100_000).as_bytes(), "nested deeper than 64 levels");
    let list = |items: usize| format!("[{}]", vec!["1"; items].join(","));
    check(&list(MAX_ITEMS), &list(MAX_ITEMS));
    refuses(list(MAX_ITEMS + 1).as_bytes(), "a list or map of more than 10000 entries");
}

#[test]
fn unescaped_texts_stay_in_the_body() {
    let arena = Arena::new();
    let body = r#"{"key":"plain","escaped":"a\n"}"#;
    let value = read(body.as_bytes(), &arena).unwrap();
    let inside = |text: &str| body.as_bytes().as_ptr_range().contains(&text.as_ptr());
    assert!(inside(value.text("key").unwrap()));
    assert!(inside(value.as_map().unwrap()[0].0));
    assert!(!inside(value.text("escaped").unwrap()));
}

#[test]
fn times_and_secrets_are_written_for_the_wire() {
    assert_eq!(written(Value::Time(Timestamp::from_millis(1_500))), "\"1970-01-01T00:00:01.500Z\"");
    assert_eq!(written(Value::Secret("s\"1")), r#""s\"1""#);
}

fn documents() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 60, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..20)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(document in documents()) {
        let tree = Tree::from(&document);
        let arena = Arena::new();
        let text = written(tree.view(&arena));
        prop_assert_eq!(Tree::from(read(text.as_bytes(), &arena).unwrap()), tree);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), document);
    }

    #[test]
    fn texts_are_written_as_serde_does(text in any::<String>(), tail in "[\\x00-\\x7f]{0,40}") {
        let text = text + &tail;
        let mut out = Vec::new();
        write_text(&text, &mut out);
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:0-9ae\\\\u ]{0,60}") {
        let arena = Arena::new();
        let _ = read(&bytes, &arena);
        let _ = read(text.as_bytes(), &arena);
    }
}
