//! How it runs: as a process on a platform that gives it a port, and killed at any moment.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;
use switchboard::store::Store;

use crate::world::{Process, TenantFile, World, order, person, provider, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_as_on_cloud_runtime() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    // Everything by variables, as such a platform passes it; only the port is the platform's own.
    let path = |name: &str| world.folder().join(name).display().to_string();
    let port = world.url("").rsplit(':').next().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.arg("serve").env_clear().envs(world.secrets());
    command.env("SWITCHBOARD_LISTEN", format!("0.0.0.0:{port}")).env("SWITCHBOARD_LOG", "json");
    command.env("SWITCHBOARD_ADMIN_LISTEN", "127.0.0.1:0");
    command.env("SWITCHBOARD_MAPPINGS", path("mappings")).env("SWITCHBOARD_TENANTS", path("tenants"));
    command.env("SWITCHBOARD_STORE", format!("sqlite:{}", path("switchboard.db")));
    let process = Process::begin(command);
    process.listening(&world).await;
    let health = crate::world::Answer::of(world.client.get(world.url("/_/health"))).await;
    assert_eq!((health.status, health.body), (200, json!({"status": "ok"})));
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "first", &person(brand, 1))).await.status, 200);
    assert!(process.terminate().await.success(), "it stops cleanly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_is_durable() {
    let line = "delivery: { in_doubt: { wait: 10s } }";
    let tenants = [TenantFile::moengage("acme", "6531290044"), TenantFile::webengage("bandra", "919845013377")];
    let world = World::new(tenants.map(|tenant| tenant.rate("40/s").line(line)).to_vec(), provider()).await;
    let process = Process::start(&world).await;
    let (acme, bandra) = (&world.brands[0], &world.brands[1]);
    let campaigns = tokio::join!(
        acme.platform.campaign(world.campaign(acme, 100)),
        bandra.platform.campaign(world.campaign(bandra, 100)),
    );
    assert_eq!((campaigns.0.accepted, campaigns.1.accepted), (100, 100));
    let refused = world.send(acme, &json!({"msg_id": "refused", "from": "6531290044", "to": "12"})).await;
    assert_eq!(refused.status, 400);
    process.kill();

    let store = world.store();
    let doubtful = store.interrupted().await.unwrap();
    let doubtful: BTreeSet<String> = doubtful.iter().map(ToString::to_string).collect();
    store.close().await.unwrap();
    drop(store);
    let process = Process::start(&world).await;
    for (brand, campaign) in [(acme, &campaigns.0), (bandra, &campaigns.1)] {
        until("all that was accepted is read", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id)))
            .await;
    }
    let twice: Vec<String> = world.provider.journal().duplicates().into_keys().collect();
    assert!(twice.iter().all(|reference| doubtful.contains(reference)), "{twice:?} of {doubtful:?}");
    let sent = world.provider.journal().summary();
    assert_eq!((sent.references, sent.violations), (200, 0));
    assert_eq!(World::words(acme, "refused"), Vec::<String>::new());
    assert!(process.terminate().await.success());
}
