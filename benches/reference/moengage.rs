//! A `MoEngage` send to a Vonage send: `WhatsApp`'s own components on both sides.

use serde::{Deserialize, Serialize};

use super::{Send, Text};

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    from: Text<'a>,
    #[serde(borrow)]
    to: Text<'a>,
    #[serde(borrow)]
    template: Template<'a>,
}

#[derive(Deserialize)]
struct Template<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    language: Language<'a>,
    #[serde(borrow, default)]
    components: Vec<Component<'a>>,
}

#[derive(Deserialize)]
struct Language<'a> {
    #[serde(borrow)]
    code: Text<'a>,
}

#[derive(Deserialize, Serialize)]
struct Component<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    sub_type: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    index: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    cards: Vec<Card<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Card<'a> {
    card_index: u32,
    #[serde(borrow)]
    components: Vec<Component<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Parameter<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    payload: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    image: Option<Link<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    video: Option<Link<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Link<'a> {
    #[serde(borrow)]
    link: Text<'a>,
}

/// The provider's body for a platform's request.
pub(crate) fn send(body: &[u8], reference: &str) -> serde_json::Result<Vec<u8>> {
    let Request { from, to, template } = serde_json::from_slice(body)?;
    let Template { name, language: Language { code }, components } = template;
    serde_json::to_vec(&Send::template(to, from, reference, name, code, components))
}
