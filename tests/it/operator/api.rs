//! Who may ask, what a wrong question is told, and that nobody's number is shown unasked.

use serde_json::{Value, json};

use super::{acme, answer, asked, silent, told};
use crate::world::{ADMIN_TOKEN, World, order, person, provider};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_has_the_token_is_answered() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let base = format!("http://{}", gateway.admin_address().unwrap());
    let with = async |path: &str, header: Option<&str>| {
        let request = world.client.get(format!("{base}{path}"));
        let request = header.iter().fold(request, |request, header| request.header("authorization", *header));
        let sent = request.send().await.unwrap();
        let challenge = sent.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        let status = sent.status().as_u16();
        let body: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
        (status, challenge, body["error"]["code"].as_str().map(str::to_owned))
    };
    let no = (401, Some("Bearer".to_owned()), Some("unauthenticated".to_owned()));
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    for path in ["/api/ledger", "/api/dead-letters", "/api/dead-letters/1"] {
        for header in [None, Some("Bearer"), Some("Bearer "), Some("Basic YWRtaW46YWRtaW4="), Some(ADMIN_TOKEN)] {
            assert_eq!(with(path, header).await, no, "{path} {header:?}");
        }
        assert_eq!(with(path, Some(&bearer[..bearer.len() - 1])).await, no, "{path}");
    }
    assert_eq!(with("/api/ledger", Some(&bearer)).await, (200, None, None));
    assert_eq!(with("/api/dead-letters/1", Some(&bearer)).await, (404, None, Some("not_found".to_owned())));
    for path in ["/api/redrive", "/api/release"] {
        let unasked = answer(world.client.post(format!("{base}{path}")).body("{}")).await;
        assert_eq!((unasked.0, &unasked.1["error"]["code"]), (401, &json!("unauthenticated")));
    }
    assert_eq!(
        world.client.get(world.url("/api/ledger")).send().await.unwrap().status().as_u16(),
        404,
        "not in public"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_question_is_told_what_is_wrong() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    for (path, part) in [
        ("/api/ledger?tenant=none", "no tenant `none`"),
        ("/api/ledger?recount=yes", "unknown variant"),
        ("/api/ledger?who=acme", "unknown field `who`"),
        ("/api/ledger?tenant=a&tenant=b", "twice"),
        ("/api/dead-letters?since=yesterday", "neither how long ago"),
        ("/api/dead-letters?limit=0", "from 1 to"),
        ("/api/dead-letters?limit=9999999", "from 1 to"),
        ("/api/dead-letters?before=x", "no whole number"),
        ("/api/dead-letters/x", "no dead letter `x`"),
        ("/api/dead-letters/1?personal=yes", "unknown variant"),
    ] {
        let (status, said) = asked(&world, &gateway, path).await;
        let text = said["error"]["text"].as_str().unwrap_or_default();
        assert!((400..=404).contains(&status) && text.contains(part), "{path}: {status} {said}");
    }
    for (path, body, part) in [
        ("/api/redrive", json!({ "rate": "fast" }), "`fast` is no rate"),
        ("/api/redrive", json!({ "rate": "1/h" }), "at least 1/5s"),
        ("/api/redrive", json!({ "since": "x" }), "neither how long ago"),
        ("/api/redrive", json!({ "dry-run": true }), "unknown field `dry-run`"),
        ("/api/redrive", json!([]), "expected struct"),
        ("/api/release", json!({ "tenant": "none" }), "no tenant `none`"),
    ] {
        let (status, said) = told(&world, &gateway, path, &body).await;
        let text = said["error"]["text"].as_str().unwrap_or_default();
        assert!((400..=404).contains(&status) && text.contains(part), "{path} {body}: {status} {said}");
    }
    let post = |path: &str| {
        let url = format!("http://{}{path}", gateway.admin_address().unwrap());
        world.client.post(url).bearer_auth(ADMIN_TOKEN)
    };
    // What a page of another site can make a browser send is no question.
    let form = post("/api/redrive").header("content-type", "text/plain").body("{}");
    assert_eq!(answer(form).await.0, 400);
    let long = post("/api/redrive").header("content-type", "application/json").body(" ".repeat(20_000));
    assert_eq!(answer(long).await.1["error"]["code"], "bad_request");
    assert_eq!(post("/api/ledger").send().await.unwrap().status().as_u16(), 405);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_listed_by_pages_and_shown_masked() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let to = person(&world.brands[0], 1);
    for place in 0..5 {
        let status = json!({
            "channel": "whatsapp", "message_uuid": format!("of-nobody-{place}"), "to": to, "from": "6531290044",
            "timestamp": "yesterday", "status": "read",
        });
        assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
    }
    let brand = &world.brands[0];
    assert_eq!(world.send(brand, &order(brand, "one", &to)).await.status, 200);
    let (_, first) = asked(&world, &gateway, "/api/dead-letters?kind=status&limit=3").await;
    let ids = |page: &Value| -> Vec<i64> {
        page["letters"].as_array().unwrap().iter().map(|letter| letter["id"].as_i64().unwrap()).collect()
    };
    let next = first["next"].as_i64().unwrap();
    let (_, second) = asked(&world, &gateway, &format!("/api/dead-letters?kind=status&limit=3&before={next}")).await;
    let all = [ids(&first), ids(&second)].concat();
    assert_eq!((all.len(), &second["next"]), (5, &Value::Null));
    assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
    assert!(!first.to_string().contains(&to) && first["letters"][0]["tenant"] == "acme", "{first}");
    assert_eq!(ids(&asked(&world, &gateway, "/api/dead-letters?reason=timestamp&since=1h").await.1).len(), 5);
    for none in ["tenant=globex", "kind=call", "name=/other", "reason=nothing+like+it", "since=2999-01-01T00:00:00Z"] {
        let (status, page) = asked(&world, &gateway, &format!("/api/dead-letters?{none}")).await;
        assert_eq!((status, ids(&page)), (200, vec![]), "{none}");
    }
    let path = format!("/api/dead-letters/{}", all[0]);
    let (_, masked) = asked(&world, &gateway, &path).await;
    let content = &masked["content"];
    assert!(!masked.to_string().contains(&to) && content["to"].as_str().unwrap().contains("***"), "{masked}");
    let (_, shown) = asked(&world, &gateway, &format!("{path}?personal=shown")).await;
    assert_eq!(shown["content"]["to"], json!(to));
    gateway.stop().await;
}
