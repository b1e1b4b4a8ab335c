//! Tables: look-ups, misses, and a tenant's rows laid over.

use super::{check_file, compile};
use crate::diagnostic::Source;
use crate::functions::NoFacts;
use crate::language::{Frame, World};
use crate::value::{Arena, Timestamp, Value};
use crate::yaml;

const CODES: &str = "tables:
  codes:
    rows: { 1022: { reason: template_params }, x: { reason: late, again: 1m }, gone: $omit }
    else: { reason: unknown, http: 200 }
  words:
    rows: { a: alpha, b: $omit }
    else: $omit
  refusals:
    key: [ class, http, type ]
    rows:
      - { http: 401, type: gone, reason: forbidden }
      - { http: 401, reason: unauthenticated }
      - { class: 5xx, reason: provider_unavailable, http2: $omit }
    else: { reason: unknown, http2: 1 }
";

#[track_caller]
fn check(tree: &str, body: &str, expected: &str) {
    // Every table is read, or the compiler says so.
    let all = "let: { c: '$.body.a | table(codes)', w: '$.body.a | table(words)', r: '$.body | table(refusals)' }";
    let all = format!(
        "{CODES}{all}\ntree: {{ x: {tree}, y: {{ $when: $.settings.flag == false, then: [ $.c, $.w, $.r ] }} }}"
    );
    check_file(&all, body, expected);
}

#[test]
fn one_key_compares_as_text() {
    check("$.c.reason", r#"{"a":1022}"#, r#"{"x":"template_params"}"#);
    check("$.c.reason", r#"{"a":"1022"}"#, r#"{"x":"template_params"}"#);
    check("$.c.http", r#"{"a":"1022"}"#, r#"{"x":200}"#);
    check("$.c", r#"{"a":"x"}"#, r#"{"x":{"reason":"late","again":"1m","http":200}}"#);
    check("$.c.reason", r#"{"a":"else"}"#, r#"{"x":"unknown"}"#);
    check("$.c.reason", "{}", r#"{"x":"unknown"}"#);
    check("$.c?", r#"{"a":"gone"}"#, "{}");
    check("$.w?", r#"{"a":"a"}"#, r#"{"x":"alpha"}"#);
    check("$.w?", r#"{"a":"b"}"#, "{}");
    check("$.w?", r#"{"a":"c"}"#, "{}");
    check("$.w", r#"{"a":"c"}"#, "missing_field: w");
    check("$.c.again?", r#"{"a":1022}"#, "{}");
}

#[test]
fn several_keys_take_the_first_row_that_fits() {
    check("$.r.reason", r#"{"http":401,"type":"gone"}"#, r#"{"x":"forbidden"}"#);
    check("$.r.reason", r#"{"http":"401","type":"other"}"#, r#"{"x":"unauthenticated"}"#);
    check("$.r.reason", r#"{"http":401}"#, r#"{"x":"unauthenticated"}"#);
    check("$.r.reason", r#"{"class":"5xx","http":503}"#, r#"{"x":"provider_unavailable"}"#);
    check("$.r.reason", r#"{"class":"4xx","http":404}"#, r#"{"x":"unknown"}"#);
    check("$.r.reason", "[]", r#"{"x":"unknown"}"#);
    check("$.r.http2?", r#"{"class":"5xx"}"#, "{}");
    check("$.r.http2?", r#"{"http":401}"#, r#"{"x":1}"#);
}

#[test]
fn what_falls_to_else_is_noted() {
    let case = compile(&format!(
        "{CODES}let: {{ c: '$.body.a | table(codes)', r: '$.body | table(refusals)' }}\ntree: [ $.c.reason, $.r.reason ]"
    ));
    let misses =
        |body| -> Vec<String> { case.run(body).1.iter().map(|miss| format!("{} {}", miss.table, miss.key)).collect() };
    assert_eq!(misses(r#"{"a":7,"http":404}"#), ["codes 7", "refusals ,404,"]);
    assert_eq!(misses(r#"{"a":1022,"http":401}"#), Vec::<String>::new());
    assert_eq!(misses("{}"), Vec::<String>::new());
}

#[test]
fn a_tenant_lays_rows_and_columns_over() {
    let case = compile(&format!(
        "{CODES}let: {{ c: '$.body.a | table(codes)', r: '$.body | table(refusals)' }}\ntree: {{ c: $.c, r: $.r.reason }}"
    ));
    let text = "codes: { 1022: { http: 400 }, new: { reason: blocked } }\nrefusals: [ { http: 401, type: gone, reason: no_credit } ]\nwrods: {}\n";
    let source = Source::new("tenant.yaml", text);
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems).unwrap();
    let overrides = case.module.overrides(&source, &node, &mut problems);
    assert_eq!(super::shown(&source, &problems), ["SB0226 3:1 the mapping has no table `wrods`"]);
    let check = |a: Value<'_>, expected: &str| {
        let arena = Arena::new();
        let mut world = World::new(&arena, &case.module, &NoFacts, Timestamp::default());
        world.overrides = Some(&overrides);
        let frame = Frame::new(&world, &case.layout);
        let body = [("a", a), ("http", Value::Text("401")), ("type", Value::Text("gone"))];
        frame.set("body", Value::Map(&body));
        let mut out = Vec::new();
        assert_eq!(case.program.write_json(&frame, &mut out), Ok(true));
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    };
    check(Value::Text("1022"), r#"{"c":{"http":400,"reason":"template_params"},"r":"no_credit"}"#);
    check(Value::Text("new"), r#"{"c":{"reason":"blocked","http":200},"r":"no_credit"}"#);
    check(Value::Text("x"), r#"{"c":{"reason":"late","again":"1m","http":200},"r":"no_credit"}"#);
}
