//! What one run may take: passing a bound is a fault that names it.

use super::{check_file, compile};

#[test]
fn recursion_is_bounded() {
    check_file("use: { t: { a: { $use: t } } }\ntree: { $use: t }", "{}", "malformed: nested deeper than 64");
    let lets: Vec<String> = (1..200).map(|n| format!("  a{n}: [ $.a{} ]", n - 1)).collect();
    let file = format!("let:\n  a0: 1\n{}\ntree: $.a199", lets.join("\n"));
    check_file(&file, "{}", "malformed: nested deeper than 64");
}

#[test]
fn lists_are_bounded() {
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(200));
    let pairs = "tree: { $each: '$.body.a[*]', do: { $each: '$.body.a[*]', do: 1 } }";
    assert!(compile(pairs).run(&many).0.starts_with("[["));
    let triples = "tree: { $each: '$.body.a[*]', do: { $each: '$.body.a[*]', do: { $each: '$.body.a[*]', do: 1 } } }";
    check_file(triples, &many, "malformed: more than 100000 steps are needed");
    let spread = "tree: [ { $each: '$.body.a[*]', do: { $each: '$.body.a[*]', do: '$.body.a[*].x' } } ]";
    check_file(spread, &many, "malformed: more than 100000 steps are needed");
}

#[test]
fn bytes_are_bounded() {
    let long = format!("{{\"a\":[{}0],\"t\":\"{}\"}}", "0,".repeat(2000), "x".repeat(1000));
    let case = compile("tree: { $each: '$.body.a[*]', do: $.body.t }");
    let arena = crate::value::Arena::new();
    let world = super::World::new(&arena, &case.module, &super::NoFacts, super::Timestamp::default());
    let frame = super::Frame::new(&world, &case.layout);
    frame.set("body", crate::codec::json::read(long.as_bytes(), &arena).unwrap());
    let mut out = Vec::new();
    let fault = case.program.write_json(&frame, &mut out).unwrap_err();
    assert_eq!((fault.text.as_str(), out.len()), ("more than 1048576 bytes are written", 0));
}
