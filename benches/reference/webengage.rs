//! A `WebEngage` send to a Vonage send.

use serde::{Deserialize, Serialize};

use super::{Send, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    whats_app_data: Data<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    to_number: Text<'a>,
    #[serde(borrow)]
    from_number: Text<'a>,
    #[serde(borrow)]
    template_data: Template<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template<'a> {
    #[serde(borrow)]
    template_name: Text<'a>,
    #[serde(borrow)]
    language: Text<'a>,
    #[serde(borrow, default)]
    template_variables: Vec<Text<'a>>,
    #[serde(default, rename = "type")]
    kind: Kind,
    #[serde(borrow, default)]
    media_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    button_url_param: Option<Text<'a>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    #[default]
    Text,
    Image,
    Video,
    Document,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_type: Option<&'static str>,
    parameters: Vec<Parameter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Parameter<'a> {
    Text { text: Text<'a> },
    Image { image: Link<'a> },
    Video { video: Link<'a> },
    Document { document: Link<'a> },
}

#[derive(Serialize)]
struct Link<'a> {
    link: Text<'a>,
}

/// The provider's body for a platform's request.
pub(crate) fn send(body: &[u8], reference: &str) -> serde_json::Result<Vec<u8>> {
    let Request { whats_app_data: Data { to_number, from_number, template_data } } = serde_json::from_slice(body)?;
    let mut components = Vec::with_capacity(3);
    if let Some(parameter) = template_data.media_url.and_then(|link| media(template_data.kind, Link { link })) {
        components.push(Component { kind: "header", sub_type: None, parameters: vec![parameter], index: None });
    }
    let variables = template_data.template_variables.into_iter().map(|text| Parameter::Text { text });
    components.push(Component { kind: "body", sub_type: None, parameters: variables.collect(), index: None });
    if let Some(text) = template_data.button_url_param {
        let parameters = vec![Parameter::Text { text }];
        components.push(Component { kind: "button", sub_type: Some("url"), parameters, index: Some("0") });
    }
    let Template { template_name, language, .. } = template_data;
    serde_json::to_vec(&Send::template(to_number, from_number, reference, template_name, language, components))
}

fn media(kind: Kind, link: Link<'_>) -> Option<Parameter<'_>> {
    match kind {
        Kind::Text => None,
        Kind::Image => Some(Parameter::Image { image: link }),
        Kind::Video => Some(Parameter::Video { video: link }),
        Kind::Document => Some(Parameter::Document { document: link }),
    }
}
