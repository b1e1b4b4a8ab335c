//! The process dies while the operator has dead letters done again: none is lost, and none acts twice.

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::faults::Point;
use switchboard::sim::platform::{Breach, Reports};
use switchboard::store::Store;

use super::acme;
use super::matrix::{dies, with_fault};
use super::oracle::Kill;
use crate::world::{ADMIN_TOKEN, Brand, Process, World, order, person, provider, text_from, until, until_async};

/// Messages whose reports are all refused.
const MESSAGES: u64 = 6;
/// People whose STOP cannot be read.
const PEOPLE: u64 = 4;

/// Where each process dies, and the letters that it is asked for.
const KILLS: &[(Point, u64, &str)] = &[
    (Point::RedriveWritten, 2, "call"),
    (Point::RedriveCommitted, 3, "call"),
    (Point::DiscardWritten, 1, "inbound"),
    (Point::DiscardCommitted, 2, "inbound"),
];

fn id(place: u64) -> String {
    format!("m-{place}")
}

fn unread(brand: &Brand, place: u64) -> Value {
    let person = person(brand, 500 + place);
    let mut text = text_from(&person, brand.file.number, &format!("stop-{place}"), "STOP");
    text["timestamp"] = json!("a moment ago");
    text
}

/// Reports that were refused and webhooks that nobody could read; then both parties' troubles are over.
async fn leave_letters(world: &World, gateway: &Gateway) -> usize {
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    world.platform().set_reports(Reports { refusing: 1.0, ..Reports::default() });
    for place in 0..MESSAGES {
        assert_eq!(world.send(brand, &order(brand, &id(place), &person(brand, place))).await.status, 200);
    }
    for place in 0..PEOPLE {
        assert_eq!(world.webhook("/webhooks/vonage/inbound", &unread(brand, place)).await.status, 200);
    }
    until("all is said", || {
        world.provider.journal().summary().webhooks.get("read").is_some_and(|posted| posted.acknowledged == MESSAGES)
    })
    .await;
    world.quiet(gateway).await;
    world.platform().journal().clear();
    world.platform().set_reports(Reports::default());
    let path = world.mapping_path("vonage.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mended = text.replace("at: $.body.timestamp | time", "at: \"2026-11-04T09:14:06Z\"");
    assert_ne!(text, mended);
    std::fs::write(&path, mended).unwrap();
    store.dead_letters(None, 1000).await.unwrap().len()
}

/// Asks for letters to be done again; nothing if the process dies over it.
async fn redrive(world: &World, admin: &str, asked: &Value) -> Option<Value> {
    let request = world.client.post(format!("{admin}/api/redrive")).bearer_auth(ADMIN_TOKEN);
    let request = request.header("content-type", "application/json").body(asked.to_string());
    let answer = request.send().await.ok()?;
    assert_eq!(answer.status(), 200);
    Some(serde_json::from_str(&answer.text().await.ok()?).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_letters_are_done_again_none_is_lost_or_acts_twice() {
    let file = acme().line("keywords: { opt_out: { reply: You will not hear from us again. } }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let letters = leave_letters(&world, &gateway).await;
    gateway.stop().await;
    assert!(letters >= usize::try_from(MESSAGES + PEOPLE).unwrap(), "{letters}");

    let mut kills = Vec::new();
    for (point, nth, kind) in KILLS {
        let process = with_fault(&world, *point, *nth);
        let asked = json!({ "kind": kind, "rate": "1000/s" });
        let admin = process.admin().await;
        assert_eq!(redrive(&world, &admin, &asked).await, None, "{point:?} was not passed");
        dies(&world, process, point.name()).await;
        kills.push(Kill::found(&world).await);
    }
    let process = Process::start(&world).await;
    let admin = process.admin().await;
    until_async("no letter is left", async || {
        let page = redrive(&world, &admin, &json!({ "rate": "1000/s" })).await.unwrap();
        page["letters"] == json!([])
    })
    .await;
    let brand = &world.brands[0];
    until("all is reported", || (0..MESSAGES).all(|place| World::is_read(brand, &id(place)))).await;
    let answered = |place| world.taken(&person(brand, 500 + place)).len();
    until("every STOP is answered", || (0..PEOPLE).all(|place| answered(place) > 0)).await;
    assert!(process.terminate().await.success());

    let store = world.store();
    assert!(store.dead_letters(None, 1000).await.unwrap().is_empty());
    for place in 0..PEOPLE {
        let (tenant, person) = (brand.file.tenant(), person(brand, 500 + place));
        assert!(store.is_suppressed(&tenant, &brand.file.number.into(), &person.as_str().into()), "{place}");
        assert_eq!(answered(place), 1, "the STOP of {place}");
    }
    store.close().await.unwrap();
    for violation in brand.platform.journal().violations() {
        let explained = |id: &String| kills.iter().any(|kill| kill.was_calling(id));
        let repeated = violation.breach == Breach::Repeat && violation.id.as_ref().is_some_and(explained);
        assert!(repeated, "{violation:?}");
    }
}
