//! Mapping texts that are made to hurt: each is refused with its line, or taken, and neither costs more than a moment.

use super::{compile, shown};
use crate::diagnostic::{Source, line_col};
use crate::yaml;

/// What is said of a text that is not even a tree: codes and lines.
fn unread(text: &str) -> Vec<(&'static str, usize)> {
    let source = Source::new("hostile.yaml", text);
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems);
    // Whatever came of it can be thrown away.
    drop(node);
    let place = |problem: &crate::diagnostic::Diagnostic| {
        problem.place.as_ref().map_or(0, |(_, span)| line_col(&source, span.start).line)
    };
    problems.iter().map(|problem| (problem.code, place(problem))).collect()
}

#[test]
fn patterns_that_explode_are_refused_at_load() {
    for pattern in ["((a{1000}){1000}){1000}", "(?:(?:(?:\\\\p{L}{100}){100}){100})", "a{4294967296}"] {
        let case = compile(&format!("let:\n  x: 1\ntree:\n  - $.x\n  - '$.body.a | capture(\"{pattern}\")'"));
        let found = shown(&case.source, &case.problems);
        assert!(found.len() == 1 && found[0].starts_with("SB0209 5:"), "{pattern}: {found:#?}");
    }
}

#[test]
fn patterns_that_backtrack_elsewhere_take_their_time_once() {
    let long = format!(r#"{{"a":"{}!"}}"#, "a".repeat(50_000));
    for pattern in ["^(a+)+$", "^(a|aa)+$", "(.*)(.*)(.*)(.*)x", "(a*)*b"] {
        let case = compile(&format!("tree: '$.body.a | capture(\"{pattern}\") ?? \"none\"'"));
        assert!(case.problems.is_empty(), "{pattern}");
        assert_eq!(case.run(&long).0, "\"none\"", "{pattern}");
    }
}

#[test]
fn nesting_is_refused_where_it_is_too_deep() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("[{a: ", "}]")] {
        for depth in [100, 100_000] {
            let found = unread(&format!("tree:\n  {}1{}", open.repeat(depth), close.repeat(depth)));
            assert_eq!(found.first(), Some(&("SB0108", 2)), "{open} {depth} times");
            // Never closed, which is told first where the text ends before it is too deep.
            let found = unread(&format!("tree:\n  {}1", open.repeat(depth)));
            assert!(matches!(found.first(), Some(("SB0101" | "SB0108", 2))), "{open} {depth} times: {found:?}");
        }
    }
    let block: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let found = unread(&block);
    assert!(found.len() == 1 && found[0].0 == "SB0108" && found[0].1 >= 48, "{found:?}");
    let dashes = format!("a:\n  {}1", "- ".repeat(50_000));
    assert_eq!(unread(&dashes).first(), Some(&("SB0108", 2)));
}

#[test]
fn named_trees_are_followed_so_far() {
    let chain = |length: usize, step: &str| -> String {
        let steps = (1..length).map(|n| {
            format!("  u{n}: {}\n", step.replace("NEXT", &format!("{{ $use: u{}, with: {{ a: $.a }} }}", n - 1)))
        });
        format!(
            "use:\n  u0: $.a\n{}tree: {{ $use: u{}, with: {{ a: $.body.a }} }}",
            steps.collect::<String>(),
            length - 1
        )
    };
    let case = compile(&chain(40, "NEXT"));
    assert!(case.problems.is_empty(), "{:#?}", shown(&case.source, &case.problems));
    assert_eq!(case.run(r#"{"a":1}"#).0, "1");
    for (length, step) in
        [(4000, "NEXT"), (4000, "[ [ [ [ [ [ [ [ { a: { b: NEXT } } ] ] ] ] ] ] ] ]"), (3000, "{ p: NEXT, q: NEXT }")]
    {
        let case = compile(&chain(length, step));
        let found = shown(&case.source, &case.problems);
        assert!(found.first().is_some_and(|found| found.starts_with("SB0223 ")), "{step}: {found:#?}");
    }
}

#[test]
fn long_texts_are_taken_or_refused() {
    let (longest, long) = ("x".repeat(10 * 1024 * 1024), "x".repeat(1024 * 1024));
    for (written, wanted) in [
        (format!("a: 1\ntree: {longest}"), None),
        (format!("a: 1\ntree: \"{long}\""), None),
        (format!("a: 1\ntree: |\n  {long}"), None),
        (format!("a: 1\ntree: \"{long}"), Some(("SB0101", 2))),
        // YAML: a key on its own line has at most 1,024 characters.
        (format!("a: 1\n{long}: 1"), Some(("SB0101", 2))),
        (format!("a: 1\ntree: [ {long}"), Some(("SB0101", 2))),
    ] {
        let found = unread(&written);
        assert_eq!(found.first().copied(), wanted, "{}", &written[..20]);
    }
    let case = compile(&format!("tree:\n  a: $.body.{long}\n"));
    let found = shown(&case.source, &case.problems);
    assert!(found.len() == 1 && found[0].starts_with("SB02") && found[0][6..].starts_with(" 2:"), "{found:#?}");
}

#[test]
fn many_keys_are_counted() {
    let keys = |count: usize, value: &str| -> String { (0..count).map(|n| format!("  k{n}: {value}\n")).collect() };
    assert_eq!(unread(&format!("tree:\n{}", keys(40_000, "1"))), []);
    let found = unread(&format!("tree:\n{}", keys(100_000, "1")));
    assert!(found.len() == 1 && found[0].1 > 30_000, "{found:?}");
    let twice = format!("tree:\n{}{}", keys(20_000, "1"), keys(20_000, "1"));
    let found = unread(&twice);
    assert!(found.len() <= 101 && found[0].1 == 20_002, "{:?}", found.first());
    let case = compile(&format!("tree:\n{}", keys(20_000, "$.body.a?")));
    assert!(case.problems.is_empty());
    assert_eq!(case.run("{}").0, "{}");
    let case = compile(&format!("let:\n{}tree: $.k1", keys(20_000, "$.body.a")));
    assert!(shown(&case.source, &case.problems)[0].starts_with("SB0214"), "{:?}", case.problems.first());
}
