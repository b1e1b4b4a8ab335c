//! A store that takes nothing for a while: what has happened is kept until it is written down, and done once.

use super::chaos::{CARRIER, PLATFORM, carried, hook};
use super::*;
use crate::store::StoreError;

fn troubles() -> [StoreError; 2] {
    [StoreError::Overloaded, StoreError::Failed("the disk is full".to_owned())]
}

/// Every call takes ten seconds.
fn stage() -> Stage {
    let play = |call: &Prepared, _: usize| {
        let answer = if call.url.host_str() == Some("carrier.example") { carried(call) } else { answer(200) };
        async move {
            sleep(Duration::from_secs(10)).await;
            answer
        }
        .boxed()
    };
    Stage::with(snapshot_of(PLATFORM, CARRIER, vec![tenant("acme", "\"14155550100\"")]), Arc::default(), play)
}

#[tokio::test(start_paused = true)]
async fn the_outcome_of_an_attempt_waits_for_the_store_and_is_no_doubt() {
    for trouble in troubles() {
        let stage = stage();
        for number in 1..=20 {
            stage.accept(number, "acme", NUMBER).await;
        }
        sleep(Duration::from_secs(8)).await;
        stage.store.trouble(Some(trouble));
        sleep(Duration::from_secs(1800)).await;
        assert_eq!(stage.calls_to("carrier.example"), 20);
        stage.store.trouble(None);
        sleep(Duration::from_secs(6)).await;
        for number in 1..=20 {
            let message = stage.store.message(Ref::from_number(number)).await.unwrap().unwrap();
            assert_eq!(message.message.life.phase, Phase::Submitted);
            assert_eq!(message.provider_id.as_deref(), Some(&*format!("p-{number}")), "what the answer said is known");
        }
        assert_eq!(stage.calls_to("carrier.example"), 20, "each was sent once");
        assert!(stage.store.interrupted().await.unwrap().is_empty());
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_begun_waits_and_holds_no_lane() {
    for trouble in troubles() {
        let stage = stage();
        sleep(Duration::from_secs(1)).await;
        stage.store.trouble(Some(trouble));
        for number in 1..=5 {
            stage.accept(number, "acme", NUMBER).await;
        }
        sleep(Duration::from_secs(900)).await;
        assert_eq!(stage.calls_to("carrier.example"), 0);
        assert!(stage.flow.held.all().is_empty());
        stage.store.trouble(None);
        sleep(Duration::from_secs(16)).await;
        for number in 1..=5 {
            assert_eq!(stage.phase(number).await, Phase::Submitted);
        }
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_opted_out_while_the_store_was_in_trouble_gets_nothing() {
    let stage = stage();
    sleep(Duration::from_secs(1)).await;
    stage.store.trouble(Some(StoreError::Overloaded));
    stage.accept(1, "acme", NUMBER).await;
    sleep(Duration::from_secs(60)).await;
    stage.store.suppress(vec![opted_out()]).await.unwrap();
    stage.store.trouble(None);
    sleep(Duration::from_secs(20)).await;
    assert_eq!((stage.phase(1).await, stage.calls_to("carrier.example")), (Phase::Suppressed, 0));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_report_that_was_posted_is_not_posted_again_because_of_the_store() {
    for trouble in troubles() {
        let stage = stage();
        stage.accept(1, "acme", NUMBER).await;
        sleep(Duration::from_secs(20)).await;
        assert_eq!(hook(&stage, "p-1", "seen").await, 200);
        // Its report is under way.
        sleep(Duration::from_secs(5)).await;
        assert_eq!(stage.calls_to("acme.example"), 1);
        stage.store.trouble(Some(trouble));
        assert_eq!(hook(&stage, "p-1", "sent").await, 503, "a webhook is told to come again");
        sleep(Duration::from_secs(1800)).await;
        stage.store.trouble(None);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(stage.calls_to("acme.example"), 1);
        let waiting = stage.store.calls(Timestamp::from_millis(i64::MAX), 9, &std::collections::HashSet::new());
        assert!(waiting.await.unwrap().0.is_empty(), "and it is done");
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_what_was_not_begun() {
    let stage = stage();
    sleep(Duration::from_secs(1)).await;
    stage.store.trouble(Some(StoreError::Overloaded));
    stage.accept(1, "acme", NUMBER).await;
    sleep(Duration::from_secs(60)).await;
    let began = Instant::now();
    stage.end().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn attempts_of_before_a_stop_are_in_doubt_once_the_store_takes_it() {
    let store: Arc<Memory> = Arc::default();
    let begun = {
        let stage =
            Stage::new(vec![tenant("acme", "\"14155550100\"")], store.clone(), |_, _| std::future::pending().boxed());
        stage.accept(1, "acme", NUMBER).await;
        sleep(Duration::from_secs(10)).await;
        stage.running.abort();
        store.interrupted().await.unwrap().len()
    };
    assert_eq!(begun, 1);
    store.trouble(Some(StoreError::Overloaded));
    let after = Stage::new(vec![tenant("acme", "\"14155550100\"")], store.clone(), |_, _| {
        std::future::ready(answer(202)).boxed()
    });
    sleep(Duration::from_secs(600)).await;
    store.trouble(None);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(after.phase(1).await, Phase::InDoubt);
    sleep(Duration::from_secs(130)).await;
    assert_eq!(after.phase(1).await, Phase::Submitted);
    after.end().await;
}
