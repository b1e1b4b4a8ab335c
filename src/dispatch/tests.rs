//! The dispatcher over the memory store, with a provider and platforms played by one function. Time is tokio's, paused.

/// A platform's mapping: what all of these tests have alike, and a test's own part.
macro_rules! platform {
    ($own:literal) => {
        concat!(
            r#"
dsl: 1
platform: campaigns
settings: { report_url: { type: url } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400 }
"#,
            $own
        )
    };
}

/// A carrier's, whose webhooks prove themselves: from the body of its send on.
macro_rules! carrier {
    ($own:literal) => {
        concat!(
            r#"
dsl: 1
provider: carrier
settings: { base_url: { type: url, default: "https://carrier.example" } }
auth:
  out: [ { header: { name: key, value: $.credentials.key } } ]
  in: [ { header: { name: key, value: $.credentials.key } } ]
refused: { http: 503 }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
"#,
            $own
        )
    };
}

mod chaos;
mod fair;
mod fresh;
mod outages;
mod pace;
mod parked;
mod provider;
mod stops;
mod trouble;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::client::Outbound;
use crate::config::{self, Files, Snapshot};
use crate::delivery::{Life, Phase};
use crate::diagnostic::Source;
use crate::flow::{Ambient, Flow, Work};
use crate::model::wire::{Answer, Class as AnswerClass, Prepared};
use crate::model::{Class, Ref, Secret};
use crate::store::memory::Memory;
use crate::store::{Bill, Cause, Lane, Message, NewCall, NewMessage, Origin, Store, Suppression, Taken};
use crate::value::Timestamp;

const PLATFORM: &str = platform!(
    r#"
send:
  route: { method: POST, path: /send }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
status: { words: { submitted: sent, failed: failed }, do: [ report ] }
inbound: { rules: { any: { when: $.inbound.content.kind == "text", do: [ post ] } } }
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, status: $.word } }
  post: { method: POST, url: $.settings.report_url, body: { from: $.inbound.from } }
"#
);

/// The sender of tests with one.
const NUMBER: &str = "14155550100";

const PROVIDER: &str = r#"
dsl: 1
provider: carrier
settings: { base_url: { type: url, default: "https://carrier.example" } }
auth: { out: [ { header: { name: key, value: $.credentials.key } } ] }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
    body: { to: $.message.to, ref: $.message.ref }
    take: { provider_id: $.answer.body.id }
    failed: { reason: forbidden, stop: { $when: $.answer.http == 402, then: account } }
    retry: { again: [ unreached, 5xx ], in_doubt: [ unanswered ], renew: [ 401 ], hold: [ 401, 402 ] }
"#;

fn tenant(name: &str, numbers: &str) -> Source {
    let text = format!(
        "tenant: {name}\nplatform: campaigns\nprovider: carrier\nnumbers: [ {numbers} ]\n\
         credentials: {{ token: \"${{env:{name}}}\", key: \"${{env:shared}}\" }}\n\
         settings: {{ report_url: \"https://{name}.example/report\" }}\n"
    );
    Source::new(format!("{name}.yaml"), text)
}

fn snapshot(tenants: Vec<Source>) -> Snapshot {
    snapshot_with(PROVIDER, tenants)
}

fn snapshot_with(provider: &str, tenants: Vec<Source>) -> Snapshot {
    snapshot_of(PLATFORM, provider, tenants)
}

fn snapshot_of(platform: &str, provider: &str, tenants: Vec<Source>) -> Snapshot {
    let mappings = vec![Source::new("campaigns.yaml", platform), Source::new("carrier.yaml", provider)];
    let files = Files { mappings, tenants, ..Files::default() };
    let resolve = |reference: &config::Reference| Ok(Secret::new(format!("{reference:?}")));
    let (snapshot, problems) = config::build(&files, None, &resolve, [7; 32]);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{}", crate::diagnostic::render(&problems));
    snapshot
}

/// The paused clock of the runtime, from a day in 2026 on.
struct Clock(Instant, AtomicU64);

impl Ambient for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).after(self.0.elapsed())
    }

    fn random(&self) -> u64 {
        self.1.fetch_add(1, Ordering::Relaxed)
    }
}

type Play = dyn Fn(&Prepared, usize) -> BoxFuture<'static, Answer> + Send + Sync;

/// Answers every call, and remembers where it went.
struct Played(Box<Play>, Mutex<Vec<String>>);

impl Outbound for Played {
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer> {
        let mut hosts = self.1.lock().unwrap();
        let host = call.url.host_str().unwrap_or_default().to_owned();
        hosts.push(host.clone());
        let times = hosts.iter().filter(|known| **known == host).count();
        (self.0)(&call, times)
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

fn answer(http: u16) -> Answer {
    let body = Bytes::from_static(br#"{"id":"p-1"}"#);
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Answer { http: Some(http), class: AnswerClass::of(http), headers, body, trouble: None }
}

struct Stage {
    flow: Arc<Flow>,
    store: Arc<Memory>,
    played: Arc<Played>,
    work: mpsc::Sender<Work>,
    stop: watch::Sender<bool>,
    running: tokio::task::JoinHandle<()>,
}

impl Stage {
    fn new(
        tenants: Vec<Source>,
        store: Arc<Memory>,
        play: impl Fn(&Prepared, usize) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        Self::with(snapshot(tenants), store, play)
    }

    fn with(
        snapshot: Snapshot,
        store: Arc<Memory>,
        play: impl Fn(&Prepared, usize) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        let played = Arc::new(Played(Box::new(play), Mutex::default()));
        // So short that most of what is told does not fit.
        let (work, worked) = mpsc::channel(1);
        let ambient = Arc::new(Clock(Instant::now(), AtomicU64::new(0)));
        let flow = Arc::new(Flow::new(snapshot, store.clone(), played.clone(), ambient, work.clone()));
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(super::run(flow.clone(), worked, stopped));
        Self { flow, store, played, work, stop, running }
    }

    async fn accept(&self, number: i64, tenant: &str, from: &str) {
        self.accept_as(Class::Promotional, number, tenant, from).await;
    }

    /// Stored, and known to nobody else. Each to somebody else, so that no pair meets its limit.
    async fn accept_as(&self, class: Class, number: i64, tenant: &str, from: &str) -> NewMessage {
        self.accept_to(class, number, (tenant, from), number).await
    }

    /// To that person.
    async fn accept_to(&self, class: Class, number: i64, (tenant, from): (&str, &str), person: i64) -> NewMessage {
        let now = self.flow.ambient.now();
        let to = 919_812_300_000 + person;
        let text =
            format!(r#"{{"id":"m{number}","to":"{to}","from":"{from}","text":"Hello","kind":"text","ref":"x"}}"#);
        let message = NewMessage {
            reference: Ref::from_number(number),
            lane: Lane { tenant: tenant.into(), from: from.into() },
            to: to.to_string().as_str().into(),
            class,
            origin: Origin::Platform,
            platform_id: format!("m{number}"),
            campaign: None,
            dedupe: None,
            body: text.into(),
            version: String::new(),
            life: Life::new(now.after(Duration::from_secs(3600))),
            at: now,
        };
        self.store.accept(vec![message.clone()]).await.unwrap();
        message
    }

    /// Stored, and handed over if there is room on the way.
    async fn hand(&self, class: Class, number: i64, tenant: &str, from: &str) {
        let message = self.accept_as(class, number, tenant, from).await;
        let (provider_id, said, revision) = (None, Vec::new(), 0);
        let _ = self.work.try_send(Work::Message(Box::new(Message {
            message,
            provider_id,
            said,
            bill: Bill::default(),
            revision,
            begun: false,
        })));
    }

    async fn phase(&self, number: i64) -> Phase {
        self.store.message(Ref::from_number(number)).await.unwrap().unwrap().message.life.phase
    }

    fn calls_to(&self, host: &str) -> usize {
        self.played.1.lock().unwrap().iter().filter(|known| *known == host).count()
    }

    /// Whatever happened, a stop comes to its end.
    async fn end(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(300), self.running).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_told_the_dispatcher_is_found() {
    let one = vec![tenant("acme", "\"14155550100\"")];
    let stage = Stage::new(one, Arc::default(), |_, _| std::future::ready(answer(202)).boxed());
    sleep(Duration::from_secs(1)).await;
    for number in 1..=20 {
        stage.accept(number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(12)).await;
    for number in 1..=20 {
        assert_eq!(stage.phase(number).await, Phase::Submitted, "{number}");
    }
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_breaks_off_is_in_doubt_and_blocks_nothing() {
    let play = |_: &Prepared, times: usize| {
        async move {
            assert!(times > 1, "the first attempt comes to grief");
            answer(202)
        }
        .boxed()
    };
    let stage = Stage::new(vec![tenant("acme", "\"14155550100\"")], Arc::default(), play);
    stage.accept(1, "acme", "14155550100").await;
    stage.accept(2, "acme", "14155550100").await;
    sleep(Duration::from_secs(20)).await;
    assert_eq!((stage.phase(1).await, stage.phase(2).await), (Phase::InDoubt, Phase::Submitted));
    sleep(Duration::from_secs(150)).await;
    assert_eq!(stage.phase(1).await, Phase::Submitted);
    stage.end().await;
}

/// The person that messages go to.
fn opted_out() -> Suppression {
    Suppression {
        tenant: "acme".into(),
        sender: None,
        address: "919812300001".into(),
        on: true,
        at: Timestamp::from_millis(0),
        cause: Cause::Joined,
    }
}

#[tokio::test(start_paused = true)]
async fn an_opt_out_while_a_message_is_on_its_way_stops_the_next_call() {
    let store = Arc::new(Memory::new());
    let list = store.clone();
    let play = move |_: &Prepared, _: usize| {
        let list = list.clone();
        async move {
            list.suppress(vec![opted_out()]).await.unwrap();
            answer(401)
        }
        .boxed()
    };
    let stage = Stage::new(vec![tenant("acme", "\"14155550100\"")], store, play);
    stage.accept(1, "acme", "14155550100").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(stage.phase(1).await, Phase::Suppressed);
    assert_eq!(stage.calls_to("carrier.example"), 1, "a renewed credential is no reason to pass the list");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_held_lane_probes_with_one_message() {
    let play = |call: &Prepared, _: usize| {
        let carrier = call.url.host_str() == Some("carrier.example");
        async move {
            // As long as that several could go meanwhile.
            sleep(Duration::from_secs(2)).await;
            answer(if carrier { 401 } else { 200 })
        }
        .boxed()
    };
    let stage = Stage::new(vec![tenant("acme", "\"14155550100\"")], Arc::default(), play);
    for number in 1..=200 {
        stage.accept(number, "acme", "14155550100").await;
    }
    sleep(Duration::from_secs(30)).await;
    let first = stage.calls_to("carrier.example");
    // After one minute, and after two more.
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.calls_to("carrier.example"), first + 2, "one attempt, and one with a fresh credential");
    sleep(Duration::from_secs(120)).await;
    assert_eq!(stage.calls_to("carrier.example"), first + 4);
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_never_answers_keeps_nobody_elses_calls_waiting() {
    let play = |call: &Prepared, _: usize| {
        let down = call.url.host_str() == Some("acme.example");
        async move {
            if down {
                sleep(Duration::from_secs(10)).await;
                return Answer::without(AnswerClass::Unanswered, "no answer");
            }
            answer(200)
        }
        .boxed()
    };
    let store = Arc::new(Memory::new());
    let tenants = vec![tenant("acme", "\"14155550100\""), tenant("bolt", "\"14155550101\"")];
    let stage = Stage::new(tenants, store.clone(), play);
    sleep(Duration::from_millis(100)).await;
    let taken = |tenant: &str, ids: std::ops::Range<i64>| {
        let at = stage.flow.ambient.now();
        let context = Bytes::from_static(br#"{"inbound":{"from":"919812345670","content":{"kind":"text"}}}"#);
        let call = |id| NewCall {
            id,
            tenant: tenant.into(),
            name: "post".to_owned(),
            message: None,
            context: context.clone(),
            at,
        };
        let (id, calls) = (format!("{tenant}-{}", ids.start), ids.map(call).collect());
        let (addresses, suppressions, replies) = (Vec::new(), Vec::new(), Vec::new());
        Taken { tenant: tenant.into(), id, addresses, suppressions, replies, calls, at }
    };
    store.take(taken("acme", 1..5001)).await.unwrap();
    sleep(Duration::from_secs(35)).await;
    assert!(stage.calls_to("acme.example") >= 32);
    store.take(taken("bolt", 9001..9101)).await.unwrap();
    sleep(Duration::from_secs(31)).await;
    assert_eq!(stage.calls_to("bolt.example"), 100);
    stage.end().await;
}
