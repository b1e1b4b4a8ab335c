//! Changes of the files are in the audit log: whose, which version, since when; without what stands in them.

use serde_json::Value;
use switchboard::app::Gateway;

use super::{acme, command};
use crate::world::{TenantFile, World, provider, until_async};

/// What the files did, oldest first: whose, and what.
async fn lines(gateway: &Gateway, arguments: &[&str]) -> Vec<(String, String)> {
    let said = command(gateway, &[&["audit", "--json", "--who", "the files"], arguments].concat()).await.json();
    let of = |line: &Value| {
        assert_eq!(line["what"], "configuration", "{line}");
        let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        (text("tenant"), text("about"))
    };
    said["audit"].as_array().unwrap().iter().rev().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_files_is_in_the_audit_log() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let first = lines(&gateway, &[]).await;
    assert!(first.len() == 1 && first[0].1.contains("at the start, 2 tenants and 3 mappings"), "{first:?}");

    world.write(&world.brands[0].file.clone().rate("900/s"));
    until_async("the change is noted", async || lines(&gateway, &[]).await.len() == 3).await;
    let all = lines(&gateway, &[]).await;
    assert!(all[1].0 == "acme" && all[1].1.starts_with("tenants/acme.yaml is now "), "{all:?}");
    assert!(all[2].0 == "-" && all[2].1.ends_with(": 1 changed files"), "{all:?}");
    assert_eq!(lines(&gateway, &["--tenant", "acme"]).await.len(), 1);
    assert_eq!(lines(&gateway, &["--tenant", "globex"]).await, []);

    // Nothing has changed, but secrets may have.
    gateway.reload();
    until_async("it is noted", async || lines(&gateway, &[]).await.len() == 4).await;
    assert!(lines(&gateway, &[]).await[3].1.ends_with(": 0 changed files, secrets read again"));
    std::fs::remove_file(world.tenant_path("globex")).unwrap();
    until_async("it is noted", async || lines(&gateway, &["--tenant", "globex"]).await.len() == 1).await;
    gateway.stop().await;

    // As it was left: nothing new. Changed meanwhile: noted.
    let before = {
        let gateway = world.gateway().await;
        let all = lines(&gateway, &[]).await;
        gateway.stop().await;
        all
    };
    world.write(&world.brands[0].file.clone().rate("800/s"));
    let gateway = world.gateway().await;
    let after = lines(&gateway, &[]).await;
    assert_eq!(after.len(), before.len() + 1, "{before:?} {after:?}");
    assert!(after[before.len()].1.contains("at the start"));
    gateway.stop().await;
}
