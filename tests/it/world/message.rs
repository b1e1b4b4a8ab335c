//! Messages as platforms send them and webhooks as the provider posts them, for tests that need one of their own.

use serde_json::{Value, json};
use switchboard::sim::platform::Kind;

use super::Brand;

/// The first person a platform's campaigns write to; logs are searched for numbers of these forms.
pub(super) const fn first_person(kind: Kind) -> u64 {
    match kind {
        Kind::MoEngage => 6_590_000_000,
        Kind::WebEngage => 919_820_000_000,
    }
}

/// The number of a person whom a brand writes to.
pub(crate) fn person(brand: &Brand, place: u64) -> String {
    (first_person(brand.file.kind) + place).to_string()
}

/// A message about an order: a template with three variables.
pub(crate) fn order(brand: &Brand, id: &str, to: &str) -> Value {
    match brand.file.kind {
        Kind::MoEngage => {
            let values = ["Asha", "PX-7", "6 Nov"].map(|text| json!({"type": "text", "text": text}));
            json!({
                "msg_id": id, "from": brand.file.number, "to": to,
                "template": {
                    "name": "order_update", "language": {"code": "en"},
                    "components": [{"type": "body", "parameters": values}],
                },
            })
        }
        Kind::WebEngage => json!({
            "version": "1.0",
            "whatsAppData": {
                "toNumber": to, "fromNumber": brand.file.number,
                "templateData": {
                    "templateName": "order_update", "language": "en", "type": "TEXT",
                    "templateVariables": ["Asha", "PX-7", "6 Nov"],
                },
                "customData": {"userId": format!("u-{to}")},
            },
            "metadata": {"campaignType": "PROMOTIONAL", "timestamp": "2026-11-04T09:14:06+0000", "messageId": id},
        }),
    }
}

/// The webhook of a text that a person wrote.
pub(crate) fn text_from(from: &str, to: &str, id: &str, text: &str) -> Value {
    json!({
        "channel": "whatsapp", "message_uuid": id, "to": to, "from": from, "timestamp": "2026-11-04T09:21:02.650Z",
        "context_status": "none", "message_type": "text", "text": text,
    })
}

/// The webhook of a quick reply that a person tapped.
pub(crate) fn tapped(from: &str, to: &str, id: &str, payload: &str, label: &str, quotes: &str) -> Value {
    json!({
        "channel": "whatsapp", "message_uuid": id, "to": to, "from": from, "timestamp": "2026-11-04T09:21:02.650Z",
        "context_status": "available", "context": {"message_uuid": quotes, "message_from": to},
        "message_type": "button", "button": {"payload": payload, "text": label},
    })
}

/// A published sample.
pub(crate) fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/samples").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
