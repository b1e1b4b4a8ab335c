//! Alarms by webhook: each change told once to a peer that listens, signed, and again where it was not taken.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use switchboard::app::{Gateway, Options};
use switchboard::config::Own;
use switchboard::diagnostic::Source;
use switchboard::model::Secret;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::acme;
use crate::world::{Scripted, Stub, World, order, person, provider, until, until_async};

const KEY: [u8; 32] = [7; 32];

fn says(url: &str, more: &str) -> String {
    format!("alarms: {{ url: \"{url}/in\", secret: \"${{env:PAGER}}\"{more} }}\n")
}

/// A gateway whose own file says that.
async fn started(world: &World, text: &str) -> Gateway {
    let config = world.folder().join("switchboard.yaml");
    std::fs::write(&config, text).unwrap();
    let own = Own::read(&Source::new("switchboard.yaml", text), &mut Vec::new()).unwrap();
    let mut options = world.options();
    let key = format!("whsec_{}", BASE64_STANDARD.encode(KEY));
    options.secrets.0.insert("PAGER".to_owned(), Secret::new(key));
    let gateway = Gateway::start(Options { config: Some(config), own, ..options }).await.unwrap();
    world.synced(&gateway).await;
    gateway
}

/// What came, each with its id, where its signature is right.
fn told(pager: &Stub) -> Vec<(String, Value)> {
    let asked = pager.asked().into_iter();
    let verified = asked.map(|asked| {
        let header = |name: &str| asked.headers[name].to_str().unwrap().to_owned();
        let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).unwrap();
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(&asked.raw);
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header("webhook-signature"), signature);
        assert_eq!((asked.path.as_str(), &asked.body["data"]["id"]), ("/in", &json!(id)));
        (id, asked.body)
    });
    verified.collect()
}

fn kinds(told: &[(String, Value)]) -> Vec<(&str, &str)> {
    told.iter().map(|(_, body)| (body["type"].as_str().unwrap(), body["data"]["kind"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_is_told_once_when_it_rises_and_once_when_it_is_over() {
    let world = World::new(vec![acme()], provider()).await;
    let pager = Stub::start(vec![Scripted::new(503, json!({})), Scripted::new(204, json!({}))]).await;
    let gateway = started(&world, &says(&pager.url, "")).await;
    // A file that nobody can read, and messages that go on.
    std::fs::write(world.tenant_path("other"), "tenant: other\nplatfrm: moengage\n").unwrap();
    until("it is told, and again", || pager.asked().len() == 2).await;
    world.sent_and_read(&world.brands[0], "one").await;
    std::fs::remove_file(world.tenant_path("other")).unwrap();
    until("its end is told", || pager.asked().len() == 3).await;
    let told = told(&pager);
    let raised = ("alarm.raised", "file_broken");
    assert_eq!(kinds(&told), [raised, raised, ("alarm.cleared", "file_broken")]);
    assert_eq!(told[0], told[1], "what was not taken comes again as it was");
    assert_ne!(told[1].0, told[2].0);
    let (raised, cleared) = (&told[1].1["data"], &told[2].1["data"]);
    assert_eq!((&raised["key"], &raised["since"]), (&cleared["key"], &cleared["since"]));
    assert!(raised["about"].as_str().unwrap().ends_with("other.yaml") && raised["tenant"].is_null(), "{raised}");
    assert!(raised["says"].as_str().unwrap().contains("SB0"), "{raised}");
    let metric = r#"switchboard_alarms_told_total{result="told"}"#;
    until_async("it is counted", async || world.metric(&gateway, metric).await == Some(2.0)).await;
    let lost = r#"switchboard_alarms_told_total{result="lost"}"#;
    assert_eq!(world.metric(&gateway, lost).await, Some(0.0));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_to_tell_and_of_what_is_read_again() {
    let answers = Answers { no_credit: 1.0, ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let pager = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let gateway = started(&world, "log: text\n").await;
    std::fs::write(world.tenant_path("other"), "tenant: other\nplatfrm: moengage\n").unwrap();
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until("it is refused", || world.provider.journal().summary().refused.contains_key(&402)).await;
    assert_eq!(pager.asked().len(), 0, "nobody is named");
    std::fs::write(world.folder().join("switchboard.yaml"), says(&pager.url, ", only: lane_held")).unwrap();
    until("it is told", || !pager.asked().is_empty()).await;
    world.provider.set_answers(Answers::default());
    std::fs::remove_file(world.tenant_path("other")).unwrap();
    until_async("it goes on", async || {
        super::command(&gateway, &["release", "--tenant", "acme"]).await;
        World::is_read(brand, "one")
    })
    .await;
    until("its end is told", || pager.asked().len() == 2).await;
    let told = told(&pager);
    assert_eq!(kinds(&told), [("alarm.raised", "lane_held"), ("alarm.cleared", "lane_held")]);
    let data = &told[0].1["data"];
    assert_eq!((&data["tenant"], &data["number"]), (&json!("acme"), &json!("6531290044")));
    assert_eq!(data["key"], "lane_held/acme/6531290044");
    gateway.stop().await;
}
