//! What people say: STOP and START, quick replies, anything else.

use serde_json::{Value, json};
use switchboard::sim::platform::Kind;
use switchboard::sim::provider::Inbound;

use crate::world::{
    Brand, Scripted, Stub, TenantFile, World, order, person, provider, sample, tapped, text_from, until,
};

const INBOUND: &str = "/webhooks/vonage/inbound";

/// The texts that a person was sent.
fn texts(world: &World, to: &str) -> Vec<String> {
    world.taken(to).iter().filter_map(|sent| sent.body["text"].as_str().map(str::to_owned)).collect()
}

/// The templates that a person was sent.
fn templates(world: &World, to: &str) -> usize {
    world.taken(to).iter().filter(|sent| sent.body["message_type"] == "custom").count()
}

async fn sent_and_read(world: &World, brand: &Brand, id: &str, to: &str) {
    assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200);
    until(&format!("{id} is read"), || World::is_read(brand, id)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_stop_suppresses_later_sends() {
    let keywords = "keywords: { opt_out: { reply: Goodbye. }, opt_in: { reply: Welcome back. } }";
    let acme = TenantFile::moengage("acme", "6531290044");
    let world =
        World::new(vec![acme.setting("data_api_url: PLATFORM/v1/customer/ws").line(keywords)], provider()).await;
    let gateway = world.gateway().await;
    let (brand, journal) = (&world.brands[0], world.platform().journal());
    let to = person(brand, 1);
    sent_and_read(&world, brand, "before", &to).await;

    world.provider.say(&to, "6531290044", "Stop.").unwrap();
    until("the reply goes out, and the calls", || {
        texts(&world, &to) == ["Goodbye."] && journal.inbound().len() == 1 && journal.consents().len() == 1
    })
    .await;
    let posted = &journal.inbound()[0];
    assert_eq!((&posted["context"], &posted["from"]), (&json!({"msg_id": "before"}), &json!(to)));
    assert_eq!(journal.consents()[0], (to.clone(), false));

    let answer = world.send(brand, &order(brand, "after", &to)).await;
    assert_eq!((answer.status, answer.body), (200, json!({"status": "success"})));
    until("it is reported", || !World::words(brand, "after").is_empty()).await;
    let report = journal.reports("after").remove(0);
    assert_eq!((report.status.as_str(), report.code.as_deref()), ("failed", Some("GW-OPTED-OUT")));
    assert_eq!(templates(&world, &to), 1, "nothing went out after STOP");

    world.provider.say(&to, "6531290044", "start").unwrap();
    until("START is answered", || texts(&world, &to) == ["Goodbye.", "Welcome back."]).await;
    until("START is told", || journal.consents().last() == Some(&(to.clone(), true))).await;
    sent_and_read(&world, brand, "again", &to).await;
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_quick_reply_is_forwarded() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let gateway = world.gateway().await;
    let (brand, journal) = (&world.brands[0], world.platform().journal());
    let to = person(brand, 1);
    sent_and_read(&world, brand, "first", &to).await;
    sent_and_read(&world, brand, "second", &to).await;
    let first = world.taken(&to).remove(0);

    let tap = tapped(&to, "6531290044", "tap-1", "{'offer':'wk45'}", "Yes, tell me more", &first.message_uuid);
    for _ in 0..2 {
        assert_eq!(world.webhook(INBOUND, &tap).await.status, 200);
    }
    // A second one is waited for, so that a wrong repeat of the first would have come before it.
    let other = tapped(&to, "6531290044", "tap-2", "later", "Later", &first.message_uuid);
    assert_eq!(world.webhook(INBOUND, &other).await.status, 200);
    until("both are posted", || journal.inbound().iter().any(|posted| posted["button"]["payload"] == "later")).await;
    let posted: Vec<Value> = journal.inbound();
    let of_first: Vec<_> = posted.iter().filter(|posted| posted["button"]["payload"] != "later").collect();
    assert_eq!(of_first.len(), 1, "{posted:?}");
    assert_eq!(of_first[0]["context"], json!({"msg_id": "first"}));
    assert_eq!(of_first[0]["button"], json!({"payload": "{'offer':'wk45'}", "text": "Yes, tell me more"}));
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keywords_and_replies_are_the_tenants() {
    let words = "keywords: { opt_out: { words: [ ADIOS ], reply: \"Adiós.\" }, opt_in: { words: [ HOLA ] }, unknown: { \
                 reply: \"¿Cómo?\" } }";
    let own = TenantFile::moengage("own", "6531290044").line(words);
    let plain = TenantFile::moengage("plain", "6531290045");
    let world = World::new(vec![own, plain], provider()).await;
    let gateway = world.gateway().await;
    let (own, plain) = (&world.brands[0], &world.brands[1]);
    let (asha, mei, li) = (person(own, 1), person(own, 2), person(own, 3));
    let say = |from: &str, to: &str, text: &str| {
        let (id, from, to) = (format!("{from}-{text}-{:x}", rand::random::<u64>()), from.to_owned(), to.to_owned());
        let (world, text) = (&world, text.to_owned());
        async move { assert_eq!(world.webhook(INBOUND, &text_from(&from, &to, &id, &text)).await.status, 200) }
    };

    say(&asha, "6531290044", "what?").await;
    say(&asha, "6531290044", "hello?").await;
    say(&mei, "6531290044", "¡Adiós!").await;
    say(&mei, "6531290044", "hola").await;
    say(&li, "6531290045", "what?").await;
    say(&li, "6531290045", "Stop").await;
    until("all that is answered", || !texts(&world, &asha).is_empty() && !texts(&world, &mei).is_empty()).await;
    assert_eq!(world.send(plain, &order(plain, "to-li", &li)).await.status, 200);
    until("STOP is the word where no other is set", || !World::words(plain, "to-li").is_empty()).await;
    world.quiet(&gateway).await;

    assert_eq!(texts(&world, &asha), ["¿Cómo?"], "once in ten minutes, and STOP is no word here");
    assert_eq!(texts(&world, &mei), ["Adiós."], "the reply goes out by the number written to; HOLA has none");
    assert!(world.taken(&mei).iter().all(|sent| sent.from == "6531290044"));
    assert_eq!(texts(&world, &li), Vec::<String>::new(), "no text, no reply");
    assert_eq!(World::words(plain, "to-li"), ["failed"]);
    say(&asha, "6531290044", "STOP").await;
    for (id, to) in [("to-asha", &asha), ("to-mei", &mei)] {
        sent_and_read(&world, own, id, to).await;
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suppression_can_be_switched_off() {
    let off = TenantFile::moengage("off", "6531290044").line("delivery: { suppression: off }");
    let on = TenantFile::moengage("on", "6531290045");
    let world = World::new(vec![off, on], provider()).await;
    let gateway = world.gateway().await;
    let to = person(&world.brands[0], 1);
    for brand in &world.brands {
        sent_and_read(&world, brand, "before", &to).await;
        let stop = text_from(&to, brand.file.number, &format!("stop-{}", brand.file.name), "STOP");
        assert_eq!(world.webhook(INBOUND, &stop).await.status, 200);
        assert_eq!(world.send(brand, &order(brand, "after", &to)).await.status, 200);
        until("it is settled", || World::words(brand, "after").iter().any(|word| word != "sent")).await;
    }
    world.quiet(&gateway).await;
    assert!(World::is_read(&world.brands[0], "after"));
    assert_eq!(World::words(&world.brands[1], "after"), ["failed"]);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_stop_reaches_the_users_api() {
    let error = sample("webengage.users-api.response.error.json");
    let users = Stub::start(vec![
        Scripted::new(500, json!({})),
        Scripted::new(200, json!({"response": {"status": "queued"}})),
        Scripted::new(400, error),
    ])
    .await;
    let bandra = TenantFile::webengage("bandra", "919845013377");
    let bandra = bandra.setting("license: \"8261\"").setting(&format!("api_url: {}", users.url));
    let world = World::new(vec![bandra], provider()).await;
    assert_eq!(world.brands[0].file.kind, Kind::WebEngage);
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    sent_and_read(&world, brand, "before", &to).await;
    let stop = Inbound { from: to.clone(), to: "919845013377".into(), text: Some("STOP".into()), ..Inbound::default() };
    world.provider.receive(&stop).unwrap();
    until("the call is repeated", || users.asked().len() == 2).await;
    let asked = users.asked();
    for asked in &asked {
        assert_eq!(asked.path, "/v1/accounts/8261/users");
        assert_eq!(asked.body, json!({"userId": format!("u-{to}"), "whatsappOptIn": false}));
        let token = format!("Bearer {}", brand.file.value("REST"));
        assert_eq!(asked.headers["authorization"], token.as_str());
    }
    let id = |place: usize| asked[place].headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(id(0) == id(1) && id(0).bytes().all(|byte| byte.is_ascii_hexdigit()), "{} {}", id(0), id(1));

    let answer = world.send(brand, &order(brand, "after", &to)).await;
    assert_eq!((answer.status, &answer.body["statusCode"]), (200, &json!(2024)));
    assert_eq!(templates(&world, &to), 1);

    // START: refused for good, so it is kept and not repeated.
    world.provider.say(&to, "919845013377", "START").unwrap();
    crate::world::until_async("the refused call is kept", async || {
        gateway.flow.store.dead_letters(None, 10).await.unwrap().len() == 1
    })
    .await;
    world.quiet(&gateway).await;
    assert_eq!(users.asked().len(), 3);
    gateway.stop().await;
}
