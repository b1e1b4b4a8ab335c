//! [`Template`]: a synced template as the provider lists it, and [`Definition`]: what fitting asks of it.

use super::Refusal;
use super::members::{Members, Place};
use crate::value::{Arena, Tree, Value};

/// One language variant of a template, as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// `WhatsApp`'s id.
    pub id: String,
    /// Approved name.
    pub name: String,
    /// Language code.
    pub language: String,
    /// `APPROVED`, ….
    pub status: String,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`.
    pub category: Option<String>,
    /// Everything as the mapping made it, for the platform's listing.
    pub value: Tree,
    /// What fitting and `template(…)` ask.
    pub definition: Definition,
}

/// A part of a template that may hold variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// A header's format in upper case: `TEXT`, `IMAGE`, …; empty for a body.
    pub format: String,
    /// The text with its placeholders, where it has one.
    pub text: Option<String>,
    /// How many different placeholders the text has.
    pub variables: usize,
}

/// A button of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its place among all buttons, from 0.
    pub index: usize,
    /// The `sub_type` it is sent with, in lower case: `url`, `quick_reply`, `phone_number`, `copy_code`, ….
    pub kind: String,
    /// May take a parameter when sent. A quick reply may, and need not.
    pub dynamic: bool,
}

/// A card of a carousel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The header, if the card has one.
    pub header: Option<Section>,
    /// The body, if the card has one.
    pub body: Option<Section>,
    /// In their order.
    pub buttons: Vec<Button>,
}

/// What a template asks of a message that uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Of header and body together.
    pub variables: usize,
    /// The header, if there is one.
    pub header: Option<Section>,
    /// The body, if it is known.
    pub body: Option<Section>,
    /// In their order.
    pub buttons: Vec<Button>,
    /// Of a carousel, in their order.
    pub cards: Vec<Card>,
}

impl Template {
    /// Checks what a provider's mapping made of one listed template.
    ///
    /// # Errors
    /// `missing_field` or `malformed` with the member's name.
    pub fn read(value: Value<'_>) -> Result<Self, Refusal> {
        let members = Members::of(value, Place::Root)?;
        members.only(&["id", "name", "language", "status", "category", "parameter_format", "components"])?;
        members.text("parameter_format")?;
        Ok(Self {
            id: members.required_text("id")?.to_owned(),
            name: members.required_text("name")?.to_owned(),
            language: members.required_text("language")?.to_owned(),
            status: members.required_text("status")?.to_owned(),
            category: members.owned_text("category")?,
            value: Tree::from(value),
            definition: Definition::of(members.list("components")?.unwrap_or_default()),
        })
    }

    /// As the mapping made it of what the provider lists.
    pub fn listed<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        self.value.view(arena)
    }

    /// As `template(…)` yields it: the listed members, with `variables header body buttons cards` added.
    pub fn view<'v>(&'v self, arena: &'v Arena) -> Value<'v> {
        let listed = self.value.view(arena).as_map().unwrap_or_default();
        let all = listed.iter().copied().chain(self.definition.members(arena));
        Value::Map(bumpalo::collections::Vec::from_iter_in(all, arena).into_bump_slice())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn read(template: &Json) -> Result<Template, String> {
        let said = |refusal: Refusal| format!("{}: {}", refusal.reason, refusal.text.unwrap_or_default());
        Template::read(Tree::from(template).view(&Arena::new())).map_err(said)
    }

    #[test]
    fn a_listed_template_is_shown_with_its_variables_and_buttons() {
        let listed = json!({
            "id": "1130772041558202", "name": "track_parcel", "language": "en", "status": "APPROVED", "category": "UTILITY",
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Parcel update for {{1}}"},
                {"type": "BODY", "text": "Order {{1}} is on its way, {{2}}. {{1}}!"},
                {"type": "FOOTER", "text": "Reply STOP to opt out"},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Track", "url": "https://shop-example.net/{{1}}"},
                    {"type": "URL", "text": "Shop", "url": "https://shop-example.net/"},
                    {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+442079460999"},
                    {"type": "QUICK_REPLY", "text": "Thanks"}, {"type": "OTP"}, {"type": "COPY_CODE"}, {"type": "OF_TOMORROW"}, 7,
                ]},
                {"type": "CAROUSEL", "cards": [{"components": [{"type": "HEADER", "format": "image"}, {"type": "BODY", "text": "{{1}}"}]}]},
            ],
        });
        let template = read(&listed).unwrap();
        let arena = Arena::new();
        let view = serde_json::to_value(template.view(&arena)).unwrap();
        assert_eq!(view["components"], listed["components"]);
        assert_eq!((&view["id"], &view["variables"]), (&listed["id"], &json!(3)));
        assert_eq!(view["header"], json!({"format": "TEXT", "text": "Parcel update for {{1}}", "variables": 1}));
        assert_eq!(view["body"], json!({"text": "Order {{1}} is on its way, {{2}}. {{1}}!", "variables": 2}));
        let button =
            |index: usize, kind: &str, dynamic: bool| json!({"index": index, "type": kind, "dynamic": dynamic});
        let expected = json!([
            button(0, "url", true),
            button(1, "url", false),
            button(2, "phone_number", false),
            button(3, "quick_reply", true),
            button(4, "url", true),
            button(5, "copy_code", true),
            button(6, "of_tomorrow", true),
            button(7, "", true),
        ]);
        assert_eq!(view["buttons"], expected);
        let card = json!({"header": {"format": "IMAGE", "variables": 0}, "body": {"text": "{{1}}", "variables": 1}, "buttons": []});
        assert_eq!(view["cards"], json!([card]));
    }

    #[test]
    fn odd_components_leave_the_definition_silent() {
        for components in
            [json!([]), json!(null), json!([7, {}, {"type": 1}]), json!([{"type": "BUTTONS"}, {"type": "CAROUSEL"}])]
        {
            let template =
                json!({"id": "1", "name": "n", "language": "en", "status": "PAUSED", "components": components});
            assert_eq!(read(&template).unwrap().definition, Definition::default(), "{components}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({"name": "n", "language": "en", "status": "s"}), "missing_field: `id` is required"),
            (json!({"id": 1}), "malformed: `id` must be text, not number"),
            (json!({"id": "1", "quality": "GREEN"}), "malformed: `quality` is no member of the model"),
            (
                json!({"id": "1", "name": "n", "language": "en", "status": "s", "components": "x"}),
                "malformed: `components` must be a list, not text",
            ),
        ];
        for (template, expected) in cases {
            assert_eq!(read(&template), Err(expected.to_owned()), "{template}");
        }
    }
}
