//! Doubt that only time ends, and a platform that is gone: nothing is lost, nothing sent twice.

use switchboard::sim::Delay;
use switchboard::sim::platform::{Platform, PlatformOptions};
use switchboard::sim::provider::{Answers, Life, ProviderOptions};

use crate::world::{Process, TenantFile, World, certain, free_port, provider, until};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// Sends so many messages, and waits until all are read, each sent once; what a test does in between, it does in `then`.
async fn all_are_read_once(options: ProviderOptions, file: TenantFile, count: u64, then: impl AsyncFnOnce(&World)) {
    let world = World::new(vec![file], options).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let campaign = world.platform().campaign(world.campaign(brand, count)).await;
    assert_eq!(campaign.accepted, count);
    then(&world).await;
    until("all are read", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    world.quiet(&gateway).await;
    let sent = world.provider.journal().summary();
    assert_eq!((sent.references, sent.duplicated), (count, 0), "{sent:?}");
    let ledger = gateway.flow.store.ledger(&brand.file.tenant()).await.unwrap();
    assert_eq!((ledger.accepted, ledger.submitted), (count, count), "{ledger:?}");
    world.check_contracts();
    world.check_reports();
    gateway.stop().await;
}

async fn nothing(_: &World) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_without_our_reference_find_their_message() {
    // Only the provider's id names the message, so they may not come before the answer that tells it.
    let (submitted_after, delivered_after) = (Delay::millis(2000, 2100), Delay::millis(2200, 2300));
    let read_after = Delay::millis(2400, 2500);
    let late = Life { submitted_after, delivered_after, read_after, ..certain() };
    let life = Life { without_client_ref: 1.0, duplicates: 0.5, ..late };
    all_are_read_once(ProviderOptions { life, ..provider() }, acme(), 30, nothing).await;
}

/// Neither answer nor status: after its time the doubt ends as the tenant says, and the message is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_never_arrived_is_sent_again() {
    let answers = Answers { dropped: 1.0, ..Answers::default() };
    let file = acme().line("delivery: { in_doubt: { wait: 2s, then: resend } }");
    all_are_read_once(ProviderOptions { answers, ..provider() }, file, 10, async |world: &World| {
        let refused = || world.provider.journal().summary().refused;
        until("all are tried", || refused().get(&0).is_some_and(|count| *count >= 10)).await;
        world.provider.set_answers(Answers::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_waited_for() {
    let answers = Answers { failing: 1.0, ..Answers::default() };
    let file = acme().line("delivery: { in_doubt: { wait: 1s, then: resend } }");
    all_are_read_once(ProviderOptions { answers, ..provider() }, file, 10, async |world: &World| {
        let refused = || world.provider.journal().summary().refused;
        until("it fails", || refused().get(&500).is_some_and(|count| *count >= 10)).await;
        world.provider.set_answers(Answers::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_wait_for_a_platform_that_is_gone() {
    let port = free_port();
    let mut file = acme();
    file.report_url = format!("http://127.0.0.1:{port}/whatsapp/vonage-v2/dlr");
    let world = World::new(vec![file], provider()).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    let campaign = world.platform().campaign(world.campaign(brand, 20)).await;
    assert_eq!(campaign.accepted, 20);
    process.logged("it is not reached", |line| line["message"] == "put off").await;
    let webhooks = || world.provider.journal().summary().webhooks;
    until("all is said", || webhooks().get("read").is_some_and(|posted| posted.acknowledged == 20)).await;
    // A restart in the middle of it loses nothing either.
    process.kill();
    let process = Process::start(&world).await;
    let back = PlatformOptions { port, only_own: false, ..PlatformOptions::default() };
    let back = Platform::start(back).await.unwrap();
    let read = |id: &String| back.journal().reports(id).last().is_some_and(|report| report.status == "read");
    until("all is reported", || campaign.accepted_ids.iter().all(read)).await;
    assert!(back.journal().violations().is_empty(), "{:?}", back.journal().violations());
    assert!(process.terminate().await.success());
}
