//! Requests through the flow, over the memory store: in whose words they are refused, and with what.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::afoot;
use super::calls::Heard;
use super::event::{Attempt, Vouched};
use super::settle::Along;
use super::{Ambient, Flow};
use crate::client::Outbound;
use crate::config::{self, Files};
use crate::delivery::{Input, Life, Outcome, Phase, Told};
use crate::diagnostic::Source;
use crate::model::wire::{Answer, Class, Incoming, Prepared};
use crate::model::{Class as Urgency, ClientRef, Event, Failure, Reason, Ref, Secret, Status};
use crate::store::memory::Memory;
use crate::store::{Cause, Change, Lane, Line, Message, NewCall, NewMessage, Origin, Stay, Suppression, Taken};
use crate::value::Timestamp;

const PLATFORM: &str = r#"
dsl: 1
platform: campaigns
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused:
  http: 400
  body: { why: $.error.reason, more: "$.error.more?", id: "$.body.id?", page: "$.query.page?", trace: "$.headers.trace?", of: "$.path.of?" }
send:
  route: { method: POST, path: "/send/{of}" }
  schema: body.json
  checks: [ { refuse: malformed, unless: $.body.text?, with: { more: text } } ]
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
templates:
  route: { method: POST, path: "/list/{of}" }
  checks: [ { refuse: malformed, unless: $.body.text?, with: { more: text } } ]
  page: { of: "$.templates[*]" }
"#;

pub(super) const PROVIDER: &str = r#"
dsl: 1
provider: carrier
hosts: [ carrier.example ]
send: { call: { method: POST, url: "https://carrier.example", take: { provider_id: x }, retry: { again: [ 5xx ] } } }
"#;

/// A carrier whose call says what the gateway knows.
const ASKING: &str = r#"
dsl: 1
provider: carrier
hosts: [ carrier.example ]
send:
  call:
    method: POST
    url: "https://carrier.example/send"
    body:
      mine: $.message.from | is_sender
      theirs: $.message.to | is_sender
      out: $.message.to | is_suppressed($.message.from)
      template: '$.message.text? | template("en", $.message.from) | get("id")'
    ok: $.answer.http == 200 && $.message.from | is_sender
    take: { provider_id: x }
    retry: { again: [ 5xx ] }
templates:
  call: { method: GET, url: "https://carrier.example/templates", retry: { again: [ 5xx ] } }
  each: "$.answer.body.all[*]"
  template: { id: $.item.id, name: $.item.name, language: en, status: APPROVED, components: [] }
"#;

struct Still;

impl Ambient for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }

    fn random(&self) -> u64 {
        7
    }
}

impl Outbound for Still {
    fn send(&self, _: Prepared) -> BoxFuture<'_, Answer> {
        std::future::ready(Answer::without(Class::Unreached, "nobody is there")).boxed()
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

/// Lists one template, takes every message, and keeps what it was sent.
#[derive(Default)]
pub(super) struct Carrier(std::sync::Mutex<Vec<String>>);

impl Outbound for Carrier {
    fn send(&self, prepared: Prepared) -> BoxFuture<'_, Answer> {
        let body = if prepared.url.path() == "/templates" {
            r#"{"all":[{"id":"t-1","name":"hello"}]}"#
        } else {
            self.0.lock().unwrap().push(String::from_utf8_lossy(&prepared.body).into_owned());
            "{}"
        };
        let body = Bytes::from_static(body.as_bytes());
        let answer = Answer { http: Some(200), body, ..Answer::without(Class::Success, "") };
        std::future::ready(answer).boxed()
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

fn flow(more: &str) -> Flow {
    with(PROVIDER, more, Arc::new(Still))
}

pub(super) fn with(provider: &str, more: &str, outbound: Arc<dyn Outbound>) -> Flow {
    let tenant = format!(
        "tenant: acme\nplatform: campaigns\nprovider: carrier\nnumbers: [ {{ number: \"14155550100\", waba: \"1\" }} ]\n\
         credentials: {{ token: \"${{env:right}}\" }}\n{more}\n"
    );
    let mappings = vec![Source::new("campaigns.yaml", PLATFORM), Source::new("carrier.yaml", provider)];
    let text = r#"{ "type": "string" }"#;
    let members = ["id", "to", "from", "text", "note"].map(|name| format!("\"{name}\": {text}")).join(", ");
    let schema = format!("{{ \"type\": \"object\", \"properties\": {{ {members} }} }}");
    let schemas = Some([("body.json".to_owned(), Source::new("body.json", schema))].into());
    let files = Files { mappings, tenants: vec![Source::new("acme.yaml", tenant)], schemas, ..Files::default() };
    let resolve = |_: &config::Reference| Ok(Secret::new("right".to_owned()));
    let (snapshot, problems) = config::build(&files, None, &resolve, [7; 32]);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{}", crate::diagnostic::render(&problems));
    let (work, _) = mpsc::channel(1);
    Flow::new(snapshot, Arc::new(Memory::new()), outbound, Arc::new(Still), work)
}

async fn check(more: &str, path: &str, token: &str, body: &'static str, expected: &str) {
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: "page=2".to_owned(),
        headers: vec![("authorization".to_owned(), format!("Bearer {token}")), ("trace".to_owned(), "t".to_owned())],
        body: Bytes::from_static(body.as_bytes()),
        peer: None,
    };
    let reply = flow(more).request(incoming).await;
    assert_eq!(String::from_utf8_lossy(&reply.body), expected, "{more} {path} {token} {body}");
}

#[tokio::test]
async fn a_refusal_speaks_of_the_request_as_far_as_it_was_read() {
    let whole = r#"{"id":"m1","to":"919812345670","from":"14155550100"}"#;
    let disabled = "enabled: false";
    let elsewhere = "sources: [ 10.0.0.0/8 ]";
    for (more, path, token, body, expected) in [
        ("", "/send/x", "wrong", whole, r#"{"why":"unauthenticated","page":"2","trace":"t","of":"x"}"#),
        ("", "/send/x", "right", "{", r#"{"why":"malformed","page":"2","trace":"t","of":"x"}"#),
        (
            "",
            "/send/x",
            "right",
            whole,
            r#"{"why":"malformed","more":"text","id":"m1","page":"2","trace":"t","of":"x"}"#,
        ),
        (
            "",
            "/list/x",
            "right",
            whole,
            r#"{"why":"malformed","more":"text","id":"m1","page":"2","trace":"t","of":"x"}"#,
        ),
        (disabled, "/send/x", "right", whole, r#"{"why":"forbidden","id":"m1","page":"2","trace":"t","of":"x"}"#),
        (
            elsewhere,
            "/send/x",
            "right",
            whole,
            r#"{"why":"source_not_allowed","id":"m1","page":"2","trace":"t","of":"x"}"#,
        ),
    ] {
        check(more, path, token, body, expected).await;
    }
}

/// A message that was just taken in.
pub(super) fn message(number: i64, origin: Origin) -> NewMessage {
    let now = Still.now();
    NewMessage {
        reference: Ref::from_number(number),
        lane: Lane { tenant: "acme".into(), from: "14155550100".into() },
        to: "919812345670".into(),
        class: Urgency::Transactional,
        origin,
        platform_id: number.to_string(),
        campaign: None,
        dedupe: None,
        body: Bytes::from_static(br#"{"id":"m","to":"919812345670","from":"14155550100","text":"hello"}"#),
        version: String::new(),
        life: Life::new(now.after(Duration::from_secs(60))),
        at: now,
    }
}

/// A message to one person, stored and tried once; its life afterwards.
async fn tried(flow: &Flow, number: i64, origin: Origin) -> Life {
    let message = message(number, origin);
    let id = message.reference;
    flow.store.accept(vec![message]).await.unwrap();
    let message = flow.store.message(id).await.unwrap().unwrap();
    flow.attempt(message, &Stay::always(), None).await;
    flow.store.message(id).await.unwrap().unwrap().message.life
}

fn suppression() -> Vec<Suppression> {
    vec![Suppression {
        tenant: "acme".into(),
        sender: None,
        address: "919812345670".into(),
        on: true,
        at: Timestamp::from_millis(0),
        cause: Cause::Joined,
    }]
}

#[tokio::test]
async fn somebody_suppressed_is_sent_an_answer_about_that_and_nothing_else() {
    let flow = flow("");
    flow.store.suppress(suppression()).await.unwrap();
    let all = [(Origin::Platform, false), (Origin::Reply, false), (Origin::Consent, true)];
    for (number, (origin, goes)) in (1..).zip(all) {
        let life = tried(&flow, number, origin).await;
        assert_eq!((life.attempts > 0, life.phase == Phase::Suppressed), (goes, !goes), "{origin:?}: {life:?}");
    }
}

#[tokio::test]
async fn what_is_known_at_dispatch_is_asked_at_dispatch() {
    let carrier = Arc::new(Carrier::default());
    let flow = with(ASKING, "", carrier.clone());
    assert_eq!(tried(&flow, 1, Origin::Consent).await.phase, Phase::Submitted);
    flow.sync_all().await;
    flow.store.suppress(suppression()).await.unwrap();
    assert_eq!(tried(&flow, 2, Origin::Consent).await.phase, Phase::Submitted);
    let sent = carrier.0.lock().unwrap().clone();
    let expected =
        [r#"{"mine":true,"theirs":false,"out":false}"#, r#"{"mine":true,"theirs":false,"out":true,"template":"t-1"}"#];
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_document_of_another_shape_is_counted_and_never_refused() {
    let flow = flow("");
    let send = async |token: &str, body: &'static str| {
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/send/x".to_owned(),
            query: String::new(),
            headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
            body: Bytes::from_static(body.as_bytes()),
            peer: None,
        };
        flow.request(incoming).await.http
    };
    let all = || flow.shapes.all().first().map_or((0, 0), |(_, checked)| (checked.documents, checked.mismatches));
    assert_eq!(send("wrong", r#"{"note":5}"#).await, 400, "a stranger's is not looked at");
    // Of what could not be mapped every document is looked at, before the others.
    assert_eq!(send("right", r#"{"id":"m0","note":5}"#).await, 400);
    let good = r#"{"id":"m1","to":"919812345670","from":"14155550100","text":"Hello","note":5}"#;
    assert_eq!(send("right", good).await, 200, "taken as it is");
    flow.check_shape().await;
    assert_eq!(all(), (1, 1));
    flow.check_shape().await;
    assert_eq!(all(), (2, 2));
    // One of a second is enough of the others; the clock of this test stands still.
    assert_eq!(
        send("right", r#"{"id":"m2","to":"919812345670","from":"14155550100","text":"Hello","note":5}"#).await,
        200
    );
    assert_eq!(send("right", r#"{"id":"m3"}"#).await, 400);
    flow.check_shape().await;
    assert_eq!(all(), (3, 2), "refused, and of the declared shape");
    assert!(flow.check_shape().now_or_never().is_none(), "the second good one was not kept");
    // A queue that is full keeps nobody.
    for _ in 0..200 {
        assert_eq!(send("right", r#"{"id":"m4","note":5}"#).await, 400);
    }
}

/// Refuses every call for its credentials; before it answers, a status settles message 1.
#[derive(Default)]
struct Refusing {
    store: std::sync::OnceLock<Arc<dyn crate::store::Store>>,
    calls: std::sync::atomic::AtomicUsize,
}

impl Outbound for Refusing {
    fn send(&self, _: Prepared) -> BoxFuture<'_, Answer> {
        self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async {
            let store = self.store.get().unwrap();
            let known = store.message(Ref::from_number(1)).await.unwrap().unwrap();
            let life = Life { phase: Phase::Submitted, best: Some(Status::Read), ..known.message.life.clone() };
            let line = Line { at: Still.now(), text: "read".to_owned() };
            let change = Change { provider_id: Some("p1".to_owned()), ..Change::of(&known, life, line) };
            store.update(change).await.unwrap();
            Answer { http: Some(401), ..Answer::without(Class::of(401), "") }
        }
        .boxed()
    }

    fn allows(&self, _: &url::Url) -> bool {
        true
    }
}

/// Found by the simulation: the call was made once more with fresh credentials, though a status of an earlier attempt had
/// said meanwhile that the provider has the message.
#[tokio::test]
async fn what_was_settled_while_its_credentials_were_refused_is_not_sent_again() {
    let refusing = Arc::new(Refusing::default());
    let renewing = PROVIDER
        .replace("again: [ 5xx ]", "again: [ 5xx ], renew: [ 401 ]")
        .replace("hosts:", "auth: { out: [ { header: { name: key, value: $.credentials.token } } ] }\nhosts:");
    let flow = with(&renewing, "", refusing.clone());
    assert!(refusing.store.set(flow.store.clone()).is_ok());
    let life = tried(&flow, 1, Origin::Platform).await;
    assert_eq!((life.phase, life.best), (Phase::Submitted, Some(Status::Read)));
    assert_eq!(refusing.calls.load(std::sync::atomic::Ordering::Relaxed), 1);
}

/// What the provider was given with the message that it calls so: `p3` is the third attempt.
fn echo(of: &str) -> ClientRef {
    ClientRef { message: Ref::from_number(1), attempt: of.trim_start_matches('p').parse().unwrap() }
}

/// A status of the provider's attempt `of`.
fn spoken(of: &str, status: Status) -> Event {
    let failed = Failure { resend: Some(Duration::from_secs(20)), ..Failure::ours(Reason::Undeliverable, None) };
    Event {
        provider_id: Some(of.to_owned()),
        reference: Some(echo(of)),
        status: Some(status),
        word: None,
        at: Still.now(),
        user: None,
        cost: None,
        failure: (status == Status::Failed).then_some(failed),
    }
}

/// Found by the simulation. A failure told twice counted against the attempt after it, whose answer was then taken for the
/// earlier one's, so that the message was sent a third time; and a late word of the first attempt made it the last one, so
/// that the failure of the real last one was dropped. So was a failure whose message was read just before the answer to
/// its attempt was stored, and whose attempt was looked for just after.
#[tokio::test]
async fn what_is_said_of_an_earlier_attempt_says_nothing_of_the_last() {
    let flow = flow("delivery: { resend: \"on\" }");
    let (id, snapshot) = (Ref::from_number(1), flow.snapshot.load_full());
    let tenant = snapshot.tenant("acme").unwrap();
    let names = ["acme".to_owned()];
    let hear = async |of, status| {
        flow.status(&snapshot, Vouched::Then(&names), spoken(of, status), None).await.unwrap();
        flow.store.message(id).await.unwrap().unwrap()
    };
    let take = async |of: &str| {
        let along = Along { provider_id: Some(of.to_owned()), ..Along::default() };
        flow.settle(Err(id), tenant, &Input::Answered(Outcome::Taken), &along).await.unwrap();
    };
    flow.store.accept(vec![message(1, Origin::Platform)]).await.unwrap();
    take("p1").await;
    // The second one was never made: what had the message sent anew counts, too.
    let waits = hear("p1", Status::Failed).await;
    assert_eq!((waits.message.life.phase, waits.message.life.resends), (Phase::Queued, 1));
    // Its time has come, and the next attempt may be under way.
    let life = Life { wake: None, ..waits.message.life.clone() };
    let line = Line { at: Still.now(), text: "ready".to_owned() };
    let change = Change { goes_on: true, ..Change::of(&waits, life, line) };
    flow.store.update(change).await.unwrap();
    for status in [Status::Failed, Status::Submitted] {
        let ready = hear("p1", status).await;
        assert_eq!((ready.message.life.phase, ready.message.life.resends), (Phase::Queued, 1), "{status:?}");
    }
    let (read, failed) = (flow.store.message(id).await.unwrap().unwrap(), spoken("p3", Status::Failed));
    take("p3").await;
    let (now, attempt) = flow.attempt_of(read, tenant, &failed).await.unwrap();
    assert_eq!((attempt, now.message.life.phase), (Attempt::Last, Phase::Submitted));
    let last = hear("p1", Status::Submitted).await;
    assert_eq!(last.provider_id.as_deref(), Some("p3"));
    let barred = Event { failure: Some(Failure::ours(Reason::Blocked, None)), ..spoken("p3", Status::Failed) };
    flow.status(&snapshot, Vouched::Then(&names), barred, None).await.unwrap();
    let told = flow.store.message(id).await.unwrap().unwrap();
    assert_eq!((told.message.life.phase, told.message.life.told), (Phase::Submitted, Told::Failed));
}

/// Found by the simulation: the failure counted for the attempt under way, whose answer was then taken for the earlier one's.
#[tokio::test]
async fn a_failure_of_an_attempt_whose_answer_was_lost_says_nothing_of_the_next() {
    let flow = flow("delivery: { resend: \"on\" }");
    let (id, snapshot) = (Ref::from_number(1), flow.snapshot.load_full());
    let names = ["acme".to_owned()];
    let hear = async |of| {
        flow.status(&snapshot, Vouched::Then(&names), spoken(of, Status::Failed), None).await.unwrap();
        flow.store.message(id).await.unwrap().unwrap().message.life
    };
    let mut doubtful = message(1, Origin::Platform);
    doubtful.life.attempts = 1;
    flow.store.accept(vec![doubtful.clone()]).await.unwrap();
    let attempting = flow.afoot.begin(afoot::next(id, &doubtful.life)).unwrap();
    assert_eq!(hear("p1").await, doubtful.life, "it is sent again already");
    assert!(!attempting.is_overtaken());
    let life = hear("p2").await;
    assert_eq!((life.phase, life.resends), (Phase::Queued, 1));
    assert!(attempting.is_overtaken(), "what is not sent yet need not be");
}

#[tokio::test]
async fn a_failure_of_the_newest_attempt_counts_when_none_is_under_way() {
    let flow = flow("delivery: { resend: \"on\" }");
    let (id, snapshot) = (Ref::from_number(1), flow.snapshot.load_full());
    let mut doubtful = message(1, Origin::Platform);
    doubtful.life.attempts = 2;
    flow.store.accept(vec![doubtful]).await.unwrap();
    for (of, resends) in [("p1", 0), ("p2", 1)] {
        let failed = spoken(of, Status::Failed);
        flow.status(&snapshot, Vouched::Then(&["acme".to_owned()]), failed, None).await.unwrap();
        assert_eq!(flow.store.message(id).await.unwrap().unwrap().message.life.resends, resends, "{of}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_due_together_goes_out_at_its_pace() {
    for (pair, late, all) in [
        ("1000/s", Duration::ZERO, Duration::from_secs(2)),
        // Those that are late are counted for their recipient, too.
        ("1/6s", Duration::from_secs(30), Duration::from_secs(30)),
    ] {
        let flow = flow(&format!("limits: {{ send: 2/s, pair: {pair}, pair_burst: 1 }}"));
        flow.store.accept(vec![message(1, Origin::Platform)]).await.unwrap();
        let message = flow.store.message(Ref::from_number(1)).await.unwrap().unwrap();
        let (snapshot, begun) = (flow.snapshot.load_full(), tokio::time::Instant::now());
        let tenant = snapshot.tenant("acme").unwrap();
        tokio::time::advance(late).await;
        let ready = tokio::time::Instant::now();
        futures_util::future::join_all((0..6).map(|_| flow.at_its_pace(&message, tenant, begun))).await;
        let took = ready.elapsed();
        assert!(took >= all && took < all + Duration::from_secs(1), "{pair}: {took:?}");
    }
}

/// Found by the simulation: what happens between the record of an attempt and its call was noticed by nobody.
#[tokio::test]
async fn a_call_that_is_ready_need_not_begin_when_its_message_was_settled_or_is_late() {
    let flow = flow("");
    let snapshot = flow.snapshot.load_full();
    let tenant = snapshot.tenant("acme").unwrap();
    let on_time = message(1, Origin::Platform);
    flow.store.accept(vec![on_time.clone()]).await.unwrap();
    let attempting = flow.afoot.begin(afoot::next(on_time.reference, &on_time.life)).unwrap();
    assert_eq!(flow.in_vain(&on_time, tenant, &attempting), None);
    let late = NewMessage { life: Life::new(Still.now()), ..on_time.clone() };
    assert_eq!(flow.in_vain(&late, tenant, &attempting), Some(Input::Due));
    let names = ["acme".to_owned()];
    flow.status(&snapshot, Vouched::Then(&names), spoken("p1", Status::Delivered), None).await.unwrap();
    let needless = flow.in_vain(&on_time, tenant, &attempting);
    assert!(matches!(needless, Some(Input::Answered(Outcome::Again { .. }))), "{needless:?}");
    flow.settle(Err(on_time.reference), tenant, &needless.unwrap(), &Along::default()).await.unwrap();
    let life = flow.store.message(on_time.reference).await.unwrap().unwrap().message.life;
    assert_eq!((life.phase, life.best), (Phase::Submitted, Some(Status::Delivered)));
}

/// Found by the simulation: a failure of an attempt before the last was told to nobody, and the id of an earlier attempt took
/// the place of the last one's, so that what was said of that was dropped.
#[tokio::test]
async fn an_attempt_before_the_last_is_told_of_but_is_not_the_last() {
    let flow = flow("delivery: { resend: \"on\" }");
    let (id, snapshot) = (Ref::from_number(1), flow.snapshot.load_full());
    let tenant = snapshot.tenant("acme").unwrap();
    let names = ["acme".to_owned()];
    let mut settled = message(1, Origin::Platform);
    (settled.life.attempts, settled.life.phase) = (3, Phase::Submitted);
    flow.store.accept(vec![settled]).await.unwrap();
    let barred = Event { failure: Some(Failure::ours(Reason::Blocked, None)), ..spoken("p2", Status::Failed) };
    flow.status(&snapshot, Vouched::Then(&names), barred, None).await.unwrap();
    let told = flow.store.message(id).await.unwrap().unwrap();
    assert_eq!((told.provider_id.as_deref(), told.message.life.told.clone()), (None, Told::Failed));
    for (of, status, attempt) in [
        ("p1", Status::Submitted, Attempt::Unknown),
        ("p2", Status::Read, Attempt::Unknown),
        ("p3", Status::Submitted, Attempt::Last),
        // Nobody knows whether the provider has the last one: then this is all that there is to go by.
        ("p2", Status::Failed, Attempt::Unknown),
    ] {
        let found = flow.attempt_of(told.clone(), tenant, &spoken(of, status)).await.unwrap().1;
        assert_eq!(found, attempt, "{of} {status:?}");
    }
    let taken = Message { provider_id: Some("p3".to_owned()), ..told };
    let found = flow.attempt_of(taken, tenant, &spoken("p2", Status::Failed)).await.unwrap().1;
    assert_eq!(found, Attempt::Earlier, "the provider has the one after it");
}

/// A lane goes by the same time, so that with both the outside sees no difference where one is wrong.
#[tokio::test]
async fn a_call_waits_as_long_as_it_was_asked_to_and_is_given_up_when_its_time_is_over() {
    let flow = flow("");
    let day = Duration::from_secs(86_400);
    let queued = |id, ago: Duration| {
        let at = Timestamp::from_millis(Still.now().millis() - i64::try_from(ago.as_millis()).unwrap());
        let (name, context) = ("post".to_owned(), Bytes::from_static(b"{}"));
        NewCall { id, tenant: "acme".into(), name, message: None, context, at }
    };
    let calls = vec![queued(1, Duration::ZERO), queued(2, day - Duration::from_millis(500))];
    let (addresses, suppressions, replies) = (Vec::new(), Vec::new(), Vec::new());
    let id = "in-1".to_owned();
    let taken = Taken { tenant: "acme".into(), id, addresses, suppressions, replies, calls, at: Still.now() };
    flow.store.take(taken).await.unwrap();
    let (calls, _) = flow.store.calls(Still.now(), 9, &HashSet::new()).await.unwrap();
    for call in &calls {
        let asked = (call.call.id == 1).then_some(Duration::from_secs(300));
        flow.put_off(call, None, asked, Heard::Answer, "HTTP 429").await.unwrap();
    }
    let later = Still.now().after(Duration::from_secs(300));
    let (left, next) = flow.store.calls(Still.now(), 9, &HashSet::new()).await.unwrap();
    assert_eq!((calls.len(), left.len(), next), (2, 0, Some(later)), "the other one waits no more");
    let letters = flow.store.dead_letters(None, 9).await.unwrap();
    assert_eq!(letters.iter().map(|letter| &*letter.why).collect::<Vec<_>>(), ["given up: HTTP 429"]);
}

#[tokio::test]
async fn a_timer_does_not_end_the_attempt_that_a_lane_began_at_the_same_moment() {
    let flow = flow("");
    let mut due = message(1, Origin::Platform);
    due.life.wake = Some(Still.now());
    let id = due.reference;
    flow.store.accept(vec![due]).await.unwrap();
    flow.store.begin(vec![(id, 0)]).await.unwrap();
    flow.wake(id).await.unwrap();
    assert_eq!(flow.store.interrupted().await, Ok(vec![id]));
}
