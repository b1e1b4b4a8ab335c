//! Rules and dashboard: sound to those who read them, and every metric in them is one that a gateway exports, with the labels
//! that they go by.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use regex::Regex;
use serde_json::Value;
use switchboard::app::Pem;
use switchboard::store::DeadLetter;
use switchboard::value::Timestamp;

use super::{file, passes, place, tool, yaml};
use crate::abuse::certificates::Pair;
use crate::world::{ADMIN_TOKEN, TenantFile, World, order, person, provider, sample, until_async};

/// Metrics by name, with the labels that they have.
type Metrics = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_rules_are_sound_and_speak_when_they_should() {
    let promtool = || Command::new(tool("promtool"));
    passes(promtool().args(["check", "config"]).arg(place("prometheus.yml")));
    let said = passes(promtool().args(["check", "rules"]).arg(place("alerts.yml")));
    let rules = yaml(&file("alerts.yml")).remove(0)["groups"][0]["rules"].as_array().unwrap().len();
    assert!(said.contains(&format!("{rules} rules found")), "{said}");
    passes(promtool().args(["test", "rules"]).arg(place("../tests/deploy/alerts.yml")));
}

/// What a gateway exports where there is something of everything.
async fn exported() -> Metrics {
    let mut world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    // The schemas that documents are held against.
    passes(Command::new("cp").arg("-R").arg(place("../mappings/schemas")).arg(world.mapping_path("schemas")));
    let pair = Pair::new();
    let pem = ["cert.pem", "key.pem"].map(|name| world.folder().join(name));
    std::fs::write(&pem[0], pair.certificate_pem()).unwrap();
    std::fs::write(&pem[1], pair.key_pem()).unwrap();
    let [certificate, secret] = pem;
    // A certificate and plain callers do not go together: one gateway has the one, and one the other.
    let tls = switchboard::app::Options { tls: Some(Pem { certificate, key: secret }), ..world.options() };
    let gateway = switchboard::app::Gateway::start(tls).await.unwrap();
    let mut metrics = read(&world.asked(&gateway, "/metrics").await.1);
    gateway.stop().await;

    let gateway = world.gateway().await;
    let letter = |kind: &str, due| DeadLetter {
        id: 0,
        tenant: Some("acme".into()),
        kind: kind.to_owned(),
        name: "report".to_owned(),
        message: None,
        why: "refused".to_owned(),
        content: "{}".into(),
        at: switchboard::app::now(),
        call: None,
        came: None,
        attempts: 0,
        due,
    };
    let later = Some(Timestamp::from_millis(i64::MAX / 2));
    gateway.flow.store.park(vec![letter("report", None), letter("unmatched", later)]).await.unwrap();
    let brand = world.brands.remove(0);
    let to = person(&brand, 1);
    assert_eq!(world.send(&brand, &order(&brand, "m-1", &to)).await.status, 200);
    world.brands.push(brand);
    until_async("it is sent", async || !world.taken(&to).is_empty()).await;
    let mut odd = sample("vonage.status.rejected-1000.json");
    odd["error"]["title"] = "7777".into();
    odd["error"]["type"] = "https://developer.vonage.com/api-errors/messages#7777".into();
    let sent = world.taken(&to).remove(0);
    odd["message_uuid"] = sent.message_uuid.into();
    odd["client_ref"] = sent.client_ref.into();
    (odd["from"], odd["to"]) = (sent.from.into(), sent.to.into());
    assert_eq!(world.webhook("/webhooks/vonage/status", &odd).await.status, 200);
    let count = format!("http://{}/api/ledger?recount=now", gateway.admin_address().unwrap());
    assert_eq!(world.client.get(count).bearer_auth(ADMIN_TOKEN).send().await.unwrap().status(), 200);
    until_async("all of them are there", async || {
        for (name, labels) in read(&world.asked(&gateway, "/metrics").await.1) {
            metrics.entry(name).or_default().extend(labels);
        }
        ["table_misses", "schema_checked", "schema_mismatches", "ledger_recount_difference"]
            .iter()
            .all(|part| metrics.keys().any(|name| name.contains(part)))
    })
    .await;
    gateway.stop().await;
    metrics
}

fn read(text: &str) -> Metrics {
    let label = Regex::new(r#"([a-z_]+)=""#).unwrap();
    let mut metrics = Metrics::new();
    for line in text.lines().filter(|line| line.starts_with("switchboard_")) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let labels = label.captures_iter(rest).map(|found| found[1].to_owned());
        metrics.entry(name.to_owned()).or_default().extend(labels);
    }
    metrics
}

/// Every expression of both files, and where it stands.
fn expressions() -> Vec<(String, String)> {
    let rules = yaml(&file("alerts.yml")).remove(0);
    let rules = rules["groups"][0]["rules"].as_array().unwrap().clone();
    let mut all: Vec<(String, String)> = rules
        .iter()
        .map(|rule| (rule["alert"].as_str().unwrap().to_owned(), rule["expr"].as_str().unwrap().to_owned()))
        .collect();
    let board: Value = serde_json::from_str(&file("grafana.json")).unwrap();
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            all.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    for variable in board["templating"]["list"].as_array().unwrap() {
        let query = variable["query"].as_str().unwrap();
        all.extend(query.contains('(').then(|| ("a variable".to_owned(), query.to_owned())));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_of_rules_and_dashboard_is_exported() {
    let metrics = exported().await;
    let name = Regex::new(r"\bswitchboard_[a-z_]+").unwrap();
    let labels = Regex::new(r"\b(?:by|on) \(([a-z, ]+)\)|([a-z]+)=~?").unwrap();
    // Those of whoever scrapes.
    let theirs = ["instance", "job"];
    let (mut used, all) = (BTreeSet::new(), expressions());
    assert!(all.len() > 40, "{}", all.len());
    for (place, expression) in &all {
        let names: Vec<&str> = name.find_iter(expression).map(|found| found.as_str()).collect();
        assert!(!names.is_empty() || expression.starts_with("up{"), "{place}: {expression}");
        let mut known = BTreeSet::from(theirs);
        for name in &names {
            let has = metrics.get(*name).unwrap_or_else(|| panic!("{place}: no gateway exports {name}: {metrics:?}"));
            known.extend(has.iter().map(String::as_str));
        }
        for found in labels.captures_iter(expression) {
            let list = found.get(1).or(found.get(2)).unwrap().as_str();
            for label in list.split(", ") {
                assert!(known.contains(label), "{place}: {label} is no label of {names:?}");
            }
        }
        used.extend(names);
    }
    // And what is exported is watched, but for what says how the rest is.
    let unwatched: Vec<&String> = metrics.keys().filter(|name| !used.contains(name.as_str())).collect();
    let known = [
        "switchboard_configuration_files",
        "switchboard_configuration_load_duration_seconds",
        "switchboard_configuration_loaded_seconds",
        "switchboard_configuration_loads_total",
        "switchboard_mappings",
        "switchboard_schema_checked_total",
    ];
    assert_eq!(unwatched, known);
}
