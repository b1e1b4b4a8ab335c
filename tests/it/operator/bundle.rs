//! A message's support bundle: every field of the vendor's form, which line made what, and nothing of a person or a secret.

use serde_json::{Value, json};
use switchboard::sim::stage::ACCOUNT;

use super::{acme, command, told};
use crate::world::{World, provider};

/// What the guide's form asks for, § 5 of it.
const FIELDS: [&str; 9] = [
    "Your email address",
    "Subject",
    "Description",
    "API Key",
    "Message ID",
    "Channel Used",
    "WABA Number",
    "Campaign Name",
    "Attachments",
];

fn field<'b>(bundle: &'b Value, name: &str) -> &'b str {
    let fields = bundle["support"][0]["fields"].as_array().unwrap();
    let found = fields.iter().find(|field| field["field"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {bundle}"))["value"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_the_form_is_filled_and_nobody_is_in_it() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "one").await;
    world.quiet(&gateway).await;
    let taken = world.taken(&to).remove(0);

    let asked = ["trace", "one", "--bundle", "--contact", "ops@acme.example", "--campaign", "Diwali"];
    let bundle = command(&gateway, &[&asked[..], &["--json"]].concat()).await.json();
    let labels: Vec<&str> = bundle["support"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(labels, FIELDS);
    assert!(bundle["support"][0]["at"].as_str().unwrap().contains("api.support.vonage.com"), "{bundle}");
    assert_eq!(field(&bundle, "Your email address"), "ops@acme.example");
    assert!(field(&bundle, "Subject").starts_with("submitted; 1 attempts; the provider says read"), "{bundle}");
    assert!(field(&bundle, "Description").contains("report  report posted · HTTP 200"), "{bundle}");
    assert_eq!(field(&bundle, "API Key"), ACCOUNT.0);
    assert_eq!(field(&bundle, "Message ID"), taken.message_uuid);
    assert_eq!((field(&bundle, "Channel Used"), field(&bundle, "WABA Number")), ("WhatsApp", "6531290044"));
    assert!(field(&bundle, "Campaign Name").starts_with("Diwali, 20"), "{bundle}");
    assert_eq!(bundle["messages"].as_array().unwrap().len(), 1);

    // Each field of the call names the line that made it.
    let (call, origins) = (&bundle["call"], bundle["origins"].as_array().unwrap());
    assert!(call["method"] == "POST" && call["body"]["channel"].is_string(), "{call}");
    assert!(call["url"].as_str().unwrap().ends_with("/v1/messages"), "{call}");
    for member in ["to", "from", "channel", "client_ref", "message_type"] {
        let origin = origins.iter().find(|origin| origin["field"] == format!("body.{member}"));
        let place = origin.unwrap_or_else(|| panic!("{member}: {origins:?}"))["line"].as_str().unwrap();
        let mut parts = place.rsplitn(3, ':');
        let (_, line, file) = (parts.next(), parts.next().unwrap(), parts.next().unwrap());
        let text = std::fs::read_to_string(world.mapping_path("vonage.yaml")).unwrap();
        let line = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
        // `message_type` is chosen by the kind of message, some lines below its name.
        let named = line.contains(&format!("{member}:")) || member == "message_type" && line.contains("custom");
        assert!(file.ends_with("vonage.yaml") && named, "{member}: {place}: {line}");
    }
    // And so does each field of the message, as far as the platform's mapping tells; its answer, too.
    let request = &bundle["request"];
    assert!(request["why"].as_str().unwrap().contains("moengage.yaml, as it was then"), "{request}");
    let text = std::fs::read_to_string(world.mapping_path("moengage.yaml")).unwrap();
    for (of, field, written) in [
        ("message", "id", "$.body.msg_id"),
        ("message", "to", "$.body.to | phone"),
        ("message", "template.name", "$.body.template.name"),
        ("answer", "body.status", "success"),
    ] {
        let rows = request[of].as_array().unwrap();
        let row = rows.iter().find(|row| row["field"] == field).unwrap_or_else(|| panic!("{field}: {rows:?}"));
        let line: usize = row["line"].as_str().unwrap().rsplit(':').nth(1).unwrap().parse().unwrap();
        assert_eq!(row["written"], written, "{row}");
        assert!(text.lines().nth(line - 1).unwrap().contains(written), "{row}");
    }
    let ours = request["message"].as_array().unwrap().iter().find(|row| row["field"] == "ref").unwrap();
    assert_eq!(ours["line"], "the gateway");
    assert!(bundle["versions"]["provider"].as_str().unwrap().starts_with("vonage@"), "{bundle}");

    let page = command(&gateway, &asked).await.out;
    assert!(page.contains("## How the platform's mapping read it") && page.contains("$.body.msg_id"), "{page}");
    for label in FIELDS {
        assert!(page.contains(&format!("| {label} |")) || page.contains(&format!("\n{label}:\n")), "{label}: {page}");
    }
    let ours = bundle["messages"][0]["id"].as_str().unwrap();
    for text in [bundle.to_string(), page] {
        for other in [to.as_str(), "Asha", &brand.file.value("SECRET"), ACCOUNT.1] {
            assert!(!text.contains(other), "{other}: {text}");
        }
    }

    // By its mapping of now, without what is not known.
    let (status, bare) = told(&world, &gateway, "/api/trace", &json!({ "id": "one", "bundle": {} })).await;
    assert_eq!((status, field(&bare, "Your email address")), (200, "(enter yours)"));
    let wrong = told(&world, &gateway, "/api/trace", &json!({ "id": "one", "bundle": { "phone": "1" } })).await;
    assert_eq!((wrong.0, &wrong.1["error"]["code"]), (400, &json!("bad_request")));
    assert_eq!(command(&gateway, &["trace", "one", "--contact", "x"]).await.code, 2);

    // Of somebody who was forgotten there is nothing to make a call from.
    assert_eq!(command(&gateway, &["forget", &to]).await.code, 0);
    let (status, gone) = told(&world, &gateway, "/api/trace", &json!({ "id": ours, "bundle": {} })).await;
    assert_eq!((status, &gone["call"], &gone["origins"]), (200, &Value::Null, &json!([])), "{gone}");
    let nothing = json!({ "why": "its recipient was forgotten", "message": [], "answer": [] });
    assert_eq!(gone["request"], nothing, "{gone}");
    gateway.stop().await;
}
