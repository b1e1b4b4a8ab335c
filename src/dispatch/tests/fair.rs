//! What tenants, senders and classes owe each other: counted in messages that went before, never in time.

use std::collections::HashMap;

use super::*;

/// Two tenants whose provider account is one: the token that an authorization server gives is shared.
pub(super) const SHARED: &str = r#"
dsl: 1
provider: carrier
settings: { base_url: { type: url, default: "https://carrier.example" } }
auth:
  out:
    - oauth2_client_credentials: { url: "https://token.example/", id: $.credentials.key, secret: $.credentials.key }
hosts: [ token.example ]
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
    body: { to: $.message.to, from: $.message.from }
    take: { provider_id: $.answer.body.id }
    failed: { reason: { $when: $.answer.http == 429, then: throttled, else: forbidden } }
    retry: { again: [ unreached, 429 ], in_doubt: [ unanswered ] }
"#;

/// The first person written to; the others follow by the number of the message.
const PEOPLE: i64 = 919_812_300_000;

/// Numbers of messages, in the order in which they reached the provider.
#[derive(Clone, Default)]
pub(super) struct Arrivals(Arc<Mutex<Vec<(i64, Instant)>>>);

impl Arrivals {
    pub(super) fn note(&self, call: &Prepared) -> Option<i64> {
        let body: serde_json::Value = serde_json::from_slice(&call.body).ok()?;
        let number = body["to"].as_str()?.parse::<i64>().ok()? - PEOPLE;
        self.0.lock().unwrap().push((number, Instant::now()));
        Some(number)
    }

    pub(super) fn numbers(&self) -> Vec<i64> {
        self.0.lock().unwrap().iter().map(|(number, _)| *number).collect()
    }

    pub(super) fn times(&self) -> HashMap<i64, Instant> {
        self.0.lock().unwrap().iter().copied().collect()
    }

    /// How many of these reached the provider.
    fn among(&self, numbers: std::ops::Range<i64>) -> usize {
        self.numbers().iter().filter(|number| numbers.contains(*number)).count()
    }
}

/// A provider that takes everything; how long its answer takes is said by the number of the message.
pub(super) fn carrier(
    arrivals: &Arrivals,
    takes: impl Fn(i64) -> Duration + Send + Sync + 'static,
) -> impl Fn(&Prepared, usize) -> BoxFuture<'static, Answer> + Send + Sync + 'static {
    let arrivals = arrivals.clone();
    move |call, _| {
        if call.url.host_str() == Some("token.example") {
            let body = Bytes::from_static(br#"{"access_token":"t","expires_in":3600}"#);
            return std::future::ready(Answer { body, ..answer(200) }).boxed();
        }
        let pause = arrivals.note(call).map(&takes).unwrap_or_default();
        async move {
            sleep(pause).await;
            answer(202)
        }
        .boxed()
    }
}

fn with(source: &Source, more: &str) -> Source {
    Source::new(source.name.to_string(), format!("{}{more}\n", source.text))
}

fn neighbours() -> Snapshot {
    let fast = |name, from: &str| tenant(name, &format!("{{ number: \"{from}\", rate: 100000/s }}"));
    let both = [fast("acme", "14155550100"), fast("bolt", "14155550101")];
    let snapshot =
        snapshot_with(SHARED, both.map(|tenant| with(&tenant, "delivery: { concurrency: 8, timeout: 60s }")).into());
    let accounts: Vec<&str> = snapshot.tenants.iter().map(|tenant| tenant.account()).collect();
    assert_eq!(accounts[0], accounts[1], "the test is about one account");
    snapshot
}

/// The small version of the noisy neighbour; the large one is `cargo bench --bench neighbours`.
#[tokio::test(start_paused = true)]
async fn a_neighbours_flood_is_not_waited_for() {
    let arrivals = Arrivals::default();
    let play = carrier(&arrivals, |_| Duration::from_millis(100));
    let stage = Stage::with(neighbours(), Arc::default(), play);
    for number in 0..2000 {
        stage.hand(Class::Transactional, number, "acme", "14155550100").await;
    }
    // Until the flood is found and has all the calls it can get.
    sleep(Duration::from_secs(7)).await;
    assert!(arrivals.among(0..2000) > 64, "the flood runs");
    for number in 3000..3020 {
        let before = arrivals.among(0..2000);
        stage.hand(Class::Promotional, number, "bolt", "14155550101").await;
        while arrivals.among(number..number + 1) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let went_before = arrivals.among(0..2000) - before;
        assert!(went_before <= 8, "{went_before} of the neighbour's went before number {number}");
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(arrivals.among(0..2000), 2000, "and nobody starves");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_neighbour_whose_calls_hang_leaves_room() {
    let arrivals = Arrivals::default();
    let hangs = |number| if number < 1000 { Duration::from_secs(30) } else { Duration::from_millis(20) };
    let stage = Stage::with(neighbours(), Arc::default(), carrier(&arrivals, hangs));
    for number in 0..100 {
        stage.hand(Class::Promotional, number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(7)).await;
    assert_eq!(arrivals.among(0..1000), 7, "one of eight is left for the others");
    for number in 1000..1050 {
        stage.hand(Class::Promotional, number, "bolt", "14155550101").await;
    }
    sleep(Duration::from_secs(10)).await;
    assert_eq!((arrivals.among(0..1000), arrivals.among(1000..1050)), (7, 50));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn transactional_is_next_behind_any_number_of_others_and_over_all_senders() {
    let arrivals = Arrivals::default();
    let numbers = "{ number: \"14155550100\", rate: 50/s }, { number: \"14155550101\", rate: 50/s }";
    let acme = with(&tenant("acme", numbers), "limits: { send: 20/s, burst: 1 }");
    let stage = Stage::new(vec![acme], Arc::default(), carrier(&arrivals, |_| Duration::ZERO));
    // More than a lane has in memory.
    for number in 0..6000 {
        stage.hand(Class::Promotional, number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(12)).await;
    assert!((100..300).contains(&arrivals.numbers().len()), "the tenant's rate holds");
    for (number, from) in [(7001, "14155550100"), (7002, "14155550101"), (7003, "14155550100")] {
        let before = arrivals.numbers().len();
        stage.hand(Class::Transactional, number, "acme", from).await;
        sleep(Duration::from_millis(200)).await;
        let place = arrivals.numbers().iter().position(|arrived| *arrived == number).expect("it went");
        assert!(place <= before + 1, "number {number}: {} went before it", place - before);
    }
    stage.end().await;
}

/// The same where it could not even be handed over: neither the dispatcher's queue nor memory has room for it.
#[tokio::test(start_paused = true)]
async fn transactional_is_next_even_where_nobody_was_told_of_it() {
    let arrivals = Arrivals::default();
    let acme = tenant("acme", "{ number: \"14155550100\", rate: 20/s }");
    let stage = Stage::new(vec![acme], Arc::default(), carrier(&arrivals, |_| Duration::ZERO));
    for number in 0..6000 {
        stage.accept(number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(12)).await;
    // The queue of one is full with something else, and the message behind it finds no room.
    stage.work.try_send(Work::Calls).unwrap();
    let message = stage.accept_as(Class::Transactional, 7001, "acme", "14155550100").await;
    let before = arrivals.numbers().len();
    stage.flow.hand_over(message);
    sleep(Duration::from_millis(200)).await;
    let place = arrivals.numbers().iter().position(|arrived| *arrived == 7001).expect("it went");
    assert!(place <= before + 1, "{} went before it", place - before);
    stage.end().await;
}
