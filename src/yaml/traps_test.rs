//! Every trap with its exact place and message. One row per case: text, the tree there still is, what is said.

use super::{parse, to_tree};
use crate::diagnostic::{Diagnostic, Source, codes};

#[track_caller]
fn check(text: &str, tree: &str, expected: &[&str]) {
    let (source, mut problems) = (Source::new("t", text), Vec::new());
    let node = parse(&source, &mut problems);
    for problem in &problems {
        assert!(codes::explain(problem.code).is_some(), "{} is not in the table", problem.code);
        assert!(!problem.help.is_empty(), "no help with {}: {text}", problem.message);
    }
    let heads: Vec<String> = problems.iter().map(Diagnostic::headline).collect();
    let heads: Vec<&str> = heads.iter().map(|head| head.strip_prefix("t:").unwrap_or(head)).collect();
    assert_eq!(heads, expected, "{text}");
    let found = node.map(|node| serde_json::to_string(&to_tree(&node)).unwrap());
    assert_eq!(found.unwrap_or_default(), tree, "{text}");
}

#[test]
fn expressions_in_flow_style() {
    check(
        "a: { http: $.e | table(a, b), x: 1 }",
        "{\"a\":{\"http\":\"$.e | table(a, b)\",\"x\":1}}",
        &["1:12: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: [ $.e | table(a, b), x, \"$.y\" ]",
        "{\"a\":[\"$.e | table(a, b)\",\"x\",\"$.y\"]}",
        &["1:6: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: { $when: $.a == \"x, y\", then: 1 }",
        "{\"a\":{\"$when\":\"$.a == \\\"x, y\\\"\",\"then\":1}}",
        &["1:13: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: { b: $.x[0] }",
        "",
        &["1:9: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: { b: $.x[0], c: $.y }",
        "",
        &["1:9: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a:\n  - { b: c,\n      d: $.x[0] }",
        "",
        &["3:10: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: [ $.list[*] ]",
        "",
        &["1:6: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: { c: $.x | in(\"A\", \"B\") }",
        "",
        &["1:9: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check(
        "a: { b: $.x['y-z'] }",
        "",
        &["1:9: error[SB0110]: inside `{ }` or `[ ]` a comma or bracket cuts this unquoted expression"],
    );
    check("a: { b: $.x | f( }", "{\"a\":{\"b\":\"$.x | f(\"}}", &[]);
    check(
        "a: { b: ${env:X} }",
        "",
        &["1:9: error[SB0110]: inside `{ }` or `[ ]` the bracket of `${…}` cuts this unquoted text"],
    );
}

#[test]
fn templates() {
    check("$text: {{name}}", "{\"$text\":\"{{name}}\"}", &["1:8: error[SB0111]: an unquoted `{{` opens two maps"]);
    check("$text: {{name}} hi", "", &["1:8: error[SB0111]: an unquoted `{{` opens two maps"]);
    check(
        "$text: Hi: {{name}}",
        "",
        &["1:10: error[SB0112]: a colon and a blank end a key, but this one stands within a text"],
    );
    check("$text: Hi {{name}}", "{\"$text\":\"Hi {{name}}\"}", &[]);
    check("a: { t: Hi {{name}} }", "", &["1:12: error[SB0111]: an unquoted `{{` opens two maps"]);
    check("a: [ {{x}}, b ]", "{\"a\":[\"{{x}}\",\"b\"]}", &["1:6: error[SB0111]: an unquoted `{{` opens two maps"]);
}

#[test]
fn colons_and_comments() {
    check("when: $.a == \"x: y\"", "", &["1:7: error[SB0112]: a colon and a blank cut this unquoted expression"]);
    check(
        "when: $.a == \"x #1\"",
        "{\"when\":\"$.a == \\\"x\"}",
        &["1:17: error[SB0113]: a comment cuts the expression"],
    );
    check("when: $.a ?? # $.b", "{\"when\":\"$.a ??\"}", &["1:14: error[SB0113]: a comment cuts the expression"]);
    check("when: $.a   # note", "{\"when\":\"$.a\"}", &[]);
    check("a: $.b ??\n   $.c # d\n   ?? e", "", &["2:8: error[SB0101]: a comment stands amid a text of several lines"]);
    check(
        "a: Order #5 shipped",
        "{\"a\":\"Order\"}",
        &["1:10: warning[SB0113]: the text ends here: what follows is a comment"],
    );
    check("a: word #5", "{\"a\":\"word\"}", &["1:9: warning[SB0113]: the text ends here: what follows is a comment"]);
    check("a: some words # note", "{\"a\":\"some words\"}", &[]);
    check("a: b: c", "", &["1:5: error[SB0112]: a colon and a blank end a key, but this one stands within a text"]);
}

#[test]
fn numbers_that_stay_texts() {
    check(
        "a: +919999999999",
        "{\"a\":\"+919999999999\"}",
        &["1:4: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its plus"],
    );
    check(
        "a: [0123, 1_000, 0x1F, 44000000099000000000000, .inf, 1.10, 1e400, -0]",
        "{\"a\":[\"0123\",\"1_000\",\"0x1F\",\"44000000099000000000000\",\".inf\",1.1,\"1e400\",\"-0\"]}",
        &[
            "1:5: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its leading zeros",
            "1:11: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its notation",
            "1:18: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its notation",
            "1:24: warning[SB0115]: this looks like a number and is kept as a text: a number would lose digits",
            "1:49: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its notation",
            "1:55: warning[SB0118]: this is read as a number, without the zeros at its end",
            "1:61: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its notation",
            "1:68: warning[SB0115]: this looks like a number and is kept as a text: a number would lose its minus",
        ],
    );
    check("+91: a\n0123: b\n1.10: c", "{\"+91\":\"a\",\"0123\":\"b\",\"1.10\":\"c\"}", &[]);
}

#[test]
fn booleans_of_yaml_1_1() {
    check("a: off\nb: [on]", "{\"a\":\"off\",\"b\":[\"on\"]}", &[]);
    check(
        "on: 1\nno: [yes, Off, y]\n'off': 'on'",
        "{\"on\":1,\"no\":[\"yes\",\"Off\",\"y\"],\"off\":\"on\"}",
        &[
            "1:1: warning[SB0114]: other YAML tools read a boolean here; this is a text",
            "2:1: warning[SB0114]: other YAML tools read a boolean here; this is a text",
            "2:6: warning[SB0114]: other YAML tools read a boolean here; this is a text",
            "2:11: warning[SB0114]: other YAML tools read a boolean here; this is a text",
            "2:16: warning[SB0114]: other YAML tools read a boolean here; this is a text",
        ],
    );
}

#[test]
fn what_of_yaml_is_not_taken() {
    check("a: *.example.com", "{\"a\":null}", &["1:4: error[SB0103]: aliases are not taken"]);
    check("a: [ * ]", "", &["1:6: error[SB0103]: aliases and anchors are not taken"]);
    check(
        "a: &b 1\nc: *b",
        "{\"a\":1,\"c\":null}",
        &["1:4: error[SB0103]: anchors are not taken", "2:4: error[SB0103]: aliases are not taken"],
    );
    check("*a : 1", "{}", &["1:1: error[SB0103]: aliases are not taken"]);
    check(
        "a: !foo 1\nb: !!str 1",
        "{\"a\":1,\"b\":1}",
        &["1:4: error[SB0104]: tags are not taken", "2:4: error[SB0104]: tags are not taken"],
    );
    check("a: !$.x", "{\"a\":null}", &["1:4: error[SB0104]: tags are not taken"]);
    check("<<: { a: 1 }\nb: 1", "{\"b\":1}", &["1:1: error[SB0105]: the merge key `<<` is not taken"]);
    check("\"<<\": 1", "{\"<<\":1}", &[]);
    check("a: 1\n---\nb: 1", "", &["2:1: error[SB0106]: a second document begins here"]);
    check("%YAML 1.2\n---\na: 1", "", &["1:1: error[SB0117]: directives (`%…`) are not taken"]);
}

#[test]
fn breaches_of_syntax() {
    check("a:\n\tb: 1", "", &["2:1: error[SB0107]: a tab stands where YAML wants spaces"]);
    check("a: {\n\tb: 1 }", "", &["2:1: error[SB0107]: a tab stands where YAML wants spaces"]);
    check("a:\tb", "{\"a\":\"b\"}", &[]);
    check(
        "a: b\n  c: d",
        "",
        &["2:3: error[SB0101]: a key cannot stand here: the line above already holds a text, which goes on here"],
    );
    check("- a\nb: 1", "", &["2:1: error[SB0101]: an item (`- `) is expected here"]);
    check("a:\n  b: 1\n c: 2", "", &["3:2: error[SB0101]: a key is expected here"]);
    check("a: \"x\" y", "", &["1:8: error[SB0101]: text stands after the closing quote"]);
    check("a: 'b", "", &["1:4: error[SB0101]: the quote that opens here is never closed"]);
    check("a: [1, 2", "", &["1:4: error[SB0101]: the `[` that opens here is never closed"]);
    check("a: {x: 1", "", &["1:4: error[SB0101]: the `{` that opens here is never closed"]);
    check("a: @x", "", &["1:4: error[SB0101]: an unquoted text cannot begin with @"]);
    check("a: `x`", "", &["1:4: error[SB0101]: an unquoted text cannot begin with `"]);
    check("a: %x", "", &["1:4: error[SB0101]: an unquoted text cannot begin with %"]);
    check("a: - b", "", &["1:4: error[SB0101]: a list cannot begin on the line of its key"]);
    check("a: ]", "", &["1:4: error[SB0101]: this bracket closes nothing"]);
    check("a: {b: c}}", "", &["1:10: error[SB0101]: this bracket closes nothing"]);
    check("a: [1}", "", &["1:4: error[SB0101]: `[` is closed by `}`"]);
    check("a: \"\\d+\"", "", &["1:4: error[SB0101]: a backslash in this text begins no escape that YAML knows"]);
    check(
        "a: \"multi\nline\"\nb: 1",
        "",
        &["2:1: error[SB0101]: the quoted text goes on here with too little indentation"],
    );
    check("a: |x\n y", "", &["1:4: error[SB0101]: after `|` or `>` the line must end"]);
    check(
        "a\nb: 1",
        "",
        &["2:1: error[SB0101]: a key cannot stand here: the line above already holds a text, which goes on here"],
    );
    check("a: 1\nfoo\nb: 2", "", &["2:1: error[SB0101]: this line is no `key: value`"]);
    check("a: [x] y", "", &["1:8: error[SB0101]: a key is expected here"]);
    check("a: x\n #c\n  y", "", &["3:3: error[SB0101]: a key is expected here"]);
    check("a: { b: \"x\" y }", "", &["1:13: error[SB0101]: text stands after the closing quote"]);
    check("a: {b: 1, - c}", "", &["1:11: error[SB0101]: `- ` does not belong inside brackets"]);
    check("a:b", "\"a:b\"", &[]);
    check("a: 1\nb:2\nc: 3", "", &["2:1: error[SB0101]: this line is no `key: value`"]);
    check("a: \"$.x[0]\n", "", &["2:1: error[SB0101]: the quoted text goes on here with too little indentation"]);
}

#[test]
fn odd_keys() {
    check("[a]: b", "{}", &["1:1: error[SB0116]: a list cannot be a key"]);
    check("{a: b}: c", "{}", &["1:1: error[SB0116]: a map cannot be a key"]);
    check(": x", "{}", &["1:1: error[SB0116]: a key is missing before the colon"]);
    check("? \n: x", "{}", &["2:1: error[SB0116]: a key is missing before the colon"]);
    check(
        "a: {a:1}",
        "{\"a\":{\"a:1\":null}}",
        &["1:5: error[SB0116]: a blank is missing after the colon: all of this is one key"],
    );
}

#[test]
fn characters_that_cannot_be_seen() {
    check(
        "a: x\u{202e}y",
        "{\"a\":\"x\u{202e}y\"}",
        &["1:5: error[SB0119]: a mark that turns the direction of writing stands here (U+202E)"],
    );
    check(
        "a:\u{a0}b",
        "\"a:\u{a0}b\"",
        &["1:3: warning[SB0119]: a blank that is no space stands here (U+00A0); YAML takes it as a letter"],
    );
    check(
        "a: \u{7}",
        "",
        &[
            "1:4: error[SB0119]: a control character stands here (U+0007)",
            "1:4: error[SB0101]: an unquoted text cannot begin with �",
        ],
    );
}
