//! Secrets go into auth and calls as they are, and nowhere else.

use super::{check, check_file, holds, problems};

#[test]
fn a_secret_is_written_open_where_a_call_has_it() {
    check("{ token: $.credentials.key }", "{}", r#"{"token":"s3cret"}"#);
    check("{ token: '$.credentials.other?' }", "{}", "{}");
    check("{ token: $.credentials.other }", "{}", "missing_field: credentials.other");
    holds("$.credentials.key?", "{}", true);
    check_file("let: { t: $.credentials.key }\ntree: { token: $.t }", "{}", r#"{"token":"s3cret"}"#);
}

#[test]
fn a_secret_goes_nowhere_else() {
    problems("tree: '$.credentials.key | upper'", &["SB0222 1:28"]);
    problems("tree: '$.body.a | prefix($.credentials.key)'", &["SB0222 1:26", "SB0210 1:26"]);
    problems("tree: { $when: $.credentials.key == \"x\", then: 1 }", &["SB0222 1:16"]);
    problems("let: { t: [ $.credentials.key ] }\ntree: '$.t[0] | upper'", &["SB0222 2:17"]);
    problems("use: { u: $.k }\ntree: { $use: u, with: { k: $.credentials.key } }", &["SB0222 2:29"]);
    problems("tree: { $text: '{{k}}', with: { k: $.credentials.key } }", &["SB0222 1:36"]);
    problems("tree: { $pipe: { k: $.credentials.key }, to: to_json }", &["SB0222 1:16"]);
    problems("tree: { $match: $.credentials.key, cases: { a: 1 } }", &["SB0222 1:17"]);
    problems("tree: '$.body.a[?@.k == $.credentials.key]'", &["SB0222 1:8"]);
    problems("tree: [ $.credentials.key, { $pipe: { a: 1 }, to: to_json } ]", &[]);
    problems("tree: { $each: '$.credentials[*]', do: '$.item | upper' }", &["SB0222 1:50"]);
}

#[test]
fn the_one_function_with_a_secret_makes_a_text() {
    problems("let: { s: '$.body.a | hmac_sha256($.credentials.key)' }\ntree: '$.s | upper'", &[]);
}
