//! The operator's listener: alive, ready, metrics, and nothing else.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{TenantFile, World, person, provider};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_is_told_how_everything_stands() {
    let tenants = vec![TenantFile::moengage("acme", "6531290044"), TenantFile::moengage("held", "6531290045")];
    let world = World::new(tenants, provider()).await;
    world.write(&world.brands[1].file.clone().line("enabled: false"));
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    world.sent_and_read(brand, "one").await;

    assert_eq!(world.asked(&gateway, "/healthz").await, (200, r#"{"status":"ok"}"#.to_owned()));
    let (status, text) = world.asked(&gateway, "/readyz").await;
    let details: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &details["ready"], &details["store"]["writable"]), (200, &true.into(), &true.into()));
    let version = details["configuration"]["version"].as_str().unwrap().to_owned();
    assert_eq!(version.len(), 12);

    let (status, text) = world.asked(&gateway, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "switchboard_configuration_files{kind=\"tenant\"} 2",
        "switchboard_configuration_files{kind=\"mapping\"} 3",
        "switchboard_configuration_problems{severity=\"error\"} 0",
        "switchboard_configuration_readable 1",
        "switchboard_configuration_loads_total{result=\"applied\"} 1",
        "switchboard_tenants{state=\"enabled\"} 1",
        "switchboard_tenants{state=\"disabled\"} 1",
        "switchboard_mappings{party=\"provider\"} 1",
        "switchboard_messages_accepted_total{tenant=\"acme\"} 1",
        "switchboard_messages{tenant=\"acme\",state=\"submitted\"} 1",
        "switchboard_ledger_difference{tenant=\"acme\"} 0",
        "switchboard_messages_queued{tenant=\"held\"} 0",
        &format!("switchboard_configuration_info{{version=\"{version}\"}} 1"),
        "# TYPE switchboard_ledger_difference gauge",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
    }
    for secret in ["6531290044", "-value-of-", &person(brand, 1)] {
        assert!(!text.contains(secret), "{secret}");
    }

    let (address, post) = (gateway.admin_address().unwrap(), "http://");
    let posted = world.client.post(format!("{post}{address}/metrics")).send().await.unwrap();
    assert_eq!(posted.status().as_u16(), 405);
    for path in ["/none", "/webhooks/send", "/metrics/", "/readyz%00", "//", "/%ff"] {
        assert_eq!(world.asked(&gateway, path).await.0, 404, "{path}");
    }
    assert_eq!(world.client.get(world.url("/metrics")).send().await.unwrap().status().as_u16(), 404, "not in public");
    // A target without a path at all.
    let mut raw = tokio::net::TcpStream::connect(address).await.unwrap();
    raw.write_all(b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    raw.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(world.asked(&gateway, "/healthz").await.0, 200);
    gateway.stop().await;
}
