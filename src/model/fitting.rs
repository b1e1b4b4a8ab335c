//! Fitting a template message to its synced definition. These are `WhatsApp`'s rules and no contract's.
//!
//! A component is dropped or gets its place; nothing is made up: a quick reply without payload needs no component.

mod blanks;
mod fixed;

pub use blanks::Blank;
pub use fixed::for_static_buttons;

use bumpalo::collections::Vec as ArenaVec;

use super::message::Kind;
use super::template::{Button, Card, Definition, Section};
use super::{Message, Reason, Refusal, Template, placeholders};
use crate::value::{Arena, Entry, Value};

/// Headers that are no text.
const MEDIA: [&str; 4] = ["IMAGE", "VIDEO", "DOCUMENT", "LOCATION"];
/// Characters of a text header, with its value.
const LONGEST_HEADER: usize = 60;
/// Characters of a body, with its values.
const LONGEST_BODY: usize = 1024;

/// What is known of the message's template.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// The list was never synced, or is too old to say: nothing is refused for it.
    Unsynced,
    /// Synced, and not in the list.
    Missing,
    /// Its definition.
    Synced(&'a Template),
}

/// Gives every button its place, drops components of static buttons, counts variables, looks at the header's kind and at how
/// long texts become; other kinds pass unchanged.
///
/// # Errors
/// `template_missing`; `template_params` with both numbers, or both kinds of header, in the text; `body_too_long`.
pub fn fit<'a>(message: Message<'a>, known: Known<'a>, arena: &'a Arena) -> Result<Message<'a>, Refusal> {
    let (Kind::Template, Some(template)) = (message.kind, message.value.get("template")) else { return Ok(message) };
    let definition = match known {
        Known::Unsynced => None,
        Known::Missing => return Err(missing(template)),
        Known::Synced(template) => Some(&template.definition),
    };
    let level = definition.map_or_else(Level::unknown, Level::of);
    let components = components(template).map(|listed| level.fit(listed, arena)).transpose().map_err(of_message)?;
    if components.is_none() {
        level.check(&[]).map_err(of_message)?;
    }
    let template = components.map_or(template, |fitted| replaced(template, "components", fitted, arena));
    Ok(Message { value: replaced(message.value, "template", template, arena), ..message })
}

/// A misfit of a template's components.
fn of_message(refusal: Refusal) -> Refusal {
    refusal.within("template.components")
}

/// A misfit of a card's components: the places of the carousel and of the card.
fn of_card(refusal: Refusal, carousel: usize, card: usize) -> Refusal {
    refusal.within(&format!("[{carousel}].cards[{card}].components"))
}

/// The place that an `index` names, however it is written.
pub(super) fn place_of(index: Value<'_>) -> Option<usize> {
    match index {
        Value::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        Value::Number(number) => number.as_i64().and_then(|number| usize::try_from(number).ok()),
        _ => None,
    }
}

/// What has a header, a body and buttons: the template itself, or one card of its carousel.
struct Level<'d> {
    header: Option<&'d Section>,
    body: Option<&'d Section>,
    buttons: &'d [Button],
    cards: &'d [Card],
    /// Which card this is.
    card: Option<usize>,
}

impl<'d> Level<'d> {
    const fn unknown() -> Self {
        Self { header: None, body: None, buttons: &[], cards: &[], card: None }
    }

    fn of(definition: &'d Definition) -> Self {
        let Definition { header, body, buttons, cards, variables: _ } = definition;
        Self { header: header.as_ref(), body: body.as_ref(), buttons, cards, card: None }
    }

    fn of_card(place: usize, card: Option<&'d Card>) -> Self {
        let unknown = Self { card: Some(place), ..Self::unknown() };
        card.map_or(unknown, |Card { header, body, buttons }| Self {
            header: header.as_ref(),
            body: body.as_ref(),
            buttons,
            cards: &[],
            card: Some(place),
        })
    }

    fn fit<'a>(&self, listed: &'a [Value<'a>], arena: &'a Arena) -> Result<Value<'a>, Refusal> {
        self.check(listed)?;
        let mut places = Places::of(listed, self);
        let mut fitted = ArenaVec::with_capacity_in(listed.len(), arena);
        for (position, component) in listed.iter().enumerate() {
            if is(*component, "button") {
                let placed = places.button(*component, arena);
                fitted.extend(placed.map_err(|refusal| refusal.of_part(format!("[{position}]"), None))?);
            } else if is(*component, "carousel") && self.card.is_none() {
                fitted.push(self.carousel(position, *component, arena)?);
            } else {
                fitted.push(*component);
            }
        }
        Ok(Value::List(fitted.into_bump_slice()))
    }

    fn carousel<'a>(&self, at: usize, carousel: Value<'a>, arena: &'a Arena) -> Result<Value<'a>, Refusal> {
        let Some(cards) = carousel.get("cards").and_then(Value::as_list) else { return Ok(carousel) };
        let mut fitted = ArenaVec::with_capacity_in(cards.len(), arena);
        for (position, card) in cards.iter().enumerate() {
            let place = card.get("card_index").and_then(place_of).unwrap_or(position);
            let level = Level::of_card(place, self.cards.get(place));
            let card = match components(*card) {
                Some(listed) => level.fit(listed, arena).map(|fitted| replaced(*card, "components", fitted, arena)),
                None => level.check(&[]).map(|()| *card),
            };
            fitted.push(card.map_err(|refusal| of_card(refusal, at, position))?);
        }
        Ok(replaced(carousel, "cards", Value::List(fitted.into_bump_slice()), arena))
    }

    /// Refuses what the provider would refuse.
    fn check(&self, listed: &[Value<'_>]) -> Result<(), Refusal> {
        self.header_kind(listed)?;
        self.count(listed)?;
        self.length("header", self.header, LONGEST_HEADER, listed)?;
        self.length("body", self.body, LONGEST_BODY, listed)
    }

    /// Refuses a header of another kind than the template's. What the definition does not say is not held against it.
    fn header_kind(&self, listed: &[Value<'_>]) -> Result<(), Refusal> {
        let Some(format) = self.header.map(|header| header.format.as_str()) else { return Ok(()) };
        let given = listed.iter().filter(|component| is(**component, "header"));
        let given = given.flat_map(|component| parameters(*component)).find_map(|parameter| parameter.text("type"));
        let is_media = |kind: &str| MEDIA.iter().any(|media| media.eq_ignore_ascii_case(kind));
        let were = match given {
            Some(given) if is_media(format) && !given.eq_ignore_ascii_case(format) => format!("{given:.32} was given"),
            Some(given) if format == "TEXT" && is_media(given) => format!("{given:.32} was given"),
            None if is_media(format) => "none was given".to_owned(),
            _ => return Ok(()),
        };
        let text = format!("{} is of the kind {}, {were}", self.place("header"), format.to_ascii_lowercase());
        Err(Refusal::new(Reason::TemplateParams, text).of_part(place_in(listed, "header"), None))
    }

    /// Refuses a text that is too long with its values. One without variables was approved as it is.
    fn length(&self, name: &str, section: Option<&Section>, most: usize, listed: &[Value<'_>]) -> Result<(), Refusal> {
        let Some(text) = section.filter(|section| section.variables > 0).and_then(|section| section.text.as_deref())
        else {
            return Ok(());
        };
        let given = listed.iter().filter(|component| is(**component, name));
        let given = given.flat_map(|component| parameters(*component));
        let values: Vec<(Option<&str>, usize)> =
            given.filter_map(|one| Some((one.text("parameter_name"), one.text("text")?.chars().count()))).collect();
        // Mostly it is far from too long, wherever the values go: then nothing is parsed.
        let longest = values.iter().map(|(_, length)| *length).max().unwrap_or_default();
        if text.len() + text.matches("{{").count() * longest <= most {
            return Ok(());
        }
        let names = placeholders::names(text);
        let value = |name: &str| {
            let by_name = values.iter().find(|(known, _)| *known == Some(name));
            let by_place = || names.iter().position(|known| *known == name).and_then(|place| values.get(place));
            by_name.or_else(by_place).map_or(0, |(_, length)| *length)
        };
        let length = placeholders::length(text, value);
        if length <= most {
            return Ok(());
        }
        let longest = names.iter().max_by_key(|name| value(name)).copied().unwrap_or_default();
        let (place, longest_has) = (self.place(name), value(longest));
        let text = format!(
            "{place} has {length} characters with its values, at most {most} are taken; `{longest:.64}` has {longest_has}"
        );
        let part = parameter(listed, name, names.iter().position(|known| *known == longest).unwrap_or_default());
        Err(Refusal::new(Reason::BodyTooLong, text).of_part(part, Some(longest.to_owned())))
    }

    /// Refuses another number of variables than header and body have. A header's media are no variables.
    fn count(&self, listed: &[Value<'_>]) -> Result<(), Refusal> {
        self.count_section("header", self.header, listed, |parameter| parameter.text("type") == Some("text"))?;
        self.count_section("body", self.body, listed, |_| true)
    }

    fn count_section(
        &self,
        name: &str,
        section: Option<&Section>,
        listed: &[Value<'_>],
        counts: impl Fn(Value<'_>) -> bool,
    ) -> Result<(), Refusal> {
        let Some((section, text)) = section.and_then(|section| Some((section, section.text.as_deref()?))) else {
            return Ok(());
        };
        let given = listed.iter().filter(|component| is(**component, name));
        let given = given.flat_map(|component| parameters(*component)).copied().filter(|given| counts(*given));
        let given: Vec<Option<&str>> = given.map(|parameter| parameter.text("parameter_name")).collect();
        let named = given.iter().any(Option::is_some);
        let names = if named { placeholders::names(text) } else { Vec::new() };
        let absent = names.into_iter().find(|name| !given.contains(&Some(*name)));
        if given.len() == section.variables && absent.is_none() {
            return Ok(());
        }
        // The first that is missing, or that is too much.
        let first = section.variables.min(given.len());
        let by_place = || placeholders::names(text).get(first).copied();
        let placeholder = absent.or_else(by_place).map(str::to_owned);
        let part = parameter(listed, name, first);
        let place = self.place(name);
        let absent = absent.map(|name| format!(": `{name}` is missing")).unwrap_or_default();
        let (needs, were) = (counted(section.variables, "variable"), were_given(given.len()));
        let text = format!("{place} needs {needs}, {were}{absent}");
        Err(Refusal::new(Reason::TemplateParams, text).of_part(part, placeholder))
    }

    /// Where variables are missing, in words that a party may be told. A body that alone has variables is the template.
    fn place(&self, section: &str) -> String {
        let alone = section == "body" && self.header.is_none_or(|header| header.variables == 0);
        match self.card {
            None if alone => "Template".to_owned(),
            None => format!("Template {section}"),
            Some(card) => format!("Template cards[{card}] {section}"),
        }
    }
}

/// Deals the places of the buttons of one level.
struct Places<'d, 'a> {
    level: &'d Level<'d>,
    listed: &'a [Value<'a>],
    /// Given by the message or dealt; one of a dropped component too, for its button is there all the same.
    taken: Vec<usize>,
}

impl<'d, 'a> Places<'d, 'a> {
    fn of(listed: &'a [Value<'a>], level: &'d Level<'d>) -> Self {
        let buttons = listed.iter().filter(|component| is(**component, "button"));
        let taken = buttons.filter_map(|button| button.get("index").and_then(place_of)).collect();
        Self { level, listed, taken }
    }

    /// The component with its place as text, or nothing if its button takes no parameter.
    fn button(&mut self, component: Value<'a>, arena: &'a Arena) -> Result<Option<Value<'a>>, Refusal> {
        let kind = component.text("sub_type").unwrap_or_default().to_ascii_lowercase();
        let idle = kind == "phone_number" || is_idle(&kind, component);
        let place = match component.get("index").and_then(place_of) {
            Some(place) => {
                Some(place).filter(|place| self.level.buttons.get(*place).is_none_or(|button| button.dynamic))
            }
            None if self.level.buttons.is_empty() => Some(self.free()),
            None => self.next(&kind, idle)?,
        };
        let Some(place) = place.filter(|_| !idle) else { return Ok(None) };
        let members = component.as_map().unwrap_or_default().iter().copied().filter(|(name, _)| *name != "index");
        let index = Value::Text(arena.alloc_str(&place.to_string()));
        let placed = members.chain(std::iter::once(("index", index)));
        Ok(Some(Value::Map(ArenaVec::from_iter_in(placed, arena).into_bump_slice())))
    }

    /// The first place that nobody has.
    fn free(&mut self) -> usize {
        let place = (0..=self.taken.len()).find(|place| !self.taken.contains(place)).unwrap_or(self.taken.len());
        self.taken.push(place);
        place
    }

    /// The place of the next dynamic button of the kind; none if only static ones are left.
    fn next(&mut self, kind: &str, idle: bool) -> Result<Option<usize>, Refusal> {
        let mut same = self.level.buttons.iter().filter(|button| button.kind == kind);
        let next = same.clone().find(|button| button.dynamic && !self.taken.contains(&button.index));
        if let Some(button) = next {
            self.taken.push(button.index);
            return Ok(Some(button.index));
        }
        if idle || same.any(|button| !button.dynamic) {
            return Ok(None);
        }
        let has = counted(same_kind(self.level.buttons, kind), &format!("{kind:.32} button"));
        let were = were_given(self.listed.iter().filter(|given| is_button(**given, kind)).count());
        let place = self.level.card.map_or("Template".to_owned(), |card| format!("Template cards[{card}]"));
        Err(Refusal::new(Reason::TemplateParams, format!("{place} has {has}, {were}")))
    }
}

/// A `url` or `quick_reply` component that fills nothing in: `WhatsApp` refuses empty parameters.
fn is_idle(kind: &str, component: Value<'_>) -> bool {
    let member = match kind {
        "url" => "text",
        "quick_reply" => "payload",
        _ => return false,
    };
    parameters(component).iter().all(|parameter| match parameter.member(member) {
        None => parameter.text("type") == Some(member),
        Some(value) => value.as_text() == Some(""),
    })
}

fn components<'a>(owner: Value<'a>) -> Option<&'a [Value<'a>]> {
    owner.get("components").and_then(Value::as_list)
}

fn parameters<'a>(component: Value<'a>) -> &'a [Value<'a>] {
    component.get("parameters").and_then(Value::as_list).unwrap_or_default()
}

fn is(component: Value<'_>, kind: &str) -> bool {
    component.text("type").is_some_and(|found| found.eq_ignore_ascii_case(kind))
}

fn is_button(component: Value<'_>, kind: &str) -> bool {
    is(component, "button") && component.text("sub_type").is_some_and(|found| found.eq_ignore_ascii_case(kind))
}

fn same_kind(buttons: &[Button], kind: &str) -> usize {
    buttons.iter().filter(|button| button.kind == kind).count()
}

/// Where the component of a section stands among these; nowhere in particular where there is none.
fn place_in(listed: &[Value<'_>], section: &str) -> String {
    let place = listed.iter().position(|component| is(*component, section));
    place.map(|place| format!("[{place}]")).unwrap_or_default()
}

/// Where a section's value of that number stands, or would.
fn parameter(listed: &[Value<'_>], section: &str, number: usize) -> String {
    let place = place_in(listed, section);
    if place.is_empty() { place } else { format!("{place}.parameters[{number}]") }
}

/// The map with one of its members replaced.
fn replaced<'a>(map: Value<'a>, name: &str, value: Value<'a>, arena: &'a Arena) -> Value<'a> {
    let replace = |(known, old): Entry<'a>| (known, if known == name { value } else { old });
    let members = map.as_map().unwrap_or_default().iter().copied().map(replace);
    Value::Map(ArenaVec::from_iter_in(members, arena).into_bump_slice())
}

fn missing(template: Value<'_>) -> Refusal {
    let name = template.text("name").unwrap_or_default();
    let language = template.get("language").and_then(|language| language.text("code")).unwrap_or_default();
    let text = format!("Template missing: {name:.100} in {language:.32}");
    Refusal::new(Reason::TemplateMissing, text).of_part("template.name", None)
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn were_given(number: usize) -> String {
    if number == 1 { "1 was given".to_owned() } else { format!("{number} were given") }
}

#[cfg(test)]
mod tests;
