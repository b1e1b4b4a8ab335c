//! Both simulators around the smallest gateway that could work: what one sends through it, the other hears about.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::http::{Answer, Request, Server, client, empty, json as answer};
use super::platform::{Campaign, Platform, PlatformOptions};
use super::provider::{Failure, Life, Provider, ProviderOptions};
use super::{Delay, platform, provider};

/// The stand-in: copies a send into the provider's format, and statuses back, each once and only upwards.
struct Stub {
    client: reqwest::Client,
    /// The provider's and the platform's addresses, known after both started.
    peers: OnceCell<(String, String)>,
    reported: Mutex<HashMap<String, u8>>,
}

impl Stub {
    async fn answer(&self, request: Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        if request.path == "/status" { self.status(&body).await } else { self.send(&body).await }
    }

    async fn send(&self, body: &Value) -> Answer {
        let mut template = body["template"].clone();
        template["language"]["policy"] = "deterministic".into();
        let message = json!({
            "to": body["to"], "from": body["from"], "channel": "whatsapp", "client_ref": body["msg_id"],
            "message_type": "custom", "custom": {"type": "template", "template": template},
        });
        let url = format!("{}/v1/messages", self.peers.get().unwrap().0);
        let request = self.client.post(url).header("authorization", "Basic OWM0MWFiN2U6eA==").body(message.to_string());
        match request.send().await {
            Ok(sent) if sent.status() == StatusCode::ACCEPTED => answer(StatusCode::OK, &json!({"status": "success"})),
            _ => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    async fn status(&self, body: &Value) -> Answer {
        let (word, rank) = match body["status"].as_str().unwrap() {
            "submitted" => ("sent", 1),
            "delivered" => ("delivered", 3),
            "read" => ("read", 4),
            _ => ("failed", 2),
        };
        let id = body["client_ref"].as_str().unwrap();
        // Held over the post, or two statuses of one message could overtake each other.
        let mut reported = self.reported.lock().await;
        if reported.get(id).is_some_and(|before| *before >= rank) {
            return empty(StatusCode::OK);
        }
        let at: jiff::Timestamp = body["timestamp"].as_str().unwrap().parse().unwrap();
        let mut status = json!({"msg_id": id, "status": word, "timestamp": at.as_millisecond()});
        if word == "failed" {
            status["error"] = json!({"code": body["error"]["title"], "message": body["error"]["detail"]});
        }
        let report = json!({"statuses": [status]}).to_string();
        let request = self.client.post(&self.peers.get().unwrap().1).header("content-type", "application/json");
        if request.body(report).send().await.is_ok_and(|answered| answered.status().is_success()) {
            reported.insert(id.to_owned(), rank);
            return empty(StatusCode::OK);
        }
        empty(StatusCode::SERVICE_UNAVAILABLE)
    }
}

async fn stub() -> (Server, Arc<Stub>) {
    let stub = Arc::new(Stub {
        client: client(Duration::from_secs(1), Duration::from_secs(10)).unwrap(),
        peers: OnceCell::new(),
        reported: Mutex::default(),
    });
    let inside = Arc::clone(&stub);
    let server = Server::start(0, move |request| {
        let stub = Arc::clone(&inside);
        async move { Some(stub.answer(request).await) }
    });
    (server.await.unwrap(), stub)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_goes_around() {
    let (server, stub) = stub().await;
    let life = Life {
        delivered: 0.9,
        read: 0.5,
        failures: vec![Failure { code: 1300, share: 0.05 }, Failure { code: 1360, share: 0.05 }],
        submitted_after: Delay::millis(0, 20),
        delivered_after: Delay::millis(30, 60),
        read_after: Delay::millis(60, 120),
        duplicates: 0.1,
        reordered: 0.1,
        early: 0.05,
        ..Life::default()
    };
    let answers = provider::Answers { throttled: 0.05, failing: 0.05, ..provider::Answers::default() };
    let status_url = Some(format!("{}/status", server.url()));
    let webhooks = provider::Delivery { scale: 0.01, ..provider::Delivery::default() };
    let options =
        ProviderOptions { status_url, life, answers, webhooks, check_templates: true, ..ProviderOptions::default() };
    let provider = Provider::start(options).await.unwrap();
    let reports = platform::Reports { failing: 0.05, ..platform::Reports::default() };
    let platform = Platform::start(PlatformOptions { reports, ..PlatformOptions::default() }).await.unwrap();
    stub.peers.set((provider.url(), platform.report_url())).unwrap();
    let repeats = platform::Repeats { first: Duration::from_millis(5), ..platform::Repeats::default() };
    let campaign = Campaign { count: 300, target: format!("{}/send", server.url()), repeats, ..Campaign::default() };
    let result = platform.campaign(campaign).await;
    assert!(provider.settled(Duration::from_secs(30)).await);

    assert_eq!((result.accepted, result.given_up, result.refused.len()), (300, 0, 0));
    assert!(result.later > 0, "the faults had their share");
    let (sent, told) = (provider.journal().summary(), platform.journal().summary());
    assert_eq!((sent.accepted, sent.references, sent.duplicated, sent.violations), (300, 300, 0, 0));
    assert!(platform.journal().violations().is_empty(), "{:?}", platform.journal().violations());
    assert_eq!((told.silent, told.last.values().sum::<u64>()), (0, 300));
    for kind in ["read", "delivered", "submitted", "rejected", "undeliverable"] {
        let posted = sent.webhooks[kind];
        assert!(posted.acknowledged > 0 && posted.lost == 0, "{kind}: {posted:?}");
    }
    // The platform's campaigns fill the provider's templates, or 1022 would be among the failures.
    let codes: Vec<_> = platform
        .journal()
        .messages()
        .into_values()
        .flat_map(|message| message.reports)
        .filter_map(|report| report.code)
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| code == "1300" || code == "1360"), "{codes:?}");
}

/// Not a measurement: many messages at once must simply not be a burden, on a busy machine and without optimisation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_messages_at_once_are_no_burden() {
    let received = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&received);
    let sink = Server::start(0, move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async { Some(empty(StatusCode::OK)) }
    });
    let sink = sink.await.unwrap();
    let life = Life { delivered: 1.0, read: 1.0, ..Life::default() };
    let options = ProviderOptions { status_url: Some(sink.url()), life, ..ProviderOptions::default() };
    let provider = Provider::start(options).await.unwrap();
    let client = client(Duration::from_secs(3), Duration::from_secs(60)).unwrap();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..20 {
        let (client, url) = (client.clone(), format!("{}/v1/messages", provider.url()));
        senders.spawn(async move {
            for number in 0..50 {
                let body = json!({"to": "6598114720", "from": "6531290044", "channel": "whatsapp", "message_type": "text",
                    "text": "hello", "client_ref": format!("{sender}-{number}")});
                let request = client.post(&url).header("authorization", "Basic OWM0MWFiN2U6eA==").body(body.to_string());
                assert_eq!(request.send().await.unwrap().status(), 202);
            }
        });
    }
    senders.join_all().await;
    assert!(provider.settled(Duration::from_secs(120)).await);
    let summary = provider.journal().summary();
    assert_eq!((summary.accepted, summary.references), (1000, 1000));
    assert_eq!(received.load(std::sync::atomic::Ordering::Relaxed), 3000);
}
