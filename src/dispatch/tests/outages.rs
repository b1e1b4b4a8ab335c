//! Parties in trouble for hours: what it costs, and that nothing is lost, repeated or told wrongly.

use super::chaos::{CARRIER, carried, hook};
use super::*;
use crate::store::{Letters, Page};

/// As many classes of answers as there are ways to go on.
const PLATFORM: &str = platform!(
    r#"
status: { words: { submitted: sent, delivered: delivered, read: read, failed: failed }, do: [ report ] }
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { id: $.message.id, status: $.word }
    ok: $.answer.class == "2xx" && $.answer.body.status == "success"
    retry: { again: [ unreached, unanswered, 429, 5xx, 2xx ], renew: [ 401 ], hold: [ 401, 404 ], for: 24h }
"#
);

fn acme() -> Vec<Source> {
    vec![tenant("acme", "\"14155550100\"")]
}

/// What a platform says, and what it was told: each report as `id status`, with whether it was taken.
struct Platform {
    answers: Mutex<Box<dyn FnMut(usize) -> Answer + Send>>,
    told: Mutex<Vec<(String, bool)>>,
}

impl Platform {
    fn new(answers: impl FnMut(usize) -> Answer + Send + 'static) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(Box::new(answers)), told: Mutex::default() })
    }

    /// From now on.
    fn says(&self, answers: impl FnMut(usize) -> Answer + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    fn tell(&self, call: &Prepared) -> Answer {
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let mut told = self.told.lock().unwrap();
        let answer = (self.answers.lock().unwrap())(told.len());
        told.push((format!("{} {}", text("id"), text("status")), taken(&answer)));
        answer
    }

    fn asked(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    /// Reports that were taken, in order.
    fn taken(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(_, taken)| *taken).map(|(report, _)| report.clone()).collect()
    }
}

fn says(http: u16, body: &'static [u8]) -> Answer {
    Answer { body: Bytes::from_static(body), ..answer(http) }
}

fn good() -> Answer {
    says(200, br#"{"status":"success"}"#)
}

fn taken(answer: &Answer) -> bool {
    *answer.body == *good().body
}

fn silent() -> Answer {
    Answer::without(AnswerClass::Unanswered, "no answer")
}

/// A provider that takes everything beside that platform.
fn stage(platform: &Arc<Platform>) -> Stage {
    let platform = platform.clone();
    let play = move |call: &Prepared, _: usize| {
        if call.url.host_str() == Some("carrier.example") {
            return std::future::ready(carried(call)).boxed();
        }
        let answer = platform.tell(call);
        async move {
            // A connection that nobody answers costs its time.
            sleep(Duration::from_secs(if answer.class == AnswerClass::Unanswered { 10 } else { 0 })).await;
            answer
        }
        .boxed()
    };
    Stage::with(snapshot_of(PLATFORM, CARRIER, acme()), Arc::default(), play)
}

/// So many messages of which the provider says that they were submitted.
async fn reported(stage: &Stage, count: i64) {
    for number in 1..=count {
        stage.accept(number, "acme", NUMBER).await;
    }
    sleep(Duration::from_secs(30)).await;
    for number in 1..=count {
        assert_eq!(stage.phase(number).await, Phase::Submitted);
        news(stage, number, "sent").await;
    }
    // Not everything that the dispatcher is told fits: it looks by itself.
    sleep(Duration::from_secs(31)).await;
}

/// The provider says what became of a message.
async fn news(stage: &Stage, number: i64, state: &str) {
    assert_eq!(hook(stage, &format!("p-{number}"), state).await, 200);
}

async fn waiting(stage: &Stage) -> usize {
    let all = stage.store.calls(Timestamp::from_millis(i64::MAX), usize::MAX, &std::collections::HashSet::new());
    all.await.unwrap().0.len()
}

fn all(count: i64, word: &str) -> Vec<String> {
    let mut all: Vec<String> = (1..=count).map(|number| format!("m{number} {word}")).collect();
    all.sort();
    all
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_is_down_for_an_hour_costs_a_probe_a_minute_and_no_report() {
    for down in [silent(), Answer::without(AnswerClass::Unreached, "refused")] {
        let platform = Platform::new(move |_| down.clone());
        let stage = stage(&platform);
        reported(&stage, 300).await;
        sleep(Duration::from_secs(3600)).await;
        // Those that were under way when it went silent, then one at a time: after 2, 4, 8, 16, 32 and every 60 seconds.
        assert!((60..=32 + 66).contains(&platform.asked()), "{}", platform.asked());
        assert_eq!((platform.taken().len(), waiting(&stage).await), (0, 300));
        platform.says(|_| good());
        let asked = platform.asked();
        sleep(Duration::from_secs(150)).await;
        assert_eq!(sorted(platform.taken()), all(300, "sent"), "each once");
        assert_eq!(platform.asked(), asked + 300, "each at its first try");
        assert!(stage.store.dead_letters(None, 9).await.unwrap().is_empty());
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn reports_that_nobody_took_in_their_time_are_dead_letters_and_can_be_redriven() {
    let platform = Platform::new(|_| silent());
    let stage = stage(&platform);
    stage.flow.configure(snapshot_of(&PLATFORM.replace("for: 24h", "for: 2h"), CARRIER, acme()));
    reported(&stage, 100).await;
    sleep(Duration::from_secs(3 * 3600)).await;
    assert_eq!(waiting(&stage).await, 0, "none waits for ever");
    let letters = stage.store.dead_letters(None, 999).await.unwrap();
    assert_eq!(letters.len(), 100);
    assert!(letters.iter().all(|letter| letter.kind == "call" && letter.why.starts_with("given up")), "{letters:?}");
    assert!(platform.asked() < 32 + 66 + 2 * 61, "{}", platform.asked());
    platform.says(|_| good());
    for letter in letters {
        assert!(stage.store.redrive(letter.id, stage.flow.ambient.now(), true).await.unwrap());
    }
    sleep(Duration::from_secs(180)).await;
    assert_eq!(sorted(platform.taken()), all(100, "sent"));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_address_stops_its_lane_until_the_file_is_changed() {
    let platform = Platform::new(|_| says(404, b"{}"));
    let stage = stage(&platform);
    reported(&stage, 300).await;
    sleep(Duration::from_secs(3600)).await;
    // After 1, 2, 4, 8 and every 15 minutes.
    assert!((5..=32 + 8).contains(&platform.asked()), "{}", platform.asked());
    platform.says(|_| good());
    let asked = platform.asked();
    stage.flow.configure(snapshot_of(PLATFORM, CARRIER, acme()));
    sleep(Duration::from_secs(40)).await;
    assert_eq!((sorted(platform.taken()), platform.asked()), (all(300, "sent"), asked + 300));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_asks_for_time_is_given_it() {
    let busy = || {
        let mut busy = says(429, b"{}");
        busy.headers.push(("retry-after".to_owned(), "300".to_owned()));
        busy
    };
    let platform = Platform::new(move |_| busy());
    let stage = stage(&platform);
    reported(&stage, 300).await;
    let asked = platform.asked();
    assert!(asked <= 32, "{asked}");
    platform.says(|_| good());
    sleep(Duration::from_secs(200)).await;
    assert_eq!(platform.asked(), asked, "nobody is bothered before");
    sleep(Duration::from_secs(120)).await;
    assert_eq!(sorted(platform.taken()), all(300, "sent"));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_body_of_a_200_is_no_success() {
    let failing = |_| says(200, br#"{"status":"failure"}"#);
    let platform = Platform::new(failing);
    let stage = stage(&platform);
    reported(&stage, 5).await;
    sleep(Duration::from_secs(60)).await;
    assert!(platform.asked() >= 20, "each is repeated: {}", platform.asked());
    platform.says(|_| good());
    sleep(Duration::from_secs(600)).await;
    assert_eq!(sorted(platform.taken()), all(5, "sent"));
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_and_garbage_is_kept() {
    let platform = Platform::new(|times| if times == 0 { says(401, b"{}") } else { good() });
    let stage = stage(&platform);
    reported(&stage, 1).await;
    assert_eq!((platform.asked(), platform.taken()), (2, all(1, "sent")));
    // No class of answers names it: refused for good, and the next goes on.
    platform.says(|times| if times == 2 { says(418, b"<teapot>") } else { good() });
    for state in ["there", "seen"] {
        news(&stage, 1, state).await;
        sleep(Duration::from_secs(31)).await;
    }
    assert_eq!(platform.taken(), ["m1 sent", "m1 read"]);
    let letters = stage.store.dead_letters(None, 9).await.unwrap();
    assert_eq!(letters.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["refused: HTTP 418"]);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn reports_of_one_message_keep_their_order_through_any_trouble() {
    let platform = Platform::new(|times| match times % 7 {
        0 => silent(),
        1 | 4 => says(503, b"{}"),
        2 => says(200, b"not json"),
        5 => Answer::without(AnswerClass::Unreached, "reset"),
        _ => good(),
    });
    let stage = stage(&platform);
    reported(&stage, 20).await;
    for state in ["there", "seen"] {
        for number in 1..=20 {
            news(&stage, number, state).await;
        }
    }
    sleep(Duration::from_secs(4 * 3600)).await;
    let taken = platform.taken();
    assert_eq!(taken.len(), 60, "each once");
    for number in 1..=20 {
        let id = format!("m{number} ");
        let words: Vec<&str> = taken.iter().filter_map(|report| report.strip_prefix(&id)).collect();
        assert_eq!(words, ["sent", "delivered", "read"]);
    }
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_report_that_cannot_be_said_is_said_once_the_mapping_is_mended() {
    let broken = PLATFORM.replace("submitted: sent", "submitted: $.event.cost.category");
    let platform = Platform::new(|_| good());
    let stage = stage(&platform);
    stage.flow.configure(snapshot_of(&broken, CARRIER, acme()));
    reported(&stage, 2).await;
    assert!(platform.taken().is_empty());
    let list = async || {
        let fit = Letters { kind: Some("report".to_owned()), ..Letters::default() };
        stage.store.letters(&fit, Page::Oldest { above: 0, upto: i64::MAX }, 9).await.unwrap()
    };
    let letters = list().await;
    let what: Vec<_> = letters.iter().map(|letter| (&*letter.name, letter.message)).collect();
    assert_eq!(what, [1, 2].map(|number| ("submitted", Some(Ref::from_number(number)))));
    assert!(letters.iter().all(|letter| letter.why.contains("cost")), "{letters:?}");
    // What is wrong with one word keeps no other from being said.
    news(&stage, 2, "there").await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(platform.taken(), ["m2 delivered"]);
    let stays = stage.flow.say_again(&letters[0]).await.unwrap();
    assert!(stays.is_some_and(|why| why.contains("cost")), "still broken");
    assert_eq!(list().await.len(), 2);
    stage.flow.configure(snapshot_of(PLATFORM, CARRIER, acme()));
    // Done by two at once it is said once.
    for letter in [&letters[0], &letters[0], &letters[1]] {
        assert_eq!(stage.flow.say_again(letter).await.unwrap(), None);
    }
    news(&stage, 1, "there").await;
    sleep(Duration::from_secs(31)).await;
    // Of the second one somebody was told more by now: never a lower word after a higher one.
    assert_eq!(sorted(platform.taken()), ["m1 delivered", "m1 sent", "m2 delivered"]);
    assert!(list().await.is_empty());
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_word_that_is_to_be_said_first_and_cannot_be_is_kept_and_the_other_is_said() {
    let fill = PLATFORM.replace("failed: failed }", "failed: failed }, fill: [ sent ]");
    for broken in ["$.event.cost.category", "$.message.campaign"] {
        let platform = Platform::new(|_| good());
        let stage = stage(&platform);
        stage.flow.configure(snapshot_of(&fill.replace(": sent", &format!(": {broken}")), CARRIER, acme()));
        stage.accept(1, "acme", NUMBER).await;
        sleep(Duration::from_secs(10)).await;
        for state in ["there", "seen"] {
            news(&stage, 1, state).await;
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(platform.taken(), ["m1 delivered", "m1 read"]);
        let letters = stage.store.dead_letters(None, 9).await.unwrap();
        let what: Vec<_> = letters.iter().map(|letter| (&*letter.kind, &*letter.name)).collect();
        assert_eq!(what, [("report", "submitted")], "kept, and once");
        stage.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_lane_lets_nothing_out_that_waited_for_a_turn() {
    let play = |_: &Prepared, _: usize| {
        async {
            sleep(Duration::from_millis(200)).await;
            answer(401)
        }
        .boxed()
    };
    let [one] = <[Source; 1]>::try_from(acme()).unwrap();
    let one = Source::new("acme.yaml", format!("{}delivery: {{ concurrency: 1 }}\n", one.text));
    let stage = Stage::new(vec![one], Arc::default(), play);
    for number in 1..=20 {
        stage.accept(number, "acme", NUMBER).await;
    }
    sleep(Duration::from_secs(30)).await;
    assert_eq!(stage.calls_to("carrier.example"), 2, "one attempt, and one with a fresh credential");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.calls_to("carrier.example"), 4);
    stage.end().await;
}
