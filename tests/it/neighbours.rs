//! Tenants beside each other at one provider account, through the whole gateway.
//!
//! The suite counts. The two tests that measure are left out of it; docs/performance.md has their commands and figures.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use switchboard::sim::Delay;
use switchboard::sim::platform::Campaign;
use switchboard::sim::provider::{Life, ProviderOptions, Sent};
use switchboard::store::Store;
use switchboard::store::sqlite::Sqlite;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::world::{Process, TenantFile, World, certain, order, person, provider, until};

/// People that no campaign writes to.
const OTHERS: u64 = 800_000;

fn acme(rate: &str) -> TenantFile {
    TenantFile::moengage("acme", "6531290044").rate(rate)
}

fn bolt() -> TenantFile {
    TenantFile::moengage("bolt", "6531290055")
}

/// A provider that says nothing of what becomes of a message for as long as a test takes.
fn silent() -> ProviderOptions {
    let never = Delay::millis(86_400_000, 86_400_000);
    let life = Life { delivered: 0.0, submitted_after: never, delivered_after: never, ..certain() };
    ProviderOptions { life, keep_bodies: false, ..provider() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_tenant_is_not_waited_for_by_another() {
    let world = World::new(vec![acme("1/s"), bolt()], provider()).await;
    let gateway = world.gateway().await;
    let accounts = gateway.flow.snapshot.load_full();
    let accounts: Vec<&str> = accounts.tenants.iter().map(|tenant| tenant.account()).collect();
    assert_eq!(accounts[0], accounts[1], "the test is about one account");
    let flood = world.brands[0].platform.campaign(world.campaign(&world.brands[0], 2000)).await;
    assert_eq!(flood.accepted, 2000);
    let brand = &world.brands[1];
    for place in 0..20 {
        let to = person(brand, OTHERS + place);
        let answer = world.send(brand, &order(brand, &format!("b-{place}"), &to)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        until("it is at the provider", || !world.taken(&to).is_empty()).await;
    }
    let store = &gateway.flow.store;
    assert!(store.backlog(&"acme".into()) > 0, "the flood was over, so that this showed nothing");
    // What the provider has is settled a moment later.
    until("nothing of it is queued", || store.backlog(&"bolt".into()) == 0).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

/// Milliseconds since 1970, as the simulators stamp.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Half and 99 of 100 are not above these, in milliseconds.
fn quantiles(mut waits: Vec<i64>) -> (usize, i64, i64) {
    waits.sort_unstable();
    let at = |hundredths: usize| waits.get((waits.len() * hundredths / 100).min(waits.len().saturating_sub(1)));
    (waits.len(), at(50).copied().unwrap_or_default(), at(99).copied().unwrap_or_default())
}

fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The gateway as it is shipped, but with trouble only in its log.
async fn process(world: &World) -> Process {
    let mut command = Process::command(world);
    command.env("SWITCHBOARD_LOG_LEVEL", "warn");
    let process = Process::begin(command);
    process.listening(world).await;
    process
}

/// Sends one message every so often, whatever becomes of the ones before; when each was sent and answered.
async fn paced(
    world: &Arc<World>,
    brand: usize,
    first: u64,
    every: Duration,
    mut more: impl FnMut(u64) -> bool,
) -> Vec<(String, i64, i64)> {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    let mut place = 0;
    while more(place) {
        tick.tick().await;
        let (world, number) = (Arc::clone(world), first + place);
        under_way.spawn(async move {
            let brand = &world.brands[brand];
            let to = person(brand, OTHERS + number);
            let body = order(brand, &format!("p-{number}"), &to);
            let begun = now();
            let answer = world.send(brand, &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            (to, begun, now())
        });
        place += 1;
    }
    under_way.join_all().await
}

/// From its platform's request to the provider, and from the platform's answer to the provider.
fn waits(world: &World, sent: &[(String, i64, i64)]) -> (Vec<i64>, Vec<i64>) {
    let arrived: std::collections::HashMap<String, i64> =
        world.provider.journal().sent().into_iter().map(|Sent { to, at, .. }| (to, at)).collect();
    sent.iter().map(|(to, begun, answered)| (arrived[to] - begun, (arrived[to] - answered).max(0))).unzip()
}

async fn arrived(world: &World, sent: &[(String, i64, i64)], before: u64) {
    let all = before + u64::try_from(sent.len()).unwrap();
    let of = |world: &World| {
        let from = world.brands[1].file.number;
        let sent = world.provider.journal().sent();
        u64::try_from(sent.iter().filter(|sent| sent.from == from).count()).unwrap()
    };
    let begun = Instant::now();
    while of(world) < all {
        assert!(begun.elapsed() < Duration::from_secs(300), "{} of {all} arrived", of(world));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Runs what floods the gateway in a thread of its own and of the lowest priority, which is as near as one machine comes to a
/// flood from another: where it shares the gateway's and the provider's time it delays those who measure.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(move || {
        let thread = std::fs::read_link("/proc/thread-self").unwrap();
        let id = thread.file_name().unwrap().to_owned();
        let set = std::process::Command::new("renice").args(["-n", "19", "-p"]).arg(id).output().unwrap();
        assert!(set.status.success(), "{set:?}");
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    })
}

/// One tenant dumps `SWITCHBOARD_FLOOD` messages (200,000); another sends one every 100 ms: alone, during, and after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, takes minutes and asserts no time"]
async fn noisy_neighbour() {
    let (flood, callers) = (variable("SWITCHBOARD_FLOOD", 200_000), variable("SWITCHBOARD_CALLERS", 32));
    let file = acme("200/s").line("limits: { backlog: 10000000 }");
    let world = Arc::new(World::new(vec![file, bolt()], silent()).await);
    let process = process(&world).await;
    let every = Duration::from_millis(100);
    paced(&world, 1, 0, every, |place| place < 50).await;
    let mut first = 50;
    println!("| | messages | request → provider, half / 99 of 100, ms | accepted → provider, half / 99 of 100, ms |");
    println!("|---|--:|--:|--:|");
    let mut figures = Vec::new();
    for phase in ["alone", "during the dump", "with the rest queued"] {
        let sent = if phase == "during the dump" {
            let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let (dumping, ended) = (Arc::clone(&world), Arc::clone(&over));
            let dump = apart(async move {
                let campaign = dumping.campaign(&dumping.brands[0], flood);
                let campaign = Campaign { concurrency: usize::try_from(callers).unwrap(), ..campaign };
                let result = dumping.brands[0].platform.campaign(campaign).await;
                ended.store(true, std::sync::atomic::Ordering::Relaxed);
                result
            });
            let ended = || over.load(std::sync::atomic::Ordering::Relaxed);
            let sent = paced(&world, 1, first, every, |place| place < 100 || !ended()).await;
            let result = dump.join().unwrap();
            assert_eq!(result.accepted, flood, "{result:?}");
            println!("<!-- {flood} accepted in {} ms over {callers} connections -->", result.elapsed_ms);
            sent
        } else {
            paced(&world, 1, first, every, |place| place < 300).await
        };
        arrived(&world, &sent, first).await;
        first += u64::try_from(sent.len()).unwrap();
        let (requested, accepted) = waits(&world, &sent);
        let ((count, half, most), (_, half_after, most_after)) = (quantiles(requested), quantiles(accepted));
        println!("| {phase} | {count} | {half} / {most} | {half_after} / {most_after} |");
        figures.push((most, most_after));
    }
    for (at, phase) in ["during the dump", "with the rest queued"].iter().enumerate() {
        // Stamps are whole milliseconds.
        let ratio = |own: i64, alone: i64| {
            f64::from(i32::try_from(own).unwrap().max(1)) / f64::from(i32::try_from(alone).unwrap().max(1))
        };
        println!(
            "{phase} ÷ alone: {:.2}, {:.2}",
            ratio(figures[at + 1].0, figures[0].0),
            ratio(figures[at + 1].1, figures[0].1)
        );
    }
    world.check_contracts();
    process.kill();
}

/// Two hundred messages and as many statuses a second for half a minute, and the commits of a store beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, takes a minute and asserts no time"]
async fn latency() {
    let count = variable("SWITCHBOARD_MESSAGES", 6000);
    let world = Arc::new(World::new(vec![acme("1/s"), bolt()], silent()).await);
    let process = process(&world).await;
    let every = Duration::from_millis(5);
    paced(&world, 1, 0, every, |place| place < 200).await;
    let commits = Arc::new(Mutex::new(Vec::new()));
    let beside = tokio::spawn({
        let (path, commits) = (world.folder().join("beside.db"), Arc::clone(&commits));
        async move {
            let store = Sqlite::open(&path).unwrap();
            loop {
                let begun = Instant::now();
                store.probe().await.unwrap();
                commits.lock().unwrap().push(i64::try_from(begun.elapsed().as_micros()).unwrap());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let statuses = tokio::spawn(statuses(Arc::clone(&world), every, count));
    let sent = paced(&world, 1, 200, every, |place| place < count).await;
    let posted = statuses.await.unwrap();
    arrived(&world, &sent, 200).await;
    beside.abort();
    let reports = world.brands[1].platform.journal();
    until("every status is reported", || posted.iter().all(|(id, _)| !reports.reports(id).is_empty())).await;
    let reported = posted.iter().map(|(id, begun)| reports.reports(id)[0].at - begun).collect();
    let (requested, accepted) = waits(&world, &sent);
    println!("| | count | half within, ms | 99 of 100 within, ms |\n|---|--:|--:|--:|");
    for (what, waits) in
        [("request → provider", requested), ("accepted → provider", accepted), ("status in → report out", reported)]
    {
        let (count, half, most) = quantiles(waits);
        println!("| {what} | {count} | {half} | {most} |");
    }
    let (count, half, most) = quantiles(commits.lock().unwrap().clone());
    println!("| a commit of a store alone on the same disk, µs | {count} | {half} | {most} |");
    world.check_contracts();
    process.kill();
}

/// Says of each message, some time after it arrived, that it was delivered; by the platform's id, when that was posted.
async fn statuses(world: Arc<World>, every: Duration, count: u64) -> Vec<(String, i64)> {
    let (mut tick, mut under_way, mut known, mut done) = (interval(every), JoinSet::new(), Vec::new(), 0);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while u64::try_from(done).unwrap() < count {
        if known.len() <= done {
            tokio::time::sleep(Duration::from_secs(1)).await;
            known = world.provider.journal().sent();
            continue;
        }
        tick.tick().await;
        let (world, sent): (_, Sent) = (Arc::clone(&world), known[done].clone());
        done += 1;
        under_way.spawn(async move {
            let status = json!({
                "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
                "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": "delivered",
            });
            let begun = now();
            assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
            let first: u64 = person(&world.brands[1], OTHERS).parse().unwrap();
            (format!("p-{}", sent.to.parse::<u64>().unwrap() - first), begun)
        });
    }
    under_way.join_all().await
}
