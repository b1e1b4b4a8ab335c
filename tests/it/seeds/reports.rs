//! Reports when the platform cannot take them: held, repeated, parked, and none lost.

use serde_json::json;
use switchboard::sim::platform::{Breach, Reports};
use switchboard::value::Timestamp;

use crate::world::{
    Process, Scripted, Stub, TenantFile, World, order, person, provider, text_from, until, until_async,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_refused_report_is_parked() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    world.platform().set_reports(Reports { refusing: 1.0, ..Reports::default() });
    assert_eq!(world.send(brand, &order(brand, "refused", &person(brand, 1))).await.status, 200);
    until("the provider has said all", || world.provider.journal().summary().webhooks.contains_key("read")).await;
    world.quiet(&gateway).await;
    let letters = store.dead_letters(Some(&brand.file.tenant()), 10).await.unwrap();
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.kind == "call" && letter.name == "report"));
    world.check_contracts();

    // After a refusal the same report is a breach of its own, were it not asked for by hand.
    world.platform().journal().clear();
    world.platform().set_reports(Reports::default());
    let newest = letters.first().unwrap();
    assert!(store.redrive(newest.id, Timestamp::from_millis(newest.at.millis()), true).await.unwrap());
    assert_eq!(world.send(brand, &order(brand, "next", &person(brand, 2))).await.status, 200);
    until("both are reported", || World::is_read(brand, "next") && World::is_read(brand, "refused")).await;
    assert_eq!(store.dead_letters(None, 10).await.unwrap().len(), letters.len() - 1);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_wrong_report_url_loses_nothing() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let (brand, journal) = (&world.brands[0], world.platform().journal());
    let mut wrong = brand.file.clone();
    wrong.report_url = format!("{}/whatsapp/wrong", world.platform().url());
    world.write(&wrong);
    let process = Process::start(&world).await;
    let campaign = world.platform().campaign(world.campaign(brand, 20)).await;
    assert_eq!(campaign.accepted, 20);
    let stop = text_from(&person(brand, 900), "6531290044", "stop", "STOP");
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    process.logged("an alarm", |line| line["level"] == "WARN" && line["http"] == 404).await;
    until("all statuses are there", || {
        world.provider.journal().summary().webhooks.get("read").map(|posted| posted.acknowledged) == Some(20)
    })
    .await;
    assert_eq!((journal.summary().reports.len(), journal.inbound().len()), (0, 0));

    world.write(&brand.file);
    until("all is reported", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    until("the STOP is told", || journal.inbound().len() == 1).await;
    world.check_contracts();
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_signature_secret_loses_nothing() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let brand = &world.brands[0];
    let mut wrong = brand.file.clone();
    wrong.signature = "OTHER_SIGNATURE";
    world.write(&wrong);
    let process = Process::start(&world).await;
    let campaign = world.platform().campaign(world.campaign(brand, 5)).await;
    assert_eq!(campaign.accepted, 5);
    let answers = || world.provider.journal().summary().answers;
    until("statuses are answered 503", || answers().get(&503).is_some_and(|count| *count >= 10)).await;
    assert_eq!(answers().len(), 1, "nothing else is answered: {:?}", answers());
    assert_eq!(world.platform().journal().summary().reports.len(), 0);
    process.logged("an alarm", |line| line["message"] == "credentials refused" && line["level"] == "WARN").await;

    world.write(&brand.file);
    until("all is reported", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    world.check_contracts();
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_bad_token_holds_the_reports() {
    let mut bandra = TenantFile::webengage("bandra", "919845013377");
    bandra.token = "OLD_TOKEN";
    let lakeside = TenantFile::webengage("lakeside", "14155550142");
    let world = World::new(vec![bandra, lakeside], provider()).await;
    let process = Process::start(&world).await;
    let (held, other) = (&world.brands[0], &world.brands[1]);
    for brand in &world.brands {
        for place in 0..5 {
            let body = order(brand, &format!("m-{place}"), &person(brand, place));
            assert_eq!(world.send(brand, &body).await.status, 200);
        }
    }
    process.logged("an alarm", |line| line["level"] == "WARN" && line["http"] == 401).await;
    until("the other tenant's go", || (0..5).all(|place| World::is_read(other, &format!("m-{place}")))).await;
    let journal = held.platform.journal();
    assert_eq!(journal.summary().reports.len(), 0);
    assert!(journal.violations().iter().all(|violation| violation.breach == Breach::Credentials));
    journal.clear();

    let mut mended = held.file.clone();
    mended.token = "TOKEN";
    world.write(&mended);
    until("all go", || (0..5).all(|place| World::is_read(held, &format!("m-{place}")))).await;
    // Late attempts under the old token may still have been on their way.
    let found = journal.violations();
    assert!(found.iter().all(|violation| violation.breach == Breach::Credentials), "{found:?}");
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_repeated_until_taken() {
    let acme = TenantFile::moengage("acme", "6531290044");
    let bandra = TenantFile::webengage("bandra", "919845013377");
    let throttled = Scripted { headers: vec![("retry-after", "1")], ..Scripted::new(429, json!({})) };
    let taken = Scripted::new(200, json!({"status": "success"}));
    let slow = Stub::start(vec![throttled, Scripted::new(503, json!({})), taken]).await;
    let mut asked = TenantFile::moengage("asked", "6531290045");
    asked.report_url = format!("{}/dlr", slow.url);
    let world = World::new(vec![acme, bandra, asked], provider()).await;
    let gateway = world.gateway().await;
    let failing = [Reports { failing: 1.0, ..Reports::default() }, Reports { throttled: 1.0, ..Reports::default() }];
    for (brand, reports) in world.brands.iter().zip(failing) {
        brand.platform.set_reports(reports);
    }
    for brand in &world.brands {
        assert_eq!(world.send(brand, &order(brand, "first", &person(brand, 1))).await.status, 200);
    }
    let simulated = &world.brands[..2];
    until("reports come and are not taken", || {
        simulated.iter().zip([500, 429]).all(|(brand, status)| {
            brand.platform.journal().summary().answers.get(&status).is_some_and(|count| *count >= 2)
        })
    })
    .await;
    for brand in simulated {
        brand.platform.set_reports(Reports { dropped: 1.0, ..Reports::default() });
    }
    until("connections break", || {
        simulated.iter().all(|brand| brand.platform.journal().summary().answers.contains_key(&0))
    })
    .await;
    for brand in simulated {
        brand.platform.set_reports(Reports::default());
    }
    until("all are taken", || simulated.iter().all(|brand| World::is_read(brand, "first"))).await;
    until("the third one's, too", || slow.asked().len() >= 3).await;
    let bodies: Vec<_> = slow.asked().into_iter().take(2).map(|asked| asked.body).collect();
    assert_eq!(bodies[0], bodies[1], "the same report again");
    world.check_contracts();

    // Refused for good: kept, not repeated.
    simulated[1].platform.set_reports(Reports { refusing: 1.0, ..Reports::default() });
    assert_eq!(
        world.send(&simulated[1], &order(&simulated[1], "refused", &person(&simulated[1], 2))).await.status,
        200
    );
    until_async("it is parked", async || {
        let letters = gateway.flow.store.dead_letters(Some(&simulated[1].file.tenant()), 10).await.unwrap();
        letters.iter().any(|letter| letter.kind == "call")
    })
    .await;
    world.quiet(&gateway).await;
    let again = simulated[1].platform.journal().violations();
    assert!(again.iter().all(|violation| violation.breach != Breach::AfterRefusal), "{again:?}");
    gateway.stop().await;
}
