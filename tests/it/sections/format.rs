//! Every answer in the format of its party: yes, no, and to webhooks.

use super::cases;

const FORM: &str = r#"
dsl: 1
provider: slip
auth: { in: [ { query: { name: key, value: $.credentials.key } } ] }
refused: { http: 403, encode: form, body: { error: $.error.reason, text: ["a b", "c&d"] } }
status:
  route: { method: POST, path: /slip, decode: form }
  event: { provider_id: $.body.MessageSid, status: $.body.state | table(states), at: $.now }
  answer: { encode: xml, body: { Response: { Message: [ $.body.MessageSid, "a<b" ] } } }
inbound:
  route: { method: POST, path: /slip/in, decode: xml }
  tenant: { number: $.body.message.to }
  event: { id: $.body.message.id, from: $.body.message.from, to: $.body.message.to, at: $.now, content: { kind: text, text: $.body.message.text } }
  answer: { encode: text, body: OK }
tables: { states: { rows: { delivered: delivered }, else: $omit } }
given: { numbers: [ "14155550100" ], credentials: { key: k } }
cases:
  - case: a form webhook is answered in XML
    request: { path: /slip, body: { MessageSid: "SM&1", state: delivered } }
    expect:
      event: { provider_id: "SM&1", status: delivered }
      answer: { http: 200, headers: { content-type: application/xml }, body: { Response: { Message: [ "SM&1", "a<b" ] } } }
  - case: an XML webhook is answered in plain text
    request: { path: /slip/in, body: "<message><id>1</id><from>442079460001</from><to>14155550100</to><text>a &amp; b</text></message>" }
    expect:
      inbound: { content: { text: "a & b" } }
      answer: { headers: { content-type: "text/plain; charset=utf-8" }, body: OK }
  - case: no is said as a form
    request: { path: /slip, signed: wrong, body: { MessageSid: SM1, state: delivered } }
    expect: { answer: { http: 403, headers: { content-type: application/x-www-form-urlencoded }, body: { error: unauthenticated, text: [ "a b", "c&d" ] } } }
"#;

#[test]
fn forms_and_xml_are_answered_as_their_party_reads_them() {
    cases("slip.yaml", FORM);
}

#[test]
fn what_was_written_to_nobodys_number_is_not_taken_in_where_no_rule_says_whose_it_is() {
    let without = FORM.replace("  tenant: { number: $.body.message.to }\n", "");
    let nobodys = r#"
  - case: a number of nobody's
    request: { path: /slip/in, body: "<message><id>1</id><from>442079460001</from><to>14155550199</to><text>STOP</text></message>" }
    expect: { inbound: $omit, answer: { body: OK } }
"#;
    cases("slip.yaml", &format!("{without}{nobodys}"));
}
