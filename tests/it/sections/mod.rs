//! Sections that make several messages or events of a request, answer by themselves, or share a route: by their cases,
//! and over HTTP with two tenants of one account.

mod fanout;
mod format;
mod local;

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::cases::{Material, Suite, Verdict};
use switchboard::diagnostic::Source;
use switchboard::value::Timestamp;

use crate::world::{Answer, Scripted, Stub, World, provider};

pub(crate) const BULK: &str = include_str!("bulk.yaml");
pub(crate) const HUB: &str = include_str!("hub.yaml");

/// Runs the cases of a mapping; all must pass.
fn cases(name: &str, text: &str) {
    let (suites, problems) = Suite::pair(&[Source::new(name, text)], &[], &|_| None);
    assert!(problems.is_empty(), "{problems:?}");
    let sample = |_: &str| -> Option<Arc<[u8]>> { None };
    let now = Timestamp::from_millis(1_793_783_646_981);
    for suite in suites {
        let report = suite.run(&Material { sample: &sample, rsa_key_pem: "", now });
        assert!(report.problems.is_empty(), "{}", switchboard::diagnostic::render(&report.problems));
        assert!(!report.outcomes.is_empty(), "{name} has cases");
        for outcome in report.outcomes {
            assert!(matches!(outcome.verdict, Verdict::Passed), "{outcome}");
        }
    }
}

#[test]
fn cases_show_what_sections_do() {
    cases("bulk.yaml", BULK);
    cases("hub.yaml", HUB);
}

/// A gateway between a platform `bulk` and a provider `hub`, for `acme` and `globex`, who share the provider's account,
/// and `other`, who has its own.
struct Between {
    world: World,
    gateway: Gateway,
    provider: Stub,
    platform: Stub,
}

impl Between {
    async fn start(change: impl Fn(&str) -> String) -> Self {
        let world = World::new(Vec::new(), provider()).await;
        let provider = Stub::start(vec![Scripted::new(200, json!({"id": "x"}))]).await;
        let platform = Stub::start(vec![Scripted::new(200, json!({}))]).await;
        std::fs::write(world.mapping_path("bulk.yaml"), change(BULK)).unwrap();
        std::fs::write(world.mapping_path("hub.yaml"), change(HUB)).unwrap();
        for (name, number, hook) in
            [("acme", "14155550100", "shared"), ("globex", "14155550101", "shared"), ("other", "14155550102", "own")]
        {
            let tenant = format!(
                "tenant: {name}\nplatform: bulk\nprovider: hub\nnumbers: [ \"{number}\" ]\ncredentials:\n  bulk: {{ \
                 token: {name}-token }}\n  hub: {{ hook: {hook}, verify: {hook}-verify }}\nsettings:\n  report_url: \
                 {}/report\n  base_url: {}\n",
                platform.url, provider.url,
            );
            std::fs::write(world.tenant_path(name), tenant).unwrap();
        }
        let gateway = world.gateway().await;
        Self { world, gateway, provider, platform }
    }

    async fn send(&self, tenant: &str, body: &Value) -> Answer {
        let request = self.world.client.post(self.world.url("/bulk/a")).bearer_auth(format!("{tenant}-token"));
        Answer::of(request.header("content-type", "application/json").body(body.to_string())).await
    }

    async fn webhook(&self, hook: &str, body: &Value) -> Answer {
        let request = self.world.client.post(self.world.url("/hub")).header("x-hub", hook);
        Answer::of(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Our id of a platform's message.
    async fn reference(&self, tenant: &str, id: &str) -> String {
        let found = self.gateway.flow.store.by_platform_id(&tenant.into(), id).await.unwrap();
        assert_eq!(found.len(), 1, "{tenant} {id}");
        found[0].message.reference.to_string()
    }

    /// What the provider was asked to send, by recipient.
    fn sent(&self) -> Vec<String> {
        let mut sent: Vec<String> =
            self.provider.asked().iter().filter_map(|asked| Some(asked.body["to"].as_str()?.to_owned())).collect();
        sent.sort();
        sent
    }

    /// The words that the platform was told, with the message's id.
    fn told(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut told: Vec<_> =
            self.platform.asked().iter().map(|asked| (text(&asked.body["id"]), text(&asked.body["word"]))).collect();
        told.sort();
        told
    }
}

fn person(number: usize) -> Value {
    json!({"id": format!("p{number}"), "phone": format!("4420794{number:05}"), "name": "Ann"})
}
