//! What a section may not say, and where it is told so.

use super::compile;
use crate::diagnostic::{Source, line_col};

const HEAD: &str = "dsl: 1\nplatform: p\nauth: { in: [ none ] }\nrefused: { http: 400 }\n";
const SEND: &str = "send:\n  route: { method: POST, path: /p }\n";
const MESSAGE: &str = "  message: { id: $.body.id, to: \"1\", from: \"2\", text: $.body.text }\n";

/// The problems as `code line:column`, of a file whose last lines are these.
fn check(lines: &str, expected: &[&str]) {
    let text = format!("{HEAD}{lines}");
    let source = Source::new("p.yaml", text.clone());
    let mut problems = Vec::new();
    let _mapping = compile(&source, String::new(), None, &mut problems);
    let found: Vec<String> = problems
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().map(|(source, span)| line_col(source, span.start)).unwrap();
            format!("{} {}:{}", problem.code, place.line, place.column)
        })
        .collect();
    assert_eq!(found, expected, "{text}\n{}", crate::diagnostic::render(&problems));
}

fn send(lines: &str, expected: &[&str]) {
    check(&format!("{SEND}{MESSAGE}{lines}"), expected);
}

#[test]
fn what_is_asked_once_reads_no_item() {
    let each = |line: &str| format!("  each: \"$.body.items[*]\"\n{line}\n");
    send(&each("  let: { a: $.item.a }\n  checks: [ { refuse: malformed, when: $.a == 1 } ]"), &[]);
    send(&each("  when: $.item.a == 1"), &["SB0320 9:9"]);
    send(&each("  let: { a: $.item.a }\n  when: $.a == 1"), &["SB0320 10:9"]);
    send(&each("  tenant: $.item.tenant"), &["SB0320 9:11"]);
    send(&each("  answer: { body: $.item.a }"), &["SB0320 9:11"]);
    send(&each("  answer: { body: { $each: \"$.results[*]\", do: $.item.item.id } }"), &[]);
    send(&each("  answer: { body: $.message.id }"), &["SB0203 9:19"]);
    send(&each("  checks: [ { when: $.item.a == 1, answer: { http: 200 } } ]"), &["SB0322 9:13"]);
    send(&each("  checks: [ { when: $.body.a == 1, answer: { body: $.index } } ]"), &["SB0322 9:13"]);
}

#[test]
fn items_are_lists_of_lists() {
    send(
        "  each: [ \"$.body.a[*]\", \"$.item.b[*]\" ]\n  checks: [ { refuse: malformed, when: $.outer.c == 1 } ]\n",
        &[],
    );
    send("  each: [ \"$.item.a[*]\", \"$.item.b[*]\" ]\n", &["SB0320 8:11"]);
    send("  each: \"$.body.a[*]\"\n  checks: [ { refuse: malformed, when: $.outer.c == 1 } ]\n", &["SB0203 9:40"]);
    send("  each: $.body.a\n", &["SB0207 8:9"]);
    send("  batch: whole\n", &["SB0323 8:10"]);
    send("  each: \"$.body.a[*]\"\n  batch: some\n", &["SB0305 9:10"]);
}

#[test]
fn a_check_either_refuses_or_answers() {
    send("  checks: [ { when: $.body.a == 1 } ]\n", &["SB0321 8:13"]);
    send("  checks: [ { when: $.body.a == 1, refuse: malformed, answer: { http: 200 } } ]\n", &["SB0321 8:13"]);
    send("  checks: [ { when: $.body.a == 1, text: x, answer: { http: 200 } } ]\n", &["SB0321 8:42"]);
    send("  checks: [ { answer: { http: 200 } } ]\n", &["SB0310 8:13"]);
}

#[test]
fn a_local_section_answers() {
    let local =
        |lines: &str| format!("{SEND}{MESSAGE}local:\n  hello:\n    route: {{ method: GET, path: /h }}\n{lines}");
    check(&local("    answer: { body: $.query.c }\n"), &[]);
    check(&local(""), &["SB0302 10:5"]);
    check(&local("    answer: { http: 200 }\n    each: \"$.body.a[*]\"\n"), &["SB0301 12:5"]);
    check(&local("    answer: { body: $.message.id }\n"), &["SB0203 11:21"]);
}
