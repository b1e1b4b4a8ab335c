//! A held lane probes at once when the operator says so.

use serde_json::json;
use switchboard::sim::platform::Reports;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::{acme, asked, command, told};
use crate::world::{World, order, person, provider, until, until_async};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_goes_on_when_released() {
    let answers = Answers { no_credit: 1.0, ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let nothing = command(&gateway, &["release"]).await;
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "nothing is held\n"));
    for place in 0..6 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    until("it is refused", || world.provider.journal().summary().refused.contains_key(&402)).await;
    world.provider.set_answers(Answers::default());
    for (slip, says) in [(json!({ "sender": "6531290099" }), "number"), (json!({ "call": "reports" }), "call")] {
        let (status, said) = told(&world, &gateway, "/api/release", &slip).await;
        assert!(status == 404 && said["error"]["text"].as_str().unwrap().contains(says), "{status} {said}");
    }
    // The dry run shows it and changes nothing; a hold that somebody lifts is another one a minute later.
    until_async("it is shown as held", async || {
        let said = command(&gateway, &["release", "--dry-run", "--json"]).await.json();
        let lane = &said["lanes"][0];
        lane["sender"] == "6531290044" && lane["since"].as_str() < lane["probe"].as_str()
    })
    .await;
    let shown = command(&gateway, &["release", "--dry-run", "--tenant", "acme", "--sender", "6531290044"]).await;
    assert!(shown.code == 0 && shown.out.contains("6531290044"), "{}", shown.out);
    assert_eq!(world.metric(&gateway, r#"switchboard_lanes_held{tenant="acme",of="messages"}"#).await, Some(1.0));
    assert_eq!(world.metric(&gateway, r#"switchboard_recipients_held{tenant="acme"}"#).await, Some(0.0));
    assert_eq!(asked(&world, &gateway, "/api/held?call=report").await.1["lanes"], json!([]));
    assert_eq!(command(&gateway, &["release", "--sender", "1", "--call", "report"]).await.code, 2);
    let both = told(&world, &gateway, "/api/release", &json!({ "sender": "1", "call": "report" })).await;
    assert_eq!(both.0, 400);
    // The lane is held a moment after the answer that says so.
    until_async("it is released", async || {
        let said = command(&gateway, &["release", "--tenant", "acme", "--sender", "+65 3129 0044", "--json"]).await;
        said.json()["released"] == json!([{ "tenant": "acme", "sender": "6531290044" }])
    })
    .await;
    until("all are read", || (0..6).all(|place| World::is_read(brand, &format!("m-{place}")))).await;
    assert_eq!(world.provider.journal().summary().duplicated, 0);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_made_at_once_when_the_platforms_address_is_mended() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    world.platform().set_reports(Reports { unauthorized: 1.0, ..Reports::default() });
    for place in 0..4 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    until_async("reports are stopped", async || {
        let said = asked(&world, &gateway, "/api/held?tenant=acme&call=report").await.1;
        said["lanes"][0]["call"] == "report"
    })
    .await;
    world.platform().set_reports(Reports::default());
    let said = command(&gateway, &["release", "--call", "report"]).await;
    assert!(said.code == 0 && said.out.contains("report"), "{}", said.out);
    until("all are read", || (0..4).all(|place| World::is_read(brand, &format!("m-{place}")))).await;
    gateway.stop().await;
}
