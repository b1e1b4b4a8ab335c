//! Dead letters done again: shown first, at a rate, once, by the mapping of today, and about nobody but those whom its
//! credentials vouched for.

use serde_json::json;
use switchboard::sim::platform::{Breach, Reports};
use switchboard::value::Timestamp;

use super::{acme, asked, command, silent, told};
use crate::world::{Scripted, Stub, TenantFile, World, order, person, provider, text_from, until, until_async};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_reports_are_made_again_once() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    world.platform().set_reports(Reports { refusing: 1.0, ..Reports::default() });
    for place in 0..4 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    let refused = async || store.dead_letters(None, 100).await.unwrap().len();
    // Statuses that overtake each other are not all reported.
    until_async("the last reports are refused", async || {
        let read = world.provider.journal().summary().webhooks.get("read").map(|posted| posted.acknowledged);
        read == Some(4) && refused().await >= 4
    })
    .await;
    world.quiet(&gateway).await;
    let many = refused().await;
    world.platform().journal().clear();
    world.platform().set_reports(Reports::default());

    let dry = command(&gateway, &["redrive", "--dry-run", "--tenant", "acme", "--json"]).await;
    let said = dry.json();
    assert_eq!((dry.code, &said["redriven"], &said["stay"]), (0, &json!(many), &json!(0)), "{said}");
    assert_eq!(said["groups"][0]["came"], "POST 127.0.0.1", "{said}");
    assert_eq!(refused().await, many, "a dry run changes nothing");
    let none = command(&gateway, &["redrive", "--kind", "inbound"]).await;
    assert_eq!((none.code, none.out.as_str()), (0, "0 redriven, 0 stay\n"));

    // Two at once, and again: each report is made once.
    let arguments = ["redrive", "--kind", "call", "--name", "report", "--since", "1h", "--rate", "200/s"];
    let (one, other) = tokio::join!(command(&gateway, &arguments), command(&gateway, &arguments));
    let done = |came: &super::Came| came.code == 0 || came.err.contains("another redrive is under way");
    assert!(done(&one) && done(&other), "{} {}", one.err, other.err);
    assert_eq!(command(&gateway, &arguments).await.code, 0);
    assert!(store.dead_letters(None, 100).await.unwrap().is_empty());
    until("all is reported", || (0..4).all(|place| World::is_read(brand, &format!("m-{place}")))).await;
    world.quiet(&gateway).await;
    let repeated = world.platform().journal().violations();
    assert!(repeated.iter().all(|violation| violation.breach != Breach::Repeat), "{repeated:?}");
    assert_eq!(world.platform().journal().summary().reports.values().sum::<u64>(), u64::try_from(many).unwrap());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_read_by_the_mapping_that_was_mended() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    let to = person(brand, 1);
    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    until("it is sent", || world.taken(&to).len() == 1).await;
    let sent = world.taken(&to).remove(0);
    let status = json!({
        "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
        "from": sent.from, "timestamp": "a moment ago", "status": "read",
    });
    assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
    let stop = text_from(&to, "6531290044", "stop", "STOP");
    let stop =
        json!({ "timestamp": "a moment ago" }).as_object().unwrap().iter().fold(stop, |mut stop, (key, value)| {
            stop[key] = value.clone();
            stop
        });
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 2);

    let still = command(&gateway, &["redrive", "--dry-run", "--list"]).await;
    assert_eq!(still.code, 1, "{}", still.out);
    assert!(still.out.contains("2 stay") && still.out.contains("/webhooks/vonage/inbound"), "{}", still.out);
    assert_eq!(command(&gateway, &["redrive"]).await.code, 1);
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 2, "what cannot be used stays");

    let path = world.mapping_path("vonage.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mended = text.replace("at: $.body.timestamp | time", "at: \"2026-11-04T09:14:06Z\"");
    assert_ne!(text, mended);
    std::fs::write(&path, mended).unwrap();
    until_async("it is read as new", async || command(&gateway, &["redrive", "--dry-run"]).await.code == 0).await;
    let tenant = brand.file.tenant();
    let suppressed = || store.is_suppressed(&tenant, &"6531290044".into(), &to.as_str().into());
    assert!(World::words(brand, "one").is_empty() && !suppressed());
    let done = command(&gateway, &["redrive", "--json"]).await;
    assert_eq!((done.code, &done.json()["redriven"]), (0, &json!(2)), "{}", done.err);
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
    until("it is reported", || World::is_read(brand, "one")).await;
    assert!(suppressed());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_never_says_anything_of_others() {
    let mut other = TenantFile::moengage("globex", "6531290055");
    other.signature = "OTHER_SIGNATURE";
    let world = World::new(vec![acme(), other], silent()).await;
    let gateway = world.gateway().await;
    let (globex, store) = (&world.brands[1], &gateway.flow.store);
    let to = person(globex, 1);
    // Signed as acme's account does, about a number of globex.
    let stop = text_from(&to, "6531290055", "stop", "STOP");
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    let letters = store.dead_letters(None, 9).await.unwrap();
    assert_eq!((letters.len(), letters[0].came.as_ref().unwrap().verified.clone()), (1, vec!["acme".to_owned()]));
    for arguments in [&["redrive", "--dry-run"][..], &["redrive"], &["redrive", "--id", "1"]] {
        assert_eq!(command(&gateway, arguments).await.code, 1, "{arguments:?}");
    }
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1);
    assert!(!store.is_suppressed(&globex.file.tenant(), &"6531290055".into(), &to.as_str().into()));
    let (status, page) = told(&world, &gateway, "/api/redrive", &json!({ "rate": "1000/s" })).await;
    assert_eq!((status, &page["stay"]), (200, &json!(1)));
    gateway.stop().await;
}

/// Writes another text in place of one in a mapping of a running gateway.
fn rewrite(world: &World, file: &str, text: &str, other: &str) {
    let path = world.mapping_path(file);
    let before = std::fs::read_to_string(&path).unwrap();
    let after = before.replacen(text, other, 1);
    assert_ne!(before, after, "{file} has no `{text}`");
    std::fs::write(&path, after).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_could_not_be_said_is_said_by_the_mended_mapping() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    let before = gateway.flow.snapshot.load().version();
    rewrite(&world, "moengage.yaml", "read: read,", "read: $.event.cost.category,");
    until_async("it is read as new", async || gateway.flow.snapshot.load().version() != before).await;
    let to = person(brand, 1);
    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    until("it is sent", || world.taken(&to).len() == 1).await;
    let sent = world.taken(&to).remove(0);
    for word in ["delivered", "read"] {
        let status = json!({
            "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
            "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": word,
        });
        assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
    }
    until("the other word is said", || World::words(brand, "one") == ["delivered"]).await;
    let (status, listed) = asked(&world, &gateway, "/api/dead-letters?tenant=acme&kind=report").await;
    assert_eq!((status, &listed["letters"][0]["name"]), (200, &json!("read")), "{listed}");
    let series = r#"switchboard_dead_letters{tenant="acme",kind="report"}"#;
    assert_eq!(world.metric(&gateway, series).await, Some(1.0));

    let dry = command(&gateway, &["redrive", "--dry-run", "--kind", "report", "--json"]).await;
    assert_eq!((dry.code, &dry.json()["stay"]), (1, &json!(1)), "{}", dry.out);
    assert_eq!(command(&gateway, &["redrive", "--kind", "report"]).await.code, 1);
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1, "what cannot be said stays");

    rewrite(&world, "moengage.yaml", "read: $.event.cost.category,", "read: read,");
    until_async("it is mended", async || command(&gateway, &["redrive", "--dry-run"]).await.code == 0).await;
    assert_eq!(World::words(brand, "one"), ["delivered"], "a dry run says nothing");
    let (status, page) = told(&world, &gateway, "/api/redrive", &json!({ "kind": "report", "tenant": "acme" })).await;
    assert_eq!((status, &page["redriven"], &page["stay"]), (200, &json!(1), &json!(0)), "{page}");
    until("it is said", || World::words(brand, "one") == ["delivered", "read"]).await;
    assert_eq!(command(&gateway, &["redrive"]).await.out, "0 redriven, 0 stay\n");
    assert_eq!(world.metric(&gateway, series).await, None, "none is left");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_came_before_its_message_is_used_once_the_message_is_there() {
    const ID: &str = "aaaaaaaa-1111-4000-8000-000000000001";
    let listing = Scripted::new(200, json!({"templates": [], "paging": {}}));
    let stub = Stub::start(vec![listing, Scripted::new(202, json!({ "message_uuid": ID }))]).await;
    let through = acme().setting(&format!("vonage: {{ base_url: {} }}", stub.url));
    let world = World::new(vec![through.line("delivery: { preflight: \"off\" }")], provider()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    let to = person(brand, 1);
    let status = json!({
        "channel": "whatsapp", "message_uuid": ID, "to": to, "from": "6531290044",
        "timestamp": "2026-11-04T09:14:06.981Z", "status": "read",
    });
    assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
    assert_eq!(world.metric(&gateway, r#"switchboard_statuses_looked_for{tenant="acme"}"#).await, Some(1.0));
    // Looked for in vain for six minutes, which nobody waits for here.
    let (letters, _) = store.letters_due(Timestamp::from_millis(i64::MAX), 9).await.unwrap();
    store.put_off(vec![(letters[0].id, None)], 9).await.unwrap();
    assert_eq!(world.metric(&gateway, r#"switchboard_dead_letters{tenant="acme",kind="unmatched"}"#).await, Some(1.0));
    for arguments in [&["redrive", "--dry-run", "--kind", "unmatched"][..], &["redrive", "--kind", "unmatched"]] {
        assert_eq!(command(&gateway, arguments).await.code, 1, "{arguments:?}");
    }
    assert_eq!(store.dead_letters(None, 9).await.unwrap().len(), 1, "there is no message yet");

    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    until_async("it is taken", async || {
        world.stored(&gateway, brand, "one").await.unwrap().provider_id.as_deref() == Some(ID)
    })
    .await;
    let dry = command(&gateway, &["redrive", "--dry-run", "--json"]).await;
    assert_eq!((dry.code, &dry.json()["redriven"]), (0, &json!(1)), "{}", dry.out);
    assert!(!World::is_read(brand, "one"), "a dry run changes nothing");
    let done = command(&gateway, &["redrive", "--kind", "unmatched", "--json"]).await;
    assert_eq!((done.code, &done.json()["redriven"]), (0, &json!(1)), "{}", done.err);
    until("it is reported", || World::is_read(brand, "one")).await;
    assert!(store.dead_letters(None, 9).await.unwrap().is_empty());
    gateway.stop().await;
}
