//! What a stop at any moment may not cost: killed, told to stop, started twice.

use std::collections::BTreeSet;

use switchboard::sim::Delay;
use switchboard::sim::platform::{Breach, Campaign};
use switchboard::sim::provider::{Answers, Life, ProviderOptions};
use switchboard::store::Store;
use switchboard::value::Timestamp;

use crate::world::{Process, TenantFile, World, certain, order, person, provider, text_from, until};

mod forget;
pub(crate) mod kills;
mod letters;
pub(crate) mod matrix;
pub(crate) mod oracle;
mod race;
mod recovery;

const MANY: u64 = 10_000;

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// What was unknown when the process was killed: attempts by our id, calls by the platform's id of their message.
struct Unknown {
    attempts: BTreeSet<String>,
    calls: BTreeSet<String>,
    waiting: u64,
}

async fn unknown(world: &World) -> Unknown {
    let store = world.store();
    let attempts = store.interrupted().await.unwrap().iter().map(ToString::to_string).collect();
    let held = std::collections::HashSet::new();
    let (waiting, _) = store.calls(Timestamp::from_millis(i64::MAX), 1_000_000, &held).await.unwrap();
    let mut calls = BTreeSet::new();
    for reference in waiting.iter().filter_map(|call| call.call.message) {
        calls.insert(store.message(reference).await.unwrap().unwrap().message.platform_id);
    }
    let waiting = store.backlog(&world.brands[0].file.tenant());
    store.close().await.unwrap();
    Unknown { attempts, calls, waiting }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_loses_nothing() {
    let answers = Answers { delay: Delay::millis(5, 60), ..Answers::default() };
    let life = Life { delivered: 0.5, read: 0.2, delivered_after: Delay::millis(100, 400), ..certain() };
    let options = ProviderOptions { answers, life, keep_bodies: false, ..provider() };
    let doubt = "delivery: { in_doubt: { wait: 10s }, concurrency: 256 }";
    let world = World::new(vec![acme().rate("10/s").line(doubt)], options).await;
    let brand = &world.brands[0];
    let process = Process::start(&world).await;
    let campaign = Campaign { concurrency: 64, ..world.campaign(brand, MANY) };
    let campaign = world.platform().campaign(campaign).await;
    assert_eq!(campaign.accepted, MANY, "{campaign:?}");
    until("some are on their way", || world.provider.journal().summary().accepted > 100).await;
    process.kill();
    let at_the_kill = world.provider.journal().summary();
    let unknown = unknown(&world).await;
    assert!(unknown.waiting > 1000, "killed in the middle of it: {at_the_kill:?}");

    world.write(&brand.file.clone().rate("2000/s"));
    let process = Process::start(&world).await;
    let journal = world.provider.journal();
    until("every message is at the provider", || journal.summary().references == MANY).await;
    until("every status is acknowledged", || {
        let posted = journal.summary().webhooks;
        ["submitted", "delivered", "read"]
            .iter()
            .all(|word| posted.get(*word).is_some_and(|of| of.sent == of.acknowledged))
    })
    .await;
    let (posted, twice) = (journal.summary().webhooks, journal.summary().duplicated);
    let reported = || {
        let last = world.platform().journal().summary().last;
        let count = |word: &str| last.get(word).copied().unwrap_or_default();
        let (sent, delivered, read) = (count("sent"), count("delivered"), count("read"));
        sent + delivered + read == MANY
            && read + twice >= posted["read"].sent
            && delivered + read + twice >= posted["delivered"].sent
    };
    until("every report has arrived", reported).await;

    let twice: Vec<String> = journal.duplicates().into_keys().collect();
    assert!(twice.iter().all(|reference| unknown.attempts.contains(reference)), "{twice:?}");
    assert!(journal.violations().is_empty());
    world.check_reports();
    for violation in world.platform().journal().violations() {
        let repeated =
            violation.breach == Breach::Repeat && violation.id.as_ref().is_some_and(|id| unknown.calls.contains(id));
        assert!(repeated, "{violation:?}");
    }
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_finishes_what_is_in_flight() {
    let answers = Answers { delay: Delay::millis(300, 400), ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    let campaign = world.platform().campaign(world.campaign(brand, 40)).await;
    assert_eq!(campaign.accepted, 40);
    assert!(process.terminate().await.success(), "it exits with 0");
    let store = world.store();
    assert!(store.interrupted().await.unwrap().is_empty(), "no attempt is left in doubt");
    let waiting = store.backlog(&brand.file.tenant());
    store.close().await.unwrap();
    drop(store);
    assert_eq!(world.provider.journal().summary().accepted, 40 - waiting);

    let process = Process::start(&world).await;
    until("what was queued goes out", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    assert_eq!(world.provider.journal().summary().duplicated, 0);
    world.check_contracts();
    world.check_reports();
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_before_dispatch_suppresses_what_is_queued() {
    let doubt = "delivery: { in_doubt: { wait: 3s } }";
    let world = World::new(vec![acme().rate("1/s").line(doubt)], provider()).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    for place in 0..6 {
        assert_eq!(world.send(brand, &order(brand, &format!("m-{place}"), &to)).await.status, 200);
    }
    let stop = text_from(&to, "6531290044", "stop", "STOP");
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    let sent = world.taken(&to).len();
    process.kill();

    world.write(&brand.file.clone().rate("1000/s"));
    let process = Process::start(&world).await;
    until("all are settled", || {
        (0..6).all(|place| {
            World::words(brand, &format!("m-{place}")).last().is_some_and(|word| word == "read" || word == "failed")
        })
    })
    .await;
    // One may have been on its way while the STOP was taken in.
    assert!(world.taken(&to).len() <= sent + 1, "{} after {sent}", world.taken(&to).len());
    let codes = world.platform().journal().reports("m-5");
    assert_eq!(codes.last().and_then(|report| report.code.as_deref()), Some("GW-OPTED-OUT"));
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_use_is_refused() {
    let world = World::new(vec![acme()], provider()).await;
    let first = Process::start(&world).await;
    let mut second = Process::begin(Process::command(&world));
    assert!(!second.ended().await.success());
    until("it says why", || second.text().join("\n").contains("in use by another process")).await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "still-there", &person(brand, 1))).await.status, 200);
    assert!(first.terminate().await.success());
}
