//! The shapes of a message's content, by kind. `WhatsApp`'s own objects inside are looked at only as far as fitting
//! needs them; what `WhatsApp` adds tomorrow passes.

use super::Refusal;
use super::fitting::place_of;
use super::members::{Members, Place};
use super::message::Kind;
use crate::value::Value;

/// Checks the content member of that kind.
pub(super) fn check(message: &Members<'_, '_>, kind: Kind) -> Result<(), Refusal> {
    let name = kind.as_str();
    let value = message.required(name)?;
    let place = Place::Member(message.place(), name);
    match kind {
        Kind::Template => template(value, place),
        Kind::Text => message.text(name).map(drop),
        Kind::Image | Kind::Video | Kind::Audio | Kind::Document | Kind::Sticker => media(Members::of(value, place)?),
        Kind::Location => location(value, place),
        Kind::Contacts => message.required_list(name).map(drop),
        Kind::Interactive => message.map(name).map(drop),
    }
}

fn media(media: Members<'_, '_>) -> Result<(), Refusal> {
    media.only(&["url", "caption", "name"])?;
    media.required_text("url")?;
    media.text("caption")?;
    media.text("name").map(drop)
}

/// A place on earth, of a message or of an inbound message.
pub(super) fn location(value: Value<'_>, place: Place<'_>) -> Result<(), Refusal> {
    let location = Members::of(value, place)?;
    location.only(&["latitude", "longitude", "name", "address"])?;
    location.required_number("latitude")?;
    location.required_number("longitude")?;
    location.text("name")?;
    location.text("address").map(drop)
}

/// What may be tapped beneath a text.
pub(super) fn suggestions(message: &Members<'_, '_>) -> Result<(), Refusal> {
    let list = Place::Member(message.place(), "suggestions");
    for (index, item) in message.list("suggestions")?.unwrap_or_default().iter().enumerate() {
        let item = Members::of(*item, Place::Item(&list, index))?;
        item.only(&["type", "text", "postback", "url", "phone"])?;
        item.required_text("text")?;
        item.text("postback")?;
        item.text("url")?;
        item.text("phone")?;
        let needs = |word: &str| match word {
            "reply" => Some(None),
            "open_url" => Some(Some("url")),
            "dial" => Some(Some("phone")),
            _ => None,
        };
        let needed = item.word("type", "reply, open_url or dial", needs)?.ok_or_else(|| item.missing("type"))?;
        needed.map_or(Ok(()), |name| item.required_text(name).map(drop))?;
    }
    Ok(())
}

fn template(value: Value<'_>, place: Place<'_>) -> Result<(), Refusal> {
    let template = Members::of(value, place)?;
    template.only(&["name", "language", "components"])?;
    template.required_text("name")?;
    let language = Members::of(template.required("language")?, Place::Member(template.place(), "language"))?;
    language.only(&["code"])?;
    language.required_text("code")?;
    components(&template, true)
}

/// `cards`: a carousel may stand here; in a card it may not, and is not looked into.
fn components(owner: &Members<'_, '_>, cards: bool) -> Result<(), Refusal> {
    let list = Place::Member(owner.place(), "components");
    for (index, item) in owner.list("components")?.unwrap_or_default().iter().enumerate() {
        let component = Members::of(*item, Place::Item(&list, index))?;
        let kind = component.required_text("type")?;
        let parameters = Place::Member(component.place(), "parameters");
        for (index, item) in component.list("parameters")?.unwrap_or_default().iter().enumerate() {
            Members::of(*item, Place::Item(&parameters, index))?;
        }
        if kind.eq_ignore_ascii_case("button") {
            button(&component)?;
        } else if cards && kind.eq_ignore_ascii_case("carousel") {
            carousel(&component)?;
        }
    }
    Ok(())
}

fn button(component: &Members<'_, '_>) -> Result<(), Refusal> {
    component.required_text("sub_type")?;
    match component.get("index") {
        Some(index) if place_of(index).is_none() => Err(component.wrong("index", "a whole number from 0", index)),
        _ => Ok(()),
    }
}

fn carousel(component: &Members<'_, '_>) -> Result<(), Refusal> {
    let list = Place::Member(component.place(), "cards");
    for (index, item) in component.list("cards")?.unwrap_or_default().iter().enumerate() {
        let card = Members::of(*item, Place::Item(&list, index))?;
        match card.get("card_index") {
            Some(index) if place_of(index).is_none() => {
                return Err(card.wrong("card_index", "a whole number from 0", index));
            }
            _ => components(&card, false)?,
        }
    }
    Ok(())
}
