//! Every rule proved on bad examples in memory: what it must find, with file and line, and what it must let pass.

use super::rooms::{CORE, ROOMS};
use super::{code, rules};

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<(String, String)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), format!("//! A file.\n{text}"))).collect();
    let files = code::files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let found: Vec<String> = rules::check(&files).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn imports_follow_the_table() {
    check(&[("src/yaml/a.rs", "use crate::diagnostic::Span;\nuse crate::yaml::Node;\nuse super::b;")], &[]);
    let wrong = "src/yaml/a.rs:2: `yaml` may not use `codec`";
    check(&[("src/yaml/a.rs", "use crate::codec::json;")], &[wrong]);
    check(&[("src/yaml/a.rs", "fn f() { crate::codec::json() }")], &[wrong]);
    check(&[("src/yaml/a.rs", "use super::super::codec;")], &[wrong]);
    check(&[("src/yaml/mod.rs", "use super::codec;")], &["src/yaml/mod.rs:2: `yaml` may not use `codec`"]);
    check(
        &[("src/sim/mod.rs", "use crate::{\n    model::{Event, auth},\n    value,\n};")],
        &["src/sim/mod.rs:3: `sim` may not use `model`", "src/sim/mod.rs:4: `sim` may not use `value`"],
    );
    check(&[("src/main.rs", "use switchboard::store;")], &["src/main.rs:2: `main` may not use `store`"]);
    check(&[("src/lib.rs", "pub mod yaml;\npub use crate::yaml::parse;")], &[]);
    check(&[("src/attic/mod.rs", "")], &["src/attic/mod.rs:1: the room `attic` is not in the table of rooms"]);
}

#[test]
fn comments_texts_and_tests_are_no_imports() {
    let text = "// crate::codec\n/* crate::codec /* x */ crate::codec */\nconst A: &str = \"crate::codec\";\n\
                const B: &str = r#\"\"crate::codec\"#;\nconst C: char = '\"';\nfn f<'a>(x: &'a str) {}\n\
                #[cfg(test)]\nmod tests {\n    use crate::codec;\n    fn f() { \"}\"; }\n}\n";
    check(&[("src/yaml/a.rs", text)], &[]);
    let after = format!("{text}use crate::codec;\n");
    check(&[("src/yaml/a.rs", &after)], &["src/yaml/a.rs:13: `yaml` may not use `codec`"]);
}

#[test]
fn files_of_tests_are_left_out() {
    let tests = ("src/yaml/traps.rs", "fn f() { x.unwrap(); }");
    let deeper = ("src/yaml/traps/more.rs", "use crate::codec;");
    check(&[("src/yaml/mod.rs", "#[cfg(test)]\nmod traps;"), tests, deeper], &[]);
    let found =
        ["src/yaml/traps.rs:2: `.unwrap()` outside tests", "src/yaml/traps/more.rs:2: `yaml` may not use `codec`"];
    check(&[("src/yaml/mod.rs", "mod traps;"), tests, deeper], &found);
}

#[test]
fn rooms_make_no_circle() {
    check(
        &[
            ("src/model/mod.rs", "use crate::value;\nuse crate::store;"),
            ("src/store/mod.rs", "use crate::delivery;"),
            ("src/delivery/mod.rs", "use crate::model;"),
        ],
        &[
            "src/delivery/mod.rs:2: a circle: `delivery` uses `model`, which comes back to `delivery`",
            "src/model/mod.rs:3: `model` may not use `store`",
            "src/model/mod.rs:3: a circle: `model` uses `store`, which comes back to `model`",
            "src/store/mod.rs:2: a circle: `store` uses `delivery`, which comes back to `store`",
        ],
    );
}

#[test]
fn the_table_has_no_circle_and_the_core_looks_down_only() {
    for (at, room) in ROOMS.iter().enumerate() {
        for used in room.may_use {
            let found = ROOMS.iter().position(|other| other.name == *used);
            assert!(found.is_some_and(|found| found < at), "`{}` uses `{used}`, which must stand before it", room.name);
            assert!(!CORE.contains(&room.name) || CORE.contains(used), "`{}` of the core uses `{used}`", room.name);
        }
    }
}

#[test]
fn the_core_is_pure() {
    let bad = [
        ("async fn f() {}", "the core has no async"),
        ("fn f() { g().await; }", "the core has no async"),
        ("use tokio::sync::mpsc;", "the core has no runtime"),
        ("use hyper::Request;", "the core has no HTTP library"),
        ("use std::fs;", "the core opens no file"),
        ("use std::{fmt, fs};", "the core opens no file"),
        ("use std::net::TcpStream;", "the core opens no socket"),
        ("fn f() { std::env::var(x); }", "the core reads no environment"),
        ("use std::{env, fmt};", "the core reads no environment"),
        ("use std::process;", "the core starts and ends no process"),
        ("use std::thread;", "the core starts no thread"),
        ("use std::time::{Duration, Instant};", "the core has no clock: time is passed in"),
        ("use std::time::SystemTime;", "the core has no clock: time is passed in"),
        ("fn f() { rand::random() }", "the core has no randomness of its own: it is passed in"),
    ];
    for (text, says) in bad {
        check(&[("src/legs/mod.rs", text)], &[&format!("src/legs/mod.rs:2: {says}")]);
        check(&[("src/app/mod.rs", text)], &[]);
    }
    check(
        &[("src/legs/mod.rs", "use std::time::Duration;\nuse std::net::IpAddr;\nlet asynchronous = InstantMix;")],
        &[],
    );
}

#[test]
fn packages_stay_at_home() {
    check(&[("src/yaml/a.rs", "use serde_yaml::from_str;\nuse granit_parser::Parser;")], &[]);
    check(&[("src/config/a.rs", "use serde_yaml::from_str;")], &["src/config/a.rs:2: `serde_yaml` lives in yaml"]);
    check(&[("src/flow/a.rs", "fn f() { warp::path() }")], &["src/flow/a.rs:2: `warp` lives in ingress and sim"]);
    check(&[("src/flow/a.rs", "let time_warp = 1;")], &[]);
}

#[test]
fn only_app_reads_the_clock() {
    let text = "fn f() { SystemTime::now(); }";
    check(&[("src/flow/a.rs", text)], &["src/flow/a.rs:2: only `app` reads the clock"]);
    check(&[("src/app/clock.rs", text), ("src/sim/a.rs", text)], &[]);
}

#[test]
fn no_code_names_a_party() {
    let text = "// Vonage, § 3\nconst A: &str = \"x-VONAGE\";\nfn webengage_auth() {}\n#[cfg(test)]\nmod tests { const B: &str = \"moengage\"; }";
    check(
        &[("src/auth/a.rs", text), ("src/sim/a.rs", text)],
        &["src/auth/a.rs:3: the code names a party: VONAGE", "src/auth/a.rs:4: the code names a party: webengage"],
    );
}

#[test]
fn nothing_panics_outside_tests() {
    check(
        &[(
            "src/app/a.rs",
            "fn f() {\n  x.unwrap();\n  panic!(\"x\");\n  todo!();\n  dbg!(x);\n  x.unwrap_or(1);\n  \"todo!\";\n}",
        )],
        &[
            "src/app/a.rs:3: `.unwrap()` outside tests",
            "src/app/a.rs:4: `panic!` outside tests",
            "src/app/a.rs:5: `todo!` outside tests",
            "src/app/a.rs:6: `dbg!` outside tests",
        ],
    );
    let more = "fn f() {\n  unreachable!();\n  assert!(x);\n  assert_eq!(x, y);\n  debug_assert!(x);\n}";
    let found = ["3: `unreachable!`", "4: `assert!`", "5: `assert_eq!`"]
        .map(|found| format!("src/app/a.rs:{found} outside tests"));
    check(&[("src/app/a.rs", more)], &found.each_ref().map(String::as_str));
}

#[test]
fn commands_print_by_what_no_closed_pipe_breaks() {
    let text = "fn f() {\n  println!(\"x\");\n  eprintln!(\"x\");\n  outln!(\"x\");\n}\n#[cfg(test)]\nmod tests { fn f() { print!(\"x\"); } }";
    let says = "src/cli/a.rs:3: `println!`: commands print by `out!` and `outln!`";
    check(&[("src/cli/a.rs", text)], &[says]);
    check(&[("src/cli/out.rs", "fn f() { print!(x) }")], &[]);
}

#[test]
fn what_is_expected_is_said_with_its_reason() {
    let good = "fn f() {\n  x.expect(\"a Vec takes all bytes\");\n  x\n    .expect(\n      \"it was looked for above\",\n    );\n  self.expect(next);\n}\n\
                #[cfg(test)]\nmod tests { fn f() { x.expect(\"x\"); } }";
    check(&[("src/app/a.rs", good)], &[]);
    for (code, why) in [
        (r#"x.expect("valid")"#, "valid"),
        (r#"x.expect("it works")"#, "it works"),
        (r#"x.expect("could not open the file")"#, "could not open the file"),
        (r#"x.expect("the store should be open")"#, "the store should be open"),
        (r#"x.expect("failed to take the lock")"#, "failed to take the lock"),
        (r#"x.expect("- - 1 2 3")"#, "- - 1 2 3"),
        ("x.expect(&format!(\"{y} is there as it is\"))", ""),
        ("x.expect(WHY)", ""),
        (r#"x.expect_err("it is never so")"#, ""),
    ] {
        let says = format!("src/app/a.rs:2: `expect` does not say why it holds: `{why}`");
        check(&[("src/app/a.rs", &format!("fn f() {{ {code}; }}"))], &[&says]);
    }
}

#[test]
fn files_have_a_head_and_an_end() {
    let files = code::files([("src/app/a.rs", "use x;\n")].into_iter());
    let found: Vec<String> = rules::check(&files).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["src/app/a.rs:1: the file does not open with `//!`: what it is and what it is not"]);

    let long = "let x = 1;\n// a comment\n\n".repeat(400);
    check(&[("src/app/a.rs", &long)], &[]);
    check(&[("src/app/a.rs", &format!("{long}let x = 1;"))], &["src/app/a.rs:1: 401 lines of code, at most 400"]);
    check(&[("src/app/a.rs", &format!("#[cfg(test)]\nmod tests {{\n{long}let x = 1;\n}}"))], &[]);
}
