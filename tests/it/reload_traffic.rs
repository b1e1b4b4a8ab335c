//! Files that change many times under traffic, and a gateway that is told by signal to read everything again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use switchboard::sim::platform::Credentials;

use crate::world::{Process, TenantFile, World, order, person, provider, until, until_async};

/// How often the configuration is put in place while messages come.
const RELOADS: f64 = 5.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_dropped_while_files_change() {
    let tenants = vec![TenantFile::moengage("acme", "6531290044"), TenantFile::webengage("other", "919845013377")];
    let world = World::new(tenants, provider()).await;
    let gateway = world.gateway().await;
    let loads = async || world.metric(&gateway, "switchboard_configuration_loads_total{result=\"applied\"}").await;
    let (done, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let brand = &world.brands[0];
    let traffic = async || {
        while !done.load(Ordering::Relaxed) {
            // Each to someone else: what one person gets in a minute is bounded.
            let number = sent.fetch_add(1, Ordering::Relaxed);
            let answer = world.send(brand, &order(brand, &format!("m-{number}"), &person(brand, number))).await;
            assert_eq!(answer.status, 200, "message {number}: {:?}", answer.body);
        }
    };
    let changes = async {
        let mapping = world.mapping_path("moengage.yaml");
        let good = std::fs::read_to_string(&mapping).unwrap();
        let mut turn = 0_u32;
        while loads().await < Some(1.0 + RELOADS) {
            turn += 1;
            // The tenant's file, its mapping, a broken one in between, and another tenant that comes and goes.
            world.write(&brand.file.clone().line(&format!("# turn {turn}")));
            let broken = if turn.is_multiple_of(3) { "\n  oops: [" } else { "" };
            std::fs::write(&mapping, format!("{good}# turn {turn}{broken}\n")).unwrap();
            let _gone = std::fs::remove_file(world.tenant_path("other"));
            if turn.is_multiple_of(2) {
                world.write(&world.brands[1].file);
            }
            let before = loads().await;
            until_async("the change is in place", async || loads().await > before).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(changes, traffic(), traffic(), traffic(), traffic());
    let sent = sent.into_inner();
    assert!(sent > 20, "only {sent} messages were sent meanwhile");
    world.quiet(&gateway).await;
    let summary = world.provider.journal().summary();
    assert_eq!((summary.references, summary.duplicated), (sent, 0), "each is sent once");
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_reads_the_secrets_again() {
    let world = World::new(vec![TenantFile::webengage("acme", "919845013377")], provider()).await;
    let brand = &world.brands[0];
    let secret = world.folder().join("key");
    std::fs::write(&secret, "an-old-key\n").unwrap();
    let text = brand.file.text().replace("${env:ACME_KEY}", &format!("${{file:{}}}", secret.display()));
    assert_ne!(text, brand.file.text());
    std::fs::write(world.tenant_path("acme"), text).unwrap();
    let process = Process::start(&world).await;
    let status = async |key: &str, id: &str| {
        let body = order(brand, id, &person(brand, 1));
        world.send_as(&Credentials::Bearer(key.to_owned()), brand.file.path(), &body).await.status
    };
    assert_eq!((status("an-old-key", "1").await, status("a-new-key", "2").await), (200, 401));
    std::fs::write(&secret, "a-new-key\n").unwrap();
    process.hang_up();
    until_async("the new key counts", async || status("a-new-key", "3").await == 200).await;
    assert_eq!(status("an-old-key", "4").await, 401);
    process.logged("it was reloaded", |line| line["message"] == "configuration reloaded").await;
    until("what was taken is read", || World::is_read(brand, "1") && World::is_read(brand, "3")).await;
    assert!(process.terminate().await.success());
    assert_eq!(json!(world.provider.journal().summary().duplicated), json!(0));
}
