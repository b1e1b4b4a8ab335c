//! A provider in trouble, row by row: down, slow, too busy, broken, gone after it took the message, and talking nonsense. Each
//! message is sent once, or as often as the answers say that it was not sent; nobody is told anything untrue.

use super::*;
use crate::model::wire::Incoming;

const MESSAGES: i64 = 20;

const PLATFORM: &str = platform!(
    r#"
status: { words: { submitted: sent, delivered: delivered, failed: failed }, do: [ report ] }
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, status: $.word } }
"#
);

/// Takes a message only with an id: anything else may have been sent.
const CARRIER: &str = carrier!(
    r#"
    body: { to: $.message.to, ref: $.message.id }
    ok: $.answer.class == "2xx" && $.answer.body.id?
    take: { provider_id: $.answer.body.id }
    failed: { reason: forbidden, code: "$.answer.http? | string" }
    retry: { again: [ unreached, 429 ], in_doubt: [ unanswered, 2xx, 3xx, 5xx ], hold: [ 401, 402, 403, 404 ] }
status:
  route: { method: POST, path: /status }
  event: { ref: $.body.ref, status: delivered, at: $.body.at | time }
"#
);

/// How a carrier is in trouble.
struct Trouble {
    what: &'static str,
    /// Its answers in trouble.
    answer: fn() -> Answer,
    /// After so long.
    after: Duration,
    /// What becomes of a message that meets it.
    then: Phase,
}

const fn trouble(what: &'static str, answer: fn() -> Answer, after: u64, then: Phase) -> Trouble {
    Trouble { what, answer, after: Duration::from_secs(after), then }
}

fn said(http: u16, kind: &str, body: impl Into<Bytes>) -> Answer {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    Answer { http: Some(http), class: AnswerClass::of(http), headers, body: body.into(), trouble: None }
}

fn asks_for(time: &str) -> Answer {
    let mut answer = said(429, "application/json", "{}");
    answer.headers.push(("retry-after".to_owned(), time.to_owned()));
    answer
}

/// What the client makes of an answer that began and did not end.
fn cut(http: u16) -> Answer {
    Answer { class: AnswerClass::Unanswered, ..said(http, "application/json", r#"{"id":"p-"#) }
}

/// Every row: known not to be sent, it goes again; perhaps sent, it is in doubt; the account's, it waits.
const TROUBLES: [Trouble; 20] = [
    trouble("down", || Answer::without(AnswerClass::Unreached, "refused"), 0, Phase::Queued),
    trouble("no route", || Answer::without(AnswerClass::Unreached, "no route"), 9, Phase::Queued),
    trouble("too busy", || said(429, "application/json", "{}"), 0, Phase::Queued),
    trouble("too busy for so long", || asks_for("30"), 0, Phase::Queued),
    trouble("too busy until then", || asks_for("Mon, 21 Sep 2026 14:14:00 GMT"), 0, Phase::Queued),
    trouble("too busy for nobody knows", || asks_for("soon"), 0, Phase::Queued),
    trouble("too busy, cut in half", || cut(429), 0, Phase::Queued),
    trouble("broken", || said(500, "text/html", "<h1>Oops</h1>"), 0, Phase::InDoubt),
    trouble("overloaded", || said(503, "application/json", "{}"), 1, Phase::InDoubt),
    trouble("reset after the request", || Answer::without(AnswerClass::Unanswered, "reset"), 0, Phase::InDoubt),
    trouble("no answer in time", || Answer::without(AnswerClass::Unanswered, "time out"), 10, Phase::InDoubt),
    trouble("no HTTP", || Answer::without(AnswerClass::Unanswered, "no valid answer"), 0, Phase::InDoubt),
    trouble("too large", || Answer { trouble: Some("too large".to_owned()), ..cut(200) }, 2, Phase::InDoubt),
    trouble("cut in half", || cut(202), 0, Phase::InDoubt),
    trouble("half a document", || said(200, "application/json", r#"{"id":"p-"#), 0, Phase::InDoubt),
    trouble("a page", || said(200, "text/html", "<html>Welcome</html>"), 0, Phase::InDoubt),
    trouble("no text", || said(200, "application/json", &b"\xff\xfe\x00"[..]), 0, Phase::InDoubt),
    trouble("nothing", || said(204, "application/json", ""), 0, Phase::InDoubt),
    trouble("elsewhere", || said(302, "text/html", ""), 0, Phase::InDoubt),
    trouble("another key", || said(401, "application/json", "{}"), 0, Phase::Queued),
];

/// A carrier in trouble until it is not; what it was sent, and what the platform was told.
struct Scene {
    stage: Stage,
    mended: Arc<std::sync::atomic::AtomicBool>,
    sent: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

fn scene(answer: fn() -> Answer, after: Duration) -> Scene {
    let (mended, sent, told) = (
        Arc::<std::sync::atomic::AtomicBool>::default(),
        Arc::<Mutex<Vec<_>>>::default(),
        Arc::<Mutex<Vec<_>>>::default(),
    );
    let (works, heard, heard_of) = (mended.clone(), sent.clone(), told.clone());
    let play = move |call: &Prepared, _: usize| {
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        if call.url.host_str() != Some("carrier.example") {
            heard_of.lock().unwrap().push(format!("{} {}", text("id"), text("status")));
            return std::future::ready(super::answer(200)).boxed();
        }
        let works = works.load(Ordering::SeqCst);
        heard.lock().unwrap().push(text("ref"));
        let good = said(202, "application/json", format!(r#"{{"id":"p-{}"}}"#, text("ref")));
        async move {
            if works {
                return good;
            }
            sleep(after).await;
            answer()
        }
        .boxed()
    };
    let acme = tenant("acme", "\"14155550100\"");
    let acme = Source::new("acme.yaml", format!("{}delivery: {{ retry: {{ max: 60s }} }}\n", acme.text));
    Scene { stage: Stage::with(snapshot_of(PLATFORM, CARRIER, vec![acme]), Arc::default(), play), mended, sent, told }
}

impl Scene {
    async fn accept(&self) {
        for number in 1..=MESSAGES {
            self.stage.accept(number, "acme", NUMBER).await;
        }
    }

    fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    async fn phases(&self) -> Vec<Phase> {
        let mut phases = Vec::new();
        for number in 1..=MESSAGES {
            phases.push(self.stage.phase(number).await);
        }
        phases
    }

    /// The carrier says that it delivered every message after all.
    async fn delivered(&self) {
        for number in 1..=MESSAGES {
            let reference = Ref::from_number(number);
            let key = format!("{:?}", config::Reference::Env("shared".to_owned()));
            let incoming = Incoming {
                method: "POST".to_owned(),
                path: "/status".to_owned(),
                query: String::new(),
                headers: vec![("key".to_owned(), key)],
                body: format!(r#"{{"ref":"{reference}","at":1790000000}}"#).into(),
                peer: None,
            };
            assert_eq!(self.stage.flow.request(incoming).await.http, 200);
        }
    }

    fn told(&self) -> Vec<String> {
        let mut told = self.told.lock().unwrap().clone();
        told.sort();
        told
    }
}

const COUNT: usize = 20;

#[tokio::test(start_paused = true)]
async fn whatever_a_provider_answers_nothing_is_told_before_it_is_known() {
    for Trouble { what, answer, after, then } in TROUBLES {
        let scene = scene(answer, after);
        scene.accept().await;
        sleep(Duration::from_secs(40)).await;
        let phases = scene.phases().await;
        assert!(
            phases.iter().all(|phase| matches!(phase, Phase::Queued | Phase::InDoubt | Phase::Sending)),
            "{what}: {phases:?}"
        );
        assert!(phases.contains(&then), "{what}: {phases:?}");
        assert!(scene.told().is_empty(), "{what}");
        scene.mended.store(true, Ordering::SeqCst);
        sleep(Duration::from_secs(600)).await;
        assert_eq!(scene.phases().await, [Phase::Submitted; COUNT], "{what}");
        assert!(scene.told().is_empty(), "{what}: taken is not reported by this carrier");
        scene.stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_and_not_answered_is_settled_by_its_status_and_never_sent_again() {
    for Trouble { what, answer, after, then } in TROUBLES.into_iter().filter(|trouble| trouble.then == Phase::InDoubt) {
        let scene = scene(answer, after);
        scene.accept().await;
        sleep(Duration::from_secs(60)).await;
        assert_eq!(scene.phases().await, [then; COUNT], "{what}");
        let sent = scene.sent();
        assert_eq!(sent, COUNT, "{what}: each once");
        scene.delivered().await;
        sleep(Duration::from_secs(1200)).await;
        assert_eq!((scene.sent(), scene.phases().await), (sent, vec![Phase::Submitted; COUNT]), "{what}");
        assert_eq!(scene.told().len(), COUNT, "{what}: {:?}", scene.told());
        assert!(scene.told().iter().all(|told| told.ends_with(" delivered")), "{what}");
        scene.stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_for_an_hour_is_asked_seldom_and_gets_everything_once() {
    // Who names a time is not asked before it: the number waits, and its messages too.
    let named: fn() -> Answer = || asks_for("300");
    for (answer, most) in [(TROUBLES[0].answer, COUNT + 70), (TROUBLES[2].answer, COUNT * 70), (named, COUNT * 12)] {
        let scene = scene(answer, Duration::ZERO);
        scene.accept().await;
        sleep(Duration::from_secs(3000)).await;
        let asked = scene.sent();
        assert!(asked <= most, "{asked}");
        scene.mended.store(true, Ordering::SeqCst);
        sleep(Duration::from_secs(500)).await;
        assert_eq!((scene.phases().await, scene.sent()), (vec![Phase::Submitted; COUNT], asked + COUNT));
        scene.stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_is_waited_for_and_sent_nothing_twice() {
    let slow: fn() -> Answer = || said(202, "application/json", r#"{"id":"p-1"}"#);
    let scene = scene(slow, Duration::from_secs(9));
    scene.accept().await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!((scene.sent(), scene.phases().await), (COUNT, vec![Phase::Submitted; COUNT]));
    scene.stage.end().await;
}

/// Where nobody answers, a queue is not put in doubt message by message: with `fail` that would be its end, with `resend` much
/// would be sent twice.
#[tokio::test(start_paused = true)]
async fn a_provider_that_is_gone_costs_a_few_doubts_and_a_probe_a_minute() {
    const QUEUED: i64 = 2000;
    for then in ["fail", "resend"] {
        let silent: fn() -> Answer = || Answer::without(AnswerClass::Unanswered, "time out");
        let scene = scene(silent, Duration::from_secs(10));
        let acme = tenant("acme", "\"14155550100\"");
        let patient = format!("{}delivery: {{ in_doubt: {{ then: {then} }}, retry: {{ max: 60s }} }}\n", acme.text);
        scene.stage.flow.configure(snapshot_of(PLATFORM, CARRIER, vec![Source::new("acme.yaml", patient)]));
        for number in 1..=QUEUED {
            scene.stage.accept(number, "acme", NUMBER).await;
        }
        sleep(Duration::from_secs(1800)).await;
        // Those that were under way when it went silent, then one at a time.
        assert!(scene.sent() <= 64 + 8 + 30, "{then}: {}", scene.sent());
        scene.mended.store(true, Ordering::SeqCst);
        sleep(Duration::from_secs(400)).await;
        let (mut submitted, mut failed) = (0, 0);
        for number in 1..=QUEUED {
            match scene.stage.phase(number).await {
                Phase::Submitted => submitted += 1,
                Phase::Failed => failed += 1,
                other => panic!("{then}: {number} is {other:?}"),
            }
        }
        assert!(failed <= if then == "fail" { 64 + 8 + 30 } else { 0 }, "{then}: {failed}");
        assert_eq!(submitted + failed, QUEUED, "{then}");
        scene.stage.end().await;
    }
}
