//! Properties over random programs, documents and texts: both sinks say the same, and nothing panics.
//!
//! Programs are made of every operator, and of every function as its examples use it; what is made must mostly load
//! and come to something, which [`every_part_is_reached`] counts.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use super::compile;
use crate::functions::FUNCTIONS;
use crate::language::expression::parse;
use crate::language::text::Prose;
use crate::shape::OPERATORS;

const PATHS: &[&str] = &[
    "$.body.a",
    "$.body.b",
    "$.body.l[0]",
    "$.body.l[-1].b",
    "$.body['a'].b[1]",
    "$.given",
    "$.t",
    "$.row.x",
    "$.several.y",
    "$.now",
    "$.tenant.name",
    "$.settings.flag",
    "$.last.id",
];

const LISTS: &[&str] = &[
    "$.body.l[*]",
    "$.body.l[1:]",
    "$.body.l[-2:9]",
    "$.body[*][*]",
    "$.body.l[?@.a == 1].b",
    "$.body.l[?@.b || length(@) > 1 && !(@[0] == $.body.a)]",
    "$.body.l[?count(@[*]) >= 2][*]",
    "$.all",
];

/// What stands behind the path in each example of each function.
fn calls() -> Vec<String> {
    let examples = FUNCTIONS.iter().flat_map(|function| function.examples);
    let calls = examples.map(|example| example.expression.split_once('|').unwrap().1);
    let mut calls: Vec<String> = calls.map(|call| format!("|{}", call.replace("$.b", "$.body.b"))).collect();
    calls.extend(["| table(t)", "| table(several)", "| table(wide)"].map(str::to_owned));
    calls
}

fn pipe() -> impl Strategy<Value = String> {
    let call = proptest::sample::select(calls());
    let path = prop_oneof![3 => proptest::sample::select(PATHS), 1 => proptest::sample::select(LISTS)];
    (path, any::<bool>(), proptest::collection::vec(call, 0..3)).prop_map(|(path, optional, calls)| {
        let mark = if optional && PATHS.contains(&path) { "?" } else { "" };
        format!("{path}{mark} {}", calls.join(" "))
    })
}

fn literal() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&["\"none\"", "1", "null", "true", "1.5"][..])
}

fn expression() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => pipe(),
        1 => (pipe(), pipe()).prop_map(|(one, other)| format!("{one} ?? {other}")),
        1 => (pipe(), literal()).prop_map(|(one, other)| format!("{one} ?? {other}")),
        1 => condition(),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let how = proptest::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]);
    let plain = proptest::sample::select(PATHS);
    let test = prop_oneof![
        plain.clone().prop_map(|path| format!("{path}?")),
        (pipe(), how.clone(), literal()).prop_map(|(one, how, other)| format!("{one} {how} {other}")),
        (plain.clone(), how, pipe()).prop_map(|(one, how, other)| format!("{one} {how} {other}")),
        plain.prop_map(|path| format!("{path}? | in(1, \"x\", true)")),
    ];
    let one = test.clone();
    prop_oneof![
        2 => one,
        1 => (test.clone(), test.clone()).prop_map(|(one, other)| format!("{one} && !({other})")),
        1 => (test.clone(), test).prop_map(|(one, other)| format!("{one} || {other}")),
    ]
}

fn tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        1 => (-5_i64..5).prop_map(Json::from),
        1 => "[a-c\"\\\\é\u{0}\u{202e}😀]{0,3}".prop_map(Json::from),
        1 => Just(json!("$omit")),
        1 => Just(json!("$.credentials.key")),
        6 => expression().prop_map(Json::from),
    ];
    let calls = proptest::sample::select(calls()).prop_map(|call| call.trim_start_matches('|').trim().to_owned());
    leaf.prop_recursive(5, 32, 4, move |inner| {
        let name = proptest::sample::select(&["item", "it"][..]);
        let listed = proptest::sample::select(LISTS);
        let loops = (listed, name, inner.clone(), any::<bool>()).prop_map(|(of, name, body, count)| {
            let own = if count { json!("$.index") } else { json!(format!("$.{name}?")) };
            json!({ "$each": of, "as": name, "do": [ own, body ] })
        });
        prop_oneof![
            2 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            2 => proptest::collection::btree_map("[a-c]", inner.clone(), 0..4).prop_map(|map| json!(map)),
            1 => (condition(), inner.clone(), inner.clone())
                .prop_map(|(test, then, other)| json!({ "$when": test, "then": then, "else": other })),
            1 => (condition(), inner.clone()).prop_map(|(test, then)| json!({ "$when": test, "then": then })),
            1 => (pipe(), inner.clone(), inner.clone())
                .prop_map(|(on, one, other)| json!({ "$match": on, "cases": { "1": one }, "else": other })),
            1 => (pipe(), inner.clone(), inner.clone())
                .prop_map(|(on, one, other)| json!({ "$match": on, "cases": { "1": one, "x": other } })),
            2 => loops,
            1 => (inner.clone(), calls.clone()).prop_map(|(tree, to)| json!({ "$pipe": tree, "to": to })),
            1 => inner.clone().prop_map(|tree| json!({ "$use": "part", "with": { "given": tree } })),
            1 => inner.clone().prop_map(|tree| json!({ "$use": "deep", "with": { "node": tree } })),
            1 => inner.clone().prop_map(|tree| json!({ "$text": "Hi {{a}}, {{a}}!", "with": { "a": tree } })),
            1 => inner.prop_map(|tree| json!({ "$literal": tree })),
        ]
    })
}

/// Texts that functions understand, among others.
const TEXTS: &[&str] = &[
    "x",
    "",
    "1",
    "Hi {{1}}, {{name}}",
    "2026-11-21T10:00:00+0530",
    "+1 (415) 555-2671",
    "{\"a\":[1,null]}",
    "aGk=",
    "x,,y",
    "https://cdn.example/a%20b.pdf?x#1022",
    "é\"\\\u{0}",
    "true",
    "order",
];

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        (0_i64..3).prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        proptest::sample::select(&[1.5, -0.0, 1e300][..]).prop_map(Json::from),
        proptest::sample::select(TEXTS).prop_map(Json::from),
        proptest::sample::select(TEXTS).prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map("[ab]|body|text|1|2", inner, 0..3).prop_map(|map| json!(map)),
        ]
    });
    let list = proptest::collection::vec(value.clone(), 0..4).prop_map(Json::from);
    (value.clone(), value, list).prop_map(|(a, b, l)| json!({ "a": a, "b": b, "l": l }))
}

fn file(tree: &Json) -> String {
    json!({
        "tables": {
            "t": { "rows": { "1": { "x": "one" }, "x": "$omit" }, "else": { "x": "$omit", "y": 2 } },
            "several": {
                "key": [ "a", "b" ],
                "rows": [ { "a": 1, "b": "x", "y": "both" }, { "a": 1, "y": 2 }, { "b": "x", "y": "$omit" } ],
                "else": { "y": "none" },
            },
            "wide": { "key": "a", "rows": { "true": 1, "x": [ 1, { "b": 2 } ] }, "else": "$omit" },
        },
        "use": {
            "part": [ "$.given?", { "g": "$.given?", "n": "$.now" } ],
            "deep": { "$when": "$.node?", "then": { "n": { "$use": "deep", "with": { "node": "$.node.n?" } } }, "else": "$omit" },
        },
        "let": {
            "t": [ "$.body.b?" ],
            "given": "$.body.a?",
            "all": "$.body.l[*]",
            "row": "$.body.a | table(t)",
            "several": { "$pipe": { "a": "$.body.a?", "b": "$.body.b?" }, "to": "table(several)" },
        },
        "tree": tree,
    })
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn both_sinks_say_the_same(tree in tree(), body in document()) {
        // `run` compares values, faults and what fell to the `else` of a table.
        compile(&file(&tree)).run(&body.to_string());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}", words in "([$.a\\[\\]?|() \"'!&<=@*:,0-9]|body|upper|table|null){0,24}") {
        for expression in [format!("$.{text}"), format!("$.body{words}")] {
            let _ = parse(&expression);
            compile(&json!({ "tree": expression }).to_string());
            compile(&json!({ "tree": { "$when": expression, "then": { "$each": expression, "do": 1 } } }).to_string());
        }
        let _ = Prose::parse(&format!("{text}{{{{{words}}}}}"));
    }
}

/// What the strategies make is known to have every operator and function, and to come to values, nothing and faults.
#[test]
fn every_part_is_reached() {
    let mut runner = TestRunner::deterministic();
    let (mut all, mut good, mut faults, mut nothing) = (String::new(), 0, 0, 0);
    for _ in 0..2000 {
        let tree = tree().new_tree(&mut runner).unwrap().current();
        all.push_str(&tree.to_string());
        // Small ones are enough to see what runs come to.
        if all.len() % 4 == 0 {
            let case = compile(&file(&tree));
            let came = case.run(&document().new_tree(&mut runner).unwrap().current().to_string()).0;
            good += usize::from(case.problems.iter().all(|problem| !problem.is_error()));
            faults += usize::from(came.starts_with("malformed") || came.starts_with("missing_field"));
            nothing += usize::from(came == "nothing");
        }
    }
    for operator in OPERATORS {
        assert!(all.contains(&format!("\"{}\":", operator.head.name)), "{}", operator.head.name);
    }
    for function in FUNCTIONS {
        assert!(all.contains(&format!("| {}", function.name)), "{}", function.name);
    }
    println!("{good} load, {faults} fault, {nothing} are nothing");
    assert!(good > 60 && faults > 30 && nothing > 5, "{good} load, {faults} fault, {nothing} are nothing");
}
