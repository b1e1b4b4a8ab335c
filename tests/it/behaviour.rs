//! `switchboard diff`: two versions of the files on the traffic that a gateway's store has, beside it, and on cases.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::config::Sampling;

use crate::postgres::{self, server::Tables};
use crate::world::{TenantFile, World, order, person, provider, text_from};

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
    let mut options = world.options();
    options.own.sampling = Sampling::OFF;
    let gateway = Gateway::start(options).await.unwrap();
    world.synced(&gateway).await;
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
    let sorts = json!({"messages": 2, "reports": 2, "dead letters": 1});
    assert_eq!(same["sorts"], sorts, "where no samples are wanted none are kept");

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

/// What a person is called, wrote, and can be reached by; none of it may rest in a sample.
const SAID: [&str; 4] = ["Asha", "PX-7", "please send it to Marienplatz", "Ravindra"];

/// Requests as parties posted them, refused ones too, are run on a version that reads them otherwise.
async fn requests(world: &World) {
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "m-1").await;
    let mut nameless = order(brand, "m-2", &to);
    nameless["template"]["name"] = json!("");
    assert_eq!(world.send(brand, &nameless).await.status, 400);
    let mut wrote = text_from(&to, "6531290044", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", SAID[2]);
    wrote["profile"] = json!({"name": SAID[3]});
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &wrote).await.status, 200);
    // A stranger's is none.
    assert_eq!(world.client.post(world.url("/webhooks/send")).body("{}").send().await.unwrap().status(), 401);
    world.quiet(&gateway).await;
    // What was not kept yet is kept at the end.
    gateway.stop().await;
    let store = world.store_url();
    let run = |new: &Path| diff(&[text(new), "--store", &store, "--json"]);

    let (code, out, err) = run(world.folder());
    let same: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!((code, &same["notes"]), (0, &json!([])), "{same:#}");
    let statuses = same["sorts"]["statuses"].as_u64().unwrap();
    assert!(statuses >= 3, "submitted, delivered and read: {same:#}");
    assert_eq!(same["sorts"]["requests to send"], 2, "{same:#}");
    assert_eq!(same["sorts"]["inbound messages"], 1, "{same:#}");

    let new = changed(
        world,
        &[
            (
                "mappings/moengage.yaml",
                "to: $.body.to | phone\n",
                "to: '$.body.to | phone'\n    campaign: $.body.msg_id\n",
            ),
            ("mappings/moengage.yaml", "    campaign: $.query.campaign_id?", "    # campaign: $.query.campaign_id?"),
            ("mappings/moengage.yaml", "text: template.name is required", "text: no name"),
            ("mappings/vonage.yaml", "      word: $.body.status ", "      word: $.body.status | upper "),
            ("mappings/vonage.yaml", "      name: $.body.profile.name?\n", ""),
        ],
    );
    let (code, out, err) = run(new.path());
    assert_eq!(code, 1, "{out}{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    let mut places: Vec<String> = said["changes"].as_array().unwrap().iter().map(place).collect();
    places.sort();
    let expected = [
        "inbound vonage inbound.name: 1",
        "send moengage answer.body.error.message: 1",
        "send moengage errors[0].text: 1",
        "send moengage message.campaign: 1",
        "send moengage why: 1",
        &format!("status vonage event.word: {statuses}"),
    ];
    assert_eq!(places, expected, "{said:#}");
    let word = at(&said, ["status", "vonage", "event.word"]);
    assert!(word["old"]["line"].as_str().unwrap().starts_with("served/vonage.yaml:"), "{word}");
    assert!(word["example"].as_str().unwrap().starts_with("request m-"), "{word}");
    let (_, out, _) = diff(&[text(new.path()), "--store", &store]);
    let counted = out.lines().last().unwrap();
    assert!(counted.contains("(1 inbound messages, 1 messages, 1 reports, 2 requests to send, "), "{counted}");

    // Nothing of the person is in what is shown, as ever.
    assert!(SAID.iter().chain([&&*to]).all(|said| !out.contains(said)), "{out}");
}

/// A change as its place, and how many samples it is seen in.
fn place(change: &Value) -> String {
    let [leg, mapping, path] = ["leg", "mapping", "path"].map(|name| change[name].as_str().unwrap());
    format!("{leg} {mapping} {path}: {}", change["samples"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_run_as_they_came_and_nothing_of_a_person_rests_in_them() {
    let world = World::new(vec![acme()], provider()).await;
    requests(&world).await;
    let file = world.folder().join("switchboard.db");
    let store = rusqlite::Connection::open(&file).unwrap();
    let sql = "SELECT leg || refused || path || CAST(content AS TEXT) || came FROM sample";
    let rows = store.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>();
    let all = rows.unwrap().join("\n");
    assert!(all.lines().count() >= 6, "{all}");
    let to = person(&world.brands[0], 1);
    let texts: Vec<&str> =
        SAID.into_iter().chain(["order_update", "m-1", "Marienplatz", &to[4..], "Bearer", "Basic"]).collect();
    assert!(texts.iter().all(|said| !all.contains(said)), "{all}");
    let bytes = std::fs::read(&file).unwrap();
    for said in &SAID[2..] {
        assert!(!bytes.windows(said.len()).any(|part| part == said.as_bytes()), "nowhere in the file: {said}");
    }
    assert!(all.contains("6531290044") && all.contains("msg_id"), "its own number and names of members stay: {all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_kept_in_a_database_too() {
    let tables = Tables::new();
    requests(&postgres::world(&tables, acme(), provider()).await).await;
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
