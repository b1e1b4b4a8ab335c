//! Problems found at load: code, line and column, and the words that matter.

use super::{compile_with, problems, shown};

#[test]
fn expressions_that_cannot_be_read() {
    problems("tree: $.body.a b", &["SB0201 1:16 an operator is missing"]);
    problems("tree: { x: '$.body.a | upper(' }", &["SB0201 1:29 this bracket is never closed"]);
    problems("tree: $.body..a", &["SB0201 1:13 `..`"]);
    problems("tree: $.body.a-b", &["SB0201 1:15 `-` has no meaning"]);
    problems("tree: \"$.body.a[?match(@.b, 'x')]\"", &["SB0202 1:8 `match()`"]);
    problems("tree: $.body.a[01]", &["SB0202 1:7 this is no path"]);
    problems("tree:\n  a: $.body.a b\n  c: $.body.d e", &["SB0201 2:15", "SB0201 3:15"]);
}

#[test]
fn names_are_known() {
    problems("tree: $.bdoy.a", &["SB0203 1:7 there is no name `bdoy` here"]);
    problems("tree: { x: $.body.a, y: '$.body.b | upper ?? $.nobody' }", &["SB0203 1:46 there is no name `nobody`"]);
    problems("tree: $.settings.ulr", &["SB0204 1:7 the setting `ulr` is not declared"]);
    problems("tree: '$.body.a[?@.x == $.nobody]'", &["SB0203 1:8 there is no name `nobody`"]);
    problems("tree: $.tenant.id", &["SB0203 1:7 of the tenant only"]);
    problems("let: { a: $.b, b: 1 }\ntree: [ $.a, $.b ]", &["SB0203 1:11 there is no name `b`"]);
    problems("let: { body: 1 }\ntree: $.body", &["SB0224 1:8 the name `body` is taken"]);
    let case = super::compile("tree: $.bdoy.a");
    assert_eq!(case.problems[0].help[0], "did you mean `body`?");
    assert!(case.problems[0].help[1].contains("body, credentials, event, last, now, settings, tenant"));
}

#[test]
fn what_may_hold_nothing_is_read_with_care() {
    problems("tree: $.last.id", &["SB0205 1:7 `last` may hold nothing"]);
    problems("tree: $.settings.license", &["wSB0205 1:7 the setting `license` may hold nothing"]);
    problems("tree: '$.last.id?'", &[]);
    problems("tree: '$.body.id ?? $.last.id'", &[]);
    problems("tree: { $when: '$.last?', then: $.last.id, else: $.last.id }", &["SB0205 1:50"]);
    problems(
        "tree: { $when: '$.body.a? && ($.last.id? && $.settings.license?)', then: [ $.last.x, $.settings.license ] }",
        &[],
    );
    problems("tree: { $when: '$.body.a? || $.last?', then: $.last.id }", &["SB0205 1:46"]);
    problems("tree: { $when: $.last.kind == \"x\", then: $.last.id }", &[]);
    problems("when: '$.settings.license?'\ntree: [ $.settings.license ]", &[]);
}

#[test]
fn lists_and_single_values_are_told_apart() {
    problems("tree: '$.body.a[*] == 1'", &["SB0206 1:8 this path is a list"]);
    problems("tree: '$.body.a[*] ?? 1'", &["SB0206 1:8 this path is a list"]);
    problems("tree: '$.body.a[*] | upper'", &["SB0206 1:22 `upper` takes one value"]);
    problems("tree: { $each: $.body.a, do: 1 }", &["SB0207 1:16 a list is wanted"]);
    problems("tree: '$.body.a | prefix($.body.b[*])'", &["SB0206 1:26"]);
}

#[test]
fn functions_are_checked() {
    problems("tree: '$.body.a | uper'", &["SB0208 1:19 there is no function `uper`"]);
    problems("tree: '$.body.a | prefix'", &["SB0209 1:19 `prefix` has no argument"]);
    problems("tree: '$.body.a | prefix(\"a\", \"b\")'", &["SB0209 1:19 `prefix` has 2 arguments"]);
    problems("tree: '$.body.a | prefix(1)'", &["SB0210 1:26 the argument"]);
    problems("tree: '$.body.a | prefix(x)'", &["SB0209 1:26 the argument"]);
    problems("tree: '$.body.a | capture($.body.b)'", &["SB0209 1:27"]);
    problems("tree: '$.body.a | capture(\"(\")'", &["SB0209 1:19"]);
    problems("tree: '$.body.a | length | upper'", &["SB0210 1:28 `upper` takes a text, and this is an integer"]);
    problems("tree: '$.body.a | table(codes)'", &["SB0215 1:25 there is no table `codes`"]);
}

#[test]
fn conditions_are_boolean_only() {
    problems("tree: { $when: '$.body.a | upper', then: 1 }", &["SB0211 1:17 this is neither"]);
    problems("tree: { $when: yes please, then: 1 }", &["SB0201 1:16 expected an expression"]);
    problems("tree: { $when: 1, then: 1 }", &["SB0201 1:16 expected an expression, found a number"]);
    problems("tree: { $when: '$.body.a && \"x\"', then: 1 }", &["SB0211 1:29"]);
}

#[test]
fn operators_stand_alone() {
    problems("tree: { $wehn: $.body.a, then: 1 }", &["SB0212 1:9 there is no operator `$wehn`"]);
    problems("tree: { $when: '$.body.a?', then: 1, x: 2 }", &["SB0213 1:38 `x` stands beside"]);
    problems("tree: { $when: '$.body.a?', then: 1, $each: 2 }", &["SB0213 1:38 `$when` and `$each`"]);
    problems("tree: { $when: '$.body.a?' }", &["SB0214 1:9 `$when` needs `then` or `else`"]);
    problems("tree: { $each: '$.body.a[*]' }", &["SB0214 1:9 `$each` needs `do`"]);
    problems("tree: { $match: $.body.a }", &["SB0214 1:9 `$match` needs `cases`"]);
    problems("tree: { $pipe: 1 }", &["SB0214 1:9 `$pipe` needs `to`"]);
    problems("tree: { $file: x.json }", &["SB0212 1:9"]);
    problems("tree: { $omit: 1 }", &["SB0212 1:9"]);
    problems("tree: { x: $ommit }", &["wSB0212 1:12 this text is itself"]);
}

#[test]
fn named_trees_are_used_alike() {
    let file = "use: { t: [ '$.a?', '$.b?' ] }\n";
    problems(&format!("{file}tree: {{ $use: x }}"), &["SB0219 2:15 there is no tree `x`", "wSB0225 1:8"]);
    problems(
        &format!("{file}tree: [ {{ $use: t, with: {{ a: 1, b: 2 }} }}, {{ $use: t, with: {{ a: 1 }} }} ]"),
        &["SB0220 2:52 `with` lacks the name `b`"],
    );
    problems(&format!("{file}tree: {{ $use: t, with: {{ a: 1 }} }}"), &["SB0203 1:22 there is no name `b`"]);
    problems(&format!("{file}tree: 1"), &["wSB0225 1:8 nothing reads the tree `t`"]);
}

#[test]
fn tables_are_total() {
    problems(
        "tables: { t: { rows: { a: 1 } } }\ntree: '$.body.a | table(t)'",
        &["SB0216 1:14 the table `t` has no `else`"],
    );
    problems("tables: { t: { rows: { a: $.body.x }, else: 1 } }\ntree: '$.body.a | table(t)'", &["SB0218 1:27"]);
    problems(
        "tables: { t: { key: [ a, b ], rows: [ { a: 1, x: 1 }, { a: 1, b: 2, x: 2 } ], else: { x: 0 } } }\ntree: '$.body | table(t)'",
        &["SB0217 1:55 an earlier row"],
    );
    problems(
        "tables: { t: { rows: { a: { http: 1 } }, else: { http: 0 } } }\nlet: { r: '$.body.a | table(t)' }\ntree: $.r.htpp",
        &["SB0227 3:7 the table `t` has no column `htpp`"],
    );
    problems("tables: { t: { rows: {}, else: 1 } }\ntree: 1", &["wSB0225 1:11 nothing reads the table `t`"]);
    problems("tables: { t: { rows: [ { a: 1 } ], else: 1 } }\ntree: '$.body.a | table(t)'", &["SB0216 1:22"]);
    problems(
        "tables: { t: { row: {}, rows: {}, else: 1 } }\ntree: '$.body.a | table(t)'",
        &["SB0216 1:16 a table has no `row`"],
    );
}

#[test]
fn prose_is_checked() {
    problems(
        "tree: { $text: 'Hi {{name}}', with: { nmae: 1 } }",
        &["SB0221 1:16 the template reads `name`", "wSB0225 1:16"],
    );
    problems("tree: { $text: '{{#if a}}x{{/if}}', with: { a: 1 } }", &["SB0221 1:16 a template holds names only"]);
    problems("let: { a: 1 }\ntree: 2", &["wSB0225 1:8 nothing reads the name `a`"]);
}

#[test]
fn depth_is_bounded() {
    let deep = format!("tree: {}1{}", "[".repeat(60), "]".repeat(60));
    problems(&deep, &["SB0223 1:55 trees are nested deeper"]);
}

#[test]
fn a_tree_compiled_twice_says_its_problem_once() {
    let case = compile_with("let: { a: $.x }\ntree: $.bdoy", |scope, compiler, node| {
        scope.tree(compiler, node);
        scope.tree(compiler, node)
    });
    assert_eq!(
        shown(&case.source, &case.problems),
        [
            "SB0203 1:11 there is no name `x` here",
            "SB0203 2:7 there is no name `bdoy` here",
            "wSB0225 1:8 nothing reads the name `a`",
        ]
    );
}
