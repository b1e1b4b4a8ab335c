//! WebEngage's campaigns, its status codes, and who may call.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use switchboard::sim::provider::{Answers, ProviderOptions};

use crate::world::{Scripted, Stub, TenantFile, World, order, person, provider, sample, until, until_async};

fn bandra() -> TenantFile {
    TenantFile::webengage("bandra", "919845013377")
}

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_campaign_end_to_end() {
    let busy = Answers { throttled: 1.0, ..Answers::default() };
    let world = World::new(vec![bandra()], ProviderOptions { answers: busy, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    // The provider takes nothing yet: the answer cannot have waited for it.
    let to = format!("+{}", person(brand, 77));
    let answer = world.send(brand, &order(brand, "journey-1", &to)).await;
    assert_eq!((answer.status, answer.body), (200, json!({"status": "whatsapp_accepted", "statusCode": 0})));
    world.provider.set_answers(Answers::default());
    until("it is read", || World::is_read(brand, "journey-1")).await;
    assert_eq!(World::words(brand, "journey-1"), ["whatsapp_sent", "whatsapp_read"]);

    // The judge asks for the token, the content type, and the number as it was sent, with a plus or without.
    let campaign = world.platform().campaign(world.campaign(brand, 20)).await;
    assert_eq!(campaign.accepted, 20, "{campaign:?}");
    world.quiet(&gateway).await;
    for id in &campaign.accepted_ids {
        assert_eq!(World::words(brand, id), ["whatsapp_sent", "whatsapp_read"], "{id}");
    }
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_one_endpoint_serves_three_regions() {
    let tenants = [("us", "14155550142"), ("india", "919845013377"), ("ksa", "966115550142")];
    let tenants = tenants.map(|(name, number)| TenantFile::webengage(name, number)).to_vec();
    let world = World::new(tenants, provider()).await;
    let gateway = world.gateway().await;
    for brand in &world.brands {
        for place in 0..3 {
            let id = format!("{}-{place}", brand.file.name);
            assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
        }
    }
    // One tenant's credentials open no other tenant's number.
    let (us, india) = (&world.brands[0], &world.brands[1]);
    let stranger = order(us, "stranger", &person(us, 9));
    let answer = world.send(india, &stranger).await;
    assert_eq!((answer.status, &answer.body["statusCode"]), (400, &json!(2004)));
    world.quiet(&gateway).await;
    for brand in &world.brands {
        let messages = brand.platform.journal().messages();
        let mine: Vec<_> = (0..3).map(|place| format!("{}-{place}", brand.file.name)).collect();
        assert_eq!(messages.keys().cloned().collect::<Vec<_>>(), mine, "reports of its own and of no other");
        assert!(mine.iter().all(|id| World::is_read(brand, id)));
    }
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_throttled_is_2015_and_not_remembered() {
    let world = World::new(vec![bandra().rate("1/s").line("limits: { backlog: 2 }")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let accepted = json!({"status": "whatsapp_accepted", "statusCode": 0});
    let mut refused = None;
    for place in 0..100 {
        let (id, to) = (format!("wave-{place}"), person(brand, place));
        let answer = world.send(brand, &order(brand, &id, &to)).await;
        if answer.status != 200 {
            refused = Some((answer, id, to));
            break;
        }
    }
    let (answer, id, to) = refused.expect("more came than go out in a second");
    assert_eq!((answer.status, answer.body), (429, sample("webengage.response.rejected.throttled.json")));

    let body = order(brand, &id, &to);
    until_async("the same message is accepted later", async || world.send(brand, &body).await.body == accepted).await;
    let repeat = async || {
        let answer = world.send(brand, &body).await;
        // Before the backlog is looked at the door may be full again.
        if answer.status == 429 { None } else { Some(answer.body) }
    };
    until_async("a repeat of it gets the same answer", async || repeat().await == Some(accepted.clone())).await;
    until("it is read", || World::is_read(brand, &id)).await;
    assert_eq!(world.taken(&to).len(), 1);
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_disabled_tenant_is_2005() {
    // Read long after it was delivered, so that the tenant is disabled in between.
    let statuses = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let world =
        World::new(vec![bandra()], ProviderOptions { status_url: Some(statuses.url.clone()), ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    assert_eq!(world.send(brand, &order(brand, "earlier", &to)).await.status, 200);
    until("the provider says it was delivered", || {
        statuses.asked().iter().any(|asked| asked.body["status"] == "delivered")
    })
    .await;

    world.write(&brand.file.clone().line("enabled: false"));
    let mut answer = None;
    until_async("it is disabled", async || {
        let refused = world.send(brand, &order(brand, "later", &to)).await;
        let disabled = refused.status == 403;
        answer = Some(refused);
        disabled
    })
    .await;
    assert_eq!(answer.unwrap().body, sample("webengage.response.rejected.authorization.json"));
    for word in ["delivered", "read"] {
        let asked = statuses.asked();
        let status = asked.iter().find(|asked| asked.body["status"] == word).map(|asked| asked.body.clone());
        let Some(status) = status else { continue };
        assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
    }
    until("it is reported", || World::words(brand, "earlier").contains(&"whatsapp_sent".to_owned())).await;
    gateway.stop().await;
}

fn bandra_of(world: &World) -> TenantFile {
    world.brands[0].file.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_foreign_address_is_2001() {
    let world = World::new(vec![bandra()], provider()).await;
    world.write(&bandra_of(&world).line("sources: [ 203.0.113.0/24, \"2001:db8::/32\" ]"));
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let answer = world.send(brand, &order(brand, "foreign", &person(brand, 1))).await;
    assert_eq!((answer.status, &answer.body["statusCode"]), (401, &json!(2001)));
    // A proxy that is not trusted cannot speak for another address.
    let request = world.client.post(world.url("/webengage/messages")).bearer_auth(brand.file.value("KEY"));
    let request = request.header("x-forwarded-for", "203.0.113.9").header("content-type", "application/json");
    let forged = crate::world::Answer::of(request.body(order(brand, "f", &person(brand, 1)).to_string())).await;
    assert_eq!((forged.status, &forged.body["statusCode"]), (401, &json!(2001)));

    world.write(&bandra_of(&world).line("sources: [ 127.0.0.0/8 ]"));
    let body = order(brand, "own", &person(brand, 1));
    until_async("its own address is allowed", async || world.send(brand, &body).await.status == 200).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webengage_oversized_request_is_2007() {
    let world = World::new(vec![bandra()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let mut body = order(brand, "large", &person(brand, 1));
    body["whatsAppData"]["customData"]["filler"] = "x".repeat(256 * 1024).into();
    let answer = world.send(brand, &body).await;
    assert_eq!((answer.status, &answer.body["statusCode"]), (413, &json!(2007)));
    body["whatsAppData"]["customData"]["filler"] = "x".repeat(255 * 1024).into();
    assert_eq!(world.send(brand, &body).await.status, 200);
    gateway.stop().await;
}

#[test]
fn webengage_status_codes_have_their_http_status() {
    let mapping: Value = serde_yaml::from_str(&file("mappings/webengage.yaml")).unwrap();
    let rows = mapping["tables"]["codes"]["rows"].as_object().unwrap();
    let listed = sample("webengage.status-codes.json");
    // Without an HTTP status: in notifications only.
    let listed: BTreeMap<u64, Option<u64>> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["statusCode"].as_u64().unwrap(), row["httpStatus"].as_u64()))
        .collect();
    assert!(rows.len() > 20 && listed.len() > 20);
    for (reason, row) in rows {
        let (http, code, report) = (row["http"].as_u64(), row["code"].as_u64().unwrap(), row["report"].as_u64());
        assert_eq!(Some(&http), listed.get(&code), "{reason}: the HTTP status of {code}");
        assert!(listed.contains_key(&report.unwrap()), "{reason}: {report:?} is in no list");
    }
    let body = &mapping["refused"]["body"];
    for name in ["webengage.response.rejected.credit.json", "webengage.response.rejected.unknown.json"] {
        let members: Vec<_> = sample(name).as_object().unwrap().keys().cloned().collect();
        assert!(members.iter().all(|member| body.get(member).is_some()), "{name}: {members:?}");
    }
}

/// Every code of the provider's table, from a signed status to the code that WebEngage is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provider_codes_reproduce_the_error_table() {
    let table = file("docs/contracts/vonage-error-codes.csv");
    let rows: Vec<(String, String)> = table
        .lines()
        .skip(1)
        .map(fields)
        .filter(|fields| fields[0] == "status")
        .map(|fields| (fields[1].clone(), fields[6].clone()))
        .collect();
    assert!(rows.len() > 50, "only {} codes", rows.len());
    // What waits for better news of another device waits a minute; here it need not.
    let soon = "tables: { vonage: { codes: { 1310: { settle: 1s }, 1320: { settle: 1s }, 1330: { settle: 1s } } } }";
    let statuses = Some("http://127.0.0.1:9/".to_owned());
    let world = World::new(vec![bandra().line(soon)], ProviderOptions { status_url: statuses, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    for (place, (code, _)) in (0..).zip(&rows) {
        assert_eq!(world.send(brand, &order(brand, code, &person(brand, place))).await.status, 200, "{code}");
    }
    // All are sent before the first failure: some codes stop the account.
    until("all are sent", || world.provider.journal().sent().len() == rows.len()).await;
    for (place, (code, _)) in (0..).zip(&rows) {
        let sent = world.taken(&person(brand, place)).remove(0);
        let status = json!({
            "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
            "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": "rejected",
            "error": {"type": format!("https://developer.vonage.com/api-errors/messages#{code}"), "title": code,
                "detail": "As the table says", "instance": "abc"},
        });
        assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200, "{code}");
    }
    let journal = brand.platform.journal();
    let expected = |code: &str| rows.iter().find(|row| row.0 == code).map(|row| row.1.clone()).unwrap();
    until("all that is told is told", || {
        rows.iter()
            .filter(|(_, told)| told != "none" && !told.is_empty())
            .all(|(code, _)| !journal.reports(code).is_empty())
    })
    .await;
    for (code, _) in &rows {
        let told: Vec<_> = journal.reports(code).into_iter().filter_map(|report| report.code).collect();
        let expected = expected(code);
        let expected: Vec<String> = if expected == "none" || expected.is_empty() { vec![] } else { vec![expected] };
        assert_eq!(told, expected, "{code}");
    }
    world.check_contracts();
    gateway.stop().await;
}

/// The fields of a line of the table; texts with commas are in quotes.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}
