//! `switchboard diff`: two versions of the files on the traffic that a gateway's store has, beside it, and on cases.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::postgres::{self, server::Tables};
use crate::world::{TenantFile, World, person, provider};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// Exit code, standard output, standard error.
fn diff(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().arg("diff").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A copy of a world's folder, each named file of it changed.
fn changed(world: &World, changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["mappings", "tenants"] {
        std::fs::create_dir(copy.path().join(folder)).unwrap();
        for entry in std::fs::read_dir(world.folder().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, copy.path().join(folder).join(path.file_name().unwrap())).unwrap();
        }
    }
    for (file, from, to) in changes {
        let path: PathBuf = copy.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    copy
}

/// The change at a place.
#[track_caller]
fn at<'v>(said: &'v Value, place: [&str; 3]) -> &'v Value {
    let changes = said["changes"].as_array().unwrap();
    let is = |change: &&Value| {
        [&change["leg"], &change["mapping"], &change["path"]] == place.map(|part| json!(part)).each_ref()
    };
    changes.iter().find(is).unwrap_or_else(|| panic!("no {place:?} in {said:#}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What holds whichever store it is.
async fn compares(world: &World) {
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "m-1").await;
    world.sent_and_read(brand, "m-2").await;
    // A webhook that the mapping cannot use: a letter.
    let wrong = json!({
        "channel": "whatsapp", "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "to": person(brand, 1),
        "from": "6531290044", "timestamp": "no time", "status": "read",
    });
    assert_eq!(world.webhook("/webhooks/vonage/status", &wrong).await.status, 200);
    world.quiet(&gateway).await;
    let store = world.store_url();
    let run = |new: &Path, more: &[&str]| diff(&[&[text(new), "--store", &store, "--json"], more].concat());

    let (code, out, err) = run(world.folder(), &[]);
    assert_eq!(code, 0, "{out}{err}");
    let same: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&same["samples"], &same["notes"]), (&json!({"compared": 5, "changed": 0}), &json!([])), "{same}");

    let new = changed(
        world,
        &[
            ("mappings/vonage.yaml", "channel: whatsapp\n", "channel: messenger\n"),
            ("mappings/vonage.yaml", "at: $.body.timestamp | time", "at: $.now"),
            ("mappings/moengage.yaml", "read: read", "read: delivered"),
        ],
    );
    let (code, out, err) = run(new.path(), &[]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(!out.contains(&to) && !err.contains(&to), "{out}");
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(said["samples"], json!({"compared": 5, "changed": 5}), "{said:#}");
    let call = at(&said, ["send", "vonage", "calls[0].body.channel"]);
    assert_eq!((&call["samples"], &call["tenants"]), (&json!(2), &json!(["acme"])));
    assert_eq!([&call["old"]["value"], &call["new"]["value"]], ["whatsapp", "messenger"]);
    let old = call["old"]["line"].as_str().unwrap();
    assert!(old.starts_with("served/vonage.yaml:"), "{old}");
    let new_line = call["new"]["line"].as_str().unwrap();
    let line: usize = new_line.rsplit(':').nth(1).unwrap().parse().unwrap();
    let written = std::fs::read_to_string(new.path().join("mappings/vonage.yaml")).unwrap();
    assert!(written.lines().nth(line - 1).unwrap().contains("channel: messenger"), "{new_line}");
    assert!(call["example"].as_str().unwrap().starts_with("m-"), "{call}");
    let word = at(&said, ["status", "moengage", "calls[0].body.statuses[0].status"]);
    assert_eq!(word["samples"], 2, "{word}");
    let letter = at(&said, ["status", "vonage", "event"]);
    assert_eq!((&letter["old"]["value"], &letter["example"]), (&Value::Null, &json!("letter 1")), "{letter}");

    let why = at(&said, ["status", "vonage", "why"]);
    assert!(why["old"]["value"].as_str().unwrap().starts_with("malformed"), "{why}");

    // For people; one tenant, and a time in which there was nothing.
    let (code, out, _) = diff(&[text(new.path()), "--store", &store, "--tenant", "acme"]);
    assert_eq!(code, 1);
    assert!(out.contains("send of vonage: calls[0].body.channel: 2 samples of acme, such as m-"), "{out}");
    assert!(out.contains("\n  - \"whatsapp\"    served/vonage.yaml:") && !out.contains(&to), "{out}");
    assert_eq!(run(new.path(), &["--traffic", "0s"]).0, 0);
    assert_eq!(run(new.path(), &["--tenant", "other"]).0, 0);
    let (_, out, _) = run(new.path(), &["--most", "1"]);
    assert!(out.contains("1 older messages were left out"), "{out}");

    // Two folders, and files that are not served.
    let (code, out, err) = diff(&[text(world.folder()), text(new.path()), "--store", &store, "--json"]);
    assert_eq!((code, out.contains("served/")), (1, false), "{out}{err}");
    let broken = changed(world, &[("mappings/vonage.yaml", "channel: whatsapp\n", "channel: $.nothing\n")]);
    let (code, out, err) = run(broken.path(), &[]);
    assert!(code == 2 && out.is_empty() && err.contains("vonage.yaml:"), "{out}{err}");

    // What was replayed was only read.
    assert!(world.provider.journal().summary().accepted == 2);
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_traffic_of_a_file_is_run_on_both_versions() {
    compares(&World::new(vec![acme()], provider()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_traffic_of_a_database_is_run_on_both_versions() {
    let tables = Tables::new();
    compares(&postgres::world(&tables, acme(), provider()).await).await;
}

#[test]
fn cases_are_traffic_where_there_is_no_store() {
    let (code, out, err) = diff(&["mappings", "mappings", "--cases", "mappings"]);
    assert_eq!(code, 0, "{out}{err}");
    let counted = out.lines().last().unwrap();
    assert!(counted.ends_with(" samples, 0 with a difference"), "{out}");
    assert!(counted.split(' ').next().unwrap().parse::<u32>().unwrap() > 500, "{counted}");
    let new = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string("mappings/vonage.yaml").unwrap();
    std::fs::write(new.path().join("vonage.yaml"), text.replacen("channel: whatsapp\n", "channel: messenger\n", 1))
        .unwrap();
    let new = new.path().to_str().unwrap();
    let (code, out, _) = diff(&["mappings", new, "--cases", "mappings"]);
    assert_eq!(code, 1);
    assert!(out.contains("send of vonage: calls[0].body.channel: "), "{out}");
    assert!(out.contains("  - \"whatsapp\"    mappings/vonage.yaml:42:16\n"), "{out}");
    assert!(out.contains("note: `moengage` is gone: mappings/moengage.yaml\n"), "{out}");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let check = |arguments: &[&str], words: &str| {
        let (code, out, err) = diff(arguments);
        assert!(code == 2 && out.is_empty() && err.contains(words), "{arguments:?}: {code} {out}{err}");
    };
    check(&["--cases", "mappings"], "<OLD>");
    check(&["no/such", "mappings", "--cases", "mappings"], "no/such: ");
    check(&["mappings", "mappings", "--cases", "tenants"], "no case in tenants");
    check(&["--store", "sqlite:no/such.db"], "there is no store no/such.db");
    check(&["--store", "nothing"], "sqlite:PATH");
    check(&["--store", "sqlite:no/such.db", "--traffic", "long"], "--traffic: ");
}
