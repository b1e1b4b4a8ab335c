//! Expressions: reads, nothing, alternatives, comparisons, conditions, paths.

use super::{check, check_file, holds};

#[test]
fn what_begins_otherwise_is_itself() {
    check("$5 off", "{}", r#""$5 off""#);
    check("\"{{1}}\"", "{}", r#""{{1}}""#);
    check("0", "{}", "0");
    check("1.0", "{}", "1.0");
    check("\"478\"", "{}", r#""478""#);
    check("~", "{}", "null");
    check("\"say \\\"hi\\\"\"", "{}", r#""say \"hi\"""#);
}

#[test]
fn reads_keep_their_type() {
    check("$.body.a", r#"{"a":"478"}"#, r#""478""#);
    check("$.body.a", r#"{"a":478}"#, "478");
    check("$.body.a", r#"{"a":1.0}"#, "1.0");
    check("$.body.a", r#"{"a":{"x":[1,null]}}"#, r#"{"x":[1,null]}"#);
    check("$.body.a[1]", r#"{"a":[1,2]}"#, "2");
    check("$.body.a[-1]", r#"{"a":[1,2]}"#, "2");
    check("$.body['a b']", r#"{"a b":""}"#, r#""""#);
    check("$.tenant.name", "{}", r#""acme""#);
    check("$.settings.url", "{}", r#""https://a.example""#);
    check("$.now", "{}", r#""2026-11-04T09:14:06.981Z""#);
}

#[test]
fn required_reads_name_their_path() {
    check("$.body.a.b", "{}", "missing_field: a.b");
    check("$.body.a.b", r#"{"a":null}"#, "missing_field: a.b");
    check("{ x: $.body.a }", r#"{"a":null}"#, "missing_field: a");
    check("[ $.event.a ]", "{}", "missing_field: event.a");
    check("$.body.a | upper", "{}", "missing_field: a");
    check("$.body.a | nonempty", r#"{"a":""}"#, "missing_field: a");
    check("$.body.a ?? $.body.b", "{}", "missing_field: a or b");
    check("$.settings.license ?? $.body.a", "{}", "missing_field: settings.license or a");
    check_file(
        "let: { data: $.body.deep, tpl: $.data.inner }\ntree: $.tpl.url",
        r#"{"deep":{}}"#,
        "missing_field: deep.inner.url",
    );
}

#[test]
fn nothing_drops_a_key_where_a_question_mark_says_so() {
    check("{ x: '$.body.a?', y: 1 }", "{}", r#"{"y":1}"#);
    check("{ x: '$.body.a?', y: '$.body.b?' }", "{}", "{}");
    check("{ x: '$.body.a? | upper', y: 1 }", "{}", r#"{"y":1}"#);
    check("[ '$.body.a?', 1 ]", "{}", "[1]");
    check("$.body.a?", "{}", "nothing");
    check("'$.body.a ?? $.body.b?'", "{}", "nothing");
    check("'$.body.a ?? $.body.b?'", r#"{"b":0}"#, "0");
    check("'$.body.a ?? \"en\"'", r#"{"a":""}"#, r#""""#);
    check("'$.body.a ?? \"en\"'", r#"{"a":null}"#, r#""en""#);
    check("'$.body.a ?? null'", "{}", "null");
    check("'$.body.a? | prefix($.body.b)'", r#"{"a":"x"}"#, "nothing");
    check("'$.body.a | prefix($.body.b)'", r#"{"a":"x"}"#, "missing_field: a");
}

#[test]
fn functions_apply_from_left_to_right() {
    check("'$.body.a | prefix(\"+\") | prefix(\"x\")'", r#"{"a":"1"}"#, r#""x+1""#);
    check("'$.body.a ?? $.body.b | upper'", r#"{"a":"x"}"#, r#""x""#);
    check("'$.body.a ?? $.body.b | upper'", r#"{"b":"x"}"#, r#""X""#);
    check("{ $literal: '($.body.a ?? $.body.b) | upper' }", "{}", r#""($.body.a ?? $.body.b) | upper""#);
    check("'$.body.a | upper'", r#"{"a":1}"#, "malformed: a: expected a text");
}

#[test]
fn plural_paths_are_lists() {
    check("$.body.a[*].b", r#"{"a":[{"b":1},{"c":2},{"b":null}]}"#, "[1,null]");
    check("$.body.a[*]", "{}", "[]");
    check("$.body.a[*]", r#"{"a":{"x":1,"y":2}}"#, "[1,2]");
    check("$.body.a[1:]", r#"{"a":[1,2,3]}"#, "[2,3]");
    check("$.body.a[:-1]", r#"{"a":[1,2,3]}"#, "[1,2]");
    check("$.body.a[5:]", r#"{"a":[1,2,3]}"#, "[]");
    check("$.body.a[2:1]", r#"{"a":[1,2,3]}"#, "[]");
    check("'$.body.a[*] | count'", r#"{"a":[1,2,3]}"#, "3");
    check("$.body.a[*].b[*]", r#"{"a":[{"b":[1,2]},{"b":[3]}]}"#, "[1,2,3]");
}

#[test]
fn filters_are_rfc_9535() {
    let items = r#"{"want":2,"a":[{"n":1,"s":"APPROVED"},{"n":2,"s":null},{"n":3.0},{"n":"2"}]}"#;
    check("'$.body.a[?@.n == 2].n'", items, "[2]");
    check("'$.body.a[?@.n >= 2].n'", items, "[2,3.0]");
    check("'$.body.a[?@.n == $.body.want].n'", items, "[2]");
    check("'$.body.a[?@.s == $.settings.status].n'", items, "[1]");
    check("'$.body.a[?@.s].n'", items, "[1,2]");
    check("'$.body.a[?!@.s].n'", items, r#"[3.0,"2"]"#);
    check("'$.body.a[?@.s == null].n'", items, "[2]");
    check("'$.body.a[?@.x == @.y].n'", items, r#"[1,2,3.0,"2"]"#);
    check("'$.body.a[?@.n == 1 || @.n == 3].n'", items, "[1,3.0]");
    check("'$.body.a[?@.n != 1 && !(@.n == 3)].n'", items, r#"[2,"2"]"#);
    check("'$.body.a[?length(@.s) > 3].n'", items, "[1]");
    check("'$.body.a[?count(@.*) == 1].n'", items, r#"[3.0,"2"]"#);
}

#[test]
fn comparisons_compare_as_rfc_9535() {
    holds("$.body.a == 1", r#"{"a":1.0}"#, true);
    holds("$.body.a == 1", r#"{"a":"1"}"#, false);
    holds("$.body.a == $.body.b", "{}", true);
    holds("$.body.a != $.body.b", r#"{"a":1}"#, true);
    holds("$.body.a == null", "{}", true);
    holds("$.body.a == null", r#"{"a":0}"#, false);
    holds("$.body.a < 1", "{}", false);
    holds("$.body.a >= $.body.b", "{}", true);
    holds("$.body.a <= 2", r#"{"a":2}"#, true);
    holds("$.body.a > \"a\"", r#"{"a":"b"}"#, true);
    holds("$.body.a > 1", r#"{"a":"b"}"#, false);
    holds("$.body.a == $.body.b", r#"{"a":{"x":1,"y":2},"b":{"y":2,"x":1}}"#, true);
    check("{ x: $.body.a == 1 }", r#"{"a":1}"#, r#"{"x":true}"#);
    check("{ x: $.body.a == 1 }", "{}", r#"{"x":false}"#);
}

#[test]
fn conditions_are_boolean() {
    holds("true", "{}", true);
    holds("$.body.a?", r#"{"a":false}"#, true);
    holds("$.body.a?", r#"{"a":null}"#, false);
    holds("$.body.a", r#"{"a":false}"#, false);
    holds("$.body.a", "{}", false);
    holds("'$.body.a? | nonempty'", r#"{"a":""}"#, false);
    holds("$.body.a? && $.body.b == 1", r#"{"a":"x","b":1}"#, true);
    holds("$.body.a? || ($.body.b == 1 && !$.body.c?)", r#"{"b":1}"#, true);
    holds("$.body.a? && !($.body.b == 1)", r#"{"a":1,"b":1}"#, false);
    holds("'$.body.a | in(\"x\", \"y\")'", r#"{"a":"y"}"#, true);
    holds("'$.body.a | in(\"x\", \"y\")'", "{}", false);
    holds("$.settings.flag && $.body.a?", r#"{"a":1}"#, true);
    holds("'$.body.a[*] | count | between(2, 3)'", r#"{"a":[1,2]}"#, true);
    holds("'$.body.a[*] | count == 0'", "{}", true);
    check("{ $when: $.body.a, then: 1 }", r#"{"a":"yes"}"#, "malformed: a: expected true or false, found a text");
}

#[test]
fn long_chains_are_folded_over_lines() {
    check_file("tree: $.body.a\n  ?? $.body.b | upper\n  ?? $.body.c", r#"{"b":"x"}"#, r#""X""#);
}
