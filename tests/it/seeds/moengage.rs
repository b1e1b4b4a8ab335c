//! MoEngage's campaigns: from the request to the reports, credentials, templates, back-pressure.

use serde_json::{Value, json};
use switchboard::sim::provider::{Answers, Failure, Life, ProviderOptions};

use crate::world::{Process, TenantFile, World, certain, order, person, provider, sample, until};

const NUMBER: &str = "6531290044";

fn acme() -> TenantFile {
    TenantFile::moengage("acme", NUMBER)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_campaign_end_to_end() {
    let world = World::new(vec![acme()], ProviderOptions { check_templates: true, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];

    let to = person(brand, 500);
    let answer = world.send(brand, &order(brand, "campaign-1_asha", &to)).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"status": "success"})));
    let campaign = world.platform().campaign(world.campaign(brand, 20)).await;
    assert_eq!((campaign.accepted, campaign.sent), (20, 20), "{campaign:?}");
    world.quiet(&gateway).await;

    let stored = world.stored(&gateway, brand, "campaign-1_asha").await.unwrap();
    let taken = world.taken(&to);
    let sent = &taken[0];
    assert_eq!((taken.len(), sent.from.as_str()), (1, NUMBER));
    assert_eq!(sent.client_ref, Some(stored.message.reference.to_string()));
    let values = ["Asha", "PX-7", "6 Nov"].map(|text| json!({"type": "text", "text": text}));
    let template = &sent.body["custom"]["template"];
    assert_eq!(template["name"], "order_update");
    assert_eq!(template["components"], json!([{"type": "body", "parameters": values}]));
    assert_eq!(World::words(brand, "campaign-1_asha").last().unwrap(), "read");

    let all = world.provider.journal().summary();
    assert_eq!((all.accepted, all.references, all.duplicated), (21, 21, 0));
    for id in &campaign.accepted_ids {
        assert_eq!(World::words(brand, id).last().unwrap(), "read", "{id}");
    }
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

/// A status as the provider posts it.
fn status(uuid: &str, reference: &str, to: &str, word: &str) -> Value {
    let mut status = json!({
        "channel": "whatsapp", "message_uuid": uuid, "client_ref": reference, "to": to, "from": NUMBER,
        "timestamp": "2026-11-04T09:14:06.981Z", "status": word,
    });
    if matches!(word, "rejected" | "undeliverable") {
        status["error"] = json!({
            "type": "https://developer.vonage.com/api-errors/messages#1260", "title": "1260",
            "detail": "Destination unreachable", "instance": "abc",
        });
    }
    status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_dlr_status_mapping() {
    // The provider itself says nothing: its statuses go nowhere, and the test posts its own.
    let elsewhere = Some("http://127.0.0.1:9/".to_owned());
    let world = World::new(vec![acme()], ProviderOptions { status_url: elsewhere, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("submitted", &["submitted"], &["sent"]),
        ("delivered", &["submitted", "delivered"], &["sent", "delivered"]),
        ("read", &["submitted", "delivered", "read"], &["sent", "delivered", "read"]),
        ("rejected", &["submitted", "rejected"], &["sent", "failed"]),
        ("undeliverable", &["submitted", "undeliverable"], &["sent", "failed"]),
        ("out of order", &["read", "delivered", "submitted"], &["read"]),
        ("twice", &["submitted", "submitted", "delivered", "delivered"], &["sent", "delivered"]),
        ("failed after all", &["delivered", "rejected"], &["delivered"]),
        ("delivered after all", &["rejected", "delivered"], &["failed", "delivered"]),
    ];
    for (place, (name, _, _)) in (0..).zip(&cases) {
        let answer = world.send(brand, &order(brand, name, &person(brand, place))).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    until("all are sent", || world.provider.journal().summary().accepted == 9).await;
    for (place, (name, statuses, _)) in (0..).zip(&cases) {
        let to = person(brand, place);
        let sent = world.taken(&to).remove(0);
        for word in *statuses {
            let reference = sent.client_ref.as_deref().unwrap();
            let status = status(&sent.message_uuid, reference, &to, word);
            let answer = world.webhook("/webhooks/vonage/status", &status).await;
            assert_eq!(answer.status, 200, "{name}: {word}");
        }
    }
    for (name, _, words) in &cases {
        until(&format!("{name}: all is reported"), || World::words(brand, name).len() >= words.len()).await;
        assert_eq!(&World::words(brand, name), words, "{name}");
    }
    // Its judge knows the order, and that times are milliseconds.
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_rejected_1022_reaches_analytics() {
    let life = Life { failures: vec![Failure { code: 1022, share: 1.0 }], ..certain() };
    let world = World::new(vec![acme()], ProviderOptions { life, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    assert_eq!(world.send(brand, &order(brand, "misfit", &to)).await.status, 200);
    until("it is reported", || !World::words(brand, "misfit").is_empty()).await;
    world.quiet(&gateway).await;

    let reports = world.platform().journal().reports("misfit");
    let report = reports.first().unwrap();
    assert_eq!((reports.len(), report.status.as_str(), report.code.as_deref()), (1, "failed", Some("1022")));
    assert_eq!(world.taken(&to).len(), 1, "nothing is sent again");
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_lifecycle_in_the_log() {
    let world = World::new(vec![acme()], provider()).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "followed", &person(brand, 1))).await.status, 200);
    until("it is read", || World::is_read(brand, "followed")).await;
    let id = process.logged("parsed", |line| line["message"] == "parsed").await["id"].clone();
    let id = id.as_str().unwrap();
    until("the log has a report", || process.messages_of(id).contains(&"report posted".to_owned())).await;

    let messages = process.messages_of(id);
    let steps = ["received", "parsed", "queued", "dispatched", "status received", "report posted"];
    let places = steps.map(|step| messages.iter().position(|message| message == step));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{messages:?}");
    let log = process.text().join("\n");
    assert!(log.contains("order_update"), "the log names the template");
    for secret in ["Asha", "PX-7", "6 Nov", "acme-value-of"] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_wrong_credentials_are_401() {
    let world = World::new(vec![acme()], provider()).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    let wrong = switchboard::sim::platform::Credentials::Basic {
        username: brand.file.value("KEY"),
        password: "mistyped-secret".to_owned(),
    };
    let body = order(brand, "first", &person(brand, 1));
    let answer = world.send_as(&wrong, "/webhooks/send", &body).await;
    assert_eq!((answer.status, answer.body), (401, sample("moengage.response.failure.credentials.json")));
    let line = process.logged("who was refused", |line| line["message"] == "credentials refused").await;
    assert_eq!((&line["path"], &line["cause"]), (&json!("/webhooks/send"), &json!("wrong")));

    // Not remembered: the same message with the right secret passes, as a new one, and is the only one sent.
    assert_eq!(world.send(brand, &body).await.status, 200);
    until("it is sent", || world.provider.journal().summary().accepted == 1).await;
    assert!(!process.text().join("\n").contains("mistyped-secret"));
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_template_sync_lists_approved() {
    let listed = sample("moengage.sync-templates.response.json");
    let mut templates = listed["data"].as_array().unwrap().clone();
    let approved = templates.clone();
    assert!(approved.len() > 2, "the sample has enough for two pages");
    templates.insert(1, json!({"id": "9", "name": "refused", "language": "en", "status": "REJECTED", "category": "MARKETING", "components": []}));
    let options = ProviderOptions {
        templates: [("*".to_owned(), templates)].into(),
        answers: Answers { listing: Some(500), ..Answers::default() },
        ..provider()
    };
    let world = World::new(vec![acme().setting("template_page: 2")], options).await;
    let gateway = switchboard::app::Gateway::start(world.options()).await.unwrap();
    let (brand, url) = (&world.brands[0], world.url("/sync_templates"));
    let credentials = brand.file.credentials();

    let refused = get(&world, "/sync_templates").await;
    assert_eq!((refused.status, refused.body), (502, sample("moengage.sync-templates.response.upstream-error.json")));

    world.provider.set_answers(Answers::default());
    world.synced(&gateway).await;
    assert_eq!(world.platform().sync_templates(&url, &credentials).await.unwrap(), approved, "in the provider's order");
    let posted = world.send(brand, &json!({})).await;
    assert_eq!(posted.status, 400, "an empty send is none");
    let posted = world.send_as(&credentials, "/sync_templates", &json!({"any": "thing"})).await;
    assert_eq!((posted.status, &posted.body["data"]), (200, &json!(approved)));

    let (mut all, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = get(&world, &format!("/sync_templates{query}")).await;
        all.extend(page.body["data"].as_array().unwrap().clone());
        match page.body["paging"]["cursors"]["after"].as_str() {
            Some(after) if all.len() < 20 => query = format!("?limit=2&after={after}"),
            _ => break,
        }
    }
    assert_eq!(all, approved, "page by page each once");
    gateway.stop().await;
}

async fn get(world: &World, path: &str) -> crate::world::Answer {
    let file = &world.brands[0].file;
    let request = world.client.get(world.url(path)).basic_auth(file.value("KEY"), Some(file.value("SECRET")));
    crate::world::Answer::of(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_backlog_is_told_503() {
    let file = acme().rate("1/s").line("limits: { backlog: 2 }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let mut refused = None;
    for place in 0..100 {
        let (id, to) = (format!("wave-{place}"), person(brand, place));
        let answer = world.send(brand, &order(brand, &id, &to)).await;
        if answer.status != 200 {
            refused = Some((answer, id, to));
            break;
        }
    }
    let (answer, id, to) = refused.expect("more came than go out in a second");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, sample("moengage.response.failure.overloaded.json"));
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0);

    crate::world::until_async("the same message is accepted later", async || {
        world.send(brand, &order(brand, &id, &to)).await.status == 200
    })
    .await;
    until("it is read", || World::is_read(brand, &id)).await;
    assert_eq!(world.taken(&to).len(), 1);
    world.check_contracts();
    gateway.stop().await;
}
