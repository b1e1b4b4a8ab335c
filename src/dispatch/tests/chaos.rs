//! Status chaos: early, late, twice, out of order, in contradiction, of nobody. What is reported is right, and each once.

use super::*;
use crate::flow::Looked;
use crate::model::wire::Incoming;

pub(super) const PLATFORM: &str = platform!(
    r#"
status: { words: { submitted: sent, delivered: delivered, read: read, failed: failed }, do: [ report ] }
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, status: $.word } }
"#
);

/// Its statuses name a message by the carrier's id only.
pub(super) const CARRIER: &str = carrier!(
    r#"
    body: { to: $.message.to, ref: $.message.ref }
    take: { provider_id: $.answer.body.id }
    failed: { reason: forbidden }
    retry: { again: [ unreached, 5xx ], in_doubt: [ unanswered ] }
status:
  route: { method: POST, path: /status }
  let: { status: $.body.state | table(states) }
  event:
    provider_id: $.body.id
    status: $.status?
    word: $.body.state
    at: $.body.at | time
    failure: { $when: $.body.state == "undelivered", then: { reason: undeliverable, settle: 60s } }
tables:
  states: { rows: { sent: submitted, there: delivered, seen: read, lost: failed, undelivered: failed }, else: $omit }
"#
);

/// The words that the platform was told about each message.
#[derive(Default)]
struct Told(Mutex<Vec<(String, String)>>);

impl Told {
    fn words(&self, number: i64) -> Vec<String> {
        let id = format!("m{number}");
        self.0.lock().unwrap().iter().filter(|(of, _)| *of == id).map(|(_, word)| word.clone()).collect()
    }
}

/// The carrier takes a message and gives it the id `p-` with the number that its recipient ends with.
pub(super) fn carried(call: &Prepared) -> Answer {
    let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    let number = body["to"].as_str().unwrap().parse::<i64>().unwrap() - 919_812_300_000;
    Answer { body: format!(r#"{{"id":"p-{number}"}}"#).into(), ..answer(202) }
}

/// A carrier that answers after a while.
fn stage(answers_after: Duration, store: Arc<Memory>) -> (Stage, Arc<Told>) {
    let told = Arc::new(Told::default());
    let heard = told.clone();
    let play = move |call: &Prepared, _: usize| {
        if call.url.host_str() != Some("carrier.example") {
            let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            heard.0.lock().unwrap().push((text("id"), text("status")));
            return std::future::ready(answer(200)).boxed();
        }
        let taken = carried(call);
        async move {
            sleep(answers_after).await;
            taken
        }
        .boxed()
    };
    let tenants = vec![tenant("acme", "\"14155550100\"")];
    (Stage::with(snapshot_of(PLATFORM, CARRIER, tenants), store, play), told)
}

/// The carrier says what became of a message.
pub(super) async fn hook(stage: &Stage, id: &str, state: &str) -> u16 {
    let key = format!("{:?}", config::Reference::Env("shared".to_owned()));
    let body = format!(r#"{{"id":"{id}","state":"{state}","at":1790000000}}"#);
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: "/status".to_owned(),
        query: String::new(),
        headers: vec![("key".to_owned(), key)],
        body: body.into(),
        peer: None,
    };
    stage.flow.request(incoming).await.http
}

async fn kept(stage: &Stage) -> (usize, usize) {
    let far = Timestamp::from_millis(i64::MAX);
    let looked_for = stage.store.letters_due(far, usize::MAX).await.unwrap().0.len();
    (looked_for, stage.store.dead_letters(None, usize::MAX).await.unwrap().len())
}

#[tokio::test(start_paused = true)]
async fn statuses_before_the_answer_are_looked_for_until_it_is_stored() {
    for after in [1, 8, 40, 300] {
        let (stage, told) = stage(Duration::from_secs(after), Arc::default());
        stage.accept(1, "acme", NUMBER).await;
        sleep(Duration::from_millis(500)).await;
        for state in ["sent", "there", "there", "seen", "sent"] {
            assert_eq!(hook(&stage, "p-1", state).await, 200);
        }
        assert_eq!(kept(&stage).await, (3, 0), "what repeats is kept once");
        assert!(told.words(1).is_empty());
        sleep(Duration::from_secs(400)).await;
        assert_eq!(told.words(1), ["sent", "delivered", "read"], "after {after} s");
        assert_eq!(kept(&stage).await, (0, 0));
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_of_nobody_is_looked_for_for_a_while_and_then_listed_once() {
    let (stage, told) = stage(Duration::ZERO, Arc::default());
    for _ in 0..20 {
        assert_eq!(hook(&stage, "p-404", "there").await, 200);
    }
    assert_eq!(kept(&stage).await, (1, 0));
    sleep(Duration::from_secs(330)).await;
    assert_eq!(kept(&stage).await, (1, 0));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(kept(&stage).await, (0, 1));
    let listed = stage.store.dead_letters(None, 9).await.unwrap().remove(0);
    assert_eq!((&*listed.kind, &*listed.name, listed.attempts), ("unmatched", "/status", 5));
    assert!(listed.why.ends_with("the id of this status: there"), "{}", listed.why);
    // Repeated, it is known.
    assert_eq!(hook(&stage, "p-404", "there").await, 200);
    assert_eq!(kept(&stage).await, (0, 1));
    assert_eq!(stage.flow.look_again().await, Ok(Looked { next: None, more: false }));
    // Hours later its message is there after all.
    sleep(Duration::from_secs(4 * 3600)).await;
    stage.accept(404, "acme", NUMBER).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.flow.look_once(&listed).await, Ok(None));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((told.words(404), kept(&stage).await), (vec!["delivered".to_owned()], (0, 0)));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_looking() {
    let store: Arc<Memory> = Arc::default();
    let (before, _) = stage(Duration::ZERO, store.clone());
    assert_eq!(hook(&before, "p-7", "seen").await, 200);
    sleep(Duration::from_secs(3)).await;
    before.end().await;
    let (after, told) = stage(Duration::ZERO, store);
    after.accept(7, "acme", NUMBER).await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!((told.words(7), kept(&after).await), (vec!["read".to_owned()], (0, 0)));
    after.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_foreign_statuses_delays_nobody_and_is_bounded() {
    let (stage, told) = stage(Duration::ZERO, Arc::default());
    stage.accept(1, "acme", NUMBER).await;
    sleep(Duration::from_secs(10)).await;
    for number in 0..3000 {
        assert_eq!(hook(&stage, &format!("other-{number}"), "there").await, 200);
    }
    assert_eq!(hook(&stage, "p-1", "seen").await, 200);
    sleep(Duration::from_secs(31)).await;
    assert_eq!(told.words(1), ["read"], "ours does not stand in line with them");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(kept(&stage).await, (0, 3000), "in the end they are listed, and nothing is done about them any more");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn any_order_of_statuses_is_reported_upwards_and_once() {
    let (stage, told) = stage(Duration::ZERO, Arc::default());
    // What comes, and what the platform hears; a number waits so many seconds.
    let lives: [(&[&str], &[&str]); 14] = [
        (&["sent", "there", "seen"], &["sent", "delivered", "read"]),
        (&["seen", "there", "sent"], &["read"]),
        (&["there", "there", "there"], &["delivered"]),
        (&["there", "sent", "seen", "seen"], &["delivered", "read"]),
        (&["sent", "14400", "there", "14400", "seen"], &["sent", "delivered", "read"]),
        (&["lost", "lost"], &["failed"]),
        (&["lost", "there", "lost", "seen"], &["failed", "delivered", "read"]),
        (&["there", "lost"], &["delivered"]),
        (&["sent", "lost", "sent"], &["sent", "failed"]),
        // Two devices: one has it, one cannot.
        (&["undelivered", "there"], &["delivered"]),
        (&["there", "undelivered"], &["delivered"]),
        (&["undelivered", "30", "undelivered", "45"], &["failed"]),
        (&["undelivered", "61", "seen"], &["failed", "read"]),
        (&["teleported", "sent", "teleported"], &["sent"]),
    ];
    for (number, (comes, expected)) in (1..).zip(lives) {
        stage.accept(number, "acme", NUMBER).await;
        sleep(Duration::from_secs(10)).await;
        for word in comes {
            match word.parse() {
                Ok(seconds) => sleep(Duration::from_secs(seconds)).await,
                Err(_) => assert_eq!(hook(&stage, &format!("p-{number}"), word).await, 200),
            }
        }
        sleep(Duration::from_secs(120)).await;
        assert_eq!(told.words(number), expected, "{comes:?}");
    }
    let letters = stage.store.dead_letters(None, 9).await.unwrap();
    assert!(letters.is_empty(), "{letters:?}");
    stage.end().await;
}
