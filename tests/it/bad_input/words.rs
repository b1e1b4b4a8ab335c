//! Bodies that are wrong in one thing each: who sent them is told what, in full, and nothing of them stays.

use serde_json::{Value, json};

use super::{acme, bandra, post};
use crate::world::{Brand, World, order, person, provider, until};

/// A good order of the brand, with one thing changed: `at` as a JSON pointer, and what stands there, or nothing.
fn changed(brand: &Brand, at: &str, put: Option<Value>) -> String {
    let mut body = order(brand, "bad", &person(brand, 1));
    let (parent, member) = at.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match put {
        Some(value) => drop(parent.insert(member.to_owned(), value)),
        None => drop(parent.remove(member).unwrap()),
    }
    body.to_string()
}

/// Posts each body and compares the whole answers; says all differences at once.
async fn check(world: &World, brand: &Brand, cases: Vec<(&str, String, u16, Value)>) {
    let mut wrong = Vec::new();
    for (what, body, http, expected) in cases {
        let answer = post(world, brand, body).await;
        if (answer.status, &answer.body) != (http, &expected) {
            wrong.push(format!("{what}: {} {}, expected {http} {expected}", answer.status, answer.body));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moengage_is_told_what_is_wrong() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let with = |at: &str, value: Value| changed(brand, at, Some(value));
    let without = |at: &str| changed(brand, at, None);
    let told = |code: &str, message: &str| json!({"status": "failure", "error": {"code": code, "message": message}});
    let header = |kind: &str| json!([{"type": "header", "parameters": [{"type": kind, kind: {}}]}]);
    let cases = vec![
        (
            "no JSON",
            "{\"msg_id\": ".to_owned(),
            400,
            told("4000", "not JSON: EOF while parsing a value at line 1, column 11"),
        ),
        ("nothing", String::new(), 400, told("4000", "not JSON: EOF while parsing a value at line 1, column 0")),
        ("an array", "[]".to_owned(), 400, told("4000", "msg_id is required")),
        (
            "a member twice",
            "{\"msg_id\": \"a\", \"msg_id\": \"b\"}".to_owned(),
            400,
            told("4000", "not JSON: a key is repeated in one map at line 1, column 30"),
        ),
        ("too deep", "[".repeat(100_000), 400, told("4000", "nested deeper than 64 levels")),
        ("no msg_id", without("/msg_id"), 400, told("4000", "msg_id is required")),
        ("an empty msg_id", with("/msg_id", json!("")), 400, told("4000", "msg_id is required")),
        ("a number as msg_id", with("/msg_id", json!(12)), 400, told("4000", "msg_id: expected a text")),
        (
            "a long msg_id",
            with("/msg_id", "x".repeat(513).into()),
            400,
            told("4000", "msg_id is longer than 512 bytes"),
        ),
        ("no from", without("/from"), 400, told("4000", "from is required")),
        ("no to", without("/to"), 400, told("4000", "to is required")),
        ("null as to", with("/to", json!(null)), 400, told("4000", "to is required")),
        ("no template", without("/template"), 400, told("4000", "template.name is required")),
        ("text as template", with("/template", json!("order_update")), 400, told("4000", "template.name is required")),
        ("no language", without("/template/language"), 400, told("4000", "template.language.code is required")),
        ("a short number", with("/to", json!("12")), 400, told("4000", "Invalid phone number")),
        ("a word as number", with("/to", json!("asha")), 400, told("4000", "Invalid phone number")),
        ("a fraction as number", with("/to", json!(6.5)), 400, told("4000", "Invalid phone number")),
        ("an object as number", with("/to", json!({})), 400, told("4000", "to is required")),
        (
            "a number of nobody",
            with("/from", json!("6500000000")),
            400,
            told("4000", "The sender does not belong to this account"),
        ),
        ("an unknown template", with("/template/name", json!("nonesuch")), 400, told("01", "TEMPLATE NOT FOUND")),
        (
            "an unknown component",
            with("/template/components", json!([{"type": "footnote"}])),
            400,
            told(
                "4000",
                "component.type is `footnote`, and none of header, location, carousel, body, button, limited_time_offer",
            ),
        ),
        (
            "an unknown header",
            with("/template/components", header("hologram")),
            400,
            told("4000", "parameter.type is `hologram`, and none of text, image, video, location, document"),
        ),
        (
            "text as component",
            with("/template/components", json!(["body"])),
            400,
            told(
                "4000",
                "component.type is nothing, and none of header, location, carousel, body, button, limited_time_offer",
            ),
        ),
        ("a large body", with("/filler", "x".repeat(256 * 1024).into()), 413, told("4000", "Message length exceeded")),
    ];
    check(&world, brand, cases).await;
    nothing_happened(&world, &gateway, brand).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_is_told_what_is_wrong() {
    let world = World::new(vec![bandra()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let with = |at: &str, value: Value| changed(brand, at, Some(value));
    let without = |at: &str| changed(brand, at, None);
    let told =
        |code: u16, message: &str| json!({"status": "whatsapp_rejected", "statusCode": code, "message": message});
    let version = json!({"status": "whatsapp_rejected", "statusCode": 2010, "message": "Version not supported",
        "supportedVersion": "1.0"});
    let (data, template) = ("/whatsAppData", "/whatsAppData/templateData");
    let data = |member: &str| format!("{data}/{member}");
    let template = |member: &str| format!("{template}/{member}");
    let id = "/metadata/messageId";
    let cases = vec![
        (
            "no JSON",
            "{\"version\": ".to_owned(),
            400,
            told(2019, "not JSON: EOF while parsing a value at line 1, column 12"),
        ),
        ("nothing", String::new(), 400, told(2019, "not JSON: EOF while parsing a value at line 1, column 0")),
        ("an array", "[]".to_owned(), 400, version.clone()),
        (
            "a member twice",
            "{\"version\": \"1.0\", \"version\": \"1.0\"}".to_owned(),
            400,
            told(2019, "not JSON: a key is repeated in one map at line 1, column 36"),
        ),
        ("large", "{\"a\":".repeat(100_000), 413, told(2007, "the body is longer than 262144 bytes")),
        ("no version", without("/version"), 400, version.clone()),
        ("another version", with("/version", json!("2.0")), 400, version.clone()),
        ("a number as version", with("/version", json!(1.0)), 400, version),
        ("no messageId", without(id), 400, told(2019, "metadata.messageId is required")),
        (
            "a long messageId",
            with(id, "x".repeat(501).into()),
            400,
            told(2019, "metadata.messageId is longer than 500 characters"),
        ),
        ("a number as messageId", with(id, json!(7)), 400, told(2019, "metadata.messageId: expected a text")),
        ("no data", without("/whatsAppData"), 400, told(2003, "Invalid mobile number")),
        ("a short number", with(&data("toNumber"), json!("12")), 400, told(2003, "Invalid mobile number")),
        ("a fraction as number", with(&data("toNumber"), json!(9.5)), 400, told(2003, "Invalid mobile number")),
        (
            "a number of nobody",
            with(&data("fromNumber"), json!("14155550199")),
            400,
            told(2004, "Invalid business number"),
        ),
        ("no template", without(&data("templateData")), 400, told(2021, "Template missing")),
        ("an empty name", with(&template("templateName"), json!("")), 400, told(2021, "Template missing")),
        (
            "an unknown template",
            with(&template("templateName"), json!("nonesuch")),
            400,
            told(2021, "Template missing: nonesuch in en"),
        ),
        (
            "an unknown type",
            with(&template("type"), json!("HOLOGRAM")),
            400,
            told(
                2019,
                "whatsAppData.templateData.type is `HOLOGRAM`, and none of TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION, CAROUSEL",
            ),
        ),
        ("an image without", with(&template("type"), json!("IMAGE")), 400, told(2022, "mediaUrl is required")),
        (
            "a carousel without",
            with(&template("type"), json!("CAROUSEL")),
            400,
            told(2022, "A carousel has 2 to 10 cards"),
        ),
        (
            "a place without",
            with(&template("type"), json!("LOCATION")),
            400,
            told(2019, "whatsAppData.templateData.latitude"),
        ),
        (
            "text as variables",
            with(&template("templateVariables"), json!("Asha")),
            400,
            told(2022, "Template needs 3 variables, 0 were given"),
        ),
    ];
    check(&world, brand, cases).await;
    nothing_happened(&world, &gateway, brand).await;
    gateway.stop().await;
}

/// Nothing of what was refused is stored, sent or reported; and the next good message passes.
async fn nothing_happened(world: &World, gateway: &switchboard::app::Gateway, brand: &Brand) {
    assert!(world.stored(gateway, brand, "bad").await.is_none());
    assert_eq!(gateway.flow.store.ledger(&brand.file.tenant()).await.unwrap().accepted, 0);
    assert_eq!(world.send(brand, &order(brand, "good", &person(brand, 1))).await.status, 200);
    until("the good one is read", || World::is_read(brand, "good")).await;
    assert_eq!(world.provider.journal().summary().accepted, 1);
    assert!(World::words(brand, "bad").is_empty());
    assert!(gateway.flow.store.dead_letters(None, 10).await.unwrap().is_empty());
    world.check_contracts();
}
