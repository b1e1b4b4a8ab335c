//! The description of the admin API against the program's routes, and against a running gateway: by examples of its own, and by
//! schemathesis, which makes up questions, good and bad, from the document alone.
//!
//! It is installed here from PyPI. A machine without Python gets it from its packages, or the tests fail: they never pass unrun.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::operate::ROUTES;

use crate::world::{ADMIN_TOKEN, Kit, TenantFile, World, order, person, provider, text_from, until};

static INSTALLED: OnceLock<std::path::PathBuf> = OnceLock::new();

static SCHEMATHESIS: Kit = Kit {
    name: "openapi",
    folder: "tests/openapi",
    files: &["requirements.txt", "ask.py"],
    needs: &[("python3", &["python3", "python3-venv"])],
    install: &[
        &["python3", "-m", "venv", "--clear", "made"],
        &[
            "made/bin/python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            "requirements.txt",
        ],
    ],
    run: &["made/bin/python", "ask.py"],
    installed: &INSTALLED,
};

const TEXT: &str = include_str!("../../../docs/openapi.yaml");

fn document() -> Value {
    serde_yaml::from_str(TEXT).unwrap()
}

/// Every operation: path, method, and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, said)| (path.clone(), method.to_uppercase(), said.clone()))
    });
    each.collect()
}

#[test]
fn every_route_is_described_and_there_is_no_other() {
    let document = document();
    let described: BTreeMap<(String, String), Value> =
        operations(&document).into_iter().map(|(path, method, said)| ((path, method), said)).collect();
    let routes: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.path.to_owned(), route.method.to_owned())).collect();
    assert_eq!(described.keys().cloned().collect::<BTreeSet<_>>(), routes);
    assert!(routes.len() > 25 && routes.len() == ROUTES.len());
    for route in ROUTES {
        let said = &described[&(route.path.to_owned(), route.method.to_owned())];
        let role = said["x-role"].as_str().unwrap();
        match route.role {
            Some(known) => assert_eq!(role, known.as_str(), "{}", route.path),
            None => assert!(matches!(role, "operate" | "every"), "{}", route.path),
        }
        assert_eq!(said["requestBody"].is_object(), route.method == "POST", "{}", route.path);
    }
}

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

/// A gateway of which there is something to be told.
async fn busy() -> (World, Gateway, String) {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    let campaign = "/webhooks/message-dispatcher?campaign_id=wk45";
    assert_eq!(world.send_as(&brand.file.credentials(), campaign, &order(brand, "one", &to)).await.status, 200);
    until("it is read", || World::is_read(brand, "one")).await;
    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "Stop.")).await;
    let broken = json!({ "channel": "whatsapp", "message_uuid": "of-nobody", "to": to, "from": "6531290044", "timestamp": "x", "status": "read" });
    assert_eq!(world.webhook("/webhooks/vonage/status", &broken).await.status, 200);
    world.quiet(&gateway).await;
    (world, gateway, to)
}

/// Asks one operation; its answer as far as it is JSON.
async fn ask(world: &World, gateway: &Gateway, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("http://{}{path}", gateway.admin_address().unwrap());
    let request = match (method, body) {
        ("POST", Some(body)) => {
            world.client.post(url).header("content-type", "application/json").body(body.to_string())
        }
        _ => world.client.get(url),
    };
    let answer = request.bearer_auth(ADMIN_TOKEN).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// The examples that parameters of a query have.
fn query(said: &Value) -> String {
    let mut query = String::new();
    for parameter in said["parameters"].as_array().into_iter().flatten() {
        if let (Some(name), Some(example), true) =
            (parameter["name"].as_str(), parameter["example"].as_str(), parameter["in"] == "query")
        {
            let sign = if query.is_empty() { '?' } else { '&' };
            query += &format!("{sign}{name}={example}");
        }
    }
    query
}

/// A schema with those that it names.
fn whole(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_answers_is_what_the_document_says() {
    let (world, gateway, to) = busy().await;
    let document = document();
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, method, said) in operations(&document) {
        let good = &said["responses"]["200"]["content"]["application/json"]["schema"];
        let asked = &said["requestBody"]["content"]["application/json"];
        let mut body = (!asked["example"].is_null()).then(|| asked["example"].clone());
        if let Some(body) = &body {
            assert!(whole(&document, &asked["schema"]).is_valid(body), "{path}: the example is none of its schema");
        }
        match (path.as_str(), &mut body) {
            // The example's number is nobody's here; the others' questions change nothing that is asked for later.
            ("/api/trace", Some(body)) => body["id"] = json!("one"),
            ("/api/suppressions/show", Some(body)) => body["number"] = json!(to),
            ("/api/forget" | "/api/openapi.yaml", _) => continue,
            _ => {}
        }
        let asked = format!("{}{}", path.replace("{id}", "1"), query(&said));
        let (status, answer) = ask(&world, &gateway, &method, &asked, body.as_ref()).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        wrong.extend(whole(&document, good).iter_errors(&answer).map(|problem| format!("{path}: {problem}")));
        let (status, answer) =
            ask(&world, &gateway, &method, &format!("{}?x=1", path.replace("{id}", "1")), Some(&json!({ "x": 1 })))
                .await;
        assert_eq!(status, 400, "{method} {path}: a member that there is not");
        let fault = whole(&document, &json!({ "$ref": "#/components/schemas/error" }));
        wrong.extend(fault.iter_errors(&answer).map(|problem| format!("{path}: {problem}")));
        seen += 1;
    }
    assert!(seen > 24, "{seen}");
    assert_eq!(wrong, Vec::<String>::new());
    let url = format!("http://{}/api/openapi.yaml", gateway.admin_address().unwrap());
    let served = world.client.get(&url).bearer_auth(ADMIN_TOKEN).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/yaml");
    assert_eq!(served.text().await.unwrap(), TEXT);
    assert_eq!(world.client.get(&url).send().await.unwrap().status().as_u16(), 401);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_schemathesis_makes_up_is_answered_as_the_document_says() {
    let (world, gateway, _) = busy().await;
    let file = world.folder().join("openapi.yaml");
    std::fs::write(&file, TEXT).unwrap();
    let url = format!("http://{}", gateway.admin_address().unwrap());
    let good = json!({ "document": file, "url": url, "token": ADMIN_TOKEN, "examples": 15 });
    // Shown to look: a document that promises a member that no answer has.
    let wrong = world.folder().join("wrong.yaml");
    std::fs::write(&wrong, TEXT.replace("required: [tokens]", "required: [tokens, none]")).unwrap();
    let bad = json!({ "document": wrong, "url": url, "token": ADMIN_TOKEN, "examples": 1 });
    let done = tokio::task::spawn_blocking(move || SCHEMATHESIS.ask(vec![good, bad])).await.unwrap();
    assert_eq!(done[0]["code"], 0, "{}", done[0]["said"].as_str().unwrap());
    let said = done[1]["said"].as_str().unwrap();
    assert!(done[1]["code"] == 1 && said.contains("\"none\" is a required property"), "{said}");
    assert_eq!(
        ask(&world, &gateway, "GET", "/api/ledger?recount=now", None).await.1["recount"]["differences"],
        json!([])
    );
    gateway.stop().await;
}
