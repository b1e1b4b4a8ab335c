//! A platform's campaign at a running gateway: found by its name, counted, listed.

use serde_json::json;

use super::{acme, asked, command, told};
use crate::world::{TenantFile, World, order, person, provider, until};

/// The route that carries a campaign.
const CAMPAIGN: &str = "/webhooks/message-dispatcher?campaign_id=";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_found_by_its_name_and_says_how_far_its_messages_came() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let send = async |id: &str, place: u64, campaign: &str| {
        let path = format!("{CAMPAIGN}{campaign}");
        let sent = world.send_as(&brand.file.credentials(), &path, &order(brand, id, &person(brand, place))).await;
        assert_eq!(sent.status, 200);
    };
    for place in 0..25 {
        send(&format!("s-{place}"), place, "spring%20sale").await;
    }
    until("all are read", || (0..25).all(|place| World::is_read(brand, &format!("s-{place}")))).await;
    assert_eq!(command(&gateway, &["pause", "acme", "--reason", "a look"]).await.code, 0);
    send("s-late", 30, "spring%20sale").await;
    send("a-1", 31, "autumn").await;

    let shown = command(&gateway, &["campaign", "acme", "spring sale"]).await;
    assert!(
        shown.out.starts_with("26 accepted, 25 taken by the provider, 25 delivered, 25 read\n"),
        "{}{}",
        shown.out,
        shown.err
    );
    assert_eq!(shown.out.matches("6531290044").count(), 20, "{}", shown.out);
    assert!(!shown.out.contains(&person(brand, 30)), "people are masked: {}", shown.out);
    let older = shown.out.rsplit_once("--before ").unwrap().1.trim();
    let older = command(&gateway, &["campaign", "acme", "spring sale", "--before", older, "--json"]).await.json();
    assert_eq!((older["messages"].as_array().unwrap().len(), &older["next"]), (6, &json!(null)), "{older}");
    assert_eq!(
        (&older["stands"]["read"], &older["stands"]["queued"], &older["whole"]),
        (&json!(25), &json!(1), &json!(true))
    );

    let traced = command(&gateway, &["trace", "spring sale"]).await;
    assert!(traced.out.starts_with("a campaign; all of it: `switchboard campaign acme spring sale`"), "{}", traced.out);
    let (_, said) = told(&world, &gateway, "/api/trace", &json!({ "id": "autumn" })).await;
    let first = &said["messages"][0];
    assert_eq!(
        (&first["found_by"], &first["campaign"], &first["platform_id"]),
        (&json!("campaign"), &json!("autumn"), &json!("a-1"))
    );
    for (path, expected) in [
        ("/api/campaign?tenant=acme&campaign=none", 404),
        ("/api/campaign?tenant=globex&campaign=autumn", 404),
        ("/api/campaign?tenant=nobody&campaign=autumn", 404),
        ("/api/campaign?campaign=autumn", 400),
        ("/api/campaign?tenant=acme&campaign=autumn&before=7", 400),
    ] {
        let (status, said) = asked(&world, &gateway, path).await;
        assert_eq!(status, expected, "{path}: {said}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_campaign_stands_still_while_the_number_goes_on_and_can_be_ended() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let send = async |id: &str, place: u64, campaign: &str| {
        let path = format!("{CAMPAIGN}{campaign}");
        let sent = world.send_as(&brand.file.credentials(), &path, &order(brand, id, &person(brand, place))).await;
        assert_eq!(sent.status, 200);
    };
    let pause = ["pause", "acme", "--campaign", "spring", "--reason", "wrong picture"];
    let came = command(&gateway, &pause).await;
    assert!(
        came.code == 0 && came.out.contains("until `switchboard resume acme --campaign spring`"),
        "{}{}",
        came.out,
        came.err
    );
    assert!(command(&gateway, &pause).await.out.contains("it was paused before"));
    // More of it than a lane has in memory, before all others.
    for place in 0..300 {
        send(&format!("s-{place}"), place, "spring").await;
    }
    send("a-1", 301, "autumn").await;
    assert_eq!(world.send(brand, &order(brand, "none", &person(brand, 302))).await.status, 200);
    until("the others go out", || World::is_read(brand, "a-1") && World::is_read(brand, "none")).await;
    let nothing_went = || (0..300).all(|place| world.taken(&person(brand, place)).is_empty());
    assert!(nothing_went(), "nothing of a paused campaign goes out");
    let (_, held) = asked(&world, &gateway, "/api/held").await;
    let paused = &held["paused"][0];
    assert_eq!(
        (&paused["campaign"], &paused["sender"], &paused["who"]),
        (&json!("spring"), &json!(null), &json!("admin"))
    );
    assert_eq!(world.metric(&gateway, "switchboard_paused{tenant=\"acme\"}").await, Some(1.0));
    // They wait, and take no time: nothing else is there to go.
    assert_eq!(world.metric(&gateway, "switchboard_messages_queued{tenant=\"acme\"}").await, Some(300.0));
    assert_eq!(world.metric(&gateway, "switchboard_drain_seconds{tenant=\"acme\"}").await, Some(0.0));
    assert!(command(&gateway, &["trace", "s-1"]).await.out.contains("it is paused"));
    assert!(!command(&gateway, &["trace", "a-1"]).await.out.contains("it is paused"));
    assert!(command(&gateway, &["doctor", "acme"]).await.out.contains("the campaign `spring` is paused"));
    assert!(command(&gateway, &["release", "--dry-run"]).await.out.contains("campaign spring, is paused since"));
    gateway.stop().await;

    let gateway = world.gateway().await;
    send("a-2", 303, "autumn").await;
    until("the others go on after a restart", || World::is_read(brand, "a-2")).await;
    assert!(nothing_went(), "a restart ends no pause");
    // What is queued of a campaign ends, and nothing else.
    assert_eq!(command(&gateway, &["pause", "acme", "--campaign", "autumn", "--reason", "a look"]).await.code, 0);
    for place in 400..410 {
        send(&format!("x-{place}"), place, "autumn").await;
    }
    let dry = command(&gateway, &["cancel", "acme", "--campaign", "autumn", "--dry-run"]).await;
    assert_eq!(dry.out, "10 messages are queued or in doubt; nothing was cancelled\n", "{}", dry.err);
    let done = command(&gateway, &["cancel", "acme", "--campaign", "autumn"]).await;
    assert_eq!(done.out, "10 messages were cancelled; the platform is told that they failed\n", "{}", done.err);
    until("the platform is told", || (400..410).all(|place| World::words(brand, &format!("x-{place}")) == ["failed"]))
        .await;
    assert!(nothing_went());
    let still = command(&gateway, &["resume", "acme", "--campaign", "spring"]).await;
    assert_eq!(still.out, "what was queued goes on\n");
    until("it goes on", || (0..300).all(|place| World::is_read(brand, &format!("s-{place}")))).await;
    let (_, held) = asked(&world, &gateway, "/api/held").await;
    assert_eq!((held["paused"].as_array().unwrap().len(), &held["paused"][0]["campaign"]), (1, &json!("autumn")));
    assert_eq!(command(&gateway, &["resume", "acme"]).await.out, "what was queued goes on\n");
    let both =
        command(&gateway, &["pause", "acme", "--sender", "6531290044", "--campaign", "x", "--reason", "r"]).await;
    assert_eq!(both.code, 2, "{}", both.err);
    let both = json!({ "tenant": "acme", "sender": "6531290044", "campaign": "x", "reason": "r" });
    assert_eq!(told(&world, &gateway, "/api/pause", &both).await.0, 400);
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_is_under_way_stops_in_the_middle() {
    let world = World::new(vec![acme().rate("3/s")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    for place in 0..45 {
        let path = format!("{CAMPAIGN}spring");
        let order = order(brand, &format!("s-{place}"), &person(brand, place));
        assert_eq!(world.send_as(&brand.file.credentials(), &path, &order).await.status, 200);
    }
    let gone = || (0..45).filter(|place| !world.taken(&person(brand, *place)).is_empty()).count();
    until("it has begun", || gone() > 0).await;
    assert_eq!(command(&gateway, &["pause", "acme", "--campaign", "spring", "--reason", "a look"]).await.code, 0);
    // What was under way ends; then nothing more goes.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let then = gone();
    assert!(then < 45, "the pause came too late for the test to tell");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(gone(), then);
    assert_eq!(command(&gateway, &["resume", "acme", "--campaign", "spring"]).await.code, 0);
    until("it goes on to its end", || gone() == 45).await;
    world.quiet(&gateway).await;
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}
