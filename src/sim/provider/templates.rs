//! The provider's templates: a set for demonstrations, the listing with its pages, § 7, and whether a message fits one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::problems::{LIMIT, Problem};

/// The templates that the simulated platforms' campaigns use, and one that is not approved.
#[must_use]
pub fn demo() -> Vec<Value> {
    let body = |text: &str| json!({"type": "BODY", "text": text});
    let buttons = |buttons: Value| json!({"type": "BUTTONS", "buttons": buttons});
    let reply = |text: &str| json!({"type": "QUICK_REPLY", "text": text});
    let link = |text: &str| json!({"type": "URL", "text": text, "url": "https://shop.example/{{1}}"});
    let image = json!({"type": "HEADER", "format": "IMAGE"});
    let templates = [
        ("order_update", "UTILITY", vec![body("Hi {{1}}, order {{2}} arrives on {{3}}.")]),
        ("welcome", "MARKETING", vec![body("Welcome to the shop!")]),
        (
            "weekend_offer",
            "MARKETING",
            vec![
                image.clone(),
                body("{{1}}, {{2}} off this weekend"),
                buttons(json!([reply("Yes, tell me more"), reply("Later"), link("Open the shop")])),
            ],
        ),
        (
            "visit_feedback",
            "MARKETING",
            vec![body("How was it, {{1}}?"), buttons(json!([reply("Good"), reply("Average"), reply("Poor")]))],
        ),
        (
            "track_parcel",
            "UTILITY",
            vec![
                json!({"type": "HEADER", "format": "TEXT", "text": "Parcel update"}),
                body("{{1}}, order {{2}} is on its way."),
                json!({"type": "FOOTER", "text": "Reply STOP to opt out"}),
                buttons(
                    json!([{"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+442079460999"}, link("Track")]),
                ),
            ],
        ),
        ("season_banner", "MARKETING", vec![image, body("{{1}}, {{2}} off"), buttons(json!([link("To the sale")]))]),
        ("draft_promotion", "MARKETING", vec![body("Not yet approved, {{1}}")]),
    ];
    let numbered = (1_130_772_041_558_201_u64..).zip(templates);
    numbered
        .map(|(id, (name, category, components))| {
            let status = if name == "draft_promotion" { "PENDING" } else { "APPROVED" };
            let id = id.to_string();
            json!({"id": id, "name": name, "language": "en", "status": status, "category": category, "components": components})
        })
        .collect()
}

/// What a listing asks for.
pub(super) struct Wanted<'a> {
    pub(super) limit: Option<&'a str>,
    pub(super) after: Option<&'a str>,
    /// Members that must have these values.
    pub(super) only: Vec<(&'static str, &'a str)>,
    /// The address of the listing itself, for the link to the next page.
    pub(super) address: String,
}

/// One page of a listing.
pub(super) fn page(templates: &[Value], wanted: &Wanted<'_>) -> Result<Value, Problem> {
    let limit = match wanted.limit {
        None => 25,
        Some(text) => text.parse().ok().filter(|limit| (1..=500).contains(limit)).ok_or(LIMIT)?,
    };
    let chosen: Vec<_> =
        templates.iter().filter(|one| wanted.only.iter().all(|(name, value)| one[name] == *value)).collect();
    let start = wanted.after.and_then(position).unwrap_or(0).min(chosen.len());
    let end = start.saturating_add(limit).min(chosen.len());
    let mut answer = json!({"templates": chosen[start..end]});
    if !chosen.is_empty() {
        answer["paging"] = json!({"cursors": {"before": cursor(start), "after": cursor(end)}});
        if end < chosen.len() {
            let mut next = format!("{}?limit={limit}&after={}", wanted.address, cursor(end));
            for (name, value) in &wanted.only {
                next.push_str(&format!("&{name}={value}"));
            }
            answer["paging"]["next"] = next.into();
        }
    }
    Ok(answer)
}

fn cursor(position: usize) -> String {
    URL_SAFE_NO_PAD.encode(position.to_string())
}

fn position(cursor: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?.parse().ok()
}

/// Whether `WhatsApp` would take this message: its template is known and approved, and every variable is filled.
pub(super) fn fits(templates: &[Value], message: &Value) -> bool {
    let sent = &message["custom"]["template"];
    if message["custom"]["type"] != "template" {
        return true;
    }
    let same = |one: &&Value| one["name"] == sent["name"] && one["language"] == sent["language"]["code"];
    let Some(template) = templates.iter().filter(|one| one["status"] == "APPROVED").find(same) else { return false };
    let none = Vec::new();
    let components = sent["components"].as_array().unwrap_or(&none);
    let filled = |kind: &str| {
        let of_kind = components.iter().filter(|one| one["type"] == kind);
        of_kind.filter_map(|one| one["parameters"].as_array()).map(Vec::len).sum::<usize>()
    };
    let definitions = template["components"].as_array().unwrap_or(&none);
    let wanted = |kind: &str| {
        let of_kind = definitions.iter().filter(|one| one["type"] == kind);
        of_kind.map(|one| if has_media(one) { 1 } else { variables(&one["text"]) }).sum::<usize>()
    };
    let buttons = definitions.iter().find(|one| one["type"] == "BUTTONS").and_then(|one| one["buttons"].as_array());
    filled("header") == wanted("HEADER")
        && filled("body") == wanted("BODY")
        && buttons_fit(components, buttons.unwrap_or(&none))
}

/// Buttons with a variable must be filled, quick replies may be, others must not.
fn buttons_fit(components: &[Value], buttons: &[Value]) -> bool {
    let sent: Vec<_> = components.iter().filter(|one| one["type"] == "button").collect();
    let at =
        |index: &Value| index.as_u64().or_else(|| index.as_str()?.parse().ok()).and_then(|at| usize::try_from(at).ok());
    let known = sent.iter().all(|one| {
        let button = at(&one["index"]).and_then(|at| buttons.get(at));
        button.is_some_and(|button| match one["sub_type"].as_str() {
            Some("quick_reply") => button["type"] == "QUICK_REPLY",
            Some("url") => button["type"] == "URL" && variables(&button["url"]) == 1,
            Some("copy_code") => button["type"] == "COPY_CODE",
            _ => true,
        })
    });
    let needed = |button: &Value| button["type"] == "COPY_CODE" || variables(&button["url"]) > 0;
    let filled = |position: usize| sent.iter().filter(|one| at(&one["index"]) == Some(position)).count();
    known
        && (0..).zip(buttons).all(|(position, button)| match filled(position) {
            0 => !needed(button),
            1 => true,
            _ => false,
        })
}

fn has_media(header: &Value) -> bool {
    matches!(header["format"].as_str(), Some("IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION"))
}

fn variables(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.matches("{{").count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(limit: Option<&'a str>, after: Option<&'a str>) -> Wanted<'a> {
        Wanted { limit, after, only: vec![("status", "APPROVED")], address: "http://h/t".to_owned() }
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = demo();
        let (mut names, mut after, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let page = page(&all, &wanted(Some("4"), after.as_deref())).unwrap();
            names.extend(
                page["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(next) = page["paging"]["next"].as_str() else { break };
            after = Some(next.split("after=").nth(1).unwrap().split('&').next().unwrap().to_owned());
            assert!(next.starts_with("http://h/t?limit=4&after=") && next.ends_with("&status=APPROVED"), "{next}");
        }
        assert_eq!((names.len(), pages), (6, 2));
        assert!(!names.contains(&"draft_promotion".to_owned()));
    }

    #[test]
    fn odd_queries() {
        assert!(page(&demo(), &wanted(Some("0"), None)).is_err());
        assert!(page(&demo(), &wanted(Some("501"), None)).is_err());
        assert_eq!(page(&[], &wanted(None, Some("%%"))).unwrap(), json!({"templates": []}));
        let beyond = page(&demo(), &wanted(None, Some(&cursor(99)))).unwrap();
        assert_eq!(beyond["templates"], json!([]));
    }

    #[test]
    fn a_message_fits_when_every_variable_is_filled() {
        let message = |name: &str, components: Value| json!({"custom": {"type": "template", "template": {"name": name, "language": {"code": "en"}, "components": components}}});
        let text =
            |count: usize| json!({"type": "body", "parameters": vec![json!({"type": "text", "text": "x"}); count]});
        let url = |index: Value| json!({"type": "button", "sub_type": "url", "index": index, "parameters": [{"type": "text", "text": "x"}]});
        let image =
            json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://x.example/a.png"}}]});
        let cases = [
            (true, message("order_update", json!([text(3)]))),
            (false, message("order_update", json!([text(2)]))),
            (false, message("unheard_of", json!([text(3)]))),
            (false, message("draft_promotion", json!([text(1)]))),
            (true, message("welcome", json!([]))),
            (true, message("track_parcel", json!([text(2), url(json!("1"))]))),
            (true, message("track_parcel", json!([text(2), url(json!(1))]))),
            (false, message("track_parcel", json!([text(2), url(json!("0"))]))),
            (false, message("track_parcel", json!([text(2)]))),
            (true, message("season_banner", json!([image, text(2), url(json!("0"))]))),
            (false, message("season_banner", json!([text(2), url(json!("0"))]))),
            (true, json!({"message_type": "text", "text": "hello"})),
        ];
        for (expected, message) in cases {
            assert_eq!(fits(&demo(), &message), expected, "{message}");
        }
    }
}
