//! Every page, with the worst that could stand in it: nothing of it becomes markup, and nothing in a page could run or style it.

use maud::Markup;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Frame, audit, campaign, configuration, error, held, letter, letters, messages, overview, playground, redrive,
    sign_in, suppressions, templates, tokens, trace, usage,
};
use crate::operate::{Bearer, Fault};

/// It ends an attribute, an element and a script, and begins others.
const EVIL: &str = "\"'></title></pre><script>alert(1)</script><img src=x onerror=alert(1)>&lt;";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn letter_of(id: i64) -> Value {
    json!({ "id": id, "tenant": EVIL, "kind": EVIL, "name": EVIL, "message": EVIL, "reason": EVIL, "at": EVIL })
}

fn message() -> Value {
    json!({
        "id": EVIL, "found_by": EVIL, "tenant": EVIL, "to": EVIL, "phase": EVIL, "best": EVIL, "accepted": EVIL,
        "sender": EVIL, "platform": EVIL, "provider": EVIL, "platform_id": EVIL, "campaign": EVIL, "cost": EVIL, "provider_id": EVIL, "origin": EVIL,
        "class": EVIL, "attempts": 1, "resends": 1, "reported": [EVIL], "expires": EVIL, "wakes": EVIL, "mapping": EVIL,
        "forgotten": false, "content": { EVIL: EVIL }, "opted_out": true, "held": { "since": EVIL, "probe": EVIL }, "paused": true,
        "timeline": [{ "at": EVIL, "leg": EVIL, "what": EVIL }],
        "waiting": [{ "call": EVIL, "since": EVIL, "attempts": 1, "due": EVIL }], "dead_letters": [letter_of(7)],
    })
}

fn campaign_of() -> Value {
    let sent = json!({ "id": EVIL, "accepted": EVIL, "sender": EVIL, "to": EVIL, "platform_id": EVIL, "stands": EVIL });
    json!({
        "tenant": EVIL, "campaign": EVIL, "accepted": 7, "funnel": { "taken": 3, "delivered": 3, "read": 3 }, "stands": { "read": 3, "queued": 4 }, "whole": false,
        "messages": [sent], "next": EVIL,
    })
}

fn usage_of() -> Value {
    let one = json!({
        "month": EVIL, "tenant": EVIL, "sender": EVIL, "category": EVIL, "currency": EVIL, "messages": 1234, "priced": -1,
        "cost": EVIL,
    });
    let sum = json!({ "currency": EVIL, "messages": 1234, "priced": 7, "cost": EVIL });
    json!({ "from": EVIL, "to": EVIL, "whole": false, "usage": [one], "totals": [sum] })
}

fn tenant() -> Value {
    json!({
        "tenant": EVIL, "state": EVIL, "platform": EVIL, "provider": EVIL,
        "ledger": { "accepted": 7, "in_flight": 1 }, "difference": -1, "queued": 7, "drain_seconds": null, "backlog": 10,
        "rate": { "ceiling": 80.0, "current": 40.5 }, "held": 1, "paused": 1, "dead_letters": 1,
        "lately": {
            "accepted": 7, "submitted": 6, "delivered": 5, "read": 4, "failed": 1, "reasons": [[EVIL, 1]],
            "waited_seconds": 0.5, "minutes": vec![[1, 1, 0]; 60],
        },
    })
}

/// Every page by its name.
fn pages() -> Vec<(&'static str, Markup)> {
    let bearer = Bearer::of_everything(EVIL);
    let frame = Frame { bearer: &bearer, csrf: EVIL, section: "/console" };
    let tenants = [EVIL.to_owned(), "other".to_owned()];
    let asked = letters::Filter { tenant: EVIL, kind: EVIL, name: EVIL, reason: EVIL, since: EVIL };
    let searched = audit::Filter { who: EVIL, what: EVIL, since: EVIL };
    let carried = [(EVIL.to_owned(), EVIL.to_owned())];
    let came = |dry: bool| {
        json!({
            "dry_run": dry, "letters": [{ "came": EVIL, "why": EVIL, "id": 7, "tenant": EVIL, "kind": EVIL, "name": EVIL,
            "message": EVIL, "reason": EVIL, "at": EVIL }], "redriven": 1, "stay": 1, "next": 7, "upto": 9,
        })
    };
    let lane = json!({ "tenant": EVIL, "sender": EVIL, "since": EVIL, "probe": EVIL });
    let people = json!([{ "tenant": EVIL, "sender": EVIL, "count": 7 }]);
    let traced: trace::Traced = read(json!({ "messages": [message(), message()], "more": 1 }));
    let standing = json!({ "version": EVIL, "errors": 1, "warnings": 1 });
    let overview_of =
        json!({ "at": EVIL, "tenants": [tenant()], "store": { "writable": false }, "configuration": standing });
    let lines = ["-", "+", EVIL].map(|sign| json!({ "sign": sign, "old": 1, "new": null, "text": EVIL }));
    let changes = json!([lines]);
    let file = json!({
        "file": EVIL, "kind": EVIL, "name": EVIL, "version": EVIL, "served": EVIL, "errors": 1, "warnings": 1,
        "changes": changes,
    });
    let problem = json!({ "severity": EVIL, "code": EVIL, "text": EVIL });
    let files = json!({ "version": EVIL, "loaded_at": EVIL, "failure": EVIL, "files": [file], "problems": [problem] });
    let line = json!({ "at": EVIL, "who": EVIL, "what": EVIL, "tenant": EVIL, "about": EVIL });
    let mut inspected = letter_of(7);
    inspected["content"] = json!({ EVIL: EVIL });
    inspected["personal"] = json!("masked");
    let token = json!({ "name": EVIL, "roles": [EVIL], "tenant": EVIL, "made": EVIL, "until": EVIL, "token": EVIL });
    let section = json!({ "format": EVIL, "text": EVIL, "variables": 2 });
    let wants =
        json!({ "header": section, "body": section, "buttons": [{ "kind": EVIL, "dynamic": true }], "cards": 1 });
    let template = json!({ "name": EVIL, "language": EVIL, "status": EVIL, "category": EVIL, "wants": wants });
    let listed =
        json!({ "tenant": EVIL, "sender": EVIL, "waba": EVIL, "preflight": EVIL, "at": EVIL, "templates": [template] });
    let sample = playground::Sample { tenant: EVIL, what: EVIL, path: EVIL, headers: EVIL, text: EVIL };
    let traced_line = json!({ "place": EVIL, "what": EVIL, "came": EVIL, "by": [EVIL] });
    let leg = json!({ "leg": EVIL, "mapping": EVIL, "outcome": { EVIL: EVIL }, "why": EVIL, "notes": [EVIL], "trace": [traced_line] });
    let campaign_paused = json!({ "tenant": EVIL, "campaign": EVIL, "since": EVIL, "who": EVIL, "reason": EVIL });
    let paused = json!({ "tenant": EVIL, "sender": EVIL, "since": EVIL, "who": EVIL, "reason": EVIL });
    let change = |cause: &str| {
        json!({
            "at": EVIL, "tenant": EVIL, "number": EVIL, "sender": EVIL, "does": EVIL, "cause": cause, "who": EVIL,
            "reason": EVIL, "rule": EVIL, "word": EVIL, "inbound": EVIL,
        })
    };
    let changes: Vec<Value> = ["said", "operator", "import", "joined", "before", EVIL].map(change).into();
    let stands = json!({ "tenant": EVIL, "opted_out": false, "senders": [EVIL], "history": changes });
    let typed = suppressions::Typed { tenant: EVIL, number: EVIL, csv: EVIL, reason: EVIL };
    let pages = [
        ("overview", overview::page(&read(overview_of))),
        ("messages", messages::page(&tenants, EVIL)),
        ("no message", messages::none(&tenants, EVIL, EVIL)),
        ("several messages", messages::found(&tenants, EVIL, &traced)),
        ("trace", trace::page(&traced)),
        ("campaign", campaign::page(&read(campaign_of()), &frame)),
        ("usage", usage::page(&read(usage_of()), EVIL, &tenants)),
        (
            "letters",
            letters::page(&read(json!({ "letters": [letter_of(7)], "next": 7 })), &asked, &tenants, Some(EVIL), &frame),
        ),
        ("letter", letter::page(&read(inspected), &frame)),
        ("dry run", redrive::page(&read(came(true)), &carried, &frame)),
        ("redriven", redrive::page(&read(came(false)), &carried, &frame)),
        (
            "held",
            held::page(
                &read(json!({ "lanes": [lane], "recipients": people, "paused": [paused, campaign_paused] })),
                &tenants,
                &frame,
            ),
        ),
        ("paused", held::steered(&read(json!({ "changed": true })), "pause")),
        (
            "to be cancelled",
            held::ended(
                &read(json!({ "messages": 7, "more": false, "upto": EVIL, "dry_run": true })),
                &carried,
                &frame,
            ),
        ),
        ("released", held::released(&read(json!({ "released": [lane], "recipients": people })))),
        (
            "opt-outs",
            suppressions::page(&read(json!({ "lines": changes, "next": 7 })), typed, &tenants, Some(EVIL), &frame),
        ),
        (
            "an opt-out",
            suppressions::shown(&read(json!({ "number": EVIL, "tenants": [stands] })), typed, &tenants, &frame),
        ),
        ("opted out", suppressions::changed(&read(json!({ "changed": true, "opted_out": true })))),
        ("imported", suppressions::imported(&read(json!({ "rows": 7, "added": 6, "already": 1 })))),
        ("not imported", suppressions::wrong(EVIL, typed, &tenants, &frame)),
        ("configuration", configuration::page(&read(files))),
        ("audit", audit::page(&read(json!({ "audit": [line], "next": null })), &searched, None)),
        ("templates", templates::page(&read(json!({ "lists": [listed] })), EVIL, &tenants)),
        ("playground", playground::page(&sample, &tenants, EVIL)),
        ("tried", playground::tried(&read(json!({ "legs": [leg] })), &sample, &tenants, EVIL)),
        ("not tried", playground::wrong(EVIL, &sample, &tenants, EVIL)),
        ("tokens", tokens::page(&read(json!({ "tokens": [token] })), &tenants, &frame)),
        ("token", tokens::made(&read(token))),
        ("fault", error::page(&Fault::NotFound(EVIL.to_owned()))),
    ];
    let alone = [("sign in", sign_in::page(EVIL, Some(EVIL))), ("alone", error::alone(EVIL))];
    pages.into_iter().map(|(name, page)| (name, page.within(&frame))).chain(alone).collect()
}

#[test]
fn what_is_put_into_a_page_stays_text() {
    for (name, page) in pages() {
        let page = page.into_string();
        assert!(page.contains("&lt;script&gt;alert(1)"), "{name}: it is there");
        for never in ["<script>", "<img src=x", "</title></pre>", "\"'>"] {
            assert!(!page.contains(never), "{name}: {never}");
        }
    }
}

#[test]
fn nothing_stands_in_a_page_that_its_policy_forbids() {
    let inline = regex::Regex::new(r#"<[^>]*\s(style|on[a-z]+)=|<style|javascript:|<script(?: [^>]*)?>[^<]"#).unwrap();
    for (name, page) in pages() {
        let page = page.into_string().replace(&maud::html! { (EVIL) }.into_string(), "");
        assert!(inline.find(&page).is_none(), "{name}: {:?}", inline.find(&page));
        assert_eq!(page.matches("<h1>").count(), 1, "{name}");
        assert_eq!(page.matches("<main").count(), 1, "{name}");
    }
}

#[test]
fn every_form_that_is_posted_carries_the_token_of_its_session() {
    let (mut forms, form) = (0, regex::Regex::new(r#"(?s)<form[^>]*method="post".*?</form>"#).unwrap());
    for (name, page) in pages() {
        for found in form.find_iter(&page.into_string()).filter(|found| !found.as_str().contains("/console/sign-in")) {
            assert!(found.as_str().contains("name=\"csrf\""), "{name}: {}", found.as_str());
            forms += 1;
        }
    }
    assert!(forms > 20, "{forms}");
}
