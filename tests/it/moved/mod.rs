//! The store of a gateway is moved to another one while there is work, and everything goes on; checked, copied, made small.
//! That both answer every question the same is the store's own suite (`store::conformance::moved`).

mod upkeep;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use switchboard::sim::Delay;
use switchboard::sim::platform::Campaign;
use switchboard::sim::provider::{Answers, ProviderOptions};

use crate::postgres::server::Tables;
use crate::world::{Process, TenantFile, World, order, person, provider, text_from, until};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// `switchboard store …`, as somebody types it.
fn typed(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().arg("store").args(arguments);
    command
}

fn told(arguments: &[&str]) -> Output {
    typed(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nothing is wrong with it.
fn check(store: &str) -> Value {
    let output = told(&["check", "--store", store, "--json"]);
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["findings"], Value::Array(Vec::new()));
    said
}

/// Moves everything; how many messages there were.
fn moved(from: &str, to: &str) -> u64 {
    let output = told(&["move", from, to, "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["compared"], true);
    said["rows"]["message"].as_u64().unwrap()
}

/// Begins to move, and kills it in the middle.
fn cut_off(from: &str, to: &str) {
    let mut child = typed(&["move", from, to]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("moved lane")));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was faster");
}

/// A gateway is not started on it, and says so.
async fn refused(world: &World, says: &str) {
    let mut process = Process::begin(Process::command(world));
    assert_eq!(process.ended().await.code(), Some(1));
    until(&format!("it says {says}"), || process.text().join("\n").contains(says)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_full_of_work_moves_there_and_back_and_everything_goes_on() {
    const MANY: u64 = 1600;
    let tables = Tables::new();
    let answers = Answers { delay: Delay::millis(5, 60), ..Answers::default() };
    let options = ProviderOptions { answers, keep_bodies: false, ..provider() };
    let mut world = World::new(vec![acme().rate("10/s")], options).await;
    let file = format!("sqlite:{}", world.folder().join("switchboard.db").display());
    let back = format!("sqlite:{}", world.folder().join("back.db").display());
    let brand = &world.brands[0];
    let process = Process::start(&world).await;
    let stopped = person(brand, 90_000);
    let stop = text_from(&stopped, brand.file.number, "stop-1", "STOP");
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    let first = person(brand, 80_000);
    assert_eq!(world.send(brand, &order(brand, "the-first", &first)).await.status, 200);
    let campaign = Campaign { concurrency: 64, ..world.campaign(brand, MANY) };
    let campaign = world.platform().campaign(campaign).await;
    assert_eq!(campaign.accepted, MANY, "{campaign:?}");
    let journal = world.provider.journal();
    until("some are on their way", || journal.summary().accepted > 20).await;

    // Not while it is served.
    let early = told(&["move", &file, tables.url()]);
    assert_eq!(early.status.code(), Some(1));
    assert!(text(&early.stderr).contains("stop its gateway first"), "{early:?}");
    assert!(process.terminate().await.success());
    check(&file);

    cut_off(&file, tables.url());
    world.database = Some(tables.url().to_owned());
    refused(&world, "half a store").await;
    assert!(moved(&file, tables.url()) >= MANY);
    check(tables.url());
    world.database = Some(file.clone());
    refused(&world, "was moved to postgres://").await;

    world.database = Some(tables.url().to_owned());
    let before = journal.summary().accepted;
    let process = Process::start(&world).await;
    until("it goes on", || journal.summary().accepted > before + 20).await;
    assert!(process.terminate().await.success());
    assert!(journal.summary().references < MANY, "there is work left to be moved back");
    assert!(moved(tables.url(), &back) >= MANY);
    check(&back);

    world.database = Some(back.clone());
    let brand = &world.brands[0];
    world.write(&brand.file.clone().rate("2000/s"));
    let process = Process::start(&world).await;
    until("every message is read", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    assert_eq!(journal.duplicates().len(), 0, "nothing is sent twice");
    // A repeat is known, and an opt-out holds.
    assert_eq!(world.send(brand, &order(brand, "the-first", &first)).await.status, 200);
    assert_eq!(world.send(brand, &order(brand, "to-the-stopped", &stopped)).await.status, 200);
    let code = || World::words(brand, "to-the-stopped").contains(&"failed".to_owned());
    until("the platform hears that it is not sent", code).await;
    assert_eq!((world.taken(&stopped).len(), world.taken(&first).len()), (0, 1));
    world.check_reports();
    assert!(process.terminate().await.success());
    check(&back);
}
