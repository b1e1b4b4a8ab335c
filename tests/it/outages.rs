//! The provider in trouble: what it answers, or does not, costs no message, sends none twice and unpublishes no template.

use serde_json::{Value, json};
use switchboard::delivery::Phase;
use switchboard::sim::provider::{Answers, Life, ProviderOptions, demo_templates};

use crate::world::{
    Answer, Brand, Process, Scripted, Stub, TenantFile, World, certain, order, person, provider, until, until_async,
};

const STATUS: &str = "/webhooks/vonage/status";

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// A brand that sends through a scripted provider instead of the simulated one.
fn through(stub: &Stub) -> TenantFile {
    acme().setting(&format!("vonage: {{ base_url: {} }}", stub.url))
}

fn answering(answers: Answers) -> ProviderOptions {
    ProviderOptions { answers, ..provider() }
}

async fn list(world: &World, query: &str) -> Answer {
    let file = &world.brands[0].file;
    let request = world.client.get(world.url(&format!("/sync_templates{query}")));
    Answer::of(request.basic_auth(file.value("KEY"), Some(file.value("SECRET")))).await
}

/// Sends to so many people, each message accepted at once.
async fn send(world: &World, brand: &Brand, count: u64) -> Vec<String> {
    let mut ids = Vec::new();
    for place in 0..count {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200, "{id}");
        ids.push(id);
    }
    ids
}

async fn all_read(world: &World, brand: &Brand, ids: &[String]) {
    until("all are read", || ids.iter().all(|id| World::is_read(brand, id))).await;
    let journal = world.provider.journal().summary();
    let count = u64::try_from(ids.len()).unwrap();
    assert_eq!((journal.accepted, journal.references, journal.duplicated), (count, count, 0), "each is sent once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_synced_page_by_page() {
    let listed = demo_templates();
    let names = |list: &[Value]| -> Vec<String> {
        list.iter().map(|template| format!("{} {}", template["name"], template["language"])).collect()
    };
    let approved: Vec<Value> = listed.into_iter().filter(|template| template["status"] == "APPROVED").collect();
    for size in [1, 2, 500] {
        let world = World::new(vec![acme().setting(&format!("template_page: {size}"))], provider()).await;
        let gateway = world.gateway().await;
        let answer = list(&world, "").await;
        assert_eq!((answer.status, names(answer.body["data"].as_array().unwrap())), (200, names(&approved)), "{size}");
        let asked = world.provider.journal().summary().listings;
        assert_eq!(asked > 1, size < 500, "pages of {size} were asked for {asked} times");
        world.check_contracts();
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_listing_is_never_an_empty_one() {
    let failing = Answers { listing: Some(500), ..Answers::default() };
    let world = World::new(vec![acme()], answering(failing.clone())).await;
    let gateway = switchboard::app::Gateway::start(world.options()).await.unwrap();
    let unavailable =
        json!({"status": "failure", "error": {"code": "5020", "message": "Template service unavailable"}});
    for _ in 0..3 {
        let answer = list(&world, "").await;
        assert_eq!((answer.status, &answer.body), (502, &unavailable), "nothing was ever listed");
    }
    // Whether a template fits is not known now, and no reason to refuse.
    let brand = &world.brands[0];
    let ids = send(&world, brand, 1).await;
    all_read(&world, brand, &ids).await;

    world.provider.set_answers(Answers::default());
    world.synced(&gateway).await;
    let good = list(&world, "").await;
    assert_eq!(good.status, 200);
    assert!(good.body["data"].as_array().unwrap().len() > 2);

    world.provider.set_answers(failing);
    let snapshot = gateway.flow.snapshot.load_full();
    let tenant = &snapshot.tenants[0];
    assert!(gateway.flow.sync(tenant, &tenant.numbers[0], true).await.is_err(), "it is asked for again, in vain");
    let last = list(&world, "").await;
    assert_eq!((last.status, &last.body), (200, &good.body), "the last list is told on");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_before_the_answer_finds_its_message() {
    let life = Life { early: 1.0, ..certain() };
    let world = World::new(vec![acme()], ProviderOptions { life, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let ids = send(&world, brand, 5).await;
    all_read(&world, brand, &ids).await;
    world.quiet(&gateway).await;
    let journal = world.provider.journal().summary();
    assert_eq!(journal.answers.keys().copied().collect::<Vec<_>>(), [200], "taken at once");
    for id in &ids {
        assert_eq!(World::words(brand, id).first().map(String::as_str), Some("sent"), "{id}");
    }
    assert!(gateway.flow.store.dead_letters(None, 10).await.unwrap().is_empty(), "none is of an unknown message");
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_in_doubt_until_a_status_settles_it() {
    let elsewhere = Some("http://127.0.0.1:9/".to_owned());
    let lost = Answers { lost: 1.0, ..Answers::default() };
    // Longer than any test runs: only a status may end the doubt.
    let patient = acme().line("delivery: { in_doubt: { wait: 1h } }");
    let world = World::new(vec![patient], ProviderOptions { status_url: elsewhere, ..answering(lost) }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let ids = send(&world, brand, 5).await;
    for id in &ids {
        until_async("it is in doubt", async || {
            world.stored(&gateway, brand, id).await.unwrap().message.life.phase == Phase::InDoubt
        })
        .await;
        assert!(World::words(brand, id).is_empty(), "nobody knows yet");
    }
    for (place, id) in (0..).zip(&ids) {
        let sent = world.taken(&person(brand, place)).remove(0);
        for word in ["submitted", "delivered", "read"] {
            let status = json!({
                "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref,
                "to": sent.to, "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": word,
            });
            assert_eq!(world.webhook(STATUS, &status).await.status, 200, "{id}: {word}");
        }
    }
    all_read(&world, brand, &ids).await;
    for id in &ids {
        let life = world.stored(&gateway, brand, id).await.unwrap().message.life;
        assert_eq!((life.phase, life.attempts), (Phase::Submitted, 1), "{id}: tried once, and settled");
    }
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sent_for_certain_is_sent_later() {
    let troubles = [
        ("429", 429, Answers { throttled: 1.0, ..Answers::default() }),
        ("429 with a time", 429, Answers { throttled: 1.0, retry_after: Some(1), ..Answers::default() }),
    ];
    for (what, http, answers) in troubles {
        let world = World::new(vec![acme()], answering(answers)).await;
        let gateway = world.gateway().await;
        let brand = &world.brands[0];
        let ids = send(&world, brand, 3).await;
        let refused = || world.provider.journal().summary().refused.get(&http).copied().unwrap_or_default();
        until(&format!("{what}: it is refused"), || refused() >= 1).await;
        assert!(ids.iter().all(|id| World::words(brand, id).is_empty()), "{what}: no reason to say anything");
        world.provider.set_answers(Answers::default());
        all_read(&world, brand, &ids).await;
        world.check_contracts();
        gateway.stop().await;
    }
}

/// What a scripted provider was sent, in order: the message's id with us and the token.
fn sends(stub: &Stub) -> Vec<(String, String)> {
    let sends = stub.asked().into_iter().filter(|asked| asked.path == "/v1/messages");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    sends
        .map(|one| (text(&one.body["client_ref"]), one.headers["authorization"].to_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_token_is_renewed_once() {
    let listing = Scripted::new(200, json!({"templates": [], "paging": {}}));
    let expired = Scripted::new(
        401,
        json!({"type": "https://developer.vonage.com/api-errors#unauthorized",
        "title": "Unauthorized", "detail": "You did not provide correct credentials.", "instance": "abc"}),
    );
    let taken = Scripted::new(202, json!({"message_uuid": "aaaaaaaa-1111-4000-8000-000000000001"}));
    let stub = Stub::start(vec![listing, expired, taken]).await;
    let world = World::new(vec![through(&stub).line("delivery: { preflight: \"off\" }")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "m-0", &person(brand, 0))).await.status, 200);
    until_async("it is taken", async || {
        world.stored(&gateway, brand, "m-0").await.unwrap().message.life.phase == Phase::Submitted
    })
    .await;
    let sends = sends(&stub);
    assert_eq!(sends.len(), 2, "refused, then taken");
    assert_eq!(sends[0].0, sends[1].0, "the same message");
    assert_ne!(sends[0].1, sends[1].1, "with another token");
    assert_eq!(world.stored(&gateway, brand, "m-0").await.unwrap().message.life.attempts, 1, "within one attempt");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_in_trouble_holds_its_lane_and_loses_nothing() {
    let troubles = [
        (402, Answers { no_credit: 1.0, ..Answers::default() }),
        (401, Answers { unauthorized: 1.0, ..Answers::default() }),
    ];
    for (http, answers) in troubles {
        let world = World::new(vec![acme()], answering(answers)).await;
        let process = Process::start(&world).await;
        let brand = &world.brands[0];
        let ids = send(&world, brand, 6).await;
        process.logged("the lane is held", |line| line["message"] == "lane held" && line["level"] == "WARN").await;
        process.logged("and why", |line| line["http"] == http).await;
        assert!(ids.iter().all(|id| World::words(brand, id).is_empty()), "{http}: nobody is told of a failure");
        let refused = world.provider.journal().summary().refused;
        assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [http], "{refused:?}");

        // The account is fine again, and the operator says so by saving the file: no wait for the next try.
        world.provider.set_answers(Answers::default());
        world.write(&brand.file.clone().rate("900/s"));
        all_read(&world, brand, &ids).await;
        world.check_contracts();
        assert!(process.terminate().await.success());
    }
}
