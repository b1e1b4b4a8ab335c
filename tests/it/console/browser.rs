//! The console in a real browser: Chromium of the machine's packages, driven by tests/browser/drive.mjs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::sim::provider::{Failure, Life, ProviderOptions};

use super::{World, acme, globex, letter, parked, provider};
use crate::world::{ADMIN_TOKEN, Kit, NPM, Scripted, Stub, TenantFile, order, person, until, until_async};

static BROWSER: Kit = Kit {
    name: "browser",
    folder: "tests/browser",
    files: &["package.json", "package-lock.json", ".npmrc", "drive.mjs"],
    needs: &[("node", &["nodejs"]), ("npm", &["npm"]), ("chromium", &["chromium"])],
    install: &[NPM],
    run: &["node", "drive.mjs"],
    installed: &INSTALLED,
};

static INSTALLED: OnceLock<PathBuf> = OnceLock::new();

/// One browser at a time: they are large, and what one does is measured.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Has a task done by a person who has the admin token.
async fn does(gateway: &Gateway, task: &str, given: &Value) -> Value {
    let mut all =
        json!({ "task": task, "token": ADMIN_TOKEN, "base": format!("http://{}", gateway.admin_address().unwrap()) });
    all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    let _turn = TURN.lock().await;
    tokio::task::spawn_blocking(move || BROWSER.ask(vec![all]).remove(0)).await.unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {value}"))
}

/// A brand whose reports are refused once, so that there is a letter, and taken from then on.
async fn given_up() -> (World, Gateway, Stub) {
    let platform =
        Stub::start(vec![Scripted::new(400, json!({})), Scripted::new(200, json!({ "status": "success" }))]).await;
    let mut file = acme();
    file.report_url = format!("{}/dlr", platform.url);
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until_async("a report is given up", async || !gateway.flow.store.dead_letters(None, 1).await.unwrap().is_empty())
        .await;
    world.quiet(&gateway).await;
    (world, gateway, platform)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_searched_and_its_trace_followed() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "one").await;
    world.quiet(&gateway).await;
    let ours = world.stored(&gateway, brand, "one").await.unwrap().message.reference.to_string();
    let seen = does(&gateway, "trace", &json!({ "id": format!("+{to}") })).await;
    assert_eq!(text(&seen, "heading"), format!("Message {ours}"));
    let lines: Vec<String> =
        seen["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().replace('\n', " ")).collect();
    for part in ["send accepted", "send taken by the provider", "status read · read", "report report posted · HTTP 200"]
    {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:?}");
    }
    assert!(!text(&seen, "url").contains(&to[2..]) && seen["complaints"] == json!([]), "{seen}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_redriven_after_a_look() {
    let (_world, gateway, platform) = given_up().await;
    let letter = gateway.flow.store.dead_letters(None, 1).await.unwrap()[0].id;
    let before = platform.asked().len();
    let seen = does(&gateway, "redrive", &json!({ "letter": letter })).await;
    assert!(text(&seen, "look").contains("1 letter would be done again, 0 would stay"), "{seen}");
    assert!(text(&seen, "done").contains("Done again: 1 letter. Left: 0."), "{seen}");
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    until("the report is made again", || platform.asked().len() > before).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_s_problem_appears_and_goes_while_its_page_is_open() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let good = world.brands[0].file.text();
    let broken = good.replace("platform:", "platfrom:");
    assert_ne!(good, broken);
    let file = world.tenant_path("acme");
    let seen = does(&gateway, "broken", &json!({ "file": file, "good": good, "broken": broken })).await;
    assert_eq!((&seen["before"], &seen["untouched"]), (&json!(0), &json!(true)), "{seen}");
    assert!(text(&seen, "problem").contains("platfrom") && text(&seen, "problem").contains("help:"), "{seen}");
    assert!(text(&seen, "served").contains("last good"), "{seen}");
    assert_eq!(
        (text(&seen, "told"), text(&seen, "mended")),
        ("2 errors, 0 warnings", "0 errors, 0 warnings"),
        "said aloud"
    );
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_done_with_the_keyboard_alone() {
    let (_world, gateway, _platform) = given_up().await;
    let letter = gateway.flow.store.dead_letters(None, 1).await.unwrap()[0].id;
    let seen = does(&gateway, "keyboard", &json!({ "id": "one", "letter": letter })).await;
    assert_eq!(
        (&seen["skip"], text(&seen, "skipped")),
        (&json!(1), "content"),
        "the first stop leads past the navigation"
    );
    assert!(text(&seen, "traced").starts_with("Message m-"), "{seen}");
    assert!(text(&seen, "done").contains("Done again: 1 letter."), "{seen}");
    assert!(text(&seen, "out").contains("/console/sign-in"), "{seen}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playground_shows_where_a_field_comes_from() {
    let world = World::new(vec![globex(), acme()], provider()).await;
    let gateway = world.gateway().await;
    let sample = order(&world.brands[1], "one", "6598114720").to_string();
    let given = json!({ "tenant": "acme", "sample": sample, "field": "send.call.body.to" });
    let seen = does(&gateway, "playground", &given).await;
    let mapping = std::fs::read_to_string(world.mapping_path("vonage.yaml")).unwrap();
    let line = 1 + mapping.lines().position(|line| line.trim_start().starts_with("to:")).unwrap();
    let cells = &seen["cells"];
    assert_eq!((&cells[0], &cells[1]), (&json!("send.call.body.to"), &json!("\"6598114720\"")), "{seen}");
    assert!(cells[2].as_str().unwrap().contains(&format!("vonage.yaml:{line}:")), "line {line}: {seen}");
    assert_eq!((&seen["legs"], &seen["complaints"]), (&json!(["send of moengage", "send of vonage"]), &json!([])));
    gateway.stop().await;
}

/// Ten thousand letters, turned over page by page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rows_stay_smooth() {
    const ROWS: u32 = 10_000;
    const PAGES: u64 = 12;
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    for some in 0..10 {
        let letters = (some * ROWS / 10..(some + 1) * ROWS / 10).map(|place| parked(&world, place)).collect();
        gateway.flow.store.park(letters).await.unwrap();
    }
    let seen = does(&gateway, "rows", &json!({ "pages": PAGES })).await;
    assert_eq!((&seen["rows"], &seen["different"]), (&json!(PAGES * 100), &json!(PAGES * 100)), "{seen}");
    assert!(seen["tasks"].as_u64().unwrap() > 100, "the trace has what the page did: {seen}");
    let longest = seen["longest"].as_f64().unwrap();
    println!("the longest that a page of ten thousand letters was busy: {longest} ms");
    assert!(longest < 100.0, "{seen}");
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    gateway.stop().await;
}

/// A campaign of one message.
const SPRING: &str = "spring";

/// A gateway with something on each of its pages: two brands, a campaign, letters, a held lane, a file with a mistake.
async fn busy() -> (World, Gateway, String) {
    let failures = vec![Failure { code: 1300, share: 0.04 }, Failure { code: 1022, share: 0.02 }];
    let life = Life { delivered: 0.95, read: 0.7, failures, ..crate::world::certain() };
    let options = ProviderOptions { life, ..provider() };
    let world = World::new(vec![acme(), globex()], options).await;
    let gateway = world.gateway().await;
    for (brand, count) in world.brands.iter().zip([240, 90]) {
        brand.platform.campaign(world.campaign(brand, count)).await;
    }
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 9001))).await.status, 200);
    let path = format!("/webhooks/message-dispatcher?campaign_id={SPRING}");
    let body = order(brand, "three", &person(brand, 9003));
    assert_eq!(world.send_as(&brand.file.credentials(), &path, &body).await.status, 200);
    letter(&world, "two").await;
    world.quiet(&gateway).await;
    let ours = world.stored(&gateway, brand, "one").await.unwrap().message.reference.to_string();
    let broken = TenantFile::moengage("initech", "6531290055").text().replace("provider:", "provder:");
    std::fs::write(world.tenant_path("initech"), broken).unwrap();
    gateway.reload();
    tokio::time::sleep(Duration::from_millis(800)).await;
    (world, gateway, ours)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_for_everybody_by_light_and_by_dark_on_a_desk_and_on_a_phone() {
    let (world, gateway, ours) = busy().await;
    let (message, campaign) =
        (format!("/console/messages/{ours}"), format!("/console/campaign?tenant=acme&campaign={SPRING}"));
    let paths = [
        "/console/sign-in",
        "/console",
        "/console/messages",
        &message,
        "/console/dead-letters",
        "/console/dead-letters/1",
        "/console/held",
        "/console/opt-outs",
        "/console/configuration",
        "/console/templates",
        "/console/usage",
        &campaign,
        "/console/playground",
        "/console/audit",
        "/console/tokens",
        "/console/dead-letters/99999",
    ];
    let seen = does(&gateway, "access", &json!({ "paths": paths })).await;
    let all = seen.as_array().unwrap();
    assert_eq!(all.len(), paths.len() * 4);
    for page in all {
        assert!(page["passes"].as_u64().unwrap() > 10, "axe looked: {page}");
        assert_eq!((&page["violations"], &page["wide"]), (&json!([]), &json!(0)), "{page}");
    }
    let read = does(&gateway, "plain", &json!({ "paths": ["/console", message] })).await;
    assert!(
        text(&read, "/console").contains("acme") && text(&read, &message).contains("taken by the provider"),
        "{read}"
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The pictures of docs/console.md; without the variable they are taken all the same, and thrown away.
    let bless = std::env::var("SWITCHBOARD_BLESS").is_ok_and(|value| value == "1");
    let folder =
        if bless { folder.join("docs/console") } else { PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console") };
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name);
    let pictures = json!([
        { "path": "/console", "file": file("overview.png"), "colorScheme": "light" },
        { "path": message, "file": file("trace-dark.png"), "colorScheme": "dark" },
        { "path": "/console/configuration", "file": file("configuration.png"), "colorScheme": "light" },
        { "path": "/console/playground", "file": file("playground.png"), "colorScheme": "light", "show": "send of vonage",
            "fill": { "Sample": order(&world.brands[0], "one", "6598114720").to_string() }, "press": "Try it" },
        { "path": "/console", "file": file("phone.png"), "colorScheme": "dark", "phone": true },
    ]);
    let own = format!("{}/", world.folder().display());
    let taken = does(&gateway, "pictures", &json!({ "pictures": pictures, "folder": own })).await;
    for (size, picture) in taken.as_array().unwrap().iter().zip(pictures.as_array().unwrap()) {
        let size = size.as_u64().unwrap();
        assert!((10_000..300_000).contains(&size), "{picture}: {size} bytes");
    }
    gateway.stop().await;
}
