//! Trees: operators, splicing, omitting, lets, named trees, prose.

use super::{check, check_file, compile};

#[test]
fn omit_drops_a_key_or_an_item() {
    check("{ a: $omit, b: 1 }", "{}", r#"{"b":1}"#);
    check("[ 1, $omit, 2 ]", "{}", "[1,2]");
    check("$omit", "{}", "nothing");
    check("{ a: { b: $omit } }", "{}", r#"{"a":{}}"#);
    check("{ a: [ '$.body.x?' ] }", "{}", r#"{"a":[]}"#);
}

#[test]
fn when_chooses_a_side() {
    let one = "{ x: { $when: $.body.a == 1, then: yes it is, else: '$.body.b' } }";
    check(one, r#"{"a":1}"#, r#"{"x":"yes it is"}"#);
    check(one, r#"{"a":2,"b":3}"#, r#"{"x":3}"#);
    check(one, r#"{"a":2}"#, "missing_field: b");
    check("{ x: { $when: '$.body.a?', else: 1 } }", r#"{"a":1}"#, "{}");
    check("[ { $when: '$.body.a?', then: $.body.a }, 2 ]", "{}", "[2]");
}

#[test]
fn match_finds_a_case_or_refuses() {
    let kind = "{ $match: $.body.k, cases: { text: $.body.t, 1: one, true: yes indeed, none: $omit } }";
    check(kind, r#"{"k":"text","t":"x"}"#, r#""x""#);
    check(kind, r#"{"k":1}"#, r#""one""#);
    check(kind, r#"{"k":"1"}"#, r#""one""#);
    check(kind, r#"{"k":true}"#, r#""yes indeed""#);
    check(kind, r#"{"k":"none"}"#, "nothing");
    check(kind, r#"{"k":"audio"}"#, "malformed: k is `audio`, and none of text, 1, true, none");
    check(kind, r#"{"k":"+91 98"}"#, "malformed: k is another text, and none of text, 1, true, none");
    check(kind, "{}", "malformed: k is nothing, and none of text, 1, true, none");
    check("{ $match: $.body.k, cases: { a: 1 }, else: 2 }", "{}", "2");
    check("{ x: { $match: $.body.k, cases: { a: 1 }, else: $omit } }", "{}", "{}");
    check("{ $match: '$.body.k ?? \"a\"', cases: { a: 1 } }", "{}", "1");
}

#[test]
fn each_splices_and_counts() {
    check(
        "{ $each: '$.body.a[*]', do: { n: $.item, i: $.index } }",
        r#"{"a":["x","y"]}"#,
        r#"[{"n":"x","i":0},{"n":"y","i":1}]"#,
    );
    check("[ 0, { $each: '$.body.a[*]', do: $.item }, 9 ]", r#"{"a":[1,2]}"#, "[0,1,2,9]");
    check("[ { $each: '$.body.a[*]', do: [ $.item ] } ]", r#"{"a":[1,2]}"#, "[[1],[2]]");
    check("{ $each: '$.body.a[*]', do: { $when: $.item > 1, then: $.index } }", r#"{"a":[1,2,3]}"#, "[1,2]");
    check("{ $each: '$.body.a[*]', do: $.item }", "{}", "[]");
    check("[ { $when: '$.body.a?', then: { $each: '$.body.a[*]', do: $.item } }, 9 ]", r#"{"a":[1]}"#, "[1,9]");
    check("[ { $each: '$.body.a[*]', do: '$.item?' } ]", r#"{"a":[1,null]}"#, "[1]");
    check(
        "{ $each: '$.body.a[*]', as: row, do: { $each: '$.row.b[*]', do: { o: $.row.n, i: $.item } } }",
        r#"{"a":[{"n":1,"b":[2,3]}]}"#,
        r#"[[{"o":1,"i":2},{"o":1,"i":3}]]"#,
    );
    check(
        "{ $each: '$.body.a[*]', do: { all: { $each: '$.item[*]', do: $.index }, i: $.index } }",
        r#"{"a":[[7],[8,9]]}"#,
        r#"[{"all":[0],"i":0},{"all":[0,1],"i":1}]"#,
    );
    check("{ $each: '$.body.a | split(\",\")', do: $.item }", r#"{"a":"x,y"}"#, r#"["x","y"]"#);
}

#[test]
fn lets_are_computed_when_read() {
    check_file("let: { a: $.body.x, b: $.a.y }\ntree: { v: '$.b?' }", r#"{"x":{"y":1}}"#, r#"{"v":1}"#);
    check_file(
        "let: { a: { $match: $.body.k, cases: { x: 1 } } }\ntree: { $when: '$.body.k?', then: $.a }",
        "{}",
        "nothing",
    );
    check_file("let: { a: [ 1, $.body.x ], n: '$.a[*]' }\ntree: '$.n | count'", r#"{"x":1}"#, "2");
    check_file("let: { a: $.body.x }\ntree: { v: $.a }", "{}", "missing_field: x");
    check_file("let: { a: '$.body.x | upper' }\ntree: { v: $.a }", "{}", "missing_field: a");
    check_file("let: { a: { $when: '$.body.x?', then: $.body.y } }\ntree: { v: '$.a?' }", r#"{"x":1}"#, "{}");
}

#[test]
fn named_trees_see_their_names() {
    let body = "use: { part: { $when: '$.list[0]?', then: { n: '$.list | count', t: $.title } } }\n";
    let text = "tree: { a: { $use: part, with: { list: '$.body.l[*]', title: $.body.t } } }";
    check_file(&format!("{body}{text}"), r#"{"l":[1,2],"t":"x"}"#, r#"{"a":{"n":2,"t":"x"}}"#);
    check_file(&format!("{body}{text}"), "{}", "{}");
    check_file(&format!("{body}{text}"), r#"{"l":[1]}"#, "missing_field: title");
    let recursive = "use: { node: { v: $.node.v, kids: { $each: '$.node.kids[*]', do: { $use: node, with: { node: $.item } } } } }\ntree: { $use: node, with: { node: $.body } }";
    check_file(
        recursive,
        r#"{"v":1,"kids":[{"v":2},{"v":3,"kids":[{"v":4}]}]}"#,
        r#"{"v":1,"kids":[{"v":2,"kids":[]},{"v":3,"kids":[{"v":4,"kids":[]}]}]}"#,
    );
    check_file(
        "use: { at: '$.time | format(\"%Y\")' }\ntree: { t: { $use: at, with: { time: $.now } } }",
        "{}",
        r#"{"t":"2026"}"#,
    );
}

#[test]
fn pipes_and_literals() {
    check("{ $literal: { $when: $.x, a: $omit } }", "{}", r#"{"$when":"$.x","a":"$omit"}"#);
    check(
        "{ x: { $pipe: [ $.body.a, '$.body.b?' ], to: 'number_keys | to_json' } }",
        r#"{"a":"p"}"#,
        r#"{"x":"{\"1\":\"p\"}"}"#,
    );
    check("{ x: { $pipe: { $each: '$.body.a[*]', do: $.item }, to: 'first | nonempty' } }", r#"{"a":[""]}"#, "{}");
}

#[test]
fn prose_is_filled_in() {
    check(
        "{ $text: 'Hi {{name}}, you are {{n}}', with: { name: $.body.name, n: '$.body.n ?? 1' } }",
        r#"{"name":"a\",\"to\":\"6 {{n}}"}"#,
        r#""Hi a\",\"to\":\"6 {{n}}, you are 1""#,
    );
    check("{ $text: 'Hi {{name}}', with: { name: '$.body.name?' } }", "{}", "missing_field: name");
    check(
        "{ $text: 'Hi {{name}}', with: { name: $.body.name } }",
        r#"{"name":[]}"#,
        "malformed: name: a list is no part of a sentence",
    );
}

#[test]
fn constant_parts_are_folded() {
    let case = compile("tree: { a: 1, b: [ x, $omit, { c: true } ], d: $omit }");
    let constant = case.program.constant().expect("a constant");
    assert_eq!(serde_json::to_string(constant).unwrap(), r#"{"a":1,"b":["x",{"c":true}]}"#);
    assert!(compile("tree: { a: $.body.x }").program.constant().is_none());
    assert!(compile("tree: $omit").program.is_omit());
}

#[test]
fn reads_are_listed_through_lets_and_named_trees() {
    let case = compile(
        "use: { part: '$.settings.url' }\nlet: { a: $.body.x.y }\ntree: { p: '$.a.z?', q: { $use: part }, r: { $each: '$.event.l[*]', do: $.item.z } }",
    );
    let reads: Vec<String> = case.program.reads().iter().map(|(name, member)| format!("{name}.{member}")).collect();
    assert_eq!(reads, ["body.x", "event.l", "settings.url"]);
}

#[test]
fn a_value_is_never_evaluated() {
    check("{ x: $.body.a }", r#"{"a":"$.body.b"}"#, r#"{"x":"$.body.b"}"#);
    check("{ x: $.body.a }", r#"{"a":{"$when":true}}"#, r#"{"x":{"$when":true}}"#);
}
