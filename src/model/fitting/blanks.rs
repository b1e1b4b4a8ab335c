//! Placeholders whose value is empty. `WhatsApp` refuses them; what is done with one is the tenant's word.

use bumpalo::collections::Vec as ArenaVec;

use super::{components, is, of_message, parameters, replaced};
use crate::model::message::Kind;
use crate::model::{Message, Reason, Refusal};
use crate::value::{Arena, Value};

/// What is done with a placeholder of a header or body that is empty, or holds nothing but spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Blank {
    /// It goes on as it is.
    #[default]
    Pass,
    /// Its message is refused.
    Refuse,
    /// This text stands in its place.
    Put(String),
}

impl Blank {
    /// Refuses a message with such a placeholder, if that is the tenant's word.
    ///
    /// # Errors
    /// `template_params`, with the first of them.
    pub fn check(&self, message: &Message<'_>) -> Result<(), Refusal> {
        match listed(message).and_then(|listed| first(listed, "")) {
            Some(Empty { place, name, part }) if *self == Self::Refuse => {
                let text = format!("Template {place}: `{name}` is empty");
                Err(of_message(Refusal::new(Reason::TemplateParams, text).of_part(part, Some(name))))
            }
            _ => Ok(()),
        }
    }

    /// Puts the tenant's text into each of them, if that is its word.
    #[must_use]
    pub fn filled<'a>(&self, message: Message<'a>, arena: &'a Arena) -> Message<'a> {
        let Self::Put(text) = self else { return message };
        let Some(listed) = listed(&message).filter(|listed| first(listed, "").is_some()) else { return message };
        let template = message.value.get("template").unwrap_or(Value::Null);
        let template = replaced(template, "components", put(listed, arena.alloc_str(text), arena), arena);
        Message { value: replaced(message.value, "template", template, arena), ..message }
    }
}

fn listed<'a>(message: &Message<'a>) -> Option<&'a [Value<'a>]> {
    if message.kind == Kind::Template { message.value.get("template").and_then(components) } else { None }
}

fn has_texts(component: Value<'_>) -> bool {
    is(component, "header") || is(component, "body")
}

fn is_blank(parameter: Value<'_>) -> bool {
    parameter.text("type") == Some("text") && parameter.text("text").is_some_and(|text| text.trim().is_empty())
}

fn cards<'a>(component: Value<'a>) -> &'a [Value<'a>] {
    let cards = component.get("cards").filter(|_| is(component, "carousel"));
    cards.and_then(Value::as_list).unwrap_or_default()
}

/// A placeholder that is empty.
struct Empty {
    /// Its section, in words.
    place: String,
    name: String,
    /// Where among the components.
    part: String,
}

/// The first of them.
fn first(listed: &[Value<'_>], within: &str) -> Option<Empty> {
    listed.iter().enumerate().find_map(|(position, component)| {
        let section = component.text("type").unwrap_or_default().to_ascii_lowercase();
        let given = parameters(*component).iter().enumerate().filter(|_| has_texts(*component));
        let blank = given.clone().find(|(_, parameter)| is_blank(**parameter));
        let named = blank.map(|(place, parameter)| {
            let name =
                parameter.text("parameter_name").map_or_else(|| (place + 1).to_string(), |name| format!("{name:.64}"));
            Empty { place: format!("{within}{section}"), name, part: format!("[{position}].parameters[{place}]") }
        });
        let in_card = |(place, card): (usize, &Value<'_>)| {
            let empty = first(components(*card)?, &format!("cards[{place}] "))?;
            let part = format!("[{position}].cards[{place}].components{}", empty.part);
            Some(Empty { part, ..empty })
        };
        named.or_else(|| cards(*component).iter().enumerate().find_map(in_card))
    })
}

fn put<'a>(listed: &[Value<'a>], text: &'a str, arena: &'a Arena) -> Value<'a> {
    let component = |component: &Value<'a>| {
        if has_texts(*component) {
            let with = |parameter: &Value<'a>| match is_blank(*parameter) {
                true => replaced(*parameter, "text", Value::Text(text), arena),
                false => *parameter,
            };
            let parameters = ArenaVec::from_iter_in(parameters(*component).iter().map(with), arena);
            return replaced(*component, "parameters", Value::List(parameters.into_bump_slice()), arena);
        }
        if cards(*component).is_empty() {
            return *component;
        }
        let card = |card: &Value<'a>| {
            components(*card).map_or(*card, |listed| replaced(*card, "components", put(listed, text, arena), arena))
        };
        let cards = ArenaVec::from_iter_in(cards(*component).iter().map(card), arena);
        replaced(*component, "cards", Value::List(cards.into_bump_slice()), arena)
    };
    Value::List(ArenaVec::from_iter_in(listed.iter().map(component), arena).into_bump_slice())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::value::Tree;

    fn message(components: &Json) -> Tree {
        let template = json!({"name": "offer", "language": {"code": "en"}, "components": components});
        Tree::from(&json!({"id": "m", "to": "919812345670", "from": "442079460123", "template": template}))
    }

    /// What is refused, and the components with a dash put in.
    fn came(components: &Json) -> (Option<String>, Json) {
        let (arena, tree, dash) = (Arena::new(), message(components), Blank::Put("-".to_owned()));
        let message = Message::read(tree.view(&arena), false, &arena).unwrap();
        assert!(Blank::Pass.check(&message).is_ok() && dash.check(&message).is_ok());
        assert_eq!(Blank::Pass.filled(message, &arena).value, message.value);
        let refused = Blank::Refuse.check(&message).err().map(|refusal| {
            assert_eq!(refusal.reason, Reason::TemplateParams);
            refusal.text.unwrap_or_default()
        });
        let filled = dash.filled(message, &arena);
        assert!(Blank::Refuse.check(&filled).is_ok(), "nothing is left blank");
        let components = filled.value.get("template").and_then(|template| template.get("components"));
        (refused, serde_json::to_value(components.unwrap()).unwrap())
    }

    fn text(text: &str) -> Json {
        json!({"type": "text", "text": text})
    }

    #[test]
    fn what_is_blank_is_named_and_filled() {
        let body = |values: &[&str]| json!({"type": "body", "parameters": values.iter().map(|value| text(value)).collect::<Vec<_>>()});
        let named = |value: &str| json!({"type": "BODY", "parameters": [{"type": "text", "parameter_name": "city", "text": value}]});
        let header = |value: &str| json!({"type": "header", "parameters": [text(value)]});
        let cards = |value: &str| json!({"type": "carousel", "cards": [{"components": [header("a")]}, {"components": [body(&["b", value])]}]});
        for (given, refused, filled) in [
            (json!([body(&["Asha", ""])]), "Template body: `2` is empty", json!([body(&["Asha", "-"])])),
            (json!([body(&[" \u{a0}", "b"])]), "Template body: `1` is empty", json!([body(&["-", "b"])])),
            (json!([header(""), body(&[""])]), "Template header: `1` is empty", json!([header("-"), body(&["-"])])),
            (json!([named("")]), "Template body: `city` is empty", json!([named("-")])),
            (json!([cards("")]), "Template cards[1] body: `2` is empty", json!([cards("-")])),
        ] {
            assert_eq!(came(&given), (Some(refused.to_owned()), filled), "{given}");
        }
        // Nothing is blank in these: an image, a button that fills nothing in, no parameter at all.
        let image = json!({"type": "header", "parameters": [{"type": "image", "image": {"link": ""}}]});
        let button = json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [text("")]});
        for given in [json!([body(&["a"])]), json!([image]), json!([button]), json!([{"type": "body"}]), json!([])] {
            assert_eq!(came(&given), (None, given.clone()), "{given}");
        }
    }

    #[test]
    fn what_is_no_template_is_left_alone() {
        let arena = Arena::new();
        let tree = Tree::from(&json!({"id": "m", "to": "919812345670", "from": "442079460123", "text": " "}));
        let message = Message::read(tree.view(&arena), false, &arena).unwrap();
        assert!(Blank::Refuse.check(&message).is_ok());
        assert_eq!(Blank::Put("-".to_owned()).filled(message, &arena).value, message.value);
    }
}
