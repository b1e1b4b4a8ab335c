//! A person is forgotten at a running gateway: nothing of them is in the files, nothing is sent or reported any more, and
//! their STOP holds on.

use serde_json::json;
use switchboard::app::Gateway;
use switchboard::store::Ledger;

use super::{acme, answer, command, typed};
use crate::world::{ADMIN_TOKEN, Process, World, order, person, provider, text_from, until};

/// Every file of the store, as it is on the disk.
fn files(world: &World) -> Vec<(String, Vec<u8>)> {
    let all = std::fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().path());
    let all = all.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("switchboard.db"));
    all.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

fn found(world: &World, what: &str) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(what.len()).any(|part| part == what.as_bytes());
    files(world).into_iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name).collect()
}

async fn ledger(world: &World, gateway: &Gateway) -> Ledger {
    gateway.ledger(&world.brands[0].file.tenant()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_forgotten_person_is_in_the_files() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let (gone, stays) = (person(brand, 1), person(brand, 2));
    for (id, to) in [("first-of-gone", &gone), ("first-of-stays", &stays)] {
        assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200);
        until(&format!("{id} is read"), || World::is_read(brand, id)).await;
    }
    world
        .webhook("/webhooks/vonage/inbound", &text_from(&gone, "6531290044", "in-1", "Zanzibar is where I live"))
        .await;
    world.webhook("/webhooks/vonage/inbound", &text_from(&gone, "6531290044", "in-2", "STOP")).await;
    let broken = json!({ "channel": "whatsapp", "message_uuid": "of-nobody", "to": gone, "from": "6531290044", "timestamp": "x", "status": "read" });
    world.webhook("/webhooks/vonage/status", &broken).await;
    world.quiet(&gateway).await;
    assert!(!found(&world, &gone).is_empty() && !found(&world, "first-of-gone").is_empty(), "it is there to be erased");

    let came = command(&gateway, &["forget", &format!("+{gone}"), "--json"]).await;
    assert_eq!(came.code, 0, "{}", came.err);
    let said = came.json();
    assert!(said["messages"].as_u64().unwrap() >= 1 && said["unfinished"] == 0, "{said}");
    assert!(said["dead_letters"] == 1 && said["suppressions"] == 2 && said["addresses"] == 2, "{said}");
    // While the gateway runs and writes.
    for what in [gone.as_str(), "first-of-gone", "Zanzibar"] {
        assert_eq!(found(&world, what), [""; 0], "{what}");
    }
    assert!(
        !found(&world, &stays).is_empty() && !found(&world, "first-of-stays").is_empty(),
        "others are as they were"
    );

    // The opt-out holds on, by a hash; a repeat is still known, a late status is nobody's.
    let before = ledger(&world, &gateway).await;
    assert_eq!(world.send(brand, &order(brand, "first-of-gone", &gone)).await.status, 200);
    assert_eq!(ledger(&world, &gateway).await, before, "a repeat is not taken in");
    let sent = world.taken(&gone).remove(0);
    let late = json!({ "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": gone, "from": "6531290044", "timestamp": "2026-11-04T09:14:06.981Z", "status": "read" });
    assert_eq!(world.webhook("/webhooks/vonage/status", &late).await.status, 200);
    assert_eq!(found(&world, &gone), [""; 0], "what is said of it is not kept");
    let taken = world.taken(&gone).len();
    assert_eq!(world.send(brand, &order(brand, "second-of-gone", &gone)).await.status, 200);
    until("it is reported as opted out", || World::words(brand, "second-of-gone").len() == 1).await;
    assert_eq!(world.taken(&gone).len(), taken, "nothing is sent");
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;

    let gateway = world.gateway().await;
    assert_eq!(world.send(brand, &order(brand, "third-of-gone", &gone)).await.status, 200);
    until("it is reported as opted out", || World::words(brand, "third-of-gone").len() == 1).await;
    assert_eq!(world.taken(&gone).len(), taken, "after a restart, too");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_forgotten_person_is_not_sent() {
    let world = World::new(vec![acme().rate("1/h")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let (first, gone) = (person(brand, 1), person(brand, 2));
    assert_eq!(world.send(brand, &order(brand, "first", &first)).await.status, 200);
    until("the first is sent", || world.taken(&first).len() == 1).await;
    for id in ["second", "third"] {
        assert_eq!(world.send(brand, &order(brand, id, &gone)).await.status, 200);
    }
    world.webhook("/webhooks/vonage/inbound", &text_from(&person(brand, 3), "6531290044", "in-3", "hello")).await;
    let came = command(&gateway, &["forget", &gone]).await;
    assert!(came.code == 0 && came.out.contains("2 messages, 2 of them unfinished"), "{} {}", came.out, came.err);
    let now = ledger(&world, &gateway).await;
    assert_eq!((now.suppressed, now.difference()), (2, 0), "{now:?}");
    let said = command(&gateway, &["ledger", "--recount"]).await;
    assert_eq!(said.code, 0, "it adds up: {}", said.out);
    // The lane goes on with what it held in memory, and finds that it is gone.
    let faster = brand.file.clone().rate("1000/s");
    world.write(&faster);
    let next = person(brand, 4);
    assert_eq!(world.send(brand, &order(brand, "next", &next)).await.status, 200);
    until("the next is sent", || world.taken(&next).len() == 1).await;
    assert_eq!((world.taken(&gone).len(), found(&world, &gone)), (0, vec![]));
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    let text = format!("http://{}/api/forget", gateway.admin_address().unwrap());
    let twice = world.client.post(text).bearer_auth(ADMIN_TOKEN).header("content-type", "application/json");
    let (status, said) = answer(twice.body(json!({ "number": gone }).to_string())).await;
    assert_eq!((status, &said["messages"]), (200, &json!(0)), "once is enough");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_forgotten_in_the_store_of_a_gateway_that_is_stopped() {
    let world = World::new(vec![acme()], provider()).await;
    let config = world.folder().join("switchboard.yaml");
    let store = format!("sqlite:{}", world.folder().join("switchboard.db").display());
    std::fs::write(&config, format!("store: \"{store}\"\nencryption: {{ first: \"${{env:STORE_KEY}}\" }}\n")).unwrap();
    let key = ("STORE_KEY", "4d9a1c6e4d9a1c6e4d9a1c6e4d9a1c6e4d9a1c6e4d9a1c6e4d9a1c6e4d9a1c6e");
    let config = config.to_str().unwrap();
    let (gone, stays) = (person(&world.brands[0], 1), person(&world.brands[0], 2));
    let offline = ["store", "forget", &gone, "--config", config];

    let none = typed(&offline, &[key]).await;
    assert!(none.code == 1 && none.err.contains("there is no store"), "{}", none.err);
    assert!(!world.folder().join("switchboard.db").exists(), "none is made");

    let mut command = Process::command(&world);
    command.args(["--config", config]).env(key.0, key.1);
    let process = Process::begin(command);
    process.listening(&world).await;
    let brand = &world.brands[0];
    for (id, to) in [("first-of-gone", &gone), ("first-of-stays", &stays)] {
        assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200);
        until(&format!("{id} is read"), || World::is_read(brand, id)).await;
    }
    let busy = typed(&offline, &[key]).await;
    assert!(busy.code == 1 && busy.err.contains("ask its gateway"), "{}", busy.err);
    assert!(process.terminate().await.success());
    assert!(!found(&world, &gone).is_empty());

    let (path, misspelt) =
        (store.as_str(), ["store", "forget", gone.as_str(), "--tenant", "acmee", "--config", config]);
    for (arguments, environment, code, part) in [
        (&offline[..], &[][..], 1, "STORE_KEY"),
        (&["store", "forget", &gone, "--store", path], &[key], 1, "the key `first`"),
        (&["store", "forget", "12", "--config", config], &[key], 2, "6 to 128"),
        (&["store", "forget", &gone, "--store", "pg:x"], &[key], 2, "sqlite:PATH"),
        (&misspelt, &[key], 1, "nothing of a tenant `acmee`"),
    ] {
        let came = typed(arguments, environment).await;
        assert!(came.code == code && came.err.contains(part), "{arguments:?}: {} {}", came.code, came.err);
    }
    assert!(!found(&world, &gone).is_empty(), "nothing has happened yet");

    let came = typed(&offline, &[key]).await;
    assert!(came.code == 0 && came.out.contains("1 messages, 0 of them unfinished"), "{} {}", came.out, came.err);
    assert_eq!((found(&world, &gone), found(&world, "first-of-gone")), (vec![], vec![]));
    assert!(!found(&world, &stays).is_empty());
    let again = typed(&[&offline[..], &["--json"]].concat(), &[key]).await;
    assert_eq!(again.json()["messages"], 0);

    let mut command = Process::command(&world);
    command.args(["--config", config]).env(key.0, key.1);
    let process = Process::begin(command);
    process.listening(&world).await;
    let admin = process.admin().await;
    let said = answer(world.client.get(format!("{admin}/api/audit?what=forget")).bearer_auth(ADMIN_TOKEN)).await.1;
    let lines = said["audit"].as_array().unwrap();
    assert!(lines.len() == 2 && lines.iter().all(|line| line["who"] == "the command line"), "{said}");
    assert!(process.terminate().await.success());
}
