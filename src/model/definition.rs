//! Reads a template's [`Definition`] out of its components as `WhatsApp` lists them, upper-case.
//!
//! Nothing is refused here: a component or a member that nobody has heard of, or that is not there, leaves the
//! definition silent on that point, and what it does not say is not held against a message.

use super::placeholders;
use super::template::{Button, Card, Definition, Section};
use crate::value::{Arena, Entry, Value};

impl Definition {
    /// From the list of components.
    pub(super) fn of(components: &[Value<'_>]) -> Self {
        let Card { header, body, buttons } = parts(components);
        let variables = [&header, &body].into_iter().flatten().map(|section| section.variables).sum();
        Self { variables, header, body, buttons, cards: cards(components) }
    }

    /// The members that `template(…)` adds to the listed ones.
    pub(super) fn members<'v>(&'v self, arena: &'v Arena) -> impl Iterator<Item = Entry<'v>> {
        let cards = self.cards.iter().map(|card| super::members::map(card.members(arena), arena));
        let [header, body, buttons] = members_of(self.header.as_ref(), self.body.as_ref(), &self.buttons, arena);
        let all =
            [("variables", Some(count(self.variables))), header, body, buttons, ("cards", Some(list(cards, arena)))];
        all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

impl Card {
    fn members<'v>(&'v self, arena: &'v Arena) -> [(&'static str, Option<Value<'v>>); 3] {
        members_of(self.header.as_ref(), self.body.as_ref(), &self.buttons, arena)
    }
}

/// The parts that the template itself has and each card of a carousel has.
fn parts(components: &[Value<'_>]) -> Card {
    let header = find(components, "HEADER").map(|header| {
        let mut section = section(header);
        let format = header.text("format").unwrap_or(if section.text.is_some() { "TEXT" } else { "" });
        section.format = format.to_ascii_uppercase();
        section
    });
    let buttons = find(components, "BUTTONS").and_then(|buttons| buttons.get("buttons")?.as_list());
    let buttons = buttons.unwrap_or_default().iter().enumerate();
    Card {
        header,
        body: find(components, "BODY").map(section),
        buttons: buttons.map(|(index, listed)| button(index, *listed)).collect(),
    }
}

fn cards(components: &[Value<'_>]) -> Vec<Card> {
    let cards = find(components, "CAROUSEL").and_then(|carousel| carousel.get("cards")?.as_list());
    let components = |card: &Value<'_>| card.get("components").and_then(Value::as_list).map(parts);
    cards.unwrap_or_default().iter().map(|card| components(card).unwrap_or_default()).collect()
}

fn find<'a>(components: &[Value<'a>], kind: &str) -> Option<Value<'a>> {
    let is = |component: &Value<'a>| component.text("type").is_some_and(|listed| listed.eq_ignore_ascii_case(kind));
    components.iter().copied().find(is)
}

fn section(component: Value<'_>) -> Section {
    let text = component.text("text").map(str::to_owned);
    let variables = text.as_deref().map_or(0, |text| placeholders::names(text).len());
    Section { format: String::new(), text, variables }
}

/// A one-time password's button is listed as `OTP` and sent as a `url`. Dynamic is what may take a parameter: a quick
/// reply need not have its payload, and a button of a type that nobody has heard of is not called static.
fn button(index: usize, listed: Value<'_>) -> Button {
    let kind = listed.text("type").unwrap_or_default().to_ascii_lowercase();
    let (kind, dynamic) = match kind.as_str() {
        "otp" => ("url".to_owned(), true),
        "phone_number" => (kind, false),
        "url" => (kind, listed.text("url").is_none_or(|url| !placeholders::names(url).is_empty())),
        _ => (kind, true),
    };
    Button { index, kind, dynamic }
}

fn members_of<'v>(
    header: Option<&'v Section>,
    body: Option<&'v Section>,
    buttons: &'v [Button],
    arena: &'v Arena,
) -> [(&'static str, Option<Value<'v>>); 3] {
    let format = |section: &'v Section| Some(Value::Text(&section.format)).filter(|_| !section.format.is_empty());
    let section = |section: &'v Section| {
        // `values_of` asks for the text.
        let text = section.text.as_deref().map(Value::Text);
        let members = [("format", format(section)), ("text", text), ("variables", Some(count(section.variables)))];
        super::members::map(members, arena)
    };
    let button = |button: &'v Button| {
        let members = [
            ("index", Some(count(button.index))),
            ("type", Some(Value::Text(&button.kind))),
            ("dynamic", Some(Value::Bool(button.dynamic))),
        ];
        super::members::map(members, arena)
    };
    let buttons = list(buttons.iter().map(button), arena);
    [("header", header.map(section)), ("body", body.map(section)), ("buttons", Some(buttons))]
}

fn list<'v>(items: impl Iterator<Item = Value<'v>>, arena: &'v Arena) -> Value<'v> {
    Value::List(bumpalo::collections::Vec::from_iter_in(items, arena).into_bump_slice())
}

fn count<'v>(count: usize) -> Value<'v> {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX).into())
}
