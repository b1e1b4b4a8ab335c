//! A backlog as large as a bad evening: what it costs in memory, and how soon a restart is ready.
//!
//! `SWITCHBOARD_QUEUED=1000000 cargo test --test it million:: -- --nocapture` prints the figures of docs/reliability.md;
//! without the variable the same is done with a few thousand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use switchboard::model::Ref;
use switchboard::store::{Acceptance, NewMessage, Store};

use crate::world::{ADMIN_TOKEN, Process, TenantFile, World, order, person, provider, until_async};

/// Senders that share the backlog.
const SENDERS: [(&str, &str); 4] =
    [("acme", "6531290044"), ("globex", "6531290045"), ("initech", "6531290046"), ("umbrella", "6531290047")];
/// Messages of one write.
const BATCH: usize = 1000;
/// What a gateway may take of memory, in megabytes.
const MOST: u64 = 300;

fn queued() -> usize {
    std::env::var("SWITCHBOARD_QUEUED").map_or(8_000, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_backlog_costs_no_memory_and_no_restart() {
    let many = queued();
    let tenants = SENDERS.map(|(name, number)| TenantFile::moengage(name, number).rate("20/s"));
    let world = World::new(tenants.to_vec(), provider()).await;
    let samples = samples(&world).await;
    let began = Instant::now();
    fill(&world, &samples, many).await;
    println!("queued {many} in {:?}", began.elapsed());

    let (process, ready) = ready(&world).await;
    let before = ledger(&world, &process).await;
    // It works on: some go out, some come in.
    for place in 0..40 {
        let brand = &world.brands[place % SENDERS.len()];
        let to = person(brand, 900_000 + u64::try_from(place).unwrap());
        assert_eq!(world.send(brand, &order(brand, &format!("late-{place}"), &to)).await.status, 200);
    }
    until_async("some of them went out", async || world.provider.journal().summary().accepted >= 400).await;
    let (now, most) = memory(&process);
    println!("ready after {ready:?} with {} in flight; {now} MB, at most {most} MB", before["in_flight"]);
    assert!(most <= MOST, "{most} MB");
    process.kill();

    let (process, ready) = self::ready(&world).await;
    let after = ledger(&world, &process).await;
    assert_eq!(after["accepted"], before["accepted"] + 40);
    assert_eq!(after["accepted"], u64::try_from(many + SENDERS.len() + 40).unwrap());
    let counted = Instant::now();
    let recount = asked(&world, &process, "/api/ledger?recount=now").await;
    assert_eq!(recount["recount"]["differences"], serde_json::json!([]), "{recount}");
    let (now, most) = memory(&process);
    println!("killed; ready after {ready:?} with {} in flight; {now} MB, at most {most} MB", after["in_flight"]);
    println!("all counted anew in {:?}", counted.elapsed());
    assert!(most <= MOST, "{most} MB");
    let stopped = Instant::now();
    assert!(process.terminate().await.success());
    println!("stopped in {:?}", stopped.elapsed());
}

/// One message of each sender, as a gateway has stored it.
async fn samples(world: &World) -> Vec<NewMessage> {
    let gateway = world.gateway().await;
    let mut samples = Vec::new();
    for brand in &world.brands {
        assert_eq!(world.send(brand, &order(brand, "sample", &person(brand, 0))).await.status, 200);
        samples.push(world.stored(&gateway, brand, "sample").await.unwrap().message);
    }
    world.quiet(&gateway).await;
    gateway.stop().await;
    samples
}

/// Accepts copies of them, each to somebody else, through the store.
async fn fill(world: &World, samples: &[NewMessage], many: usize) {
    let store = world.store();
    let first = samples.iter().map(|sample| sample.reference.number()).max().unwrap() + 1;
    let copy = |place: usize| {
        let sample = &samples[place % samples.len()];
        let number = i64::try_from(place).unwrap();
        let (reference, to) = (Ref::from_number(first + number), (6_500_000_000 + number).to_string());
        let (old, id) = (sample.reference.to_string(), format!("copy-{place}"));
        let body = String::from_utf8(sample.body.to_vec()).unwrap();
        let body = body.replace(&old, &reference.to_string()).replace(sample.to.as_str(), &to);
        NewMessage {
            reference,
            to: to.as_str().into(),
            dedupe: sample.dedupe.as_ref().map(|_| id.clone()),
            platform_id: id,
            body: body.into(),
            life: switchboard::delivery::Life::new(sample.life.expires),
            ..sample.clone()
        }
    };
    for from in (0..many).step_by(BATCH) {
        let batch: Vec<NewMessage> = (from..many.min(from + BATCH)).map(copy).collect();
        let count = batch.len();
        assert_eq!(store.accept(batch).await.unwrap(), vec![Acceptance::New; count]);
    }
    store.close().await.unwrap();
}

/// Starts the gateway; how long until it says that it is ready.
async fn ready(world: &World) -> (Process, Duration) {
    let began = Instant::now();
    let process = Process::begin(Process::command(world));
    let url = format!("{}/readyz", process.admin().await);
    until_async("it is ready", async || {
        world.client.get(&url).send().await.is_ok_and(|answer| answer.status().as_u16() == 200)
    })
    .await;
    (process, began.elapsed())
}

async fn asked(world: &World, process: &Process, path: &str) -> serde_json::Value {
    let request = world.client.get(format!("{}{path}", process.admin().await)).bearer_auth(ADMIN_TOKEN);
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

/// All tenants' accounts together.
async fn ledger(world: &World, process: &Process) -> BTreeMap<String, u64> {
    let said = asked(world, process, "/api/ledger").await;
    let mut sums = BTreeMap::<String, u64>::new();
    for tenant in said["tenants"].as_array().unwrap() {
        assert_eq!(tenant["difference"], 0, "{tenant}");
        for column in ["accepted", "in_flight"] {
            *sums.entry(column.to_owned()).or_default() += tenant[column].as_u64().unwrap();
        }
    }
    sums
}

/// The memory of the process in megabytes, now and at most, where the system tells.
fn memory(process: &Process) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        line.map_or(0, |kilobytes: u64| kilobytes / 1024)
    };
    (of("VmRSS:"), of("VmHWM:"))
}
