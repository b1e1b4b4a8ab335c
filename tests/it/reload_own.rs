//! `switchboard.yaml` while the gateway runs: what it says for tenants holds at once, the rest is named and waits.

use serde_json::Value;
use switchboard::app::{Gateway, Options};
use switchboard::config::{Own, PublicUrl};
use switchboard::diagnostic::Source;

use crate::world::{TenantFile, World, order, person, provider, until_async};

const FIRST: &str = "delivery: { expire_after: 5h }\nlog: text\n";

async fn started(world: &World) -> Gateway {
    let config = world.folder().join("switchboard.yaml");
    std::fs::write(&config, FIRST).unwrap();
    let own = Own::read(&Source::new("switchboard.yaml", FIRST), &mut Vec::new()).unwrap();
    Gateway::start(Options { config: Some(config), own, ..world.options() }).await.unwrap()
}

fn write(world: &World, text: &str) {
    std::fs::write(world.folder().join("switchboard.yaml"), text).unwrap();
}

fn hours(gateway: &Gateway) -> u64 {
    gateway.flow.snapshot.load().tenants[0].delivery.expire_after.as_secs() / 3600
}

async fn standing(world: &World, gateway: &Gateway) -> Value {
    let (status, text) = world.asked(gateway, "/readyz").await;
    assert_eq!(status, 200);
    serde_json::from_str::<Value>(&text).unwrap()["configuration"].take()
}

fn codes(standing: &Value) -> Vec<&str> {
    standing["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_own_file_is_read_again() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let gateway = started(&world).await;
    world.synced(&gateway).await;
    let first = standing(&world, &gateway).await;
    assert_eq!((hours(&gateway), codes(&first)), (5, vec![]));

    // What is for tenants holds; what the gateway was started with is named.
    write(&world, "delivery: { expire_after: 7h }\nlog: json\nlisten: 127.0.0.1:1\npublic_url: https://gw.example\n");
    until_async("the new hours hold", async || hours(&gateway) == 7).await;
    until_async("it is told", async || codes(&standing(&world, &gateway).await).len() == 2).await;
    let second = standing(&world, &gateway).await;
    assert_eq!(codes(&second), ["SB0419", "SB0419"]);
    let told = second["problems"].to_string();
    assert!(told.contains("`log` has changed") && told.contains("`listen` has changed"), "{told}");
    assert_ne!(first["version"], second["version"]);
    assert_eq!(gateway.flow.snapshot.load().public_url.as_ref().map(PublicUrl::as_str), Some("https://gw.example"));
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "on", &person(brand, 1))).await.status, 200, "it goes on listening");

    // A slip: what it said goes on.
    for (slip, code) in
        [("delivery: { expire_after: soon }\n", "SB0304"), ("deliver: {}\n", "SB0120"), ("a: [", "SB0101")]
    {
        write(&world, slip);
        until_async(slip, async || codes(&standing(&world, &gateway).await).contains(&code)).await;
        let standing = standing(&world, &gateway).await;
        let served = standing["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code).unwrap();
        assert_eq!((hours(&gateway), &served["served"]), (7, &"last good".into()), "{slip}");
        assert_eq!(world.metric(&gateway, "switchboard_configuration_last_good").await, Some(1.0));
    }
    std::fs::remove_file(world.folder().join("switchboard.yaml")).unwrap();
    until_async("it is gone", async || codes(&standing(&world, &gateway).await) == ["SB0507"]).await;
    assert_eq!(hours(&gateway), 7);
    write(&world, FIRST);
    until_async("all is well", async || hours(&gateway) == 5).await;
    until_async("nothing is told", async || codes(&standing(&world, &gateway).await).is_empty()).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_comes_with_the_gateways_file() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let gateway = started(&world).await;
    let file = world.brands[0].file.text();
    // The provider's half of the tenant's file moves into an account.
    let (before, rest) = file.split_once("  vonage:\n").unwrap();
    let (credentials, settings) = rest.split_once("settings:\n").unwrap();
    let base = settings.lines().find(|line| line.starts_with("  base_url")).unwrap();
    let settings = settings.replace(&format!("{base}\n"), "");
    let tenant = format!("{}settings:\n{settings}", before.replace("provider: vonage", "account: main"));
    let credentials = credentials.replace("    ", "      ");
    let accounts =
        format!("accounts:\n  main:\n    provider: vonage\n    credentials:\n{credentials}    settings:\n    {base}\n");
    std::fs::write(world.tenant_path("acme"), &tenant).unwrap();
    until_async("the account is missed", async || codes(&standing(&world, &gateway).await) == ["SB0417"]).await;
    write(&world, &format!("{FIRST}{accounts}"));
    until_async("the account is there", async || codes(&standing(&world, &gateway).await).is_empty()).await;
    assert_eq!(gateway.flow.snapshot.load().tenants[0].account(), "vonage/account main");
    world.synced(&gateway).await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "by", &person(brand, 2))).await.status, 200);
    crate::world::until("it is read", || World::is_read(brand, "by")).await;
    world.check_contracts();
    gateway.stop().await;
}
