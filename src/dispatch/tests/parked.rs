//! Webhooks that could not be read, read again once their mapping is mended: what of them is kept, and what never is.

use super::*;
use crate::flow::Redriven;
use crate::model::wire::Incoming;

const PLATFORM: &str = platform!(
    r#"
status: { words: { delivered: delivered, failed: failed }, do: [ report ] }
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, status: $.word } }
"#
);

/// A carrier whose webhooks say by headers what they are, and are proved by another one.
const CARRIER: &str = r#"
dsl: 1
provider: carrier
settings: { base_url: { type: url, default: "https://carrier.example" } }
auth:
  out: [ { header: { name: key, value: $.credentials.key } } ]
  in: [ { header: { name: X-Key, value: $.credentials.key } } ]
refused: { http: 503 }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
    body: { to: $.message.to }
    take: { provider_id: $.answer.body.id }
    retry: { again: [ unreached, 5xx ] }
status:
  route: { method: POST, path: /status }
  when: $.headers['x-kind'] == "status"
  let: { said: "$.headers['x-state']?" }
  checks: [ { refuse: malformed, when: $.headers.cookie? } ]
  event:
    provider_id: $.body.id
    status: { $match: $.said, cases: { there: delivered } }
    at: $.body.when | time
"#;

/// When it happened: as it is, and as it may be mended.
const MENDED: [&str; 3] = ["$.body.when | time", "$.headers['x-at'] | time", "2026-11-04T09:14:06Z"];

async fn post(stage: &Stage, headers: &[(&str, &str)]) -> u16 {
    let key = format!("{:?}", config::Reference::Env("shared".to_owned()));
    let proof = [("x-key", key.as_str()), ("authorization", "Bearer hidden"), ("x-trace", "of no use")];
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: "/status".to_owned(),
        query: String::new(),
        headers: proof.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Bytes::from_static(br#"{"id":"p-1"}"#),
        peer: None,
    };
    stage.flow.request(incoming).await.http
}

#[tokio::test(start_paused = true)]
async fn the_headers_that_a_mapping_reads_are_kept_and_no_credential() {
    let play = |call: &Prepared, _: usize| {
        let carrier = call.url.host_str() == Some("carrier.example");
        let mut answer = answer(if carrier { 202 } else { 200 });
        answer.body = Bytes::from_static(br#"{"id":"p-1"}"#);
        std::future::ready(answer).boxed()
    };
    let acme = || vec![tenant("acme", "\"14155550100\"")];
    let stage = Stage::with(snapshot_of(PLATFORM, CARRIER, acme()), Arc::default(), play);
    stage.accept(1, "acme", "14155550100").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(post(&stage, &[("x-kind", "status"), ("x-state", "there"), ("x-at", "1790000000")]).await, 200);
    let letter = stage.store.dead_letters(None, 9).await.unwrap().remove(0);
    let came = letter.came.as_ref().unwrap();
    let kept: Vec<_> = came.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        kept,
        [("x-kind", "status"), ("x-state", "there")],
        "what it reads, and neither key nor token nor trace"
    );
    assert!(matches!(stage.flow.redrive(&letter, true).await, Ok(Redriven::Stays(_))), "not mended yet");
    // It can only be mended with what was kept.
    stage.flow.configure(snapshot_of(PLATFORM, &CARRIER.replace(MENDED[0], MENDED[1]), acme()));
    assert!(matches!(stage.flow.redrive(&letter, true).await, Ok(Redriven::Stays(_))), "this one was not kept");
    stage.flow.configure(snapshot_of(PLATFORM, &CARRIER.replace(MENDED[0], MENDED[2]), acme()));
    assert_eq!(stage.flow.prospect(&letter, true).await.unwrap().stays, None);
    assert_eq!(stage.flow.redrive(&letter, true).await, Ok(Redriven::Used));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.calls_to("acme.example"), 1, "it is reported");
    assert!(stage.store.dead_letters(None, 9).await.unwrap().is_empty());
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_reads_all_headers_keeps_no_cookie_and_no_key_either() {
    let all = CARRIER.replace("at: $.body.when | time", "at: $.body.when | time\n    word: $.headers | to_json");
    let play = |_: &Prepared, _: usize| std::future::ready(answer(202)).boxed();
    let stage = Stage::with(snapshot_of(PLATFORM, &all, vec![tenant("acme", "\"14155550100\"")]), Arc::default(), play);
    assert_eq!(post(&stage, &[("x-kind", "status"), ("set-cookie", "a=b"), ("cookie2", "b")]).await, 200);
    let letter = stage.store.dead_letters(None, 9).await.unwrap().remove(0);
    let kept: Vec<_> = letter.came.as_ref().unwrap().headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(kept, ["x-trace", "x-kind", "cookie2"]);
    stage.end().await;
}
