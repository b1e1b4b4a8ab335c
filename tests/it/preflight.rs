//! What a tenant may have done with blank placeholders, and with values for buttons that take none: through `switchboard try`,
//! with a tenant's file that says so.

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

/// What a send comes to with that `delivery`: the values that the provider is sent, or why nothing is.
fn came(delivery: &str, values: [&str; 2], button: Option<&str>) -> Result<Vec<String>, String> {
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
    let legs = &said["tenants"][0]["legs"];
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
