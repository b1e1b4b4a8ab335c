//! Filling a synced template with values by the names of its placeholders: what a person types who sends one by hand.
//!
//! The body's placeholders go by their own name (`1`, `first_name`), a header's by `header.1`, its media by `header.link`, a
//! button's by `button.0`, and those of a carousel's card by `card.0.1`, `card.0.header.link`, `card.0.button.0`.

use std::collections::BTreeMap;

use super::placeholders;
use super::template::{Button, Card, Definition, Section, Template};
use crate::value::{Number, Tree};

/// The values by placeholder.
pub type Values = BTreeMap<String, String>;

/// The template as a message has it, its components filled.
///
/// # Errors
/// Every placeholder without a value, and every value that no placeholder takes.
pub fn filled(template: &Template, values: &Values) -> Result<Tree, Vec<String>> {
    let mut filling = Filling { values, used: Vec::new(), known: Vec::new(), problems: Vec::new() };
    let Definition { header, body, buttons, cards, variables: _ } = &template.definition;
    let mut components = filling.level("", header.as_ref(), body.as_ref(), buttons);
    if !cards.is_empty() {
        let filled = cards.iter().enumerate().map(|(place, card)| filling.card(place, card)).collect();
        components.push(map([("type", text("carousel")), ("cards", Tree::List(filled))]));
    }
    filling.unknown();
    if !filling.problems.is_empty() {
        return Err(filling.problems);
    }
    let language = map([("code", text(&template.language))]);
    let members = [("name", text(&template.name)), ("language", language)];
    let components = Some(("components", list(components))).filter(|(_, all)| all.as_list() != Some(&[]));
    Ok(map(members.into_iter().chain(components)))
}

struct Filling<'v> {
    values: &'v Values,
    used: Vec<String>,
    /// Every placeholder that there is.
    known: Vec<String>,
    problems: Vec<String>,
}

impl Filling<'_> {
    fn card(&mut self, place: usize, card: &Card) -> Tree {
        let components = self.level(&format!("card.{place}."), card.header.as_ref(), card.body.as_ref(), &card.buttons);
        map([("card_index", number(place)), ("components", list(components))])
    }

    fn level(&mut self, at: &str, header: Option<&Section>, body: Option<&Section>, buttons: &[Button]) -> Vec<Tree> {
        let mut components = Vec::new();
        components.extend(header.and_then(|header| self.header(at, header)));
        let body = body.map(|body| self.texts(at, body)).unwrap_or_default();
        components.extend(component("body", body));
        components.extend(buttons.iter().filter_map(|button| self.button(at, button)));
        components
    }

    fn header(&mut self, at: &str, header: &Section) -> Option<Tree> {
        let at = format!("{at}header.");
        let parameters = match header.format.as_str() {
            kind @ ("IMAGE" | "VIDEO" | "DOCUMENT") => {
                let kind = kind.to_ascii_lowercase();
                let link = self.needed(&format!("{at}link"), "the URL of its header")?;
                let file = if kind == "document" { self.given(&format!("{at}filename")) } else { None };
                let file = file.map(|file| ("filename", text(&file)));
                let media = map([("link", text(&link))].into_iter().chain(file));
                vec![map([("type", text(&kind)), (&*kind, media)])]
            }
            "LOCATION" => {
                let [latitude, longitude] =
                    ["latitude", "longitude"].map(|name| self.coordinate(&format!("{at}{name}")));
                let named = ["name", "address"].map(|name| (name, self.given(&format!("{at}{name}"))));
                let named = named.into_iter().filter_map(|(name, value)| Some((name, text(&value?))));
                let place = [("latitude", latitude?), ("longitude", longitude?)];
                vec![map([("type", text("location")), ("location", map(place.into_iter().chain(named)))])]
            }
            _ => self.texts(&at, header),
        };
        component("header", parameters)
    }

    /// The parameters of a text, in its order.
    fn texts(&mut self, at: &str, section: &Section) -> Vec<Tree> {
        let names = section.text.as_deref().map(placeholders::names).unwrap_or_default();
        let mut parameters = Vec::new();
        for name in names {
            let Some(value) = self.needed(&format!("{at}{name}"), "of its text") else { continue };
            let named = name.parse::<u32>().is_err().then(|| ("parameter_name", text(name)));
            parameters.push(map([("type", text("text"))].into_iter().chain(named).chain([("text", text(&value))])));
        }
        parameters
    }

    fn button(&mut self, at: &str, button: &Button) -> Option<Tree> {
        let name = format!("{at}button.{}", button.index);
        let (kind, member) = match button.kind.as_str() {
            "url" => ("text", "text"),
            "quick_reply" => ("payload", "payload"),
            "copy_code" => ("coupon_code", "coupon_code"),
            _ => return None,
        };
        if !button.dynamic {
            return None;
        }
        // A quick reply may carry a payload, and need not.
        let value = if kind == "payload" { self.given(&name) } else { self.needed(&name, "of its button") }?;
        let parameter = map([("type", text(kind)), (member, text(&value))]);
        Some(map([
            ("type", text("button")),
            ("sub_type", text(&button.kind)),
            ("index", text(&button.index.to_string())),
            ("parameters", list(vec![parameter])),
        ]))
    }

    fn given(&mut self, name: &str) -> Option<String> {
        self.known.push(name.to_owned());
        let value = self.values.get(name)?;
        self.used.push(name.to_owned());
        Some(value.clone())
    }

    /// A value that must be there and say something: `WhatsApp` takes no empty one.
    fn needed(&mut self, name: &str, what: &str) -> Option<String> {
        let value = self.given(name).filter(|value| !value.is_empty());
        if value.is_none() {
            let fault = if self.values.contains_key(name) { "is empty" } else { "has no value" };
            self.problems.push(format!("`{name}` ({what}) {fault}"));
        }
        value
    }

    fn coordinate(&mut self, name: &str) -> Option<Tree> {
        let value = self.needed(name, "of its header")?;
        match value.parse::<f64>() {
            Ok(degrees) if degrees.is_finite() => Some(Tree::Number(Number::Float(degrees))),
            _ => {
                self.problems.push(format!("`{name}` is no number of degrees"));
                None
            }
        }
    }

    fn unknown(&mut self) {
        let unknown: Vec<&String> = self.values.keys().filter(|name| !self.used.contains(name)).collect();
        for name in unknown {
            let has = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
            self.problems.push(format!("the template has no placeholder `{name}`; it has: {has}"));
        }
    }
}

fn component(kind: &str, parameters: Vec<Tree>) -> Option<Tree> {
    if parameters.is_empty() {
        return None;
    }
    Some(map([("type", text(kind)), ("parameters", list(parameters))]))
}

fn text(text: &str) -> Tree {
    Tree::from_text(text)
}

fn number(number: usize) -> Tree {
    Tree::Number(Number::from(u64::try_from(number).unwrap_or(u64::MAX)))
}

fn list(items: Vec<Tree>) -> Tree {
    Tree::List(items.into())
}

fn map<'n>(members: impl IntoIterator<Item = (&'n str, Tree)>) -> Tree {
    Tree::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::value::Arena;

    fn template(components: &Json) -> Template {
        let listed =
            json!({ "id": "1", "name": "sale", "language": "en", "status": "APPROVED", "components": components });
        Template::read(Tree::from(&listed).view(&Arena::new())).unwrap()
    }

    fn fill(components: &Json, values: &[(&str, &str)]) -> Result<Json, Vec<String>> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        filled(&template(components), &values).map(|tree| serde_json::to_value(tree).unwrap()["components"].take())
    }

    #[test]
    fn every_kind_of_placeholder_gets_its_value() {
        let body = json!({ "type": "BODY", "text": "Hi {{2}}, {{1}}" });
        let parameter = |value: &str| json!({ "type": "text", "text": value });
        let filled = fill(&json!([body]), &[("2", "Asha"), ("1", "PX-7")]).unwrap();
        assert_eq!(filled, json!([{ "type": "body", "parameters": [parameter("PX-7"), parameter("Asha")] }]));

        let named = fill(&json!([{ "type": "BODY", "text": "Hi {{first_name}}" }]), &[("first_name", "Asha")]).unwrap();
        assert_eq!(named[0]["parameters"][0]["parameter_name"], "first_name");

        let rich = json!([
            { "type": "HEADER", "format": "DOCUMENT" }, { "type": "BODY", "text": "no placeholder" },
            { "type": "BUTTONS", "buttons": [
                { "type": "URL", "url": "https://a.example/{{1}}" }, { "type": "QUICK_REPLY" }, { "type": "COPY_CODE" } ] },
        ]);
        let values = [
            ("header.link", "https://a.example/x.pdf"),
            ("header.filename", "x.pdf"),
            ("button.0", "tail"),
            ("button.2", "SALE"),
        ];
        let expected = json!([
            { "type": "header", "parameters": [
                { "type": "document", "document": { "link": "https://a.example/x.pdf", "filename": "x.pdf" } } ] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [ { "type": "text", "text": "tail" } ] },
            { "type": "button", "sub_type": "copy_code", "index": "2",
              "parameters": [ { "type": "coupon_code", "coupon_code": "SALE" } ] },
        ]);
        assert_eq!(fill(&rich, &values), Ok(expected));

        let carousel = json!([{ "type": "CAROUSEL", "cards": [ { "components": [
            { "type": "HEADER", "format": "IMAGE" }, { "type": "BODY", "text": "{{1}}" } ] } ] }]);
        let filled = fill(&carousel, &[("card.0.1", "Blue"), ("card.0.header.link", "https://a.example/1.png")]);
        let card = filled.unwrap()[0]["cards"][0].take();
        assert_eq!((&card["card_index"], &card["components"][1]["parameters"][0]["text"]), (&json!(0), &json!("Blue")));
        assert_eq!(fill(&json!([]), &[]), Ok(Json::Null), "a template without placeholders has no components");
    }

    #[test]
    fn what_is_missing_and_what_is_too_much_is_named() {
        let components = json!([{ "type": "HEADER", "format": "LOCATION" }, { "type": "BODY", "text": "{{1}} {{2}}" }]);
        let problems = fill(&components, &[("1", ""), ("3", "x"), ("header.latitude", "1")]).unwrap_err();
        let expected = [
            "`header.longitude` (of its header) has no value",
            "`1` (of its text) is empty",
            "`2` (of its text) has no value",
            "the template has no placeholder `3`; it has: header.latitude, header.longitude, header.name, header.address, 1, 2",
        ];
        assert_eq!(problems, expected);
    }
}
