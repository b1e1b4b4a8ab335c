use super::*;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    check: CheckOptions,
}

fn check(folder: &Path, more: &[&str]) -> Checked {
    let (mappings, tenants) = (folder.join("mappings"), folder.join("tenants"));
    let config = folder.join("switchboard.yaml");
    fs::write(&config, "{}").unwrap();
    let mut line: Vec<std::ffi::OsString> = vec!["check".into()];
    for (name, path) in [("--mappings", mappings), ("--tenants", tenants), ("--config", config)] {
        line.extend([name.into(), path.into_os_string()]);
    }
    line.extend(more.iter().map(Into::into));
    checked(&Line::try_parse_from(line).unwrap().check).unwrap_or_else(|problem| panic!("{problem}"))
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings")
}

/// The shipped mappings and a second party like each, and tenants who are at all of them.
fn many(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mappings, tenants) = (folder.path().join("mappings"), folder.path().join("tenants"));
    fs::create_dir(&mappings).unwrap();
    fs::create_dir(&tenants).unwrap();
    for beside in ["samples", "schemas"] {
        symlink(shipped().join(beside), mappings.join(beside)).unwrap();
    }
    for name in ["braze", "moengage", "webengage", "sinch", "vonage"] {
        let text = fs::read_to_string(shipped().join(format!("{name}.yaml"))).unwrap();
        let cases = format!("{name}.cases.yaml");
        fs::copy(shipped().join(&cases), mappings.join(&cases)).unwrap();
        let other = format!("{name}2");
        // What is for cases stands at the end.
        let (own, _) = text.split_once("\ngiven:").unwrap_or((&text, ""));
        let own = own.replace(&format!(": {name}\n"), &format!(": {other}\n"));
        // Routes of its own.
        let own = ["/webhooks", "/webengage", "/sync_templates", "/braze"].iter().fold(own, |own, path| {
            let of_route = |line: &str| {
                if line.contains("path:") { line.replace(path, &format!("/2{path}")) } else { line.to_owned() }
            };
            own.lines().map(of_route).collect::<Vec<_>>().join("\n")
        });
        fs::write(mappings.join(format!("{name}.yaml")), &text).unwrap();
        fs::write(mappings.join(format!("{other}.yaml")), own).unwrap();
    }
    for number in 0..count {
        let second = ["", "2"][number / 6 % 2];
        let platform = ["braze", "moengage", "webengage"][number % 3];
        let provider = ["sinch", "vonage"][number / 3 % 2];
        fs::write(tenants.join(format!("{number:04}.yaml")), tenant(number, platform, provider, second)).unwrap();
    }
    folder
}

fn tenant(number: usize, platform: &str, provider: &str, second: &str) -> String {
    let mut text = format!(
        "tenant: t{number}\nplatform: {platform}{second}\nprovider: {provider}{second}\n\
         numbers: [ {{ number: \"1415{number:07}\", waba: \"{number}\", app: app{number} }} ]\ncredentials:\n"
    );
    let own = |names: &str| {
        let own = names.split(' ').map(|name| format!("{name}: \"${{env:T{number}_{name}}}\""));
        own.collect::<Vec<_>>().join(", ")
    };
    let (ours, settings) = match platform {
        "braze" => ("api_key rest_api_key", "rest_url: \"https://rest.iad-01.braze.com\""),
        "moengage" => ("api_key api_secret", "report_url: \"https://api-01.moengage.com/whatsapp/vonage-v2/dlr\""),
        _ => ("api_key report_token", "report_url: \"https://wt.webengage.com/tracking/events\""),
    };
    let (theirs, project) = match provider {
        "sinch" => ("key_id key_secret webhook_secret", format!(", project_id: p{number}")),
        _ => ("application_id private_key api_key signature_secret", String::new()),
    };
    writeln!(text, "  {platform}{second}: {{ {} }}\n  {provider}{second}: {{ {} }}", own(ours), own(theirs)).unwrap();
    // What each of these platforms has the patience for.
    writeln!(text, "settings: {{ {settings}{project} }}\nlimits: {{ backlog: 100000 }}").unwrap();
    text
}

#[track_caller]
fn timed(checked: &Checked) {
    assert_eq!((checked.mappings, checked.tenants), (10, 200), "{}", diagnostic::render(&checked.problems));
    assert!(checked.problems.is_empty(), "{}", diagnostic::render(&checked.problems));
    for (name, took) in &checked.took {
        println!("200 tenants, 10 mappings: {:8.1} ms  {name}", took.as_secs_f64() * 1000.0);
    }
}

#[test]
fn check_of_many_tenants() {
    timed(&check(many(200).path(), &["--no-cases"]));
}

#[test]
#[ignore = "for its time: the suite runs the cases elsewhere"]
fn check_of_many_tenants_with_cases() {
    timed(&check(many(200).path(), &[]));
}

/// The members of a JSON value, nested ones with their parents' names; a list's by its first item.
fn members(value: &serde_json::Value, path: &str, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members_of) => members_of.iter().for_each(|(name, value)| {
            into.push(format!("{path}{name}"));
            members(value, &format!("{path}{name}."), into);
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| members(item, path, into)),
        _ => {}
    }
}

#[test]
fn the_shape_of_the_json_is_kept() {
    let folder = many(1);
    for name in ["bad", "worse"] {
        let text = tenant(if name == "bad" { 7000 } else { 8000 }, "moengage", "nobody", "");
        fs::write(folder.path().join(format!("tenants/{name}.yaml")), text).unwrap();
    }
    let checked = check(folder.path(), &["--no-cases"]);
    let mut found = Vec::new();
    members(&json(&checked, 1, 0), "", &mut found);
    found.sort();
    found.dedup();
    let promised = [
        "errors",
        "mappings",
        "mappings.file",
        "mappings.name",
        "mappings.version",
        "problems",
        "problems.code",
        "problems.column",
        "problems.end_column",
        "problems.end_line",
        "problems.file",
        "problems.help",
        "problems.line",
        "problems.message",
        "problems.severity",
        "tenants",
        "tiers",
        "tiers.not_asked",
        "tiers.ran",
        "tiers.skipped",
        "tiers.tier",
        "warnings",
    ];
    assert_eq!(found, promised);
    let tiers: Vec<&str> = checked.tiers.iter().map(|tier| tier.tier).collect();
    assert_eq!(tiers, ["syntax", "types", "references", "cases", "live"]);
    let references = checked.tiers[2].to_string();
    assert!(references.contains("10 mappings and 1 tenants; skipped 2 files"), "{references}");
    let said = diagnostic::render(&checked.problems);
    assert_eq!(checked.problems.len(), 1, "a missing mapping is told once: {said}");
    assert!(said.contains("2 tenants take it: also ") && said.contains("worse.yaml"), "{said}");
}
