//! Dead letters done again: shown first, at a rate, once, by the mapping of today, and about nobody but those whom its
//! credentials vouched for.

use serde_json::json;
use switchboard::sim::platform::{Breach, Reports};

use super::{acme, command, silent, told};
use crate::world::{TenantFile, World, order, person, provider, text_from, until, until_async};

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
