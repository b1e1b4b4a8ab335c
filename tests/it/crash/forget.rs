//! The process dies while a person is forgotten: the books are right, others lose nothing, and asked again it forgets the rest.

use serde_json::json;
use switchboard::faults::Point;
use switchboard::store::Store;

use super::acme;
use super::matrix::{dies, with_fault};
use crate::world::{ADMIN_TOKEN, Process, World, order, person, provider, text_from, until};

/// Where the processes die, one after the other: each part is interrupted once, letters, messages, who it is.
const KILLS: &[(Point, u64)] = &[
    (Point::AuditWritten, 1),
    (Point::ForgetWritten, 1),
    (Point::ForgetCommitted, 1),
    (Point::ForgetWritten, 1),
    (Point::ForgetCommitted, 1),
    (Point::ForgetWritten, 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_somebody_is_forgotten_the_rest_goes_when_asked_again() {
    let file = acme().line("keywords: { opt_out: { reply: You will not hear from us again. } }");
    let world = World::new(vec![file], provider()).await;
    let brand = &world.brands[0];
    let (gone, stays) = (person(brand, 1), person(brand, 2));
    let process = Process::start(&world).await;
    for (id, to) in [("first-of-gone", &gone), ("first-of-stays", &stays)] {
        assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200);
        until("it is read", || World::is_read(brand, id)).await;
    }
    let broken = json!({ "channel": "whatsapp", "message_uuid": "of-nobody", "to": gone, "from": "6531290044", "timestamp": "x", "status": "read" });
    assert_eq!(world.webhook("/webhooks/vonage/status", &broken).await.status, 200);
    let stop = text_from(&gone, brand.file.number, "stop-1", "STOP");
    assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200);
    until("the STOP is answered", || world.taken(&gone).len() == 2).await;
    assert!(process.terminate().await.success());

    let forget = async |process: &Process| {
        let admin = process.admin().await;
        let request = world.client.post(format!("{admin}/api/forget")).bearer_auth(ADMIN_TOKEN);
        let request = request.header("content-type", "application/json").body(json!({ "number": gone }).to_string());
        request.send().await.ok().map(|answer| answer.status().as_u16())
    };
    for (point, nth) in KILLS {
        let process = with_fault(&world, *point, *nth);
        assert_eq!(forget(&process).await, None, "{point:?} was not passed");
        dies(&world, process, point.name()).await;
    }
    let process = Process::start(&world).await;
    assert_eq!(forget(&process).await, Some(200));
    assert_eq!(world.send(brand, &order(brand, "another-of-stays", &stays)).await.status, 200);
    until("it is read", || World::is_read(brand, "another-of-stays")).await;
    assert_eq!(world.send(brand, &order(brand, "later", &gone)).await.status, 200);
    until("it is reported as opted out", || World::words(brand, "later").len() == 1).await;
    assert!(process.terminate().await.success());
    assert_eq!(
        (world.taken(&gone).len(), world.taken(&stays).len()),
        (2, 2),
        "nothing is sent twice, nor after the STOP"
    );

    let store = world.store();
    let counts = store.recount().await.unwrap();
    assert!(counts.iter().all(switchboard::store::Count::agrees), "{counts:?}");
    let line = switchboard::store::Audits { what: Some("forget".to_owned()), ..Default::default() };
    let lines = store.audits(&line, 100).await.unwrap();
    // Of the first, nothing was done and nothing written down.
    assert_eq!(lines.len(), KILLS.len());
    store.close().await.unwrap();
    let left = std::fs::read(world.folder().join("switchboard.db")).unwrap();
    let has = |what: &str| left.windows(what.len()).any(|part| part == what.as_bytes());
    // The message that came since is of somebody who opted out.
    assert!(!has("of-nobody") && !has("first-of-gone"), "what was known then is gone");
    assert!(has("first-of-stays") && has(&stays), "others are as they were");
}
