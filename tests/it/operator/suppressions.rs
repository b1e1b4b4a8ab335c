//! Opt-outs at a running gateway: each change with when and why, by the person's word, by hand and by a list, over the API and
//! the commands; and what is sent, or not, because of them.

use serde_json::{Value, json};
use switchboard::app::Gateway;

use super::{acme, asked, command, told};
use crate::world::{TenantFile, World, order, person, provider, text_from, until};

async fn shown(gateway: &Gateway, number: &str) -> Value {
    let came = command(gateway, &["suppressions", "show", number, "--json"]).await;
    assert_eq!(came.code, 0, "{}", came.err);
    came.json()
}

/// When, what and why, newest first.
fn history(said: &Value) -> Vec<String> {
    let lines = said["tenants"][0]["history"].as_array().cloned().unwrap_or_default();
    let words = |line: &Value| {
        let members = ["does", "cause", "who", "rule", "word", "inbound", "reason"];
        members.iter().filter_map(|member| line[*member].as_str()).collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(words).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_opt_out_says_when_and_why_and_an_operator_takes_one_back_with_a_reason() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    let none = command(&gateway, &["suppressions", "show", &to]).await;
    assert!(none.code == 0 && none.out.contains("on no list, and never was"), "{}{}", none.out, none.err);
    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "Stop.")).await;
    until("it is taken", || {
        gateway.flow.store.is_suppressed(&"acme".into(), &"6531290044".into(), &to.as_str().into())
    })
    .await;
    let said = shown(&gateway, &format!("+{to}")).await;
    assert_eq!(history(&said), ["opt_out said opt_out STOP in-1"], "{said}");
    assert!(said["tenants"][0]["opted_out"] == true && said["tenants"][0]["history"][0]["at"].is_string(), "{said}");
    assert!(!said.to_string().contains(&to), "nobody's number: {said}");

    let reason = ["--tenant", "acme", "--reason", "asked by letter of 2026-11-04"];
    let lift = command(&gateway, &[&["suppressions", "lift", &to][..], &reason].concat()).await;
    assert_eq!((lift.code, lift.out.as_str()), (0, "not on the list\n"), "{}", lift.err);
    let again = command(&gateway, &[&["suppressions", "lift", &to][..], &reason].concat()).await;
    assert!(again.out.contains("as before: nothing was changed"), "{}", again.out);
    let said = shown(&gateway, &to).await;
    assert_eq!(
        history(&said),
        ["opt_in operator admin asked by letter of 2026-11-04", "opt_out said opt_out STOP in-1"]
    );
    assert_eq!(world.send(brand, &order(brand, "after", &to)).await.status, 200);
    until("it is sent again", || world.taken(&to).iter().any(|sent| sent.to == to)).await;

    // Of one sender alone, and of a tenant that there is not.
    let sender = ["--sender", "+65 3129 0044"];
    let add = command(&gateway, &[&["suppressions", "add", &to][..], &reason, &sender].concat()).await;
    assert_eq!(add.out, "on the list\n", "{}", add.err);
    let said = shown(&gateway, &to).await;
    assert_eq!(
        (&said["tenants"][0]["opted_out"], &said["tenants"][0]["senders"]),
        (&json!(false), &json!(["6531290044"]))
    );
    for (arguments, code, part) in [
        (&["--tenant", "none", "--reason", "x"][..], 1, "no tenant `none`"),
        (&["--reason", "x"], 2, "`tenant` is missing"),
        (&["--tenant", "acme", "--reason", " "], 2, "`reason`: why"),
        (&["--tenant", "acme", "--reason", "x", "--sender", "6531290045"], 1, "no such `sender`"),
    ] {
        let came = command(&gateway, &[&["suppressions", "add", &to][..], arguments].concat()).await;
        assert!(came.code == code && came.err.contains(part), "{arguments:?}: {} {}", came.code, came.err);
    }
    let audit = command(&gateway, &["audit", "--json"]).await.json().to_string();
    assert!(audit.contains("suppressions lift") && audit.contains("a person, from 6531290044"), "{audit}");
    assert!(!audit.contains(&to) && !audit.contains("asked by letter"), "{audit}");

    // Forgotten, the history holds on without the person.
    assert_eq!(command(&gateway, &["forget", &to]).await.code, 0);
    let said = shown(&gateway, &to).await;
    assert_eq!(
        history(&said),
        ["opt_out operator admin", "opt_in operator admin", "opt_out said opt_out STOP"],
        "{said}"
    );
    gateway.stop().await;
    let gateway = world.gateway().await;
    assert_eq!(shown(&gateway, &to).await, said, "after a restart, too");
    let (_, lines) = asked(&world, &gateway, "/api/suppressions?tenant=acme&limit=2").await;
    assert_eq!((lines["lines"].as_array().unwrap().len(), &lines["lines"][0]["number"]), (2, &Value::Null), "{lines}");
    let last = lines["next"].as_i64().unwrap();
    let (_, older) = asked(&world, &gateway, &format!("/api/suppressions?before={last}")).await;
    let older = older["lines"].as_array().unwrap();
    assert!(!older.is_empty() && older.iter().all(|line| line["id"].as_i64().unwrap() < last), "{older:?}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_from_elsewhere_is_imported_once_and_exported() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let file = world.folder().join("list.csv");
    let path = file.to_str().unwrap();
    let import = ["suppressions", "import", path, "--tenant", "acme", "--reason", "from before"];
    std::fs::write(&file, "number,since,reason\n+65 9811 4720,2026-01-02,\"left, for good\"\n6598114\n0065,,\n")
        .unwrap();
    let bad = command(&gateway, &import).await;
    assert_eq!(bad.code, 2, "{}", bad.err);
    for part in
        ["nothing was imported", "line 3: 1 fields, and line 1 names 3 columns", "line 4: `number` begins with 0"]
    {
        assert!(bad.err.contains(part), "{part}: {}", bad.err);
    }
    let to = person(brand, 1);
    let rows: String = (1..6000).map(|place| format!("{},,\n", person(brand, place))).collect();
    std::fs::write(&file, format!("number,since,reason\n+65 9811 4720,2026-01-02,\"left, for good\"\n{rows}")).unwrap();
    let dry = command(&gateway, &[&import[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.out, "6000 rows are good; nothing was imported\n", "{}", dry.err);
    assert_eq!(shown(&gateway, &to).await["tenants"], json!([]));
    let done = command(&gateway, &import).await;
    assert_eq!(done.out, "6000 rows: 6000 added, 0 on the list already\n", "{}", done.err);
    assert_eq!(history(&shown(&gateway, &to).await), ["opt_out import admin from before"]);
    assert_eq!(
        history(&shown(&gateway, "6598114720").await),
        ["opt_out import admin since 2026-01-02: left, for good"]
    );
    let again = command(&gateway, &import).await;
    assert_eq!(again.out, "6000 rows: 0 added, 6000 on the list already\n", "the same list may come again");
    assert_eq!(history(&shown(&gateway, &to).await).len(), 1);
    assert_eq!(world.send(brand, &order(brand, "listed", &to)).await.status, 200);
    until("it is reported as opted out", || World::words(brand, "listed").len() == 1).await;
    assert_eq!(world.taken(&to).len(), 0, "nothing is sent");

    let export = command(&gateway, &["suppressions", "export", "--tenant", "acme"]).await;
    assert_eq!((export.code, export.out.lines().count()), (0, 6001), "{}", export.err);
    let head = export.out.lines().next().unwrap();
    assert_eq!(head, "tenant,number,sender,since,reason,cause,by");
    let line = export.out.lines().find(|line| line.contains("6598114720")).unwrap();
    assert!(line.contains("\"since 2026-01-02: left, for good\",import,admin"), "{line}");
    // What was exported is imported elsewhere, or here again.
    std::fs::write(&file, &export.out).unwrap();
    let back = command(&gateway, &import).await;
    assert_eq!(back.out, "6000 rows: 0 added, 6000 on the list already\n", "{}", back.err);
    let long = json!({ "tenant": "acme", "csv": "x".repeat(1_100_000) });
    assert_eq!(told(&world, &gateway, "/api/suppressions/import", &long).await.0, 400);
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}
