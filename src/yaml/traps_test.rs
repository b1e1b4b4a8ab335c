//! Every trap with its exact place and message. One line per case: text, then what is said of it.

use super::{parse, to_tree};
use crate::diagnostic::{Diagnostic, Source, codes};

/// The problems of a text: headlines, and the first line of help.
fn said(text: &str) -> (Option<String>, Vec<Diagnostic>) {
    let (source, mut problems) = (Source::new("t", text), Vec::new());
    let node = parse(&source, &mut problems);
    for problem in &problems {
        assert!(codes::explain(problem.code).is_some(), "{} is not in the table", problem.code);
    }
    (node.map(|node| serde_json::to_string(&to_tree(&node)).unwrap()), problems)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let heads: Vec<String> = said(text).1.iter().map(Diagnostic::headline).collect();
    assert_eq!(heads, expected, "{text}");
}

#[test]
fn print_all() {
    for text in [
        "a: { http: $.e | table(a, b), x: 1 }",
        "a: [ $.e | table(a, b), x, \"$.y\" ]",
        "a: { $when: $.a == \"x, y\", then: 1 }",
        "a: { b: $.x[0] }",
        "a: { b: $.x[0], c: $.y }",
        "a:\n  - { b: c,\n      d: $.x[0] }",
        "a: [ $.list[*] ]",
        "a: { c: $.x | in(\"A\", \"B\") }",
        "a: { b: $.x['y-z'] }",
        "a: { b: $.x | f( }",
        "a: { b: ${env:X} }",
        "$text: {{name}}",
        "$text: {{name}} hi",
        "$text: Hi: {{name}}",
        "$text: Hi {{name}}",
        "a: { t: Hi {{name}} }",
        "a: [ {{x}}, b ]",
        "when: $.a == \"x: y\"",
        "when: $.a == \"x #1\"",
        "when: $.a ?? # $.b",
        "when: $.a   # note",
        "a: $.b ??\n   $.c # d\n   ?? e",
        "a: Order #5 shipped",
        "a: word #5",
        "a: some words # note",
        "a: +919999999999",
        "a: [0123, 1_000, 0x1F, 44000000099000000000000, .inf, 1.10, 1e400, -0]",
        "on: 1\nno: [yes, Off, y]\n'off': 'on'",
        "+91: a\n0123: b\n1.10: c",
        "a: *.example.com",
        "a: [ * ]",
        "a: &b 1\nc: *b",
        "*a : 1",
        "a: !foo 1\nb: !!str 1",
        "a: !$.x",
        "<<: { a: 1 }\nb: 1",
        "\"<<\": 1",
        "a: 1\n---\nb: 1",
        "%YAML 1.2\n---\na: 1",
        "a:\n\tb: 1",
        "a: {\n\tb: 1 }",
        "a:\tb",
        "[a]: b",
        "{a: b}: c",
        ": x",
        "? \n: x",
        "a: b\n  c: d",
        "a: b: c",
        "- a\nb: 1",
        "a:\n  b: 1\n c: 2",
        "a: \"x\" y",
        "a: 'b",
        "a: [1, 2",
        "a: {x: 1",
        "a: @x",
        "a: `x`",
        "a: %x",
        "a: - b",
        "a: ]",
        "a: {b: c}}",
        "a: [1}",
        "a: \"\\d+\"",
        "a: \"multi\nline\"\nb: 1",
        "a: |x\n y",
        "a\nb: 1",
        "a: 1\nfoo\nb: 2",
        "a: [x] y",
        "a: x\n #c\n  y",
        "a: { b: \"x\" y }",
        "a: {b: 1, - c}",
        "a:b",
        "a: 1\nb:2\nc: 3",
        "a: {a:1}",
        "a: x\u{202e}y",
        "a:\u{a0}b",
        "a: \u{7}",
        "a: \"$.x[0]\n",
    ] {
        let (tree, problems) = said(text);
        println!("=== {text:?}\n{}", tree.unwrap_or_default());
        for p in problems {
            println!("{p}");
        }
    }
}
