//! Edge cases of the functions of texts: lengths, folding, patterns, placeholders, phone numbers.

use proptest::prelude::*;

use super::{a, check, fails, nothing, run};
use crate::functions::MAX_TEXT;

#[test]
fn texts() {
    check("$.a | length", &a(""), "0");
    check("$.a | truncate(0)", &a("x"), r#""""#);
    check("$.a | truncate(1)", &a("😀😀"), r#""😀""#);
    fails("$.a | truncate(-1)", &a("x"), "expected a number of characters as argument");
    fails("$.a | truncate(1.5)", &a("x"), "expected an integer as argument");
    check("$.a | slice(0, 2)", &a("é"), r#""é""#);
    check("$.a | slice(2)", &a("é"), r#""""#);
    check("$.a | slice(2, 1)", &a("abc"), r#""""#);
    check("$.a | slice(-9, -1)", &a("abc"), r#""ab""#);
    check("$.a | slice(-9223372036854775808, 9223372036854775807)", &a("abc"), r#""abc""#);
    check("$.a | trim", &a("\u{a0}x\u{2003}"), r#""x""#);
    fails("$.a | upper", &a(1), "expected a text");
    check("$.a | file_name", &a("https://x.example/a.b/c.tar.gz"), r#""c.tar.gz""#);
    check("$.a | file_name", &a("photo.jpg"), r#""photo.jpg""#);
    check("$.a | file_name", &a("https://x.example/a%2Fb.jpg"), r#""a%2Fb.jpg""#);
    check("$.a | file_name", &a("https://x.example/%FF.jpg"), r#""%FF.jpg""#);
    for url in ["https://x.example", "https://x.example/", "https://x.example/.jpg", "https://x.example/a.", "", "?a.b"]
    {
        nothing("$.a | file_name", &a(url));
    }
    fails("$.a | lower", &a("x".repeat(MAX_TEXT + 1)), "bound: a text of more than 65536 bytes");
    fails("$.a | prefix(\"+\")", &a("x".repeat(MAX_TEXT)), "bound: a text of more than 65536 bytes");
}

#[test]
fn folding() {
    check("$.a | fold", &a("  ¡DÉTÉNER!  "), r#""detener""#);
    check("$.a | fold", &a("ΣΊΣΥΦΟΣ"), r#""σισυφοσ""#);
    check("$.a | fold", &a("Maße"), r#""masse""#);
    check("$.a | fold", &a("MAẞE"), r#""masse""#);
    check("$.a | fold", &a("'रुको'।"), r#""रुको""#);
    check("$.a | fold", &a("\u{0642}\u{0650}\u{0641}"), "\"\u{0642}\u{0641}\"");
    check("$.a | fold", &a("👍"), r#""👍""#);
    check("$.a | fold", &a(""), r#""""#);
    check("$.a | fold", &a("a-b\u{3000}c"), r#""a-b c""#);
    check("$.a | fold(\"punctuation\")", &a(" Stop! "), r#"" Stop! ""#);
    check("$.a | fold(\"punctuation\")", &a("\"Stop\"!"), r#""Stop""#);
    check("$.a | fold(\"diacritics\")", &a("İÉ"), r#""IE""#);
    fails("$.a | fold(\"colour\")", &a(""), "load: expected case, width, diacritics, punctuation or space");
}

#[test]
fn patterns() {
    check(r#"$.a | capture("a(b)?c")"#, &a("abc"), r#""b""#);
    nothing(r#"$.a | capture("a(b)?c")"#, &a("ac"));
    check(r#"$.a | capture("(?:a)(?P<x>.)")"#, &a("né aé"), r#""é""#);
    check(r#"$.a | replace("x", "y")"#, &a("abc"), r#""abc""#);
    check(r#"$.a | replace("^a", "")"#, &a("abc"), r#""bc""#);
    check(r#"$.a | replace("a", "")"#, &a("aa"), r#""""#);
    check(r#"$.a | replace("", "-")"#, &a("né"), r#""-n-é-""#);
    check(r#"$.a | replace("a", "$$1")"#, &a("a"), r#""$1""#);
    fails(r#"$.a | replace(".", "0123456789")"#, &a("x".repeat(9_999)), "bound: a text of more than 65536 bytes");
    for pattern in [r#""(""#, r#""(a)\\1""#, r#""(?=a)""#, r#""(((a{100}){100}){100})""#, "1", "$.b"] {
        let outcome = run(&format!("$.a | capture({pattern})"), &a("x")).unwrap_err();
        assert!(outcome.starts_with("load: "), "{outcome}");
    }
    fails(r#"$.a | split("")"#, &a("x"), "load: a separator must not be empty");
    check(r#"$.a | split(", ")"#, &a("é, b"), r#"["é", "b"]"#);
    check(r#"$.a | split(",") | count"#, &a(",".repeat(9_999)), "10000");
    fails(r#"$.a | split(",")"#, &a(",".repeat(10_000)), "bound: a list of more than 10000 items");
}

#[test]
fn placeholders() {
    let fill = |text: &str, values: &str| format!(r#"{{"a": {text:?}, "b": {values}}}"#);
    check("$.a | fill($.b)", &fill("{{2}}{{1}}", r#"["x", "{{1}}"]"#), r#""{{1}}x""#);
    check("$.a | fill($.b)", &fill("{{name}} {{{1}}} {{", r#"["x"]"#), r#""{{name}} {x} {{""#);
    check("$.a | fill($.b)", &fill("none", "[]"), r#""none""#);
    fails("$.a | fill($.b)", &fill("{{1}} {{2}}", r#"["x"]"#), "expected a value for {{2}}");
    fails("$.a | fill($.b)", &fill("{{0}}", r#"["x"]"#), "expected a value for {{0}}");
    fails("$.a | fill($.b)", &fill("{{1}}", "[[]]"), "expected texts, numbers or booleans as values");
    let fits = |body: &str, text: &str| format!(r#"{{"a": {text:?}, "b": {{"body": {{"text": {body:?}}}}}}}"#);
    let values = "$.a | values_of($.b)";
    check(values, &fits("Hi {{1}}!", "Hi Asha!!"), r#"["Asha!"]"#);
    check(values, &fits("{{2}} of {{1}}", "a of b of c"), r#"["b of c", "a"]"#);
    check(values, &fits("{{1}} and {{1}}", "x and x"), r#"["x"]"#);
    nothing(values, &fits("{{1}} and {{1}}", "x and y"));
    check(values, &fits("{{first}}, {{second}}", "x, y"), r#"["x", "y"]"#);
    check(values, &fits("{{1}}{{2}}", "xy"), r#"["x", "y"]"#);
    nothing(values, &fits("Hi {{1}}!", "Hi !"));
    check(values, &fits("Fixed", "Fixed"), "[]");
    check(values, &fits("{{1}}", "é\n😀"), r#"["é\n😀"]"#);
    check(values, &fits("Fixed", "Fixed "), "[]");
    nothing(values, &fits("Fixed", "Fixed!"));
    nothing(values, &fits("ab{{1}}ba", "aba"));
    nothing(values, &fits("Hi {{1}}, bye", "Hi you"));
    nothing(values, r#"{"a": "x", "b": {"body": {"variables": 0}}}"#);
    nothing(values, r#"{"a": "x", "b": {}}"#);
    nothing(values, &fits(&"{{1}}".repeat(2_000), ""));
}

#[test]
fn phones() {
    const NO: &str = "recipient: expected a phone number with its country code";
    check("$.a | phone", &a("919876543210"), r#""919876543210""#);
    check("$.a | phone", &a(919_876_543_210_i64), r#""919876543210""#);
    check("$.a | phone", &a(" +91\u{a0}(98765) 432.10 "), r#""919876543210""#);
    check("$.a | phone", &a("1234567"), r#""1234567""#);
    check("$.a | phone", &a("123456789012345"), r#""123456789012345""#);
    let no = [
        "",
        "+",
        "123456",
        "1234567890123456",
        "00919876543210",
        "+0 1234567",
        "98a7654321",
        "+91+9876543210",
        "9876543210,",
        "٩١٩٨٧٦٥٤٣٢١٠",
        "tel:+919876543210",
    ];
    for text in no {
        fails("$.a | phone", &a(text), NO);
        check("$.a | is_phone", &a(text), "false");
    }
    fails("$.a | phone", &a(-919_876_543_210_i64), NO);
    fails("$.a | phone", &a(9_198_765_432.5), NO);
    fails("$.a | phone", &a("9".repeat(100_000)), NO);
    fails("$.a | phone", &a(true), "expected a text");
    check("$.a | is_phone", r#"{"a": [1]}"#, "false");
    check(r#"$.a | phone("IN")"#, &a("98765 43210"), r#""919876543210""#);
    check(r#"$.a | phone("IN")"#, &a("919876543210"), r#""919876543210""#);
    check(r#"$.a | phone("IN")"#, &a("+1 415 555 2671"), r#""14155552671""#);
    check(r#"$.a | phone("GB")"#, &a("020 7946 0018"), r#""442079460018""#);
    check("$.a | phone($.b)", r#"{"a": "98765 43210", "b": "IN"}"#, r#""919876543210""#);
    fails("$.a | phone($.b)", r#"{"a": "98765 43210", "b": "Narnia"}"#, "expected a country as two letters");
    fails(r#"$.a | phone("IN")"#, &a("0123"), NO);
    let load = run(r#"$.a | phone("in-IN")"#, &a("")).unwrap_err();
    assert_eq!(load, "load: no such country: expected two capital letters such as \"IN\"");
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in any::<String>(), digits in "[ +()0-9.\\-/a-z#;=]{0,45}") {
        for text in [&text, &digits] {
            for pipe in ["phone", "phone(\"IN\")", "phone(\"US\")", "time", "time(\"%Y-%m-%dT%H:%M:%S%z\")", "fold", "file_name",
                "from_json", "unbase64", "url_encode", "slice(-3, 2)", "slice(1, -1)", "truncate(3)", "fill($.l)", "number"] {
                let given = serde_json::json!({ "a": text, "l": ["x"] }).to_string();
                let _ = run(&format!("$.a | {pipe}"), &given);
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_read_back(values in prop::collection::vec("[a-zé😀 ]{1,9}", 3)) {
        let body = "1: {{1}}; 2: {{2}}; 3: {{3}}.";
        let given = serde_json::json!({ "a": body, "l": values, "d": { "body": { "text": body } } }).to_string();
        prop_assert_eq!(run("$.a | fill($.l) | values_of($.d) | to_json", &given), run("$.l | to_json", &given));
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same(text in any::<String>()) {
        let given = serde_json::json!({ "a": text }).to_string();
        prop_assert_eq!(run("$.a | base64 | unbase64", &given), run("$.a | string", &given));
        prop_assert_eq!(run("$.a | to_json | from_json", &given), run("$.a | string", &given));
    }
}
