//! Who is not let in, and what another site's page cannot have done.

use reqwest::header::ORIGIN;
use serde_json::json;

use super::{Browser, World, acme, api, globex, letter, provider, token};
use crate::world::ADMIN_TOKEN;

/// Every page, with a path that has it.
const PAGES: [&str; 11] = [
    "/console",
    "/console/messages",
    "/console/dead-letters",
    "/console/dead-letters/1",
    "/console/held",
    "/console/opt-outs",
    "/console/configuration",
    "/console/audit",
    "/console/templates",
    "/console/playground",
    "/console/tokens",
];

const FORMS: [&str; 12] = [
    "/console/messages",
    "/console/redrive",
    "/console/release",
    "/console/steer",
    "/console/opt-outs",
    "/console/opt-outs/change",
    "/console/opt-outs/import",
    "/console/reveal",
    "/console/playground",
    "/console/tokens/make",
    "/console/tokens/revoke",
    "/console/sign-out",
];

const LIVE: [&str; 3] = ["/console/live/overview", "/console/live/configuration", "/console/live/messages/m-1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_page_who_has_not_signed_in() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let mut browser = Browser::new(&gateway);
    for cookie in ["", "switchboard-console=", "switchboard-console=guessed", "other=1"] {
        cookie.clone_into(&mut browser.cookie);
        for path in PAGES {
            let shown = browser.get(path).await;
            assert!(shown.status == 303 && shown.to().starts_with("/console/sign-in"), "{cookie} {path}: {shown:?}");
            assert!(!shown.has("acme"));
        }
        for path in FORMS {
            let shown = browser.post(path, &[("id", "1")]).await;
            assert_eq!((shown.status, shown.to()), (303, "/console/sign-in"), "{cookie} {path}");
        }
        for path in LIVE {
            assert_eq!(browser.get(path).await.status, 401, "{cookie} {path}: an event source gives up");
        }
    }
    let wanted = browser.get("/console/dead-letters?tenant=acme&before=7").await;
    assert_eq!(wanted.to(), "/console/sign-in?next=%2Fconsole%2Fdead-letters%3Ftenant%3Dacme%26before%3D7");
    let shown = browser.post("/console/sign-in", &[("token", ADMIN_TOKEN), ("next", "/console/held")]).await;
    assert_eq!(shown.to(), "/console/held", "to where somebody wanted to go");
    let shown = browser.post("/console/sign-in", &[("token", ADMIN_TOKEN), ("next", "//evil.example/")]).await;
    assert_eq!(shown.to(), "/console", "and nowhere else");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_told_so_and_guessing_ends() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let browser = Browser::new(&gateway);
    let shown = browser.post("/console/sign-in", &[("token", "wrong")]).await;
    assert!(
        shown.status == 401 && shown.has("the token is wrong") && !shown.headers.contains_key("set-cookie"),
        "{shown:?}"
    );
    assert_eq!(browser.post("/console/sign-in", &[]).await.status, 401, "none is none");
    let mut last = 0;
    for guess in 0..40 {
        last = browser.post("/console/sign-in", &[("token", &format!("guess-{guess}"))]).await.status;
    }
    assert_eq!(last, 429);
    let right = browser.post("/console/sign-in", &[("token", ADMIN_TOKEN)]).await;
    assert!(
        right.status == 429 && right.has("try again in"),
        "who guesses is not told which guess is right: {right:?}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_site_or_without_its_token_does_nothing() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    letter(&world, "one").await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let csrf = browser.csrf().await;
    let other = Browser::of(&gateway, ADMIN_TOKEN).await.csrf().await;
    assert_ne!(csrf, other, "each session has its own");
    let origin = browser.base.clone();
    for path in FORMS {
        let fields = [("csrf", csrf.as_str()), ("id", "1"), ("do", "redrive")];
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let shown = browser.sent(browser.form(path, &fields).header(header, value)).await;
            assert_eq!(shown.status, 403, "{path}: {header}: {value}");
        }
        let shown = browser.sent(browser.form(path, &fields)).await;
        assert_eq!(shown.status, 403, "{path}: it does not say where it comes from");
        for wrong in ["", "x", &other, &csrf[1..]] {
            let shown = browser.post(path, &[("csrf", wrong), ("id", "1"), ("do", "redrive")]).await;
            assert!(shown.status == 403 && shown.has("not of this session"), "{path}: `{wrong}`: {shown:?}");
        }
        let json = browser.client.post(format!("{origin}{path}")).header("content-type", "application/json");
        let shown = browser.sent(json.header(ORIGIN, &origin).body(json!({ "csrf": csrf }).to_string())).await;
        assert_eq!(shown.status, 400, "{path}: no form");
    }
    let sign_in = browser.form("/console/sign-in", &[("token", ADMIN_TOKEN)]).header(ORIGIN, "https://evil.example");
    assert_eq!(browser.sent(sign_in).await.status, 403, "nobody is signed in as somebody else");
    assert!(
        browser.get("/console").await.status == 200
            && browser.get("/console/dead-letters").await.has("/console/dead-letters/1")
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_its_token_and_when_somebody_signs_out() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let made = token(&world, &gateway, "worker", &["read"], None).await;
    let browser = Browser::of(&gateway, &made).await;
    assert!(browser.get("/console").await.has("worker"));
    api(&world, &gateway, "/api/tokens/revoke", &json!({ "name": "worker" })).await;
    assert_eq!((browser.get("/console").await.status, browser.get("/console/live/overview").await.status), (303, 401));

    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let second = Browser::of(&gateway, ADMIN_TOKEN).await;
    let out = browser.submit("/console/sign-out", &[]).await;
    assert_eq!((out.status, out.to()), (303, "/console/sign-in"));
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/console").await.status, 303, "the cookie is worth nothing any more");
    assert_eq!(second.get("/console").await.status, 200, "and other sessions go on");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_one_tenant_sees_nothing_of_another() {
    let world = World::new(vec![acme(), globex()], provider()).await;
    let gateway = world.gateway().await;
    letter(&world, "one").await;
    let brand = &world.brands[0];
    let order = crate::world::order(brand, "of-acme", &crate::world::person(brand, 1));
    assert_eq!(world.send(brand, &order).await.status, 200);
    let kept = world.stored(&gateway, brand, "of-acme").await.unwrap().message.reference.to_string();
    let made = token(&world, &gateway, "theirs", &["read", "operate", "reveal"], Some("globex")).await;
    let browser = Browser::of(&gateway, &made).await;
    for path in PAGES {
        let shown = browser.get(path).await;
        let expected = match path {
            "/console/dead-letters/1" => 404,
            "/console/tokens" => 403,
            _ => 200,
        };
        assert_eq!(shown.status, expected, "{path}");
        assert!(!shown.has("acme"), "{path}: {}", shown.page);
    }
    assert!(browser.get("/console").await.has("globex"));
    for (path, fields) in [
        ("/console/messages", [("id", kept.as_str()), ("", "")]),
        ("/console/messages", [("id", "of-acme"), ("tenant", "globex")]),
        ("/console/redrive", [("id", "1"), ("do", "redrive")]),
        ("/console/reveal", [("id", "1"), ("", "")]),
        ("/console/release", [("tenant", "acme"), ("", "")]),
        ("/console/redrive", [("tenant", "acme"), ("do", "look")]),
        ("/console/playground", [("tenant", "acme"), ("what", "inbound")]),
        ("/console/tokens/make", [("name", "more"), ("roles", "read")]),
    ] {
        let shown = browser.submit(path, &fields).await;
        // What somebody typed comes back as it was typed, and nothing else does.
        let page = shown.page.replace("no tenant `acme`", "");
        assert!([200, 403, 404].contains(&shown.status) && !page.contains("acme"), "{path} {fields:?}: {}", shown.page);
    }
    assert_eq!(browser.get(&format!("/console/messages/{kept}")).await.status, 404);
    assert_eq!(browser.get(&format!("/console/live/messages/{kept}")).await.status, 404);
    let admin = Browser::of(&gateway, ADMIN_TOKEN).await;
    assert_eq!(admin.get("/console/dead-letters/1").await.status, 200, "nothing was done with it");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_a_token_has_not_is_not_lent_by_the_console() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    letter(&world, "one").await;
    let reader = Browser::of(&gateway, &token(&world, &gateway, "reader", &["read"], None).await).await;
    let letter = reader.get("/console/dead-letters/1").await;
    assert!(letter.status == 200 && !letter.has("/console/reveal"), "{}", letter.page);
    let look = reader.submit("/console/redrive", &[("id", "1"), ("do", "look")]).await;
    assert!(look.status == 200 && look.has("Nothing was done yet") || look.has("would stay"), "{}", look.page);
    for (path, fields) in [
        ("/console/redrive", [("id", "1"), ("do", "redrive")]),
        ("/console/reveal", [("id", "1"), ("", "")]),
        ("/console/release", [("tenant", "acme"), ("", "")]),
    ] {
        let shown = reader.submit(path, &fields).await;
        assert!(shown.status == 403 && shown.has("has not the role"), "{path}: {shown:?}");
    }
    let blind = Browser::of(&gateway, &token(&world, &gateway, "blind", &["operate"], None).await).await;
    assert_eq!(blind.get("/console").await.status, 403, "who may do things may not look for that");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_what_a_browser_may_do_with_it() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    letter(&world, "one").await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let page = browser.get("/console").await.page;
    let assets: Vec<&str> =
        page.split('"').filter(|part| part.starts_with("/console/") && part.contains('.')).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    let all = PAGES.iter().chain(&LIVE).chain(&["/console/sign-in", "/console/dead-letters/999", "/console/nothing"]);
    for path in all.chain(&assets) {
        let shown = browser.get(path).await;
        let header = |name: &str| shown.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(["same-origin", "no-referrer"].contains(&header("referrer-policy")), "{path}");
        let kept = if assets.contains(path) { "private, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(header("cache-control"), kept, "{path}");
        assert_eq!(shown.headers.get_all("content-security-policy").iter().count(), 1, "{path}");
    }
    let home = browser.get("/").await;
    assert_eq!((home.status, home.to()), (303, "/console"));
    let named = browser.client.get(format!("{}/console", browser.base)).header("host", "evil.example");
    assert_eq!(browser.sent(named).await.status, 403, "a name that leads here from elsewhere");
    gateway.stop().await;
}
