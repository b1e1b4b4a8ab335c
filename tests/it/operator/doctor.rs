//! What the guides' tables of errors tell a person to look for, found by the gateway: each fault alone, named in the first
//! line; and nothing where there is none.

use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::sim::platform::Credentials;
use switchboard::sim::provider::{Failure, Life, ProviderOptions};

use super::{Came, acme, answer, command, told};
use crate::world::{TenantFile, World, certain, order, person, provider, text_from, until, until_async};

async fn doctor(gateway: &Gateway) -> (Came, String) {
    let came = command(gateway, &["doctor", "acme"]).await;
    let first = came.out.lines().next().unwrap_or_default().to_owned();
    (came, first)
}

/// The fault is named in the first line, with what to do below, and the command fails.
async fn finds(gateway: &Gateway, what: &str, fix: &str) {
    let (came, first) = doctor(gateway).await;
    assert!(came.code == 1 && first.contains(what), "{what}: {} {}", came.out, came.err);
    let below = came.out.lines().skip(1).find(|line| line.starts_with("FOUND") && line.contains(what));
    assert!(below.is_some() && came.out.contains(fix), "{fix}: {}", came.out);
}

async fn finds_nothing(gateway: &Gateway) {
    let (came, first) = doctor(gateway).await;
    assert!(came.code == 0 && first == "acme: nothing found", "{} {}", came.out, came.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_all_is_well_nothing_is_found() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    finds_nothing(&gateway).await;
    for brand in &world.brands {
        world.sent_and_read(brand, "one").await;
    }
    world.quiet(&gateway).await;
    let (status, said) = told(&world, &gateway, "/api/doctor", &json!({ "tenant": "globex" })).await;
    assert_eq!((status, &said["findings"]), (200, &json!(0)), "{said}");
    let (came, _) = doctor(&gateway).await;
    for part in [
        "/acme.yaml is served as it is",
        "ok     credentials: those of moengage are there: ",
        "ok     numbers: 6531290044: digits only",
        "ok     signature: /webhooks/vonage/status: a webhook signed with the tenant's secret passes, one with another does not",
        "ok     provider: vonage answers with these credentials",
        "look   posts_to: vonage was not asked where it posts to: its API wants credentials that the tenant's file has not",
        "ok     templates: 6 of 7 in the account 104996122399160 are approved, listed just now; not yet: draft_promotion (PENDING)",
        "ok     templates_used: all 1 that were used within a day are approved",
        "ok     report: `report` gets through to the platform",
        "ok     opt_out: STOP opts out, START opts in",
        "ok     opt_out: the store keeps an opt-out and takes it back",
        "ok     statuses: statuses come",
        "look   template_sync: the platform did not ask for templates",
        "look   entries: what stands there: MoEngage: Settings > Channels > WhatsApp > Sender configuration",
        "API URL: https://HOST/webhooks/send; api-key: `credentials: moengage: api_key` of the tenant's file; ",
        "Inbound URL: https://HOST/webhooks/vonage/inbound",
        // The error that no gateway sees.
        "look   advice: moengage, for a person\n       → If the sender configuration does not show vonage-v2",
    ] {
        assert!(came.code == 0 && came.out.contains(part), "{part}: {}", came.out);
    }
    let json = command(&gateway, &["doctor", "acme", "--json"]).await.json();
    let checks = json["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["state"] != "finding" && check["check"].is_string()), "{json}");
    let nobody = command(&gateway, &["doctor", "nobody"]).await;
    assert!(nobody.code == 1 && nobody.err.contains("no tenant `nobody`"), "{}", nobody.err);

    let token = command(&gateway, &["token", "make", "theirs", "--role", "operate", "--tenant", "globex"]).await.out;
    let url = format!("http://{}/api/doctor", gateway.admin_address().unwrap());
    let ask = |body: Value| {
        let request = world.client.post(&url).bearer_auth(token.trim()).header("content-type", "application/json");
        answer(request.body(body.to_string()))
    };
    assert_eq!(ask(json!({ "tenant": "acme" })).await.0, 404);
    let (status, own) = ask(json!({ "tenant": "globex" })).await;
    assert!(status == 200 && !own.to_string().contains("acme"), "{own}");
    gateway.stop().await;
}

/// As [`acme`], with what the provider's application API asks for.
fn with_secret(world: &World) {
    let text = world.brands[0].file.text();
    let more = text.replace("    signature_secret:", "    api_secret: \"${env:ACME_KEY}\"\n    signature_secret:");
    assert_ne!(more, text);
    std::fs::write(world.tenant_path("acme"), more).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_provider_posts_to_is_asked_of_it() {
    let world = World::new(vec![acme()], provider()).await;
    with_secret(&world);
    let gateway = world.gateway().await;
    let (came, first) = doctor(&gateway).await;
    assert_eq!(first, "acme: nothing found", "{}", came.out);
    for (what, path) in [("statuses", "status"), ("what people write", "inbound")] {
        let line =
            format!("ok     posts_to: vonage posts {what} to {}", world.url(&format!("/webhooks/vonage/{path}")));
        assert!(came.out.contains(&line), "{line}: {}", came.out);
    }
    gateway.stop().await;

    let elsewhere = Some("https://another.example/status".to_owned());
    let world = World::new(vec![acme()], ProviderOptions { status_url: elsewhere, ..provider() }).await;
    with_secret(&world);
    let gateway = world.gateway().await;
    let what = "vonage posts statuses to https://another.example/status, not here";
    finds(&gateway, what, "enter https://HOST/webhooks/vonage/status there").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_1_wrong_credentials_at_the_platform() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let wrong = Credentials::Basic { username: brand.file.value("KEY"), password: "mistyped".to_owned() };
    let message = order(brand, "one", &person(brand, 1));
    assert_eq!(world.send_as(&wrong, brand.file.path(), &message).await.status, 401);
    let what = "/webhooks/send refuses requests, credentials wrong: once";
    finds(&gateway, what, "enter the tenant's credentials in the platform's dashboard again").await;
    assert_eq!(world.send(brand, &message).await.status, 200);
    until("it is read", || World::is_read(brand, "one")).await;
    finds_nothing(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_2_template_parameters_that_do_not_fit() {
    let life = Life { failures: vec![Failure { code: 1022, share: 1.0 }], ..certain() };
    let world = World::new(vec![acme()], ProviderOptions { life, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until("it failed", || World::words(brand, "one").iter().any(|word| word == "failed")).await;
    let what = "messages fail with template_params (1022)";
    finds(&gateway, what, "compare the platform's template with the approved one: header, number and order").await;
    let traced = command(&gateway, &["trace", "one"]).await;
    let first = traced.out.lines().next().unwrap();
    assert!(first.contains("the provider says failed · rejected · 1022"), "{}", traced.out);
    // One that is seen before the provider is asked is explained alike.
    let mut short = order(brand, "two", &person(brand, 1));
    short["template"]["components"][0]["parameters"].as_array_mut().unwrap().pop();
    assert_eq!(world.send(brand, &short).await.status, 400);
    finds(&gateway, "messages fail with template_params (1022), 2 times", "compare the platform's template").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_3_no_report_for_a_wrong_address() {
    let world = World::new(vec![acme()], provider()).await;
    let brand = &world.brands[0];
    let mut wrong = brand.file.clone();
    wrong.report_url = format!("{}/whatsapp/wrong", brand.platform.url());
    world.write(&wrong);
    let gateway = world.gateway().await;
    // Before there was any report, somebody is asked.
    finds(&gateway, "127.0.0.1 does not take `report`: HTTP 404", "404 the address").await;
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until_async("the lane is held", async || !gateway.flow.held.all().is_empty()).await;
    finds(&gateway, "`report` does not get through to the platform: put off · HTTP 404", "404 the address").await;
    let (came, _) = doctor(&gateway).await;
    assert!(came.out.contains("FOUND  held: `report` to the platform is held since"), "{}", came.out);
    world.write(&brand.file);
    until("it is read", || World::is_read(brand, "one")).await;
    until_async("nothing is held", async || gateway.flow.held.all().is_empty()).await;
    finds_nothing(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_3_no_report_for_a_wrong_signature_secret() {
    let world = World::new(vec![acme()], provider()).await;
    let brand = &world.brands[0];
    let mut wrong = brand.file.clone();
    wrong.signature = "OTHER_SIGNATURE";
    world.write(&wrong);
    let gateway = world.gateway().await;
    assert_eq!(world.send(brand, &order(brand, "one", &person(brand, 1))).await.status, 200);
    until("a status is refused", || world.provider.journal().summary().answers.contains_key(&503)).await;
    let what = "/webhooks/vonage/status refuses webhooks, signature wrong";
    finds(&gateway, what, "the signature secret in the tenant's file must be the one of the provider's dashboard")
        .await;
    world.write(&brand.file);
    until("it is read", || World::is_read(brand, "one")).await;
    finds_nothing(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_4_a_stop_that_is_another_word_here() {
    let file = acme().line("keywords: { opt_out: { words: [ HALT ] } }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "STOP")).await;
    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    until("the person is sent to all the same", || World::is_read(brand, "one")).await;
    let what = "whoever writes STOP goes on being sent to: the tenant's own words are HALT alone";
    finds(&gateway, what, "add STOP to `words` of the tenant's `keywords`").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_4_a_stop_that_does_not_reach_the_platform() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    brand.platform.set_reports(switchboard::sim::platform::Reports { unauthorized: 1.0, ..Default::default() });
    world.webhook("/webhooks/vonage/inbound", &text_from(&person(brand, 1), "6531290044", "in-1", "STOP")).await;
    until_async("the lane is held", async || !gateway.flow.held.all().is_empty()).await;
    finds(
        &gateway,
        "`post` does not get through to the platform: put off · HTTP 401",
        "HTTP 401 or 403 is the credential",
    )
    .await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_6_a_template_sync_that_lists_nothing() {
    let mut templates = provider().templates;
    for template in templates.values_mut().flatten() {
        template["status"] = json!("PENDING");
    }
    let world = World::new(vec![acme()], ProviderOptions { templates, ..provider() }).await;
    let gateway = world.gateway().await;
    let what = "no template of the account 104996122399160 is approved, so the platform's sync lists none; not yet: order_update (PENDING)";
    finds(&gateway, what, "wait for the approval").await;
    let (came, _) = doctor(&gateway).await;
    assert!(came.out.contains("the template sync URL in the platform's dashboard must be"), "{}", came.out);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_files_say_wrongly_is_named_first() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let good = std::fs::read_to_string(world.tenant_path("acme")).unwrap();
    std::fs::write(world.tenant_path("acme"), good.replace("provider: vonage", "provider: vonnage")).unwrap();
    until_async("it is read", async || doctor(&gateway).await.0.code == 1).await;
    finds(&gateway, "an earlier text of the file is served: ", "did you mean `vonage`?").await;
    std::fs::write(world.tenant_path("acme"), good.replace("6531290044", "+6531290044")).unwrap();
    until_async("it is read", async || {
        let (came, first) = doctor(&gateway).await;
        first.contains("an earlier text of the file is served") && came.out.contains("a number is written in digits")
    })
    .await;
    std::fs::write(world.tenant_path("acme"), good.replace(", waba: \"104996122399160\"", "")).unwrap();
    until_async("it is read", async || doctor(&gateway).await.1.contains("has no `waba`")).await;
    std::fs::write(world.tenant_path("acme"), format!("{good}enabled: false\n")).unwrap();
    until_async("it is read", async || doctor(&gateway).await.1.contains("the tenant is disabled")).await;

    std::fs::write(world.tenant_path("new"), "tenant: new\nplatform: moengage\nprovider: nobody\n").unwrap();
    until_async("it is read", async || {
        let came = command(&gateway, &["doctor", "new"]).await;
        came.code == 1 && came.out.starts_with("new: ") && came.out.contains("the tenant is not served")
    })
    .await;
    gateway.stop().await;
}
