//! What was used at a running gateway: what the provider says of costs adds up by month, number and category, whatever it says
//! twice, and is told by the command, the API and the console.

use serde_json::{Value, json};
use switchboard::sim::provider::{Life, ProviderOptions};

use super::{acme, asked, command, silent, told};
use crate::world::{TenantFile, World, order, person, provider, until, until_async};

/// The provider posts some statuses twice, and has a price.
fn priced() -> ProviderOptions {
    let life = Life { price: "0.0333".to_owned(), duplicates: 0.5, ..provider().life };
    ProviderOptions { life, ..provider() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_provider_charges_adds_up_by_number_and_category() {
    let world = World::new(vec![acme(), TenantFile::moengage("globex", "919845013377")], priced()).await;
    let gateway = world.gateway().await;
    for (brand, count) in world.brands.iter().zip([3, 1]) {
        for place in 0..count {
            let sent = world.send(brand, &order(brand, &format!("u-{place}"), &person(brand, place))).await;
            assert_eq!(sent.status, 200);
        }
        until("all are read", || (0..count).all(|place| World::is_read(brand, &format!("u-{place}")))).await;
    }
    let shown = command(&gateway, &["usage", "--json"]).await.json();
    let rows = shown["usage"].as_array().unwrap();
    let cells = |row: &Value| ["tenant", "sender", "category", "currency", "cost"].map(|name| row[name].clone());
    let of = |tenant, sender, cost| [tenant, sender, "marketing", "EUR", cost].map(|text| json!(text));
    assert_eq!(
        rows.iter().map(cells).collect::<Vec<_>>(),
        [of("acme", "6531290044", "0.0999"), of("globex", "919845013377", "0.0333")],
        "{shown}"
    );
    let counts = |row: &Value| (row["messages"].clone(), row["priced"].clone());
    assert_eq!(rows.iter().map(counts).collect::<Vec<_>>(), [(json!(3), json!(3)), (json!(1), json!(1))]);
    assert_eq!(shown["totals"], json!([{ "currency": "EUR", "messages": 4, "priced": 4, "cost": "0.1332" }]));
    let month = shown["from"].as_str().unwrap();
    assert_eq!((rows[0]["month"].as_str(), &shown["to"], &shown["whole"]), (Some(month), &json!(month), &json!(true)));

    let table = command(&gateway, &["usage", "acme", "--month", month]).await;
    assert!(table.out.contains("0.0999") && !table.out.contains("globex"), "{}{}", table.out, table.err);
    assert!(table.out.contains(&format!("in all, in {month}:")), "{}", table.out);
    let lines = command(&gateway, &["usage", "acme", "--csv"]).await.out;
    let wanted = format!(
        "month,tenant,sender,category,messages,priced,currency,cost\n{month},acme,6531290044,marketing,3,3,EUR,0.0999\n"
    );
    assert_eq!(lines, wanted);
    let none = command(&gateway, &["usage", "--from", "2001-01", "--to", "2001-02"]).await;
    assert_eq!((none.code, none.out.as_str()), (0, "no provider took a message from 2001-01 to 2001-02\n"));

    let (_, traced) = told(&world, &gateway, "/api/trace", &json!({ "id": "u-0", "tenant": "acme" })).await;
    assert_eq!(traced["messages"][0]["cost"], "0.0333 EUR marketing", "{traced}");
    for path in ["month=2026-11&from=2026-11", "from=2026-12&to=2026-11", "month=november", "year=2026"] {
        let (status, said) = asked(&world, &gateway, &format!("/api/usage?{path}")).await;
        assert_eq!(status, 400, "{path}: {said}");
    }
    let (status, said) = asked(&world, &gateway, "/api/usage?tenant=nobody").await;
    assert_eq!(status, 404, "{said}");
    gateway.stop().await;
}

/// The status counts whatever stands beside it; what can be used of its cost is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cost_that_cannot_be_used_costs_no_status() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let bad = [
        json!({ "currency": "EUR", "price": "-0.5" }),
        json!({ "currency": "EUR", "price": "1e9" }),
        json!({ "currency": "EUR", "price": "1000000000" }),
        json!({ "currency": "euro", "price": "1" }),
        json!({ "price": "1" }),
    ];
    for (place, usage) in (0..).zip(&bad) {
        let (id, to) = (format!("b-{place}"), person(brand, place));
        assert_eq!(world.send(brand, &order(brand, &id, &to)).await.status, 200);
        until("it is sent", || world.taken(&to).len() == 1).await;
        let sent = world.taken(&to).remove(0);
        let status = json!({
            "channel": "whatsapp", "message_uuid": sent.message_uuid, "client_ref": sent.client_ref, "to": sent.to,
            "from": sent.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": "read", "usage": usage,
            "whatsapp": { "pricing": { "category": "utility" } },
        });
        assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
        until(&format!("{usage} is reported"), || World::is_read(brand, &id)).await;
    }
    let (_, said) = asked(&world, &gateway, "/api/usage").await;
    let all = json!([{ "currency": null, "messages": bad.len(), "priced": 0, "cost": null }]);
    assert_eq!((&said["totals"], &said["usage"][0]["category"]), (&all, &json!("utility")), "{said}");
    until_async("they are counted", async || {
        let series = r#"switchboard_costs_unusable_total{tenant="acme"}"#;
        world.metric(&gateway, series).await == Some(5.0)
    })
    .await;
    gateway.stop().await;
}
