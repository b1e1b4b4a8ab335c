//! `switchboard test --bless`: failing cases expect from then on what was found; nothing else of a file changes.

use std::path::Path;
use std::process::Command;

const MAPPING: &str = r#"dsl: 1
platform: shop
settings: { report_url: { type: url } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400, body: { why: $.error.reason } }
send:
  route: { method: POST, path: /send }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
  answer: { http: 202, body: { ok: true, id: $.body.id, tags: [ a, "1" ] } }
status: { words: { submitted: sent, delivered: sent, read: read, failed: failed }, do: [ report ] }
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, word: $.word } }
given:
  numbers: [ "14155550100" ]
  settings: { report_url: "https://shop.example/report" }
  credentials: { token: t }
  message: { id: m-1 }
"#;

const CASES: &str = r#"# Of the shop.
for: shop

cases:
  - case: passes,  however it is laid out   # kept
    event:   { status: read, at: "2026-11-04T09:14:09Z" }
    expect:
        calls: [ { call: report,   body: { word: read } } ]

  - case: a value differs
    request: { path: /send, body: { id: m-1, to: "14155550111", from: "14155550100", text: Hi } }
    expect:   # as it came
      answer: { http: 200, body: { ok: true, tags: [ a ], more: 1 } }   # the answer
      message:
        text: Hello   # what is said
        id: m-1

  - case: in an exact map
    event: { status: delivered, at: "2026-11-04T09:14:09Z" }
    expect: { calls: [ { body: { $exact: { id: m-1 } } } ] }

  - case: is broken
    request: { path: /send, body: { $file: no-such.json } }
    expect: { answer: { http: 500 } }
"#;

const BLESSED: &str = r#"# Of the shop.
for: shop

cases:
  - case: passes,  however it is laid out   # kept
    event:   { status: read, at: "2026-11-04T09:14:09Z" }
    expect:
        calls: [ { call: report,   body: { word: read } } ]

  - case: a value differs
    request: { path: /send, body: { id: m-1, to: "14155550111", from: "14155550100", text: Hi } }
    expect:   # as it came
      answer: { http: 202, body: { ok: true, tags: [ a, "1" ], more: $omit } }   # the answer
      message:
        text: Hi   # what is said
        id: m-1

  - case: in an exact map
    event: { status: delivered, at: "2026-11-04T09:14:09Z" }
    expect: { calls: [ { body: { $exact: { id: m-1, word: sent } } } ] }

  - case: is broken
    request: { path: /send, body: { $file: no-such.json } }
    expect: { answer: { http: 500 } }
"#;

fn test(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let output = command.arg("test").arg(folder).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn only_what_differs_is_rewritten_and_a_broken_case_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("shop.cases.yaml");
    std::fs::write(folder.path().join("shop.yaml"), MAPPING).unwrap();
    std::fs::write(&cases, CASES).unwrap();

    // A failure names the line of the value that differs.
    let (code, out) = test(folder.path(), &[]);
    assert_eq!(code, 1, "{out}");
    for line in [
        "shop.cases.yaml:13:23: answer.http\n    wanted 200\n    found  202",
        "shop.cases.yaml:15:15: message.text\n    wanted \"Hello\"\n    found  \"Hi\"",
        "shop.cases.yaml:20:42: calls[0].body.word\n    wanted $omit\n    found  \"sent\"",
    ] {
        assert!(out.contains(line), "{out}");
    }

    let (code, out) = test(folder.path(), &["--bless", "--only", "exact"]);
    assert_eq!(code, 0, "{out}");
    let line = "    expect: { calls: [ { body: { $exact: { id: m-1";
    assert!(
        out.contains(&format!("shop.cases.yaml:20\n  - {line} }} }} }} ] }}\n  + {line}, word: sent }} }} }} ] }}\n")),
        "{out}"
    );

    let (code, out) = test(folder.path(), &["--bless"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("not blessed: is broken") && out.contains("there is no sample `no-such.json`"), "{out}");
    assert_eq!(std::fs::read_to_string(&cases).unwrap(), BLESSED);
    assert_eq!(std::fs::read_to_string(folder.path().join("shop.yaml")).unwrap(), MAPPING);

    let (_, out) = test(folder.path(), &["--bless"]);
    assert!(!out.contains("\nblessed:") && out.contains("3 of 4 cases passed"), "{out}");
    assert_eq!(std::fs::read_to_string(&cases).unwrap(), BLESSED);
}
