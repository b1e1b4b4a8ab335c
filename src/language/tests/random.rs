//! Properties over random programs, documents and texts: both sinks say the same, and nothing panics.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::compile;
use crate::language::expression::parse;
use crate::language::text::Prose;

const EXPRESSIONS: &[&str] = &[
    "$.body.a",
    "$.body.a?",
    "$.body.b ?? $.body.a?",
    "$.body.b ?? \"none\"",
    "$.body.l[*]",
    "$.body.l[1:]",
    "$.body.l[?@.a == 1].b",
    "$.body.a | string",
    "$.body.a? | nonempty",
    "$.body.a == 1",
    "$.body.l[*] | count",
    "$.body.a? && !($.body.b == $.body.a)",
    "$.t?",
    "$.row.x?",
    "$.now",
];

const CONDITIONS: &[&str] =
    &["$.body.a?", "$.body.a == 1", "$.body.l[*] | count > 1 || $.body.b?", "$.row.x == \"one\""];

fn tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-5_i64..5).prop_map(Json::from),
        "[a-c\"\\\\é]{0,3}".prop_map(Json::from),
        Just(json!("$omit")),
        proptest::sample::select(EXPRESSIONS).prop_map(Json::from),
        proptest::sample::select(EXPRESSIONS).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let when = (proptest::sample::select(CONDITIONS), inner.clone(), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map("[a-c]", inner.clone(), 0..4).prop_map(|map| json!(map)),
            when.prop_map(|(test, then, other)| json!({ "$when": test, "then": then, "else": other })),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(one, other, total)| match total {
                true => json!({ "$match": "$.body.a", "cases": { "1": one }, "else": other }),
                false => json!({ "$match": "$.body.a", "cases": { "1": one, "x": other } }),
            }),
            inner.clone().prop_map(|body| json!({ "$each": "$.body.l[*]", "do": body })),
            inner.clone().prop_map(|tree| json!({ "$pipe": tree, "to": "to_json" })),
            inner.clone().prop_map(|tree| json!({ "$use": "part", "with": { "given": tree } })),
        ]
    })
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![Just(Json::Null), (0_i64..3).prop_map(Json::from), "[x\"é]{0,2}".prop_map(Json::from)];
    let value = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            proptest::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| json!(map)),
        ]
    });
    proptest::collection::btree_map("[abl]", value, 0..4).prop_map(|map| json!(map))
}

proptest! {
    #[test]
    fn both_sinks_say_the_same(tree in tree(), body in document()) {
        let parts = json!({
            "tables": { "t": { "rows": { "1": { "x": "one" }, "x": "$omit" }, "else": { "x": "$omit", "y": 2 } } },
            "use": { "part": [ "$.given?", { "g": "$.given?" } ] },
            "let": { "t": [ "$.body.b?" ], "row": "$.body.a | table(t)" },
            "tree": tree,
        });
        // `run` compares.
        compile(&parts.to_string()).run(&body.to_string());
    }

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
