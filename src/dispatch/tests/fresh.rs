//! Reports that go from whoever stored them, without a look into the store: in their order, and each once.

use super::chaos::{CARRIER, PLATFORM, carried, hook};
use super::*;

/// What the platform was told, and when, since the stage was set.
type Told = Arc<Mutex<Vec<(String, Duration)>>>;

/// A platform that takes its time for the first thing that it is told.
fn stage(first: Duration) -> (Stage, Told) {
    let told = Told::default();
    let (heard, began) = (told.clone(), Instant::now());
    let play = move |call: &Prepared, _: usize| {
        if call.url.host_str() == Some("carrier.example") {
            return std::future::ready(carried(call)).boxed();
        }
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let report = format!("{} {}", body["id"].as_str().unwrap(), body["status"].as_str().unwrap());
        let mut heard = heard.lock().unwrap();
        heard.push((report, began.elapsed()));
        let wait = if heard.len() == 1 { first } else { Duration::ZERO };
        async move {
            sleep(wait).await;
            answer(200)
        }
        .boxed()
    };
    (Stage::with(snapshot_of(PLATFORM, CARRIER, vec![tenant("acme", "\"14155550100\"")]), Arc::default(), play), told)
}

fn reports(told: &Told) -> Vec<String> {
    told.lock().unwrap().iter().map(|(report, _)| report.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_behind_another_goes_as_soon_as_that_one_is_taken() {
    let (stage, told) = stage(Duration::from_secs(5));
    stage.accept(1, "acme", NUMBER).await;
    sleep(Duration::from_secs(20)).await;
    let begun = Instant::now();
    assert_eq!(hook(&stage, "p-1", "sent").await, 200);
    // So late that nobody looks by himself before the first one is taken, nor soon after.
    sleep(Duration::from_millis(4500)).await;
    assert_eq!(hook(&stage, "p-1", "there").await, 200);
    sleep(Duration::from_millis(400)).await;
    assert_eq!(reports(&told), ["m1 sent"], "the second waits");
    sleep(Duration::from_millis(300)).await;
    assert_eq!(reports(&told), ["m1 sent", "m1 delivered"], "after {:?}", begun.elapsed());
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn reports_are_made_at_once_and_each_once() {
    let (stage, told) = stage(Duration::ZERO);
    for number in 1..=40 {
        stage.accept(number, "acme", NUMBER).await;
    }
    sleep(Duration::from_secs(30)).await;
    for number in 1..=40 {
        assert_eq!(hook(&stage, &format!("p-{number}"), "there").await, 200);
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_millis(100)).await;
    let mut seen = reports(&told);
    assert_eq!(seen.len(), 40, "each once, and without waiting for somebody to look");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 40);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_the_store_leaves_a_fresh_call_alone() {
    let (stage, told) = stage(Duration::ZERO);
    let message = stage.accept_as(Class::Promotional, 1, "acme", NUMBER).await;
    let (provider_id, said, revision) = (None, Vec::new(), 0);
    let message = Message { message, provider_id, said, bill: Bill::default(), revision, begun: false };
    sleep(Duration::from_secs(20)).await;
    assert_eq!(hook(&stage, "p-1", "sent").await, 200);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(reports(&told), ["m1 sent"]);
    // Stored by somebody who has not come to hand it over yet.
    let context = Bytes::from_static(br#"{"event":{"status":"read"},"word":"read"}"#);
    let (tenant, name) = ("acme".into(), "report".to_owned());
    let about = Some(message.message.reference);
    let call = NewCall { id: 77, tenant, name, message: about, context, at: stage.flow.ambient.now() };
    let mut fresh = stage.flow.fresh(std::slice::from_ref(&call), &message);
    let now = stage.store.message(message.message.reference).await.unwrap().unwrap();
    let taken = Taken {
        tenant: "acme".into(),
        id: "i".to_owned(),
        addresses: Vec::new(),
        suppressions: Vec::new(),
        replies: Vec::new(),
        calls: vec![call],
        at: now.message.at,
    };
    stage.store.take(taken).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(reports(&told), ["m1 sent"]);
    // It never comes: whoever looks next has it.
    fresh.clear();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(reports(&told), ["m1 sent", "m1 read"]);
    stage.end().await;
}
