//! A held lane probes at once when the operator says so.

use serde_json::json;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::{acme, command, told};
use crate::world::{World, order, person, provider, until, until_async};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_goes_on_when_released() {
    let answers = Answers { no_credit: 1.0, ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let nothing = command(&gateway, &["release"]).await;
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "no lane is held\n"));
    for place in 0..6 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    until("it is refused", || world.provider.journal().summary().refused.contains_key(&402)).await;
    world.provider.set_answers(Answers::default());
    let elsewhere = told(&world, &gateway, "/api/release", &json!({ "sender": "6531290099" })).await;
    assert_eq!(elsewhere, (200, json!({ "released": [] })));
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
