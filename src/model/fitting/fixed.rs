//! Parameters for buttons that take none: links, numbers and replies that a template has as they are. Fitting drops them;
//! a tenant may want to hear of them instead.

use super::{Known, Level, components, counted, is, is_idle, of_card, of_message, parameters, place_of};
use crate::model::message::Kind;
use crate::model::{Message, Reason, Refusal};
use crate::value::Value;

/// Refuses a message that gives a value to a static button of its synced template.
///
/// # Errors
/// `template_params`, with the button.
pub fn for_static_buttons(message: &Message<'_>, known: Known<'_>) -> Result<(), Refusal> {
    let (Kind::Template, Known::Synced(template)) = (message.kind, known) else { return Ok(()) };
    let listed = message.value.get("template").and_then(components).unwrap_or_default();
    let level = Level::of(&template.definition);
    look(listed, &level).map_err(of_message)?;
    for (at, carousel) in listed.iter().enumerate().filter(|(_, component)| is(**component, "carousel")) {
        let cards = carousel.get("cards").and_then(Value::as_list).unwrap_or_default();
        for (position, card) in cards.iter().enumerate() {
            let place = card.get("card_index").and_then(place_of).unwrap_or(position);
            let looked = look(components(*card).unwrap_or_default(), &Level::of_card(place, level.cards.get(place)));
            looked.map_err(|refusal| of_message(of_card(refusal, at, position)))?;
        }
    }
    Ok(())
}

fn look(listed: &[Value<'_>], level: &Level<'_>) -> Result<(), Refusal> {
    let mut dealt: Vec<usize> = Vec::new();
    for (position, button) in listed.iter().enumerate().filter(|(_, component)| is(**component, "button")) {
        let kind = button.text("sub_type").unwrap_or_default().to_ascii_lowercase();
        let of_kind = level.buttons.iter().filter(|known| known.kind == kind);
        let meant = match button.get("index").and_then(place_of) {
            Some(place) => level.buttons.get(place),
            // Without a place it is the next of its kind that takes something; then one that takes nothing.
            None => {
                let next = of_kind.clone().find(|known| known.dynamic && !dealt.contains(&known.index));
                dealt.extend(next.map(|known| known.index));
                next.or_else(|| of_kind.clone().find(|known| !known.dynamic))
            }
        };
        let given = parameters(*button).len();
        if let Some(meant) = meant.filter(|meant| !meant.dynamic && given > 0 && !is_idle(&kind, *button)) {
            let card = level.card.map(|card| format!(" cards[{card}]")).unwrap_or_default();
            let text = format!("Template{card} button {} is static: {} for it", meant.index, counted(given, "value"));
            return Err(Refusal::new(Reason::TemplateParams, text).of_part(format!("[{position}].parameters[0]"), None));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::model::Template;
    use crate::value::{Arena, Tree};

    fn refused(buttons: &Json, given: &Json) -> Option<String> {
        let listed = json!({"id": "1", "name": "t", "language": "en", "status": "APPROVED", "components": [
            {"type": "BODY", "text": "Hi"}, {"type": "BUTTONS", "buttons": buttons}]});
        let arena = Arena::new();
        let template = Template::read(Tree::from(&listed).view(&arena)).unwrap();
        let message = Tree::from(&json!({"id": "m", "to": "919812345670", "from": "442079460123",
            "template": {"name": "t", "language": {"code": "en"}, "components": given}}));
        let message = Message::read(message.view(&arena), false, &arena).unwrap();
        assert!(for_static_buttons(&message, Known::Unsynced).is_ok());
        for_static_buttons(&message, Known::Synced(&template)).err().map(|refusal| refusal.text.unwrap_or_default())
    }

    #[test]
    fn a_value_for_a_button_that_takes_none_is_refused() {
        let buttons = json!([
            {"type": "URL", "text": "Shop", "url": "https://shop.example/"},
            {"type": "URL", "text": "Track", "url": "https://shop.example/{{1}}"},
            {"type": "QUICK_REPLY", "text": "More"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+6531290044"},
        ]);
        let url = |index: Json, text: &str| {
            let mut button =
                json!({"type": "button", "sub_type": "URL", "parameters": [{"type": "text", "text": text}]});
            if !index.is_null() {
                button["index"] = index;
            }
            button
        };
        let call = json!({"type": "button", "sub_type": "phone_number", "index": 3, "parameters": [{"type": "text", "text": "1"}]});
        let reply = json!({"type": "button", "sub_type": "quick_reply", "index": "2", "parameters": [{"type": "payload", "payload": "p"}]});
        let bare = json!({"type": "button", "sub_type": "url", "index": "0"});
        for (given, expected) in [
            (json!([url(json!("0"), "x")]), Some("Template button 0 is static: 1 value for it")),
            (json!([url(json!(0), "")]), None),
            (json!([url(json!("1"), "t/1")]), None),
            (json!([url(Json::Null, "t/1")]), None),
            (
                json!([url(Json::Null, "t/1"), url(Json::Null, "x")]),
                Some("Template button 0 is static: 1 value for it"),
            ),
            (json!([url(json!("9"), "x")]), None),
            (json!([call]), Some("Template button 3 is static: 1 value for it")),
            (json!([reply]), None),
            (json!([bare]), None),
        ] {
            assert_eq!(refused(&buttons, &given).as_deref(), expected, "{given}");
        }
    }
}
