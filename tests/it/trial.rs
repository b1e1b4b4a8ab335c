//! `switchboard try`: any leg on a sample, over the binary, without a secret at hand.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

const SAMPLES: &str = "mappings/samples";

/// Exit code, standard output, standard error.
fn switchboard(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.arg("try").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("ACME_VONAGE_SIGNATURE", "a-secret-that-nobody-may-see").env_remove("SWITCHBOARD_TENANTS");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The legs of one tenant, in order.
fn legs(arguments: &[&str], input: &[u8]) -> Vec<Json> {
    let (code, out, err) = switchboard(&[arguments, &["--json", "--tenant", "acme"]].concat(), input);
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("a-secret-that-nobody-may-see"), "{out}");
    let out: Json = serde_json::from_str(&out).unwrap();
    out["tenants"][0]["legs"].as_array().unwrap().clone()
}

/// The line of the trace about one thing.
#[track_caller]
fn line<'j>(leg: &'j Json, what: &str) -> &'j Json {
    let lines = leg["trace"].as_array().unwrap();
    lines.iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("no {what} in {lines:#?}"))
}

/// What stands at `file:line:column`.
fn standing(place: &str) -> String {
    let parts: Vec<&str> = place.rsplitn(3, ':').collect();
    let text = std::fs::read_to_string(format!("{}/{}", env!("CARGO_MANIFEST_DIR"), parts[2])).unwrap();
    let line = text.lines().nth(parts[1].parse::<usize>().unwrap() - 1).unwrap();
    line.chars().skip(parts[0].parse::<usize>().unwrap() - 1).collect()
}

#[test]
fn a_request_goes_on_to_the_provider_and_every_field_names_its_line() {
    let body = std::fs::read(format!("{SAMPLES}/moengage.send.template-text.json")).unwrap();
    let legs = legs(&["--request", "-"], &body);
    let [send, call] = legs.as_slice() else { panic!("{legs:#?}") };
    assert_eq!(send["outcome"]["answer"]["http"], 200);
    assert_eq!(send["outcome"]["message"]["to"], "6598114720");
    let to = line(send, "send.message.to");
    assert_eq!(to["came"], "\"6598114720\"");
    assert!(standing(to["place"].as_str().unwrap()).starts_with("$.body.to | phone"), "{to}");
    assert_eq!(call["mapping"], "vonage");
    assert_eq!(call["outcome"]["calls"][0]["body"]["to"], "6598114720");
    assert_eq!(call["outcome"]["calls"][0]["headers"]["authorization"], "***");
    let kind = line(call, "send.call.body.message_type");
    let by = kind["by"][0].as_str().unwrap().strip_prefix("case ").unwrap();
    assert!(standing(by).starts_with("custom"), "{kind}");
}

#[test]
fn a_status_goes_on_to_the_platform() {
    let sample = format!("{SAMPLES}/vonage.status.rejected-1022.json");
    let sample: Json = serde_json::from_slice(&std::fs::read(sample).unwrap()).unwrap();
    let mut body = sample;
    body["from"] = "6531290044".into();
    let legs = legs(&["--request", "-", "--path", "/webhooks/vonage/status"], body.to_string().as_bytes());
    let [status, report] = legs.as_slice() else { panic!("{legs:#?}") };
    assert_eq!(status["outcome"]["event"]["failure"]["reason"], "template_params");
    let row = line(status, "let row");
    assert!(standing(row["by"][0].as_str().unwrap().strip_prefix("row ").unwrap()).starts_with("1022:"), "{row}");
    assert_eq!(report["outcome"]["calls"][0]["call"], "report");
}

#[test]
fn a_refusal_names_the_check() {
    let legs = legs(&["--request", &format!("{SAMPLES}/moengage.send.invalid.bad-number.json")], b"");
    assert_eq!(legs.len(), 1, "nothing goes on");
    assert!(legs[0]["why"].as_str().unwrap().starts_with("invalid_recipient"), "{}", legs[0]["why"]);
    let lines = legs[0]["trace"].as_array().unwrap();
    let refused: Vec<&Json> = lines.iter().filter(|line| line["came"] == "for refusing").collect();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(standing(refused[0]["place"].as_str().unwrap()).contains("is_phone"), "{refused:#?}");
}

#[test]
fn words_are_tried_with_every_tenant() {
    let (code, out, err) = switchboard(&["--inbound", "Stop."], b"");
    assert_eq!(code, 0, "{err}");
    for tenant in ["acme", "bandra", "lakeside", "najd"] {
        assert!(out.contains(&format!("\n{tenant}, inbound of ")) || out.starts_with(tenant), "{tenant}: {out}");
    }
    assert!(out.contains("inbound.rules.opt_out = fired: the word is `STOP`"), "{out}");
    let (_, out, _) = switchboard(&["--inbound", "how are you", "--tenant", "acme"], b"");
    assert!(out.contains("inbound.rules.opt_out = not fired: none of its words was written"), "{out}");
    assert!(out.contains("inbound.rules.unknown = fired: it needs no word"), "{out}");
}

#[test]
fn what_cannot_be_tried_says_why() {
    let check = |arguments: &[&str], code, words: &str| {
        let (found, _, err) = switchboard(arguments, b"");
        assert_eq!(found, code, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    };
    check(&[], 2, "--request");
    check(&["--inbound", "x", "--event", "y"], 2, "cannot be used with");
    check(&["--request", "no-such.json"], 2, "there are: acme, bandra, lakeside, najd");
    check(&["--request", "no-such.json", "--tenant", "acme"], 1, "no-such.json: ");
    check(&["--inbound", "x", "--tenant", "acmee"], 1, "there is no tenant `acmee`; there are: acme");
    check(&["--request", "-", "--tenant", "acme", "--header", "x"], 2, "`x` is no name and value");
    check(&["--message", "README.md", "--tenant", "acme"], 1, "SB");
    check(&["--event", "tenants/acme.yaml", "--tenant", "acme"], 1, "this is no event of the model");
    check(&["--listing", "--tenant", "acme", "--tenants", "no/such"], 1, "no/such: ");
}

/// As `serve` takes them; only `check` wants the schemas that a mapping names.
#[test]
fn mappings_without_a_folder_of_schemas_are_tried_as_they_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    for name in ["moengage.yaml", "vonage.yaml"] {
        std::fs::copy(root.join(name), folder.path().join(name)).unwrap();
    }
    let body = std::fs::read(format!("{SAMPLES}/moengage.send.template-text.json")).unwrap();
    let mappings = folder.path().display().to_string();
    let arguments = ["--mappings", &mappings, "--tenant", "acme", "--request", "-", "--json"];
    let (code, out, err) = switchboard(&arguments, &body);
    assert_eq!(code, 0, "{err}");
    let out: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(out["tenants"][0]["legs"][0]["outcome"]["answer"]["http"], 200, "{out}");
}
