//! The platforms end to end: campaigns against a small receiver, and reports posted at them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use http::StatusCode;
use serde_json::json;

use super::*;
use crate::sim::http::{Request, json as answer};

/// What the receiver keeps: how often each id came, and the bodies in order.
#[derive(Default)]
struct Seen {
    times: HashMap<String, u32>,
    bodies: Vec<Value>,
}

/// A receiver of campaigns in both formats. Per message: first "later", then yes; numbers ending in 7 are refused.
async fn receiver() -> (Server, Arc<Mutex<Seen>>) {
    let seen = Arc::<Mutex<Seen>>::default();
    let kept = Arc::clone(&seen);
    let server = Server::start(0, move |request: Request| {
        let seen = Arc::clone(&kept);
        async move {
            if request.header("authorization") != Some("Basic c2hvcDpzZWNyZXQ=") {
                return Some(answer(StatusCode::UNAUTHORIZED, &json!({"error": {"code": "7000"}, "statusCode": 2011})));
            }
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let moengage = body["msg_id"].as_str();
            let id = moengage.or(body["metadata"]["messageId"].as_str()).unwrap().to_owned();
            let to = body["to"].as_str().or(body["whatsAppData"]["toNumber"].as_str()).unwrap().to_owned();
            let mut seen = seen.lock().unwrap();
            seen.bodies.push(body.clone());
            let times = seen.times.entry(id).or_default();
            *times += 1;
            let (status, words) = match (*times, to.ends_with('7')) {
                (1, _) if moengage.is_some() => (503, json!({"status": "failure"})),
                (1, _) => (429, json!({"status": "whatsapp_rejected", "statusCode": 2015, "message": "later"})),
                (_, true) => (400, json!({"status": "failure", "error": {"code": "4000"}, "statusCode": 2003})),
                (_, false) if moengage.is_some() => (200, json!({"status": "success"})),
                (_, false) => (200, json!({"status": "whatsapp_accepted", "statusCode": 0})),
            };
            Some(answer(StatusCode::from_u16(status).unwrap(), &words))
        }
    });
    (server.await.unwrap(), seen)
}

fn campaign(target: &str) -> Campaign {
    Campaign {
        count: 40,
        target: target.to_owned(),
        credentials: Credentials::Basic { username: "shop".to_owned(), password: "secret".to_owned() },
        twice: 1.0,
        repeats: Repeats { first: Duration::from_millis(1), ..Repeats::default() },
        ..Campaign::default()
    }
}

async fn start(kind: Kind) -> Platform {
    let (report_token, api_key) = (Some("token".to_owned()), Some("key".to_owned()));
    Platform::start(PlatformOptions { kind, report_token, api_key, ..PlatformOptions::default() }).await.unwrap()
}

#[tokio::test]
async fn a_campaign_obeys_later_and_counts_answers() {
    for (kind, code) in [(Kind::MoEngage, "4000"), (Kind::WebEngage, "2003")] {
        let ((receiver, seen), platform) = (receiver().await, start(kind).await);
        let result = platform.campaign(campaign(&receiver.url())).await;
        assert_eq!((result.sent, result.accepted, result.later, result.unanswered), (40, 36, 40, 0), "{kind:?}");
        assert_eq!(result.refused, BTreeMap::from([(code.to_owned(), 4)]));
        assert_eq!((result.twice, result.twice_accepted), (36, 36));
        assert!(result.half_us > 0 && result.half_us <= result.most_us && result.most_us <= result.slowest_us);
        assert_eq!(seen.lock().unwrap().times.len(), 40, "ids are unique");
        let summary = platform.journal().summary();
        assert_eq!((summary.messages, summary.accepted, summary.silent), (40, 36, 36));
    }
}

#[tokio::test]
async fn campaigns_have_the_published_members() {
    for (kind, sample) in [
        (Kind::MoEngage, include_str!("../../../mappings/samples/moengage.send.template-text.json")),
        (Kind::WebEngage, include_str!("../../../mappings/samples/webengage.send.text.json")),
    ] {
        let ((receiver, seen), platform) = (receiver().await, start(kind).await);
        platform.campaign(Campaign { count: 1, ..campaign(&receiver.url()) }).await;
        let sample: Value = serde_json::from_str(sample).unwrap();
        let sent = seen.lock().unwrap().bodies[0].clone();
        assert_eq!(kinds(&sent), kinds(&sample), "{sent}");
    }
}

/// A body with its values replaced by their kinds, lists by their first item.
fn kinds(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "customData");
            Value::Object(members.map(|(name, value)| (name.clone(), kinds(value))).collect())
        }
        Value::Array(items) => Value::Array(items.first().map(kinds).into_iter().collect()),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn nobody_and_the_wrong_credentials() {
    let (receiver, _) = receiver().await;
    let platform = start(Kind::MoEngage).await;
    let wrong = Campaign { credentials: Credentials::Bearer("x".to_owned()), count: 3, ..campaign(&receiver.url()) };
    assert_eq!(platform.campaign(wrong).await.refused, BTreeMap::from([("7000".to_owned(), 3)]));
    let nobody = receiver.url();
    receiver.stop().await;
    let repeats = Repeats { attempts: 2, ..campaign("").repeats };
    let result = platform.campaign(Campaign { count: 3, repeats, ..campaign(&nobody) }).await;
    assert_eq!((result.unanswered, result.given_up), (6, 3));
}

#[tokio::test]
async fn a_rate_is_kept() {
    let (receiver, _) = receiver().await;
    let platform = start(Kind::MoEngage).await;
    let result = platform.campaign(Campaign { count: 11, rate: Some(50), ..campaign(&receiver.url()) }).await;
    assert!(result.elapsed_ms >= 200, "{}", result.elapsed_ms);
}

fn samples(prefix: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let chosen = files.filter(|path| name(path).starts_with(prefix) && !name(path).contains("response"));
    chosen.map(|path| (name(&path), serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())).collect()
}

async fn post(platform: &Platform, path: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
    let request = platform.inner.client.post(format!("{}{path}", platform.url())).header("authorization", token);
    let request = request.header("content-type", "application/json").body(body.to_string());
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default()))
}

#[tokio::test]
async fn every_published_report_is_acknowledged() {
    let groups = [
        (Kind::MoEngage, "moengage.dlr.", "/whatsapp/vonage-v2/dlr", "x", 6),
        (Kind::MoEngage, "moengage.inbound.", "/whatsapp/vonage-v2/dlr", "x", 6),
        (Kind::MoEngage, "moengage.data-api.", "/v1/customer/W", "Basic eDp5", 1),
        (Kind::WebEngage, "webengage.dsn.", "/tracking/events", "Bearer token", 10),
        (Kind::WebEngage, "webengage.users-api.", "/v1/accounts/8261/users", "Bearer key", 2),
        (Kind::WebEngage, "webengage.events-api.", "/v1/accounts/8261/events", "Bearer key", 1),
    ];
    for (kind, prefix, path, token, least) in groups {
        let samples = samples(prefix);
        assert!(samples.len() >= least, "{prefix}: {}", samples.len());
        for (name, body) in samples {
            let platform =
                Platform::start(PlatformOptions { only_own: false, ..start(kind).await.inner.options.clone() });
            let platform = platform.await.unwrap();
            let (status, _) = post(&platform, path, token, &body).await.unwrap();
            let violations = platform.journal().violations();
            // A read on its own is published as a sample of the form; the rule of the order is another.
            let violations: Vec<_> = violations.iter().filter(|one| one.breach != Breach::Order).collect();
            assert!((200..300).contains(&status) && violations.is_empty(), "{name}: {status} {violations:?}");
        }
    }
}

#[tokio::test]
async fn reports_against_the_contract_are_noted() {
    let dlr = |member: &str, value: Value| {
        let mut status = json!({"msg_id": "m", "status": "sent", "timestamp": 1_793_783_245_120_i64});
        status[member] = value;
        json!({"statuses": [status]})
    };
    let dsn = |member: &str, value: Value| {
        let mut body = json!({
            "version": "1.0", "messageId": "m", "toNumber": "+6598114720", "status": "whatsapp_sent", "statusCode": 0,
            "timestamp": "2026-11-04T09:14:09+0000",
        });
        body[member] = value;
        body
    };
    let inbound = |member: &str, value: Value| {
        let mut body = json!({"from": "6598114720", "waba_number": "6531290044", "timestamp": 1_793_783_245_120_i64,
            "type": "text", "text": {"body": "STOP"}});
        body[member] = value;
        body
    };
    let right = [(Kind::MoEngage, dlr("status", json!("read"))), (Kind::MoEngage, inbound("type", json!("text")))];
    let wrong = [
        (Kind::MoEngage, dlr("timestamp", json!("1793783245120"))),
        (Kind::MoEngage, dlr("timestamp", json!(1_793_783_245))),
        (Kind::MoEngage, dlr("status", json!("submitted"))),
        (Kind::MoEngage, dlr("msg_id", json!(1))),
        (Kind::MoEngage, dlr("error", json!({"code": "1", "message": "for a success"}))),
        (Kind::MoEngage, dlr("extra", json!(1))),
        (Kind::MoEngage, json!({"statuses": []})),
        (Kind::MoEngage, inbound("from", json!("+6598114720"))),
        (Kind::MoEngage, inbound("type", json!("image"))),
        (Kind::MoEngage, inbound("button", json!({"payload": "x"}))),
        (Kind::MoEngage, inbound("context", json!({}))),
        (Kind::WebEngage, dsn("toNumber", json!("6598114720"))),
        (Kind::WebEngage, dsn("status", json!("whatsapp_delivered"))),
        (Kind::WebEngage, dsn("statusCode", json!("0"))),
        (Kind::WebEngage, dsn("statusCode", json!(2003))),
        (Kind::WebEngage, dsn("timestamp", json!("2026-11-04T09:14:09Z"))),
        (Kind::WebEngage, dsn("version", json!(1.0))),
        (Kind::WebEngage, dsn("extra", json!(1))),
    ];
    let cases = right
        .into_iter()
        .map(|(kind, body)| (kind, body, 0))
        .chain(wrong.into_iter().map(|(kind, body)| (kind, body, 1)));
    for (kind, body, least) in cases {
        let platform = start(kind).await;
        platform.inner.journal.sending("m", "+6598114720");
        let path = platform.report_url().replace(&platform.url(), "");
        post(&platform, &path, "Bearer token", &body).await.unwrap();
        let form = platform.journal().summary().violations.get(&Breach::Form).copied().unwrap_or(0);
        assert_eq!(form.min(1), least, "{body}: {:?}", platform.journal().violations());
        assert_eq!(platform.journal().reports("m").len(), usize::from(form == 0 && body["statuses"].is_array()));
    }
}

#[tokio::test]
async fn strangers_tokens_and_2015() {
    let platform = start(Kind::WebEngage).await;
    let failed = json!({
        "version": "1.0", "messageId": "stranger", "toNumber": "1", "status": "whatsapp_failed", "statusCode": 2015,
        "timestamp": "2026-11-04T09:14:09+0000",
    });
    assert_eq!(post(&platform, "/tracking/events", "Bearer wrong", &failed).await.unwrap().0, 401);
    assert_eq!(post(&platform, "/tracking/events", "Bearer token", &failed).await.unwrap().0, 400);
    let user = json!({"userId": "u", "whatsappOptIn": false});
    assert_eq!(post(&platform, "/v1/accounts/1/users", "Bearer token", &user).await.unwrap().0, 401);
    let breaches: Vec<_> = platform.journal().violations().iter().map(|violation| violation.breach).collect();
    assert_eq!(breaches, [Breach::Credentials, Breach::Form, Breach::Stranger, Breach::Credentials]);
}

#[tokio::test]
async fn faults_of_the_answer_leave_no_report() {
    let cases = [
        (Some(500), Reports { failing: 1.0, ..Reports::default() }),
        (Some(401), Reports { unauthorized: 1.0, ..Reports::default() }),
        (Some(429), Reports { throttled: 1.0, ..Reports::default() }),
        (None, Reports { dropped: 1.0, ..Reports::default() }),
        (Some(200), Reports { refusing: 1.0, ..Reports::default() }),
    ];
    let body = json!({"statuses": [{"msg_id": "m", "status": "sent", "timestamp": 1_793_783_245_120_i64}]});
    for (expected, reports) in cases {
        let platform = start(Kind::MoEngage).await;
        platform.inner.journal.sending("m", "6598114720");
        let refusing = reports.refusing > 0.0;
        platform.set_reports(reports);
        let answered = post(&platform, "/whatsapp/vonage-v2/dlr", "x", &body).await;
        assert_eq!(answered.as_ref().map(|(status, _)| *status), expected);
        assert_eq!(answered.is_some_and(|(_, body)| body["status"] == "failure"), refusing);
        assert!(platform.journal().reports("m").is_empty());
        platform.set_reports(Reports::default());
        post(&platform, "/whatsapp/vonage-v2/dlr", "x", &body).await.unwrap();
        assert_eq!(platform.journal().reports("m").len(), 1);
        let breaches: Vec<_> = platform.journal().violations().iter().map(|one| one.breach).collect();
        assert_eq!(breaches, if refusing { vec![Breach::AfterRefusal] } else { vec![] });
    }
}

#[tokio::test]
async fn a_template_sync_needs_complete_templates() {
    let listing = include_str!("../../../mappings/samples/moengage.sync-templates.response.json");
    let listing: Value = serde_json::from_str(listing).unwrap();
    let count = listing["data"].as_array().unwrap().len();
    for (body, expected) in [(listing, Some(count)), (json!({"data": [{"id": 1}]}), None), (json!({}), None)] {
        let server = Server::start(0, move |_| {
            let body = body.clone();
            async move { Some(answer(StatusCode::OK, &body)) }
        });
        let (server, platform) = (server.await.unwrap(), start(Kind::MoEngage).await);
        let synced = platform.sync_templates(&server.url(), &Credentials::Headers(Vec::new())).await;
        assert_eq!(synced.ok().map(|templates| templates.len()), expected);
    }
}
