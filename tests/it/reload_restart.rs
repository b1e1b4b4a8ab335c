//! Files that break, vanish or change while no gateway runs, and what messages from before make of that.

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::sim::provider::ProviderOptions;
use switchboard::store::Store;

use crate::world::{Brand, TenantFile, World, order, person, provider, until, until_async};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

fn other() -> TenantFile {
    TenantFile::webengage("other", "919845013377")
}

/// Nothing of the provider's arrives unless the test says it.
fn silent() -> ProviderOptions {
    ProviderOptions { status_url: Some("http://127.0.0.1:9/".to_owned()), ..provider() }
}

async fn sent(world: &World, brand: &Brand, id: &str, to: &str) {
    assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200, "{id}");
    until(&format!("{id} is sent"), || world.taken(to).len() == 1).await;
}

async fn ready(world: &World, gateway: &Gateway) -> Value {
    let (status, text) = world.asked(gateway, "/readyz").await;
    assert_eq!(status, 200, "a broken file makes nothing unready: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_with_broken_files_serves_their_last_good_texts() {
    let world = World::new(vec![acme(), other()], provider()).await;
    let gateway = world.gateway().await;
    assert_eq!(ready(&world, &gateway).await["configuration"]["problems"], json!([]));
    gateway.stop().await;

    let (mapping, tenant) = (world.mapping_path("moengage.yaml"), world.tenant_path("other"));
    let good = [&mapping, &tenant].map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(&mapping, format!("{}\n  oops: [", good[0])).unwrap();
    std::fs::write(&tenant, "tenant: other\n").unwrap();
    for start in ["first", "second"] {
        let gateway = world.gateway().await;
        for brand in &world.brands {
            let answer = world.send(brand, &order(brand, start, &person(brand, 1))).await;
            assert_eq!(answer.status, 200, "{start}, {}", brand.file.name);
            until("it is read", || World::is_read(brand, start)).await;
        }
        let details = ready(&world, &gateway).await;
        let problems = details["configuration"]["problems"].as_array().unwrap().clone();
        for file in [&mapping, &tenant] {
            let file = json!(file.display().to_string());
            let of_file: Vec<&Value> = problems.iter().filter(|problem| problem["file"] == file).collect();
            assert!(!of_file.is_empty() && of_file.iter().all(|found| found["served"] == "last good"), "{details}");
        }
        assert_eq!(world.metric(&gateway, "switchboard_configuration_last_good").await, Some(2.0));
        assert!(world.metric(&gateway, "switchboard_configuration_problems{severity=\"error\"}").await >= Some(2.0));
        world.check_contracts();
        gateway.stop().await;
    }
    // Mended, nothing is left of it.
    std::fs::write(&mapping, &good[0]).unwrap();
    std::fs::write(&tenant, &good[1]).unwrap();
    let gateway = world.gateway().await;
    assert_eq!(ready(&world, &gateway).await["configuration"]["last_good"], json!([]));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_whose_file_is_gone_at_the_start_is_disabled_until_its_messages_are() {
    let world = World::new(vec![acme(), other()], silent()).await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    let gateway = world.gateway().await;
    sent(&world, brand, "before", &to).await;
    gateway.stop().await;

    std::fs::remove_file(world.tenant_path("acme")).unwrap();
    let gateway = world.gateway().await;
    assert_eq!(world.send(brand, &order(brand, "after", &to)).await.status, 403);
    world.news(&to, "read").await;
    until("what was sent before is told of", || World::is_read(brand, "before")).await;
    assert_eq!(world.metric(&gateway, "switchboard_tenants{state=\"removed\"}").await, Some(1.0));
    gateway.stop().await;

    // Its messages are purged, and with them what is kept of it; another start knows nothing of it any more.
    let store = world.store();
    let far = switchboard::value::Timestamp::from_millis(i64::MAX - 1);
    store.purge(far, 100).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let gateway = world.gateway().await;
    assert_eq!(world.send(brand, &order(brand, "late", &to)).await.status, 401);
    assert_eq!(world.metric(&gateway, "switchboard_tenants{state=\"removed\"}").await, Some(0.0));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_keeps_the_version_it_was_accepted_under() {
    let world = World::new(vec![acme(), other()], silent()).await;
    let brand = &world.brands[0];
    let (first, second) = (person(brand, 1), person(brand, 2));
    let gateway = world.gateway().await;
    sent(&world, brand, "first", &first).await;
    let words = |id: &str| World::words(brand, id);

    let path = world.mapping_path("moengage.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = text.replace("delivered: delivered, read: read", "delivered: read, read: delivered");
    assert_ne!(text, newer);
    std::fs::write(&path, newer).unwrap();
    until_async("the newer mapping is in place", async || {
        world.metric(&gateway, "switchboard_mappings{party=\"platform\"}").await == Some(3.0)
    })
    .await;
    sent(&world, brand, "second", &second).await;
    for to in [&first, &second] {
        world.news(to, "delivered").await;
    }
    until("each is told in its version's word", || {
        words("first").contains(&"delivered".to_owned()) && words("second").contains(&"read".to_owned())
    })
    .await;
    gateway.stop().await;

    let gateway = world.gateway().await;
    for to in [&first, &second] {
        world.news(to, "read").await;
    }
    until("also after a restart", || {
        words("first").last().is_some_and(|word| word == "read")
            && words("second").last().is_some_and(|word| word == "delivered")
    })
    .await;
    // A tenant can go back to what only the store has any more.
    let pinned =
        brand.file.text().replace("moengage\n", &format!("moengage@{}\n", switchboard::config::version(&text)));
    std::fs::write(world.tenant_path("acme"), pinned).unwrap();
    until_async("the tenant is on the earlier version", async || {
        let snapshot = gateway.flow.snapshot.load_full();
        snapshot.tenant("acme").unwrap().platform.version == switchboard::config::version(&text)
    })
    .await;
    let third = person(brand, 3);
    sent(&world, brand, "third", &third).await;
    world.news(&third, "delivered").await;
    until("it is told in the pinned version's word", || words("third").contains(&"delivered".to_owned())).await;
    gateway.stop().await;
}
