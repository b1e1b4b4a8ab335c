//! Secrets in files are rotated while the gateway runs: it looks at the files by itself, two values are good at once, and
//! what the gateway itself proves is proved by the newest one.

use std::path::PathBuf;

use serde_json::json;
use switchboard::sim::platform::Credentials;

use crate::world::{Scripted, Stub, TenantFile, World, order, person, provider, until_async};

/// A file in the world's folder.
fn file(world: &World, name: &str) -> PathBuf {
    world.folder().join(name)
}

/// A secret's file is replaced as a whole, as a volume of a container does it.
fn write(world: &World, name: &str, value: &str) {
    let next = file(world, &format!("{name}.next"));
    std::fs::write(&next, format!("{value}\n")).unwrap();
    std::fs::rename(next, file(world, name)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_in_files_are_rotated_while_the_gateway_runs() {
    let reports = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let mut tenant = TenantFile::webengage("acme", "919845013377");
    tenant.report_url.clone_from(&reports.url);
    let world = World::new(vec![tenant], provider()).await;
    let brand = &world.brands[0];
    let token = brand.file.value("TOKEN");
    for (name, value) in [("key", "first-key"), ("old-key", "first-key"), ("report", token.as_str())] {
        write(&world, name, value);
    }
    let reference = |name: &str| format!("\"${{file:{}}}\"", file(&world, name).display());
    let text = brand.file.text();
    let text = text.replace("\"${env:ACME_KEY}\"", &format!("[ {}, {} ]", reference("key"), reference("old-key")));
    let text = text.replace("\"${env:ACME_TOKEN}\"", &reference("report"));
    std::fs::write(world.tenant_path("acme"), text).unwrap();
    let gateway = world.gateway().await;
    let mut place = 0;
    let mut send = async |key: &str| {
        place += 1;
        let body = order(brand, &format!("m-{place}"), &person(brand, place));
        world.send_as(&Credentials::Bearer(key.to_owned()), brand.file.path(), &body).await.status
    };
    assert_eq!((send("first-key").await, send("second-key").await), (200, 401));

    // Nobody tells the gateway.
    write(&world, "key", "second-key");
    until_async("the new key is taken", async || send("second-key").await == 200).await;
    assert_eq!(send("first-key").await, 200, "both at once");
    write(&world, "old-key", "second-key");
    until_async("the old key is refused", async || send("first-key").await == 401).await;
    assert_eq!(send("second-key").await, 200);

    // One that is being written, or is gone, changes nothing.
    std::fs::write(file(&world, "key"), "").unwrap();
    std::fs::remove_file(file(&world, "old-key")).unwrap();
    until_async("it is told", async || {
        let (_, ready) = world.asked(&gateway, "/readyz").await;
        ready.contains("is empty") && ready.contains("cannot be read") && ready.contains("last good")
    })
    .await;
    assert_eq!((send("second-key").await, send("first-key").await), (200, 401));

    // What the gateway proves itself with is the newest, also for what was taken in before.
    write(&world, "key", "second-key");
    write(&world, "old-key", "second-key");
    write(&world, "report", "second-token");
    let mut reported = 0;
    until_async("a report carries the new token", async || {
        reported += 1;
        let body = order(brand, &format!("r-{reported}"), &person(brand, 500 + reported));
        let sent = world.send_as(&Credentials::Bearer("second-key".to_owned()), brand.file.path(), &body).await;
        sent.status == 200 && carried(&reports, "second-token")
    })
    .await;
    assert!(carried(&reports, &token), "as the first one did");
    gateway.stop().await;
}

/// Whether a call came with that credential.
fn carried(stub: &Stub, secret: &str) -> bool {
    let has = |value: &http::HeaderValue| value.to_str().is_ok_and(|value| value.contains(secret));
    stub.asked().iter().any(|asked| asked.headers.values().any(has))
}
