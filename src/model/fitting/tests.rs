//! What fitting makes of components, as tables; and that fitting twice is fitting once.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::value::Tree;

fn template(components: &Json) -> Template {
    let listed = json!({"id": "1", "name": "offer", "language": "en", "status": "APPROVED", "components": components});
    Template::read(Tree::from(&listed).view(&Arena::new())).unwrap()
}

fn message(components: &Json) -> Tree {
    let template = json!({"name": "offer", "language": {"code": "en"}, "components": components});
    Tree::from(&json!({"id": "m", "to": "919812345670", "from": "442079460123", "template": template}))
}

/// The fitted components, or the refusal as `reason: text`.
fn fitted(components: &Json, known: Known<'_>) -> Result<Json, String> {
    let arena = Arena::new();
    let tree = message(components);
    let message = Message::read(tree.view(&arena), false, &arena).map_err(|refusal| said(&refusal))?;
    let fitted = fit(message, known, &arena).map_err(|refusal| said(&refusal))?;
    let again = fit(fitted, known, &arena).expect("what was fitted fits");
    assert_eq!(again.value, fitted.value, "fitting is idempotent");
    assert_eq!((fitted.kind, fitted.id), (Kind::Template, "m"));
    let components = fitted.value.get("template").and_then(|template| template.get("components")).unwrap();
    Ok(serde_json::to_value(components).unwrap())
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.reason, refusal.text.as_deref().unwrap_or_default())
}

fn check(name: &str, listed: Option<&Json>, components: &Json, expected: &Json) {
    let template = listed.map(template);
    let known = template.as_ref().map_or(Known::Unsynced, Known::Synced);
    assert_eq!(fitted(components, known).as_ref(), Ok(expected), "{name}");
}

fn refuse(listed: &Json, components: &Json, expected: &str) {
    let template = template(listed);
    assert_eq!(fitted(components, Known::Synced(&template)), Err(expected.to_owned()));
}

fn url(index: Json, text: &str) -> Json {
    let mut button = json!({"type": "button", "sub_type": "url", "parameters": [{"type": "text", "text": text}]});
    if !index.is_null() {
        button["index"] = index;
    }
    button
}

fn reply(index: Json, payload: &str) -> Json {
    let parameters = json!([{"type": "payload", "payload": payload}]);
    let mut button = json!({"type": "button", "sub_type": "quick_reply", "parameters": parameters});
    if !index.is_null() {
        button["index"] = index;
    }
    button
}

fn code(index: Json) -> Json {
    let parameters = json!([{"type": "coupon_code", "coupon_code": "NOV25"}]);
    let mut button = json!({"type": "button", "sub_type": "copy_code", "parameters": parameters});
    if !index.is_null() {
        button["index"] = index;
    }
    button
}

fn body(texts: &[&str]) -> Json {
    let parameters: Vec<Json> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

fn text_header(texts: &[&str]) -> Json {
    let mut header = body(texts);
    header["type"] = json!("header");
    header
}

/// A body without variables, and these buttons.
fn buttons(buttons: &Json) -> Json {
    json!([{"type": "BODY", "text": "Hello"}, {"type": "BUTTONS", "buttons": buttons}])
}

fn dynamic() -> Json {
    json!({"type": "URL", "text": "Go", "url": "https://shop.example/{{1}}"})
}

fn fixed() -> Json {
    json!({"type": "URL", "text": "Go", "url": "https://shop.example/"})
}

fn quick() -> Json {
    json!({"type": "QUICK_REPLY", "text": "Yes"})
}

fn phone() -> Json {
    json!({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+442079460999"})
}

const NONE: Json = Json::Null;

#[test]
fn without_a_definition_buttons_get_the_next_free_place() {
    let call = json!({"type": "button", "sub_type": "phone_number", "parameters": []});
    let cases = [
        ("as given, text", json!([url(json!("0"), "a")]), json!([url(json!("0"), "a")])),
        ("a number becomes text", json!([url(json!(1), "a")]), json!([url(json!("1"), "a")])),
        ("leading zeros go", json!([url(json!("01"), "a")]), json!([url(json!("1"), "a")])),
        ("from 0", json!([url(NONE, "a"), url(NONE, "b")]), json!([url(json!("0"), "a"), url(json!("1"), "b")])),
        ("over all kinds", json!([url(NONE, "a"), code(NONE)]), json!([url(json!("0"), "a"), code(json!("1"))])),
        (
            "around given ones",
            json!([url(NONE, "a"), url(json!(0), "b")]),
            json!([url(json!("1"), "a"), url(json!("0"), "b")]),
        ),
        (
            "an empty url is dropped",
            json!([url(json!("0"), ""), reply(json!("1"), "x")]),
            json!([reply(json!("1"), "x")]),
        ),
        ("and keeps its place", json!([url(NONE, ""), url(NONE, "b")]), json!([url(json!("1"), "b")])),
        ("so does a phone number", json!([call, url(NONE, "b")]), json!([url(json!("1"), "b")])),
        ("a reply without payload", json!([reply(json!(0), ""), url(json!(1), "b")]), json!([url(json!("1"), "b")])),
        ("no components", json!([]), json!([])),
        ("others pass", json!([body(&["a"]), {"type": "new", "x": 1}]), json!([body(&["a"]), {"type": "new", "x": 1}])),
    ];
    for (name, given, expected) in cases {
        check(name, None, &given, &expected);
    }
}

#[test]
fn with_a_definition_buttons_sit_where_the_template_has_them() {
    let two = || json!([url(NONE, "a"), url(NONE, "b")]);
    let cases = [
        ("behind a reply", json!([quick(), dynamic()]), json!([url(NONE, "a")]), json!([url(json!("1"), "a")])),
        ("two", json!([dynamic(), phone(), dynamic()]), two(), json!([url(json!("0"), "a"), url(json!("2"), "b")])),
        ("past a static one", json!([fixed(), dynamic()]), json!([url(NONE, "a")]), json!([url(json!("1"), "a")])),
        ("one too many is the static one's", json!([fixed(), dynamic()]), two(), json!([url(json!("1"), "a")])),
        ("static", json!([fixed()]), json!([url(json!("0"), "a")]), json!([])),
        ("static, no index", json!([fixed()]), json!([url(NONE, "a")]), json!([])),
        (
            "given one is not dealt",
            json!([dynamic(), dynamic()]),
            json!([url(NONE, "a"), url(json!(0), "b")]),
            json!([url(json!("1"), "a"), url(json!("0"), "b")]),
        ),
        (
            "by kind",
            json!([dynamic(), {"type": "COPY_CODE"}]),
            json!([code(NONE), url(NONE, "a")]),
            json!([code(json!("1")), url(json!("0"), "a")]),
        ),
        (
            "payloads of replies stay",
            json!([quick(), quick()]),
            json!([reply(NONE, "x"), reply(NONE, "y")]),
            json!([reply(json!("0"), "x"), reply(json!("1"), "y")]),
        ),
        (
            "one reply is enough",
            json!([quick(), quick()]),
            json!([reply(json!(1), "y")]),
            json!([reply(json!("1"), "y")]),
        ),
        (
            "a one-time password",
            json!([{"type": "OTP", "otp_type": "COPY_CODE"}]),
            json!([url(NONE, "123")]),
            json!([url(json!("0"), "123")]),
        ),
        ("a place that is not listed", json!([dynamic()]), json!([url(json!(7), "a")]), json!([url(json!("7"), "a")])),
        (
            "a url that is not listed may be dynamic",
            json!([{"type": "URL"}]),
            json!([url(NONE, "a")]),
            json!([url(json!("0"), "a")]),
        ),
        ("empty text", json!([dynamic()]), json!([url(NONE, "")]), json!([])),
    ];
    for (name, listed, given, expected) in cases {
        check(name, Some(&buttons(&listed)), &given, &expected);
    }
    let silent = json!([{"type": "BODY", "text": "Hello"}]);
    check("no buttons listed", Some(&silent), &json!([url(NONE, "a")]), &json!([url(json!("0"), "a")]));
}

#[test]
fn variables_are_counted() {
    let two = json!([{"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}, {"type": "BODY", "text": "{{1}}: {{2}}, {{1}}"}]);
    let image = json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://x/y.jpg"}}]});
    let fine = json!([text_header(&["Asha"]), body(&["a", "b"])]);
    check("fits", Some(&two), &fine, &fine);
    let cases = [
        (json!([text_header(&["A"]), body(&["a", "b", "c"])]), "Template body needs 2 variables, 3 were given"),
        (json!([text_header(&["A"]), body(&["a"])]), "Template body needs 2 variables, 1 was given"),
        (json!([text_header(&["A"])]), "Template body needs 2 variables, 0 were given"),
        (json!([body(&["a", "b"])]), "Template header needs 1 variable, 0 were given"),
        (json!([text_header(&["A", "B"]), body(&["a", "b"])]), "Template header needs 1 variable, 2 were given"),
        (json!([image, body(&["a", "b"])]), "Template header is of the kind text, image was given"),
    ];
    for (given, expected) in cases {
        refuse(&two, &given, &format!("template_params: {expected}"));
    }
    let fixed = json!([{"type": "HEADER", "format": "TEXT", "text": "Parcel update"}, {"type": "BODY", "text": "Hi"}]);
    refuse(&fixed, &json!([text_header(&["A"])]), "template_params: Template header needs 0 variables, 1 was given");
    check("none needed", Some(&fixed), &json!([]), &json!([]));
    let picture = json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "{{1}}"}]);
    let given = json!([image, body(&["a"])]);
    check("a picture is no variable", Some(&picture), &given, &given);
    check("what is not listed is not refused", Some(&json!([])), &fine, &fine);
    check("nor a body without text", Some(&json!([{"type": "BODY"}])), &fine, &fine);
}

#[test]
fn named_variables_are_counted_and_named() {
    let listed = json!([{"type": "BODY", "text": "Hi {{first_name}}: {{total}}"}]);
    let named = |names: &[&str]| {
        let parameters: Vec<Json> =
            names.iter().map(|name| json!({"type": "text", "parameter_name": name, "text": "x"})).collect();
        json!([{"type": "body", "parameters": parameters}])
    };
    check("in any order", Some(&listed), &named(&["total", "first_name"]), &named(&["total", "first_name"]));
    let text = "template_params: Template needs 2 variables, 1 was given: `total` is missing";
    refuse(&listed, &named(&["first_name"]), text);
    let text = "template_params: Template needs 2 variables, 2 were given: `total` is missing";
    refuse(&listed, &named(&["first_name", "sum"]), text);
}

#[test]
fn cards_are_fitted_like_templates() {
    let card = json!({"components": [
        {"type": "BODY", "text": "{{1}}"},
        {"type": "BUTTONS", "buttons": [quick(), dynamic()]},
    ]});
    let listed = json!([{"type": "BODY", "text": "Hi"}, {"type": "CAROUSEL", "cards": [card, card]}]);
    let cards = |first: Json, second: Json| {
        json!([{"type": "carousel", "cards": [
            {"card_index": 0, "components": first}, {"card_index": 1, "components": second},
        ]}])
    };
    let given = cards(json!([body(&["a"]), url(NONE, "p/0")]), json!([url(json!(1), "p/1"), body(&["b"])]));
    let expected = cards(json!([body(&["a"]), url(json!("1"), "p/0")]), json!([url(json!("1"), "p/1"), body(&["b"])]));
    check("placed", Some(&listed), &given, &expected);
    let without = cards(json!([body(&["a"]), url(json!("0"), "p/0")]), json!([url(json!("1"), "p/1"), body(&["b"])]));
    check("without a definition", None, &given, &without);
    let given = cards(json!([body(&["a"])]), json!([body(&["a", "b"])]));
    refuse(&listed, &given, "template_params: Template cards[1] body needs 1 variable, 2 were given");
    let given = cards(json!([body(&["a"]), url(NONE, "a"), url(NONE, "b")]), json!([body(&["a"])]));
    refuse(&listed, &given, "template_params: Template cards[0] has 1 url button, 2 were given");
}

#[test]
fn more_buttons_than_there_are_and_unknown_templates_are_refused() {
    let given = json!([url(NONE, "a"), url(NONE, "b")]);
    refuse(&buttons(&json!([dynamic()])), &given, "template_params: Template has 1 url button, 2 were given");
    let given = json!([code(NONE)]);
    refuse(&buttons(&json!([dynamic()])), &given, "template_params: Template has 0 copy_code buttons, 1 was given");
    let missing = Err("template_missing: Template missing: offer in en".to_owned());
    assert_eq!(fitted(&json!([]), Known::Missing), missing);
}

#[test]
fn other_kinds_pass_unchanged() {
    let arena = Arena::new();
    let tree = Tree::from(&json!({"id": "m", "to": "US.1349", "from": "442079460123", "text": "Hi"}));
    let message = Message::read(tree.view(&arena), false, &arena).unwrap();
    assert_eq!(fit(message, Known::Missing, &arena).unwrap().value, message.value);
}

fn any_button() -> impl Strategy<Value = Json> {
    let index = prop_oneof![Just(NONE), (0..4_u8).prop_map(|n| json!(n)), (0..4_u8).prop_map(|n| json!(n.to_string()))];
    let text = prop_oneof![Just(""), Just("x")];
    (index, text, 0..4_u8).prop_map(|(index, text, kind)| match kind {
        0 => url(index, text),
        1 => reply(index, text),
        2 => code(index),
        _ => json!({"type": "button", "sub_type": "PHONE_NUMBER"}),
    })
}

fn any_listed() -> impl Strategy<Value = Json> {
    prop_oneof![Just(dynamic()), Just(fixed()), Just(quick()), Just(phone()), Just(json!({"type": "COPY_CODE"}))]
}

proptest! {
    /// `fitted` itself compares a second fitting with the first; the places it deals are all different.
    #[test]
    fn fitting_is_idempotent_and_deals_no_place_twice(
        given in prop::collection::vec(any_button(), 0..5),
        listed in prop::option::of(prop::collection::vec(any_listed(), 0..5)),
    ) {
        let template = listed.map(|listed| template(&buttons(&json!(listed))));
        let known = template.as_ref().map_or(Known::Unsynced, Known::Synced);
        let Ok(fitted) = fitted(&json!(given), known) else { return Ok(()) };
        let fitted = fitted.as_array().unwrap();
        prop_assert!(fitted.iter().all(|button| button["sub_type"] != "PHONE_NUMBER" && button["index"].is_string()));
        if given.iter().all(|button| button.get("index").is_none()) {
            let mut places: Vec<&Json> = fitted.iter().map(|button| &button["index"]).collect();
            let dealt = places.len();
            places.sort_by_key(ToString::to_string);
            places.dedup();
            prop_assert_eq!(places.len(), dealt);
        }
    }
}

#[test]
fn a_header_is_of_the_templates_kind() {
    let header =
        |kind: &str| json!({"type": "header", "parameters": [{"type": kind, kind: {"link": "https://a.example/1"}}]});
    let listed = |format: &str| json!([{"type": "HEADER", "format": format}, {"type": "BODY", "text": "Hello"}]);
    for (format, given, expected) in [
        ("IMAGE", json!([header("video")]), "Template header is of the kind image, video was given"),
        ("DOCUMENT", json!([text_header(&["Sale"])]), "Template header is of the kind document, text was given"),
        ("VIDEO", json!([]), "Template header is of the kind video, none was given"),
        ("LOCATION", json!([body(&[])]), "Template header is of the kind location, none was given"),
        ("TEXT", json!([header("image")]), "Template header is of the kind text, image was given"),
    ] {
        refuse(&listed(format), &given, &format!("template_params: {expected}"));
    }
    for (format, given) in
        [("IMAGE", json!([header("image")])), ("TEXT", json!([])), ("OF_TOMORROW", json!([header("image")]))]
    {
        check(format, Some(&listed(format)), &given, &given);
    }
    let carousel = json!([{"type": "CAROUSEL", "cards": [{"components": [{"type": "HEADER", "format": "IMAGE"}]}]}]);
    let given = json!([{"type": "carousel", "cards": [{"components": [header("video")]}]}]);
    refuse(&carousel, &given, "template_params: Template cards[0] header is of the kind image, video was given");
}

#[test]
fn a_text_that_is_too_long_with_its_values_is_refused() {
    let listed = json!([{"type": "HEADER", "format": "TEXT", "text": "Sale {{1}}"}, {"type": "BODY", "text": "{{1}} and {{2}}"}]);
    let of = |length: usize| "é".repeat(length);
    let message = |header: usize, value: usize| json!([text_header(&[&of(header)]), body(&["x", &of(value)])]);
    check("as long as may be", Some(&listed), &message(55, 1018), &message(55, 1018));
    let header = "Template header has 61 characters with its values, at most 60 are taken; `1` has 56";
    refuse(&listed, &message(56, 1), &format!("body_too_long: {header}"));
    let body = "Template body has 1025 characters with its values, at most 1024 are taken; `2` has 1019";
    refuse(&listed, &message(1, 1019), &format!("body_too_long: {body}"));
    let named = json!([{"type": "BODY", "text": "{{first_name}}"}]);
    let value =
        json!([{"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": of(1025)}]}]);
    let expected = "Template has 1025 characters with its values, at most 1024 are taken; `first_name` has 1025";
    refuse(&named, &value, &format!("body_too_long: {expected}"));
}
