//! SIGTERM while everything is going on: what was accepted is kept, what is under way ends, nothing is sent twice.

use std::time::Duration;

use switchboard::app::{Gateway, Options};
use switchboard::delivery::Phase;
use switchboard::sim::Delay;
use switchboard::sim::platform::{Campaign, Repeats};
use switchboard::sim::provider::{Answers, ProviderOptions};
use switchboard::store::Store;

use crate::world::{Process, TenantFile, World, order, person, provider, until, until_async};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_traffic_loses_and_repeats_nothing() {
    let answers = Answers { delay: Delay::millis(20, 120), ..Answers::default() };
    let world = World::new(vec![acme().rate("200/s")], ProviderOptions { answers, ..provider() }).await;
    let brand = &world.brands[0];
    let never = Repeats { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };
    let mut accepted = Vec::new();
    // Whatever is refused at the end of one round has the rounds after it to be seen twice.
    for round in 0..3 {
        let process = Process::start(&world).await;
        let first = world.campaign(brand, 1).first_recipient + round * 10_000;
        let campaign = Campaign { first_recipient: first, repeats: never, ..world.campaign(brand, 3_000) };
        let before = world.provider.journal().summary().accepted;
        let (campaign, status) = tokio::join!(world.platform().campaign(campaign), async {
            until("messages and statuses are on their way", || {
                world.provider.journal().summary().accepted > before + 50
            })
            .await;
            process.terminate().await
        });
        assert!(status.success(), "{status}");
        assert!(campaign.accepted > 0 && campaign.accepted < 3_000, "stopped in the middle: {campaign:?}");
        accepted.extend(campaign.accepted_ids);
        let store = world.store();
        assert!(store.interrupted().await.unwrap().is_empty(), "no attempt is left in doubt");
        for id in &accepted {
            let kept = store.by_platform_id(&brand.file.tenant(), id).await.unwrap();
            assert_eq!(kept.len(), 1, "{id} was accepted");
        }
        let count = store.recount().await.unwrap().remove(0);
        assert!(count.agrees() && count.told.difference() == 0, "{count:?}");
        store.close().await.unwrap();
    }
    world.write(&brand.file.clone().rate("2000/s"));
    let process = Process::start(&world).await;
    until("everything that was accepted is read", || accepted.iter().all(|id| World::is_read(brand, id))).await;
    let sent = world.provider.journal().summary();
    // A message may be stored whose platform never heard the answer; such a one is sent too.
    assert!(sent.references >= u64::try_from(accepted.len()).unwrap(), "{sent:?}");
    assert_eq!(sent.duplicated, 0);
    world.check_contracts();
    world.check_reports();
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_answer_keeps_no_stop() {
    let answers = Answers { delay: Delay::millis(600_000, 600_000), ..Answers::default() };
    let file = acme().line("delivery: { timeout: 100s }");
    let world = World::new(vec![file], ProviderOptions { answers, ..provider() }).await;
    let options = Options { drain: Duration::from_secs(1), ..world.options() };
    let gateway = Gateway::start(options).await.unwrap();
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until_async("its attempt is under way", async || !gateway.flow.store.interrupted().await.unwrap().is_empty()).await;
    gateway.stop().await;
    let store = world.store();
    let message = store.by_platform_id(&brand.file.tenant(), "one").await.unwrap().remove(0).message;
    assert_eq!(store.interrupted().await.unwrap(), [message.reference], "in doubt at the next start, not forgotten");
    assert!(matches!(message.life.phase, Phase::Queued | Phase::Sending));
    store.close().await.unwrap();
}
