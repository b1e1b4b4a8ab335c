//! What a tenant may have done with blank placeholders, and with values for buttons that take none: through `switchboard try`,
//! with a tenant's file that says so. And templates against what is sent: `switchboard check --templates`.

use std::process::Command;

use serde_json::{Value, json};

const TENANT: &str = r#"
tenant: shop
platform: moengage
provider: vonage
numbers: [ { number: "6531290044", waba: "104996122399160" } ]
credentials:
  moengage: { api_key: "${env:A}", api_secret: "${env:B}" }
  vonage: { application_id: "${env:C}", private_key: "${env:D}", api_key: "${env:E}", signature_secret: "${env:F}" }
settings: { report_url: "https://api-01.moengage.com/whatsapp/vonage-v2/dlr" }
"#;

const GIVEN: &str = r#"
templates:
  - id: "1"
    name: offer
    language: en
    status: APPROVED
    components:
      - { type: BODY, text: "Hi {{1}}, it is {{2}}" }
      - { type: BUTTONS, buttons: [ { type: URL, text: Shop, url: "https://shop.example/" } ] }
"#;

/// The legs that a send comes to with that `delivery`.
fn legs(delivery: &str, values: [&str; 2], button: Option<&str>) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(path("tenants")).unwrap();
    std::fs::write(path("tenants/shop.yaml"), format!("{TENANT}delivery: {delivery}\n")).unwrap();
    std::fs::write(path("given.yaml"), GIVEN).unwrap();
    let text = |text: &str| json!({"type": "text", "text": text});
    let mut components = vec![json!({"type": "body", "parameters": values.map(text)})];
    components.extend(
        button.map(|value| json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [text(value)]})),
    );
    let request = json!({
        "msg_id": "one", "from": "6531290044", "to": "6598114720",
        "template": {"name": "offer", "language": {"code": "en"}, "components": components},
    });
    std::fs::write(path("send.json"), request.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(["try", "--json", "--tenants", &path("tenants"), "--request", &path("send.json")]);
    command.args(["--given", &path("given.yaml")]).current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["tenants"][0]["legs"].clone()
}

/// What `try` says of a send whose second placeholder is blank.
fn finding(delivery: &str) -> Value {
    legs(delivery, ["Asha", " "], None)[0]["findings"][0].clone()
}

/// What a send comes to with that `delivery`: the values that the provider is sent, or why nothing is.
fn came(delivery: &str, values: [&str; 2], button: Option<&str>) -> Result<Vec<String>, String> {
    let legs = legs(delivery, values, button);
    let call = &legs[1]["outcome"]["calls"][0]["body"]["custom"]["template"]["components"];
    let Some(sent) = call.as_array() else { return Err(legs[0]["why"].as_str().unwrap().to_owned()) };
    assert_eq!(sent.len(), 1, "a static button takes nothing: {sent:?}");
    let values = sent[0]["parameters"].as_array().unwrap();
    Ok(values.iter().map(|value| value["text"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_blank_placeholder_is_what_the_tenant_says() {
    let blank = ["Asha", " "];
    let sent = |values: [&str; 2]| Ok(values.map(str::to_owned).to_vec());
    assert_eq!(came("{}", blank, None), sent(blank));
    assert_eq!(came("{ empty: pass }", blank, None), sent(blank));
    assert_eq!(came("{ empty: { put: friend } }", blank, None), sent(["Asha", "friend"]));
    let refused = came("{ empty: refuse }", blank, None).unwrap_err();
    assert!(refused.starts_with("template_params") && refused.contains("body: `2` is empty"), "{refused}");
    assert_eq!(came("{ empty: refuse }", ["Asha", "Monday"], None), sent(["Asha", "Monday"]));
    // Who only wants to be warned, or not even that, is not refused.
    for preflight in ["warn", "\"off\""] {
        assert_eq!(came(&format!("{{ empty: refuse, preflight: {preflight} }}"), blank, None), sent(blank));
    }
}

#[test]
fn a_value_for_a_static_button_is_what_the_tenant_says() {
    let (values, sent) = (["Asha", "Monday"], Ok(vec!["Asha".to_owned(), "Monday".to_owned()]));
    assert_eq!(came("{}", values, Some("x")), sent);
    assert_eq!(came("{ static_button: drop }", values, Some("x")), sent);
    let refused = came("{ static_button: refuse }", values, Some("x")).unwrap_err();
    assert!(refused.contains("button 0 is static: 1 value for it"), "{refused}");
    assert_eq!(came("{ static_button: refuse }", values, Some("")), sent, "an empty one gives nothing");
}

/// A folder with the tenant, the provider's listing and requests, and `check` over it: exit code and standard output.
fn checked(delivery: &str, requests: &[(&str, Value)], more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(path("tenants")).unwrap();
    std::fs::write(path("tenants/shop.yaml"), format!("{TENANT}delivery: {delivery}\n")).unwrap();
    let body = json!({"type": "BODY", "text": "Hello {{1}}, {{2}} arrives on {{3}}: {{4}}"});
    let template = |name: &str, body: &Value| json!({"id": "1", "name": name, "language": "en", "status": "APPROVED", "category": "UTILITY", "components": [body]});
    let listed = json!({"templates": [template("delivery_update_v2", &body), template("offer", &json!({"type": "BODY", "text": "Hi"}))]});
    std::fs::write(path("listing.json"), listed.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(["check", "--tenants", &path("tenants"), "--templates", &path("listing.json")]).args(more);
    for (name, request) in requests {
        std::fs::write(path(name), request.to_string()).unwrap();
        command.args(["--send", &path(name)]);
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
}

fn request(name: &str, values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|text| json!({"type": "text", "text": text})).collect();
    let components = json!([{"type": "body", "parameters": values}]);
    json!({
        "msg_id": "one", "from": "6531290044", "to": "6598114720",
        "template": {"name": name, "language": {"code": "en"}, "components": components},
    })
}

/// The line of the mapping on which this stands.
fn line_of(text: &str) -> usize {
    let mapping = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/moengage.yaml")).unwrap();
    1 + mapping.lines().position(|line| line.contains(text)).unwrap()
}

#[test]
fn what_is_sent_is_held_against_a_listing_and_the_line_is_named() {
    let sends = [
        ("good.json", request("delivery_update_v2", &["a", "b", "c", "d"])),
        ("short.json", request("delivery_update_v2", &["a", "b", "c"])),
        ("gone.json", request("sale", &[])),
    ];
    let (code, said) = checked("{}", &sends, &["--no-cases"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("short.json does not fit its template: Template needs 4 variables, 3 were given"), "{said}");
    assert!(said.contains("it is `template.components[0].parameters[3]` for {{4}}"), "{said}");
    assert!(said.contains("gone.json does not fit its template: Template missing: sale in en"), "{said}");
    let name = format!("mappings/moengage.yaml:{}:", line_of("name: $.body.template.name"));
    assert!(said.contains(&name), "{name} in {said}");
    let body = format!("mappings/moengage.yaml:{}:", line_of("body: { $when: \"$.component.parameters[0]?\""));
    assert!(said.contains(&body), "{body} in {said}");
    assert!(!said.contains("good.json"), "{said}");
    assert!(said.contains("templates  ran over 3 sends of shop"), "{said}");
    assert!(said.contains("2 errors"), "{said}");
}

#[test]
fn the_cases_of_the_platform_are_held_against_it_too() {
    // Who only wants to be warned is.
    let (code, said) = checked("{ preflight: warn }", &[], &[]);
    assert_eq!(code, 0, "{said}");
    let found = said.lines().filter(|line| line.starts_with("warning[SB0613]: the case `")).count();
    assert!(found > 0 && said.contains("needs 4 variables, 3 were given"), "{said}");
    assert!(said.contains("cases of templates that are not listed"), "{said}");
    // Who does not want it looked at is told that it was not.
    let (code, said) = checked("{ preflight: \"off\" }", &[], &["--no-cases"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("templates  not run: the tenant's `delivery.preflight` is off"), "{said}");
}

#[test]
fn what_cannot_be_held_against_templates_says_why() {
    let (code, said) = checked("{}", &[("bad.json", json!({"msg_id": "one"}))], &["--no-cases"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("bad.json: missing_field"), "{said}");
    let (code, said) = checked("{}", &[], &["--no-cases", "--tenant", "shopp"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("there is no tenant `shopp`; there are: shop"), "{said}");
    let (code, said) = checked("{}", &[], &["--no-cases", "--templates", "README.md"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the listing cannot be read as `shop` reads it"), "{said}");
}

#[test]
fn try_names_the_line_that_made_what_does_not_fit() {
    let why = came("{}", ["Asha", " "], None);
    assert!(why.is_ok(), "{why:?}");
    let finding = finding("{ empty: refuse }");
    assert_eq!(finding["placeholder"], "2");
    assert_eq!(finding["part"], "template.components[0].parameters[1]");
    assert_eq!(finding["sent"], false);
    let made_by = finding["made_by"].as_str().unwrap();
    let line = line_of("body: { $when: \"$.component.parameters[0]?\"");
    assert!(made_by.starts_with(&format!("mappings/moengage.yaml:{line}:")), "{made_by}");
    assert_eq!(self::finding("{ empty: refuse, preflight: warn }")["sent"], true);
}
