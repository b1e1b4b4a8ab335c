//! Pause, resume and cancel at a running gateway: what goes out, what survives a restart, what the platform is told.

use std::time::Duration;

use serde_json::{Value, json};

use super::{acme, asked, command};
use crate::world::{TenantFile, World, order, person, provider, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_is_accepted_and_goes_out_when_it_is_resumed_also_after_a_restart() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let (brand, other) = (&world.brands[0], &world.brands[1]);
    let (to, neighbour) = (person(brand, 1), person(other, 1));
    let pause = ["pause", "acme", "--reason", "wrong template"];
    let came = command(&gateway, &pause).await;
    assert!(
        came.code == 0 && came.out.contains("messages are accepted, and none goes out"),
        "{}{}",
        came.out,
        came.err
    );
    assert!(command(&gateway, &pause).await.out.contains("it was paused before"));
    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    assert_eq!(world.send(other, &order(other, "two", &neighbour)).await.status, 200);
    until("the neighbour's is sent", || world.taken(&neighbour).len() == 1).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(world.taken(&to).len(), 0, "nothing of a paused tenant goes out");
    let (_, held) = asked(&world, &gateway, "/api/held").await;
    let paused = &held["paused"][0];
    assert_eq!(
        (&paused["tenant"], &paused["who"], &paused["reason"]),
        (&json!("acme"), &json!("admin"), &json!("wrong template"))
    );
    assert_eq!(world.metric(&gateway, "switchboard_paused{tenant=\"acme\"}").await, Some(1.0));
    assert_eq!(world.metric(&gateway, "switchboard_paused{tenant=\"globex\"}").await, Some(0.0));
    let ready: Value = serde_json::from_str(&world.asked(&gateway, "/readyz").await.1).unwrap();
    assert_eq!((&ready["ready"], &ready["paused"][0]["tenant"]), (&json!(true), &json!("acme")), "{ready}");
    assert!(command(&gateway, &["trace", "one"]).await.out.contains("it is paused"));
    assert!(command(&gateway, &["doctor", "acme"]).await.out.contains("wrong template"));
    gateway.stop().await;

    let gateway = world.gateway().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(world.taken(&to).len(), 0, "a restart ends no pause");
    let one = command(&gateway, &["resume", "acme", "--sender", "6531290044"]).await;
    assert!(
        one.out.contains("nothing was paused") && one.out.contains("all of the tenant is paused still"),
        "{}",
        one.out
    );
    assert!(command(&gateway, &["resume", "acme"]).await.out.contains("goes on"));
    until("it is read", || World::is_read(brand, "one")).await;
    assert_eq!(world.metric(&gateway, "switchboard_paused{tenant=\"acme\"}").await, Some(0.0));
    let audit = command(&gateway, &["audit", "--json"]).await.json().to_string();
    assert!(
        audit.contains("\"pause\"") && audit.contains("\"resume\"") && !audit.contains("wrong template"),
        "{audit}"
    );
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_is_told_as_failed_and_never_goes_out() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(command(&gateway, &["pause", "acme", "--sender", "6531290044", "--reason", "a look"]).await.code, 0);
    for place in 0..450 {
        let sent = world.send(brand, &order(brand, &format!("m-{place}"), &person(brand, place))).await;
        assert_eq!(sent.status, 200);
    }
    let dry = command(&gateway, &["cancel", "acme", "--dry-run"]).await;
    assert_eq!(dry.out, "450 messages are queued or in doubt; nothing was cancelled\n", "{}", dry.err);
    let done = command(&gateway, &["cancel", "acme"]).await;
    assert_eq!(done.out, "450 messages were cancelled; the platform is told that they failed\n", "{}", done.err);
    assert_eq!(command(&gateway, &["cancel", "acme", "--json"]).await.json()["messages"], 0, "once is enough");
    assert_eq!(command(&gateway, &["resume", "acme"]).await.code, 0);
    let after = person(brand, 999);
    assert_eq!(world.send(brand, &order(brand, "after", &after)).await.status, 200);
    until("what comes later goes out", || World::is_read(brand, "after")).await;
    until("the platform is told of each", || {
        (0..450).all(|place| World::words(brand, &format!("m-{place}")) == ["failed"])
    })
    .await;
    assert_eq!(world.taken(&person(brand, 7)).len(), 0);
    let trace = command(&gateway, &["trace", "m-7"]).await;
    assert!(trace.out.contains("cancelled"), "{}", trace.out);
    let none = command(&gateway, &["cancel", "none"]).await;
    assert!(none.code == 1 && none.err.contains("no tenant `none`"), "{}", none.err);
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}
