//! Files that change while the gateway runs: what is new is served, what is taken away is held, what is broken is ignored.

use serde_json::json;
use switchboard::app::Gateway;
use switchboard::sim::provider::ProviderOptions;

use crate::world::{Answer, Brand, TenantFile, World, order, person, provider, text_from, until, until_async};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

fn other() -> TenantFile {
    TenantFile::webengage("other", "919845013377")
}

/// Waits until a send of the brand is answered so, and returns the answer. Each try is a message of its own.
async fn answered(world: &World, brand: &Brand, http: u16) -> Answer {
    let mut last = None;
    let mut tries = 0_u64;
    until_async(&format!("a send is answered {http}"), async || {
        tries += 1;
        let id = format!("until-{http}-{tries}");
        last = Some(world.send(brand, &order(brand, &id, &person(brand, 700))).await);
        last.as_ref().is_some_and(|answer| answer.status == http)
    })
    .await;
    last.unwrap()
}

/// All files are read at once, so what was written before this has been looked at when the other tenant is switched.
async fn looked_at(world: &World, switch: bool) {
    let other = world.brands.iter().find(|brand| brand.file.name == "other").unwrap();
    world.write(&other.file.clone().line(&format!("enabled: {switch}")));
    answered(world, other, if switch { 200 } else { 403 }).await;
}

async fn served(world: &World, brand: &Brand, id: &str, place: u64) {
    assert_eq!(world.send(brand, &order(brand, id, &person(brand, place))).await.status, 200, "{id}");
    until(&format!("{id} is read"), || World::is_read(brand, id)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_added_while_running_is_served() {
    let world = World::new(vec![acme(), other()], provider()).await;
    let (acme, late) = (&world.brands[0], &world.brands[1]);
    std::fs::remove_file(world.tenant_path("other")).unwrap();
    let gateway = world.gateway().await;
    served(&world, acme, "before", 1).await;
    let stranger = world.send(late, &order(late, "early", &person(late, 1))).await;
    assert_eq!((stranger.status, &stranger.body["statusCode"]), (401, &json!(2011)), "nobody knows it yet");

    world.write(&late.file);
    answered(&world, late, 200).await;
    served(&world, late, "first", 1).await;
    served(&world, acme, "after", 2).await;
    assert!(World::words(late, "early").is_empty());
    world.quiet(&gateway).await;
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

/// A way to take a tenant out, and how its platform is answered meanwhile.
struct Pause {
    what: &'static str,
    begin: fn(&World),
    http: u16,
    code: &'static str,
    text: &'static str,
}

const PAUSES: [Pause; 3] = [
    Pause {
        what: "disabled",
        begin: |world| world.write(&world.brands[0].file.clone().rate("1000/s").line("enabled: false")),
        http: 403,
        code: "7000",
        text: "The account is not allowed to send",
    },
    Pause {
        what: "removed",
        begin: |world| std::fs::remove_file(world.tenant_path("acme")).unwrap(),
        http: 403,
        code: "7000",
        text: "The account is not allowed to send",
    },
    Pause {
        what: "its number left the file",
        begin: |world| {
            let text = world.brands[0].file.clone().rate("1000/s").text().replace("6531290044", "6531290099");
            std::fs::write(world.tenant_path("acme"), text).unwrap();
        },
        http: 400,
        code: "4000",
        text: "The sender does not belong to this account",
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_taken_out_keeps_its_queue_and_takes_statuses() {
    for pause in PAUSES {
        let what = pause.what;
        let elsewhere = Some("http://127.0.0.1:9/".to_owned());
        let options = ProviderOptions { status_url: elsewhere, ..provider() };
        let world = World::new(vec![acme().rate("1/h"), other()], options).await;
        let gateway = world.gateway().await;
        let brand = &world.brands[0];
        let (first, second, third) = (person(brand, 1), person(brand, 2), person(brand, 3));
        assert_eq!(world.send(brand, &order(brand, "first", &first)).await.status, 200);
        until(&format!("{what}: the first is sent"), || world.taken(&first).len() == 1).await;
        for (id, to) in [("second", &second), ("third", &third)] {
            assert_eq!(world.send(brand, &order(brand, id, to)).await.status, 200);
        }

        (pause.begin)(&world);
        let answer = refused(&world, brand, pause.text).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (pause.http, &json!(pause.code)), "{what}");
        for word in ["submitted", "delivered", "read"] {
            world.news(&first, word).await;
        }
        until(&format!("{what}: the statuses are reported"), || World::is_read(brand, "first")).await;
        if what != "its number left the file" {
            let stop = text_from(&third, brand.file.number, "stop", "STOP");
            assert_eq!(world.webhook("/webhooks/vonage/inbound", &stop).await.status, 200, "{what}");
        }
        looked_at(&world, false).await;
        for (id, to) in [("second", &second), ("third", &third)] {
            assert!(world.taken(to).is_empty() && World::words(brand, id).is_empty(), "{what}: {id} is held");
        }

        resumed(&world, &gateway, what, [&second, &third]).await;
        gateway.stop().await;
    }
}

/// The file is as it was, but fast: what was held goes on.
async fn resumed(world: &World, gateway: &Gateway, what: &str, [second, third]: [&String; 2]) {
    let brand = &world.brands[0];
    world.write(&brand.file.clone().rate("1000/s"));
    until(&format!("{what}: the second is sent"), || world.taken(second).len() == 1).await;
    world.news(second, "read").await;
    until(&format!("{what}: the second is reported"), || World::is_read(brand, "second")).await;
    if what == "its number left the file" {
        until(&format!("{what}: the third is sent"), || world.taken(third).len() == 1).await;
    } else {
        until(&format!("{what}: the third is settled"), || !World::words(brand, "third").is_empty()).await;
        let report = world.platform().journal().reports("third").remove(0);
        assert_eq!(report.code.as_deref(), Some("GW-OPTED-OUT"), "{what}: the STOP was heard");
        assert!(world.taken(third).is_empty());
    }
    assert_eq!(world.provider.journal().summary().duplicated, 0, "{what}");
    world.check_contracts();
    world.check_ledger(gateway).await;
}

/// Waits until a send is refused in these words.
async fn refused(world: &World, brand: &Brand, text: &str) -> Answer {
    let mut last = None;
    until_async(&format!("a send is told: {text}"), async || {
        let mut body = order(brand, "never", &person(brand, 9));
        // Refused in any case, and last for its template: nothing of these tries is queued.
        body["template"]["name"] = json!("nonesuch");
        last = Some(world.send(brand, &body).await);
        last.as_ref().is_some_and(|answer| answer.body["error"]["message"] == text)
    })
    .await;
    last.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_keeps_the_last_good_version() {
    let world = World::new(vec![acme(), other()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let tenant = brand.file.clone().line("enabled: false").text();
    let (file, mapping) = (world.tenant_path("acme"), world.folder().join("mappings/moengage.yaml"));
    let shipped = std::fs::read_to_string(&mapping).unwrap();
    let cases = [
        ("empty", &file, String::new()),
        ("cut off", &file, tenant[..tenant.len() / 2].to_owned()),
        ("no YAML", &file, format!("{tenant}\n\t- }}{{")),
        ("an unknown key", &file, format!("{tenant}whatever: 1\n")),
        ("an unknown platform", &file, tenant.replace("platform: moengage", "platform: carrier_pigeon")),
        ("a mapping that is no YAML", &mapping, format!("{shipped}\n  oops: [")),
        ("a mapping with a wrong function", &mapping, shipped.replace("| is_phone", "| is_fone")),
        ("an empty mapping", &mapping, String::new()),
    ];
    for (place, (what, path, broken)) in (0..).zip(cases) {
        let good = std::fs::read_to_string(path).unwrap();
        assert_ne!(broken, good, "{what}");
        std::fs::write(path, broken).unwrap();
        looked_at(&world, place % 2 == 1).await;
        served(&world, brand, what, place).await;
        std::fs::write(path, good).unwrap();
    }
    // Mended, and with another change: that one counts.
    std::fs::write(&file, tenant).unwrap();
    answered(&world, brand, 403).await;
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_takes_nothing_from_who_was_there() {
    // By name it comes first; it claims the number.
    let world = World::new(vec![acme(), TenantFile::moengage("aaa", "6531290044"), other()], provider()).await;
    std::fs::remove_file(world.tenant_path("aaa")).unwrap();
    let gateway = world.gateway().await;
    let (brand, newcomer) = (&world.brands[0], &world.brands[1]);
    served(&world, brand, "before", 1).await;
    world.write(&newcomer.file);
    looked_at(&world, false).await;
    let refused = world.send(newcomer, &order(newcomer, "theirs", &person(brand, 2))).await;
    assert_eq!(refused.status, 401, "it is left out");
    served(&world, brand, "after", 3).await;
    assert!(newcomer.platform.journal().summary().reports.is_empty());
    world.check_contracts();
    gateway.stop().await;
}
