//! What stands still because a party said so, for how long, and that the operator ends it: lanes of messages and of calls,
//! and recipients who are left alone.

use super::*;
use crate::flow::Released;
use crate::model::wire::Incoming;
use crate::store::{Holding, Release};

const PLATFORM: &str = platform!(
    r#"
status: { words: { submitted: sent, failed: failed }, do: [ report ] }
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { id: $.message.id, status: $.word }
    retry: { again: [ unreached, unanswered, 429, 5xx ], hold: [ 404 ], for: 24h }
"#
);

/// A carrier that says in its own words whose sending is to stop, and for how long.
const CARRIER: &str = carrier!(
    r#"
    body: { to: $.message.to, ref: $.message.ref }
    take: { provider_id: $.answer.body.id }
    failed: { reason: throttled, stop: $.answer.body.stop?, resend: $.answer.body.resend? }
    retry: { again: [ unreached, 5xx, 429 ], in_doubt: [ unanswered ] }
status:
  route: { method: POST, path: /status }
  event:
    provider_id: $.body.id
    status: failed
    at: $.body.at | time
    failure: { reason: throttled, stop: $.body.stop?, resend: $.body.resend? }
"#
);

const NUMBERS: [&str; 2] = ["14155550100", "14155550101"];
const PERSON: i64 = 77;

/// Of whom the carrier was sent a message, in order.
type Sent = Arc<Mutex<Vec<i64>>>;

/// A carrier that answers so, by the person and how often it was asked for this one; platforms take everything.
fn stage(answers: impl Fn(i64, usize) -> Answer + Send + Sync + 'static) -> (Stage, Sent) {
    let sent = Sent::default();
    let heard = sent.clone();
    let play = move |call: &Prepared, _: usize| {
        if call.url.host_str() != Some("carrier.example") {
            return std::future::ready(answer(200)).boxed();
        }
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let person = body["to"].as_str().unwrap().parse::<i64>().unwrap() - 919_812_300_000;
        let mut heard = heard.lock().unwrap();
        heard.push(person);
        let times = heard.iter().filter(|known| **known == person).count();
        std::future::ready(answers(person, times)).boxed()
    };
    let acme = tenant("acme", &NUMBERS.map(|number| format!("\"{number}\"")).join(", "));
    (Stage::with(snapshot_of(PLATFORM, CARRIER, vec![acme]), Arc::default(), play), sent)
}

fn says(http: u16, body: &'static str) -> Answer {
    Answer { body: Bytes::from_static(body.as_bytes()), ..answer(http) }
}

fn taken(person: i64) -> Answer {
    Answer { body: format!(r#"{{"id":"p-{person}"}}"#).into(), ..answer(202) }
}

async fn write(stage: &Stage, numbers: std::ops::RangeInclusive<i64>, person: i64) {
    for number in numbers {
        stage.accept_to(Class::Promotional, number, ("acme", NUMBERS[0]), person).await;
    }
}

async fn status(stage: &Stage, body: &str) {
    let key = format!("{:?}", config::Reference::Env("shared".to_owned()));
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: "/status".to_owned(),
        query: String::new(),
        headers: vec![("key".to_owned(), key)],
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: None,
    };
    assert_eq!(stage.flow.request(incoming).await.http, 200);
}

fn times(sent: &Sent, person: i64) -> usize {
    sent.lock().unwrap().iter().filter(|known| **known == person).count()
}

fn left_alone(stage: &Stage) -> usize {
    stage.flow.limits.held_recipients().into_values().sum()
}

fn held(stage: &Stage) -> Vec<Holding> {
    stage.flow.held.all().into_iter().map(|(what, _)| what).collect()
}

fn lane(number: &str) -> Holding {
    Holding::Messages(Lane { tenant: "acme".into(), from: number.into() })
}

async fn release(stage: &Stage, release: Release) -> Released {
    stage.flow.release(release).await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_recipient_is_left_alone_for_the_time_that_the_provider_names_and_nobody_else_is() {
    let (stage, sent) = stage(|person, times| {
        if person == PERSON && times == 1 { says(422, r#"{"stop":"recipient","resend":"10m"}"#) } else { taken(person) }
    });
    write(&stage, 1..=1, PERSON).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!((stage.phase(1).await, left_alone(&stage)), (Phase::Rejected, 1));
    write(&stage, 2..=6, PERSON).await;
    for number in 11..=30 {
        stage.accept(number, "acme", NUMBERS[0]).await;
    }
    sleep(Duration::from_secs(570)).await;
    assert_eq!(times(&sent, PERSON), 1, "left alone");
    for number in 11..=30 {
        assert_eq!(stage.phase(number).await, Phase::Submitted, "{number}");
    }
    assert!(held(&stage).is_empty(), "neither the number nor the account");
    sleep(Duration::from_secs(30)).await;
    assert_eq!((times(&sent, PERSON), left_alone(&stage)), (6, 0), "then all go on");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_time_it_is_a_minute_and_longer_each_time_and_a_release_ends_it() {
    let (stage, sent) = stage(|_, _| says(422, r#"{"stop":"recipient"}"#));
    for (number, wait) in (1..).zip([60, 120, 240]) {
        write(&stage, number..=number, PERSON).await;
        sleep(Duration::from_secs(7)).await;
        assert_eq!(stage.phase(number).await, Phase::Rejected, "{number}");
        sleep(Duration::from_secs(wait - 2)).await;
    }
    write(&stage, 4..=4, PERSON).await;
    sleep(Duration::from_secs(7)).await;
    write(&stage, 5..=5, PERSON).await;
    sleep(Duration::from_secs(300)).await;
    assert_eq!((times(&sent, PERSON), stage.phase(5).await), (4, Phase::Queued));
    let of = |sender: &str| Release { sender: Some(sender.into()), ..Release::default() };
    assert_eq!(release(&stage, of(NUMBERS[1])).await, Released::default(), "another number's");
    let calls = Release { call: Some("report".to_owned()), ..Release::default() };
    assert_eq!(release(&stage, calls).await, Released::default(), "no call");
    sleep(Duration::from_secs(7)).await;
    assert_eq!(times(&sent, PERSON), 4);
    let released = release(&stage, of(NUMBERS[0])).await;
    assert_eq!((released.lanes, released.recipients.into_values().collect::<Vec<_>>()), (vec![], vec![1]));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((times(&sent, PERSON), stage.phase(5).await), (5, Phase::Rejected));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_status_says_it_too_and_what_waits_still_expires() {
    let (stage, sent) = stage(|person, _| taken(person));
    write(&stage, 1..=1, PERSON).await;
    sleep(Duration::from_secs(10)).await;
    status(&stage, r#"{"id":"p-77","at":1790000000,"stop":"recipient","resend":"2h"}"#).await;
    write(&stage, 2..=2, PERSON).await;
    sleep(Duration::from_secs(3590)).await;
    assert_eq!(stage.phase(2).await, Phase::Queued);
    sleep(Duration::from_secs(60)).await;
    assert_eq!((stage.phase(2).await, times(&sent, PERSON)), (Phase::Expired, 1));
    assert!(held(&stage).is_empty());
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_holds_lanes_that_have_nothing_to_send() {
    for (stop, other) in [("number", Phase::Submitted), ("account", Phase::Queued)] {
        let (stage, _) = stage(|person, _| taken(person));
        write(&stage, 1..=1, PERSON).await;
        sleep(Duration::from_secs(31)).await;
        status(&stage, &format!(r#"{{"id":"p-77","at":1790000000,"stop":"{stop}"}}"#)).await;
        sleep(Duration::from_secs(40)).await;
        write(&stage, 2..=2, 2).await;
        stage.accept(3, "acme", NUMBERS[1]).await;
        sleep(Duration::from_secs(10)).await;
        assert_eq!((stage.phase(2).await, stage.phase(3).await), (Phase::Queued, other), "{stop}");
        let all = held(&stage);
        assert!(all.contains(&lane(NUMBERS[0])) && (all.len() == 1 || stop == "account"), "{all:?}");
        sleep(Duration::from_secs(20)).await;
        assert_eq!((stage.phase(2).await, stage.phase(3).await), (Phase::Submitted, Phase::Submitted), "{stop}");
        assert!(held(&stage).is_empty(), "a good try ends it");
        stage.end().await;
    }
}

/// Messages whose reports nobody takes.
async fn stopped(stage: &Stage) {
    for number in 1..=40 {
        stage.accept(number, "acme", NUMBERS[0]).await;
    }
    sleep(Duration::from_secs(20)).await;
    for number in 1..=40 {
        status(stage, &format!(r#"{{"id":"p-{number}","at":1790000000}}"#)).await;
    }
    sleep(Duration::from_secs(200)).await;
}

#[tokio::test(start_paused = true)]
async fn the_operator_has_calls_made_at_once() {
    let mended = Arc::new(std::sync::atomic::AtomicBool::default());
    for down in [says(404, "{}"), Answer::without(AnswerClass::Unreached, "refused")] {
        mended.store(false, Ordering::SeqCst);
        let (works, asked) = (mended.clone(), Sent::default());
        let heard = asked.clone();
        let play = move |call: &Prepared, _: usize| {
            if call.url.host_str() == Some("carrier.example") {
                return std::future::ready(chaos::carried(call)).boxed();
            }
            heard.lock().unwrap().push(1);
            std::future::ready(if works.load(Ordering::SeqCst) { answer(200) } else { down.clone() }).boxed()
        };
        let stage =
            Stage::with(snapshot_of(PLATFORM, CARRIER, vec![tenant("acme", "\"14155550100\"")]), Arc::default(), play);
        stopped(&stage).await;
        let calls = Holding::Calls(crate::store::CallLane { tenant: "acme".into(), name: "report".to_owned() });
        assert_eq!(held(&stage), std::slice::from_ref(&calls));
        let named = |call: &str| Release { call: Some(call.to_owned()), ..Release::default() };
        let sender = Release { sender: Some(NUMBERS[0].into()), ..Release::default() };
        for elsewhere in [named("post"), sender, Release { tenant: Some("bolt".into()), ..Release::default() }] {
            assert_eq!(release(&stage, elsewhere).await, Released::default());
        }
        mended.store(true, Ordering::SeqCst);
        let before = asked.lock().unwrap().len();
        assert_eq!(release(&stage, named("report")).await.lanes, [calls]);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(asked.lock().unwrap().len(), before + 40, "all of them, each once");
        assert!(held(&stage).is_empty());
        assert_eq!(release(&stage, Release::default()).await, Released::default());
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_released_in_vain_are_stopped_again_and_lose_nothing() {
    let play = |call: &Prepared, _: usize| {
        let carrier = call.url.host_str() == Some("carrier.example");
        std::future::ready(if carrier { chaos::carried(call) } else { says(404, "{}") }).boxed()
    };
    let stage =
        Stage::with(snapshot_of(PLATFORM, CARRIER, vec![tenant("acme", "\"14155550100\"")]), Arc::default(), play);
    stopped(&stage).await;
    let before = stage.calls_to("acme.example");
    assert_eq!(release(&stage, Release::default()).await.lanes.len(), 1);
    sleep(Duration::from_secs(1)).await;
    let tried = stage.calls_to("acme.example") - before;
    assert!((1..=32).contains(&tried), "{tried}: as many as go at once");
    assert_eq!(held(&stage).len(), 1, "stopped again");
    sleep(Duration::from_secs(50)).await;
    assert_eq!(stage.calls_to("acme.example"), before + tried);
    let waiting = stage.store.calls(Timestamp::from_millis(i64::MAX), 99, &std::collections::HashSet::new());
    assert_eq!(waiting.await.unwrap().0.len(), 40);
    stage.end().await;
}
