//! What the pages show, and what their forms do: the same as the API, audited the same way.

use serde_json::json;
use switchboard::sim::provider::{Answers, ProviderOptions};

use super::{Browser, World, acme, api, globex, letter, provider};
use crate::world::{ADMIN_TOKEN, order, person, text_from, until, until_async};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_found_and_followed_and_its_number_stands_in_no_link() {
    let world = World::new(vec![acme(), globex()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "one").await;
    world.quiet(&gateway).await;
    let ours = world.stored(&gateway, brand, "one").await.unwrap().message.reference.to_string();
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let written = format!("+{} {}", &to[..2], &to[2..]);
    for id in ["one", &ours, &world.taken(&to)[0].message_uuid, &written] {
        let shown = browser.submit("/console/messages", &[("id", id)]).await;
        assert_eq!((shown.status, shown.to()), (303, format!("/console/messages/{ours}").as_str()), "{id}");
    }
    let page = browser.get(&format!("/console/messages/{ours}")).await;
    for part in ["accepted", "taken by the provider", "read · read", "report posted · HTTP 200", "acme"] {
        assert!(page.has(part), "{part}: {}", page.page);
    }
    assert!(!page.has(&to) && !page.has("Asha"), "nobody is shown");
    let path = format!("/console/messages/{ours}/bundle");
    assert!(page.has(&path), "{}", page.page);
    let bundle = browser.get(&path).await;
    for part in
        ["api.support.vonage.com", "Message ID", &world.taken(&to)[0].message_uuid, "body.client_ref", "vonage.yaml:"]
    {
        assert!(bundle.has(part), "{part}: {}", bundle.page);
    }
    assert!(bundle.status == 200 && !bundle.has(&to) && !bundle.has("Asha"), "nobody is shown");
    let none = browser.submit("/console/messages", &[("id", "of-nobody")]).await;
    assert!(none.status == 200 && none.has("no message that is kept has this id"), "{}", none.page);
    let overview = browser.get("/console").await;
    assert!(overview.has("Tenant acme") && overview.has("Tenant globex"), "{}", overview.page);
    assert!(
        overview.has("<td role=\"cell\" data-label=\"Step\">read</td><td role=\"cell\" data-label=\"Messages\">1</td>"),
        "{}",
        overview.page
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_looked_at_revealed_and_redriven_and_the_log_knows_who_did() {
    let mut world = World::new(vec![], provider()).await;
    world.add(acme()).await;
    let gateway = world.gateway().await;
    for id in ["one", "two"] {
        letter(&world, id).await;
    }
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let to = person(&world.brands[0], 1);
    let list = browser.get("/console/dead-letters?kind=status&tenant=acme").await;
    assert!(list.has("/console/dead-letters/1") && list.has("/console/dead-letters/2"), "{}", list.page);
    assert!(browser.get("/console/dead-letters?kind=call").await.has("There is none that fits"));
    let bad = browser.get("/console/dead-letters?since=sometime").await;
    assert!(bad.status == 400 && bad.has("neither how long ago"), "{}", bad.page);
    let masked = browser.get("/console/dead-letters/1").await;
    assert!(!masked.has(&to) && masked.has("Content, masked"), "{}", masked.page);
    let shown = browser.submit("/console/reveal", &[("id", "1")]).await;
    assert!(shown.status == 200 && shown.has(&to) && shown.has("Content, shown"), "{}", shown.page);
    let look = browser.submit("/console/redrive", &[("kind", "status"), ("do", "look")]).await;
    assert!(look.has("would stay") && look.has("/console/dead-letters/2"), "{}", look.page);
    let done = browser.submit("/console/redrive", &[("kind", "status"), ("do", "redrive")]).await;
    assert!(done.status == 200 && done.has("Left: <strong>2</strong>"), "{}", done.page);
    let log = browser.get("/console/audit").await;
    for line in ["dead letter 1", "dead letters 1 to 2: 2", "reveal", "redrive"] {
        assert!(log.has(line), "{line}: {}", log.page);
    }
    assert!(browser.get("/console/audit?what=reveal").await.has("dead letter 1"));
    assert!(!browser.get("/console/audit?what=reveal").await.has("dead letters 1 to 2"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_shown_as_check_prints_it_and_what_is_served_meanwhile() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    assert!(browser.get("/console/configuration").await.has("0 errors, 0 warnings"));
    let (path, good) = (world.tenant_path("acme"), world.brands[0].file.text());
    std::fs::write(&path, good.replace("platform:", "platfrom:")).unwrap();
    let events = async || browser.get("/console/live/configuration").await;
    until_async("the problem is told", async || events().await.has("platfrom")).await;
    let told = events().await;
    assert_eq!(told.headers["content-type"], "text/event-stream");
    for part in [
        "retry: 2000\n",
        "event: part\n",
        "did you mean",
        "last good",
        "data-code=\"SB",
        "Not served of",
        "<del>platform:",
        "<ins>platfrom:",
    ] {
        assert!(told.has(part), "{part}: {}", told.page);
    }
    let id = told.page.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let again = browser.client.get(format!("{}/console/live/configuration", browser.base)).header("last-event-id", id);
    assert_eq!(browser.sent(again).await.page, "retry: 2000\n\n", "what is known is not sent again");
    std::fs::write(&path, good).unwrap();
    until_async("it is mended", async || events().await.has("0 errors, 0 warnings")).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_come_a_page_at_a_time() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let letters = (0..250).map(|place| super::parked(&world, place)).collect();
    gateway.flow.store.park(letters).await.unwrap();
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let (mut path, mut seen) = ("/console/dead-letters?kind=status".to_owned(), Vec::new());
    loop {
        let page = browser.get(&path).await.page;
        seen.push(page.matches("<td role=\"cell\" data-label=\"Letter\">").count());
        let Some((_, rest)) = page.split_once("class=\"button\" href=\"") else { break };
        path = rest.split('"').next().unwrap().replace("&amp;", "&");
        assert!(path.contains("kind=status"), "{path}");
    }
    assert_eq!(seen, [100, 100, 50]);
    let dry = api(&world, &gateway, "/api/redrive", &json!({ "dry_run": true })).await;
    assert_eq!(dry["letters"].as_array().unwrap().len(), 100);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_is_tried_and_each_field_says_where_it_comes_from() {
    let world = World::new(vec![acme(), globex()], provider()).await;
    let gateway = world.gateway().await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let sample = order(&world.brands[0], "one", "6598114720").to_string();
    let fields = [("tenant", "acme"), ("what", "request"), ("text", sample.as_str())];
    let shown = browser.submit("/console/playground", &fields).await;
    for part in ["send of moengage", "send of vonage", "send.call.body.to", "mappings/vonage.yaml:"] {
        assert!(shown.has(part), "{part}: {}", shown.page);
    }
    let secrets = world.secrets();
    let told: Vec<&String> = secrets.iter().filter(|(_, value)| shown.has(value)).map(|(name, _)| name).collect();
    assert!(secrets.len() > 4 && told.is_empty(), "no secret is read: {told:?}");
    assert_eq!(world.provider.journal().sent().len(), 0, "nothing is sent");
    let bad =
        browser.submit("/console/playground", &[("tenant", "acme"), ("what", "event"), ("text", "{ \"to\": ")]).await;
    assert!(bad.status == 200 && bad.has("error[SB") && bad.has("<textarea name=\"text\""), "{}", bad.page);
    let said = [("tenant", "globex"), ("what", "inbound"), ("text", "Hello there")];
    assert!(browser.submit("/console/playground", &said).await.has("inbound of webengage"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_listed_and_tokens_are_made_and_revoked() {
    let world = World::new(vec![acme(), globex()], provider()).await;
    let gateway = world.gateway().await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    let templates = browser.get("/console/templates?tenant=acme").await;
    for part in ["order_update", "approved", "body with 3 variables", "acme, 6531290044"] {
        assert!(templates.has(part), "{part}: {}", templates.page);
    }
    assert!(!templates.has("globex, ") && browser.get("/console/templates?tenant=nobody").await.status == 404);
    let fields = [("name", "watcher"), ("roles", "read"), ("roles", "reveal"), ("tenant", "acme"), ("expires", "90d")];
    let made = browser.submit("/console/tokens/make", &fields).await;
    let token = made.page.split_once("<pre>").unwrap().1.split('<').next().unwrap().to_owned();
    assert!(token.starts_with("swb_") && made.has("read, reveal"), "{}", made.page);
    let list = browser.get("/console/tokens").await;
    assert!(list.has("watcher") && !list.has(&token), "it is said once");
    let watcher = Browser::of(&gateway, &token).await;
    assert!(!watcher.get("/console").await.has("/console/tokens"), "no way to what is not his affair");
    let revoked = browser.submit("/console/tokens/revoke", &[("name", "watcher")]).await;
    assert_eq!((revoked.status, revoked.to()), (303, "/console/tokens"));
    assert_eq!(watcher.get("/console").await.status, 303);
    let log = browser.get("/console/audit").await;
    assert!(log.has("token make") && log.has("token revoke"), "{}", log.page);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_is_shown_and_released() {
    let answers = Answers { no_credit: 1.0, ..Answers::default() };
    let world = World::new(vec![acme()], ProviderOptions { answers, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    assert!(browser.get("/console/held").await.has("No lane is held."));
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until("it is refused", || world.provider.journal().summary().refused.contains_key(&402)).await;
    world.provider.set_answers(Answers::default());
    until_async("it is shown", async || {
        browser.get("/console/held").await.has("aria-label=\"Release acme, 6531290044\"")
    })
    .await;
    assert!(browser.get("/console").await.has("href=\"/console/held\"><span class=\"state odd\">1</span>"));
    let lane = [("tenant", "acme"), ("sender", "6531290044")];
    until_async("it is released", async || {
        browser.submit("/console/release", &lane).await.has("<strong>1</strong> of the held lanes")
    })
    .await;
    until("it is read", || World::is_read(brand, "one")).await;
    assert!(browser.get("/console/audit?what=release").await.has("6531290044"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opt_out_is_looked_up_with_its_proof_and_changed_by_hand_and_by_a_list() {
    let world = World::new(vec![acme(), globex()], provider()).await;
    let gateway = world.gateway().await;
    let to = person(&world.brands[0], 1);
    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "Stop.")).await;
    let browser = Browser::of(&gateway, ADMIN_TOKEN).await;
    until_async("it is listed", async || browser.get("/console/opt-outs").await.has("the person said so")).await;
    let list = browser.get("/console/opt-outs").await;
    assert!(!list.has(&to) && list.has("STOP") && list.has("in-1"), "{}", list.page);
    let shown = browser.submit("/console/opt-outs", &[("number", &format!("+{to}"))]).await;
    for part in ["Opted out: nothing is sent", "<q>STOP</q>", "rule <code>opt_out</code>", "Take off the list"] {
        assert!(shown.has(part), "{part}: {}", shown.page);
    }
    let hand = [("number", to.as_str()), ("tenant", "acme"), ("reason", "she rang"), ("do", "lift")];
    assert!(browser.submit("/console/opt-outs/change", &hand).await.has("not on the list: that was changed just now"));
    let history = browser.submit("/console/opt-outs", &[("number", &to)]).await;
    assert!(history.has("Not opted out.") && history.has("by <strong>admin</strong>: she rang"), "{}", history.page);
    let rows = |csv, what| [("tenant", "globex"), ("csv", csv), ("reason", "before"), ("do", what)];
    let bad = browser.submit("/console/opt-outs/import", &rows("number\n12\n", "import")).await;
    assert!(bad.status == 200 && bad.has("line 2: `number` has 2 digits") && bad.has("<textarea"), "{}", bad.page);
    let good = "number\r\n+91 98123 45670\r\n";
    assert!(browser.submit("/console/opt-outs/import", &rows(good, "look")).await.has("1 row; nothing was imported"));
    assert!(browser.submit("/console/opt-outs/import", &rows(good, "import")).await.has("<strong>1</strong> added"));
    assert!(browser.get("/console/opt-outs?tenant=globex").await.has("imported by <strong>admin</strong>: before"));
    assert!(!browser.get("/console/opt-outs?tenant=globex").await.has("STOP"));
    let reader = super::token(&world, &gateway, "reader", &["read"], None).await;
    let reader = Browser::of(&gateway, &reader).await;
    let seen = reader.submit("/console/opt-outs", &[("number", &to)]).await;
    assert!(seen.has("she rang") && !seen.has("By hand"), "{}", seen.page);
    assert_eq!(reader.submit("/console/opt-outs/change", &hand).await.status, 403);
    gateway.stop().await;
}
