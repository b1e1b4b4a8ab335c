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

/// A file whose run stops at a bound: the fault, and the line of the file that it names.
#[track_caller]
fn stops(file: &str, body: &str, fault: &str, line: usize) {
    let case = compile(file);
    assert!(case.problems.iter().all(|problem| !problem.is_error()), "{:?}", case.problems);
    let arena = crate::value::Arena::new();
    let world = super::World::new(&arena, &case.module, &super::NoFacts, super::Timestamp::default());
    let frame = || {
        let frame = super::Frame::new(&world, &case.layout);
        frame.set("body", crate::codec::json::read(body.as_bytes(), &arena).unwrap());
        frame
    };
    let mut out = b"before".to_vec();
    for came in [case.program.write_json(&frame(), &mut out).err(), case.program.value(&frame()).err()] {
        let came = came.expect("it stops");
        assert_eq!(came.text, fault, "{file}");
        assert_eq!(super::line_col(&case.source, came.span.start).line, line, "{file}: {}", came.text);
    }
    assert_eq!(out, b"before", "what was written is taken back");
}

#[test]
fn a_bound_names_its_line() {
    let many = format!(r#"{{"l":[{}0]}}"#, "0,".repeat(400));
    let long = format!(r#"{{"t":"{}","l":[{}"x"]}}"#, "x".repeat(60_000), r#""x","#.repeat(100));
    let loops = "tree:\n  - plain\n  - $each: $.body.l[*]\n    do:\n      $each: $.body.l[*]\n      do:\n        $each: $.body.l[*]\n        do: $.body.l[*]";
    stops(loops, &many, "more than 100000 steps are needed", 8);
    let recurses = "use:\n  u:\n    a:\n      $use: u\ntree:\n  b: 1\n  c:\n    $use: u";
    stops(recurses, "{}", "nested deeper than 64", 4);
    let data = format!("{}1{}", r#"{"n":"#.repeat(62), "}".repeat(62));
    let follows = "use:\n  u:\n    $when: $.node.n?\n    then:\n      a:\n        $use: u\n        with: { node: $.node.n }\n    else: end\ntree:\n  $use: u\n  with: { node: $.body }";
    stops(follows, &data, "nested deeper than 64", 3);

    let joins = "tree:\n  a: 1\n  b: $.body.l[*] | join($.body.t)";
    stops(joins, &long, "l[*]: a text of more than 65536 bytes", 3);
    let replaces = "tree:\n  b: >-\n    $.body.t | replace(\".\", \"0123456789\")";
    stops(replaces, &long, "t: a text of more than 65536 bytes", 3);
    let filled = format!(r#"{{"t":"{}","l":["{}"]}}"#, "{{1}}".repeat(1000), "x".repeat(100));
    stops("tree:\n  b: $.body.t | fill($.body.l)", &filled, "t: a text of more than 65536 bytes", 2);
    let commas = format!(r#"{{"t":"{}"}}"#, ",".repeat(20_000));
    stops("tree:\n  b: $.body.t | split(\",\")", &commas, "t: a list of more than 10000 items", 2);
    let deep = serde_json::json!({ "t": "[".repeat(70) + &"]".repeat(70) }).to_string();
    stops("tree:\n  b: $.body.t | from_json", &deep, "t: expected a JSON text", 2);
}

/// Names in `let`, each made of the one before.
fn chain(count: usize, made: impl Fn(&str) -> String) -> String {
    let names = (1..count).map(|n| format!("  a{n}: {}\n", made(&format!("$.a{}", n - 1))));
    format!("tree: $.a{}\nlet:\n  a0: $.body.t\n{}", count - 1, names.collect::<String>())
}

#[test]
fn growth_is_bounded() {
    let steps = "more than 100000 steps are needed";
    // Twice as much with each name, and each of them cheap to write: 2^15 values are too many.
    stops(&chain(25, |name| format!("{{ x: {name}, y: {name} }}")), r#"{"t":1}"#, steps, 18);
    let text = |name: &str| format!("{{ $text: \"{{{{a}}}}{{{{a}}}}\", with: {{ a: {name} }} }}");
    stops(&chain(25, text), r#"{"t":"xy"}"#, "a text of more than 1048576 bytes", 23);
    let given = "use:\n  t:\n    $use: t\n    with: { a: { x: $.a, y: $.a } }\ntree: { $use: t, with: { a: 1 } }";
    stops(given, "{}", steps, 3);
    let named = (0..20).map(|n| format!("t{n}: [ {{ $use: t{0} }}, {{ $use: t{0} }} ], ", n + 1));
    stops(
        &format!("tree: {{ $use: t0 }}\nuse: {{ {}t20: '$.now | epoch(\"s\")' }}", named.collect::<String>()),
        "{}",
        steps,
        2,
    );
    let deep: Vec<String> = (1..100).map(|n| format!("a{n}: [ $.a{} ]", n - 1)).collect();
    stops(&format!("tree: $.a99\nlet: {{ a0: 1, {} }}", deep.join(", ")), "{}", "nested deeper than 64", 2);
}
