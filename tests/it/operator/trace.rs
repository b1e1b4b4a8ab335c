//! One message over all that happened to it, found by any of its ids; nobody is shown unasked.

use serde_json::{Value, json};
use switchboard::sim::platform::Reports;

use super::{acme, answer, asked, command, told};
use crate::world::{TenantFile, World, order, person, provider, text_from, until, until_async};

/// What the timeline says, leg by leg.
fn lines(message: &Value) -> Vec<String> {
    let line = |line: &Value| format!("{}: {}", line["leg"].as_str().unwrap(), line["what"].as_str().unwrap());
    message["timeline"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_found_by_any_of_its_ids() {
    let world = World::new(vec![acme(), TenantFile::webengage("globex", "919845013377")], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = world.sent_and_read(brand, "one").await;
    world.quiet(&gateway).await;
    let kept = gateway.flow.store.by_platform_id(&brand.file.tenant(), "one").await.unwrap().remove(0);
    let (ours, theirs) = (kept.message.reference.to_string(), world.taken(&to)[0].message_uuid.clone());
    let written = format!("+{} {}", &to[..2], &to[2..]);
    for (id, by) in [(&ours, "ours"), (&theirs, "provider"), (&"one".to_owned(), "platform"), (&written, "recipient")] {
        let (status, said) = told(&world, &gateway, "/api/trace", &json!({ "id": id })).await;
        let message = &said["messages"][0];
        assert_eq!((status, &message["id"], &message["found_by"]), (200, &json!(ours), &json!(by)), "{id}: {said}");
        assert_eq!((said["messages"].as_array().unwrap().len(), &said["more"]), (1, &json!(0)));
        for (member, expected) in [
            ("tenant", json!("acme")),
            ("platform", json!("moengage")),
            ("provider", json!("vonage")),
            ("sender", json!("6531290044")),
            ("platform_id", json!("one")),
            ("provider_id", json!(theirs)),
            ("phase", json!("submitted")),
            ("best", json!("read")),
            ("attempts", json!(1)),
            ("opted_out", json!(false)),
            ("held", Value::Null),
            ("waiting", json!([])),
            ("dead_letters", json!([])),
        ] {
            assert_eq!(message[member], expected, "{member}: {message}");
        }
        let lines = lines(message);
        assert_eq!(lines[0], "send: accepted");
        for part in ["send: taken by the provider", "status: read · read", "report: report posted · HTTP 200"] {
            assert!(lines.iter().any(|line| line == part), "{part}: {lines:?}");
        }
        let at = |line: &Value| line["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let times: Vec<jiff::Timestamp> = message["timeline"].as_array().unwrap().iter().map(at).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(!said.to_string().contains(&to) && !said.to_string().contains("Asha"), "{said}");
        assert_eq!(message["content"]["template"]["name"], "***", "a name may be anything");
    }
    let none = told(&world, &gateway, "/api/trace", &json!({ "id": "one", "tenant": "globex" })).await;
    assert_eq!((none.0, &none.1["error"]["code"]), (404, &json!("not_found")));
    let token = command(&gateway, &["token", "make", "theirs", "--role", "read", "--tenant", "globex"]).await.out;
    for id in [&ours, &theirs, "one", &to] {
        let url = format!("http://{}/api/trace", gateway.admin_address().unwrap());
        let request = world.client.post(url).bearer_auth(token.trim()).header("content-type", "application/json");
        assert_eq!(answer(request.body(json!({ "id": id }).to_string())).await.0, 404, "another's: {id}");
    }
    let shown = command(&gateway, &["trace", &to]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.starts_with(&format!("{ours}: submitted; 1 attempts; the provider says read")), "{}", shown.out);
    assert!(shown.out.contains("report posted · HTTP 200") && !shown.out.contains(&to), "{}", shown.out);
    assert_eq!(command(&gateway, &["trace", "one", "--json"]).await.json()["messages"][0]["id"], json!(ours));
    let unknown = command(&gateway, &["trace", "m-NOBODY"]).await;
    assert!(unknown.code == 1 && unknown.err.contains("no message that is kept"), "{}", unknown.err);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_and_what_was_given_up_is_in_it() {
    let file = acme().line("keywords: { opt_out: { reply: You will not hear from us again. } }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    let trace = async |id: &str| {
        let (status, mut said) = told(&world, &gateway, "/api/trace", &json!({ "id": id })).await;
        assert_eq!(status, 200, "{said}");
        said["messages"][0].take()
    };
    world.platform().set_reports(Reports { unauthorized: 1.0, ..Reports::default() });
    assert_eq!(world.send(brand, &order(brand, "waits", &to)).await.status, 200);
    until_async("a report was tried in vain", async || {
        lines(&trace("waits").await).iter().any(|line| line == "report: report put off · HTTP 401")
    })
    .await;
    let waiting = trace("waits").await["waiting"].take();
    assert!(waiting[0]["call"] == "report" && waiting[0]["due"].is_string(), "{waiting}");
    assert!(!waiting.to_string().contains(&to), "{waiting}");

    world.platform().set_reports(Reports { refusing: 1.0, ..Reports::default() });
    assert_eq!(command(&gateway, &["release"]).await.code, 0);
    until_async("it was refused", async || trace("waits").await["dead_letters"] != json!([])).await;
    let message = trace("waits").await;
    assert_eq!(message["dead_letters"][0]["kind"], "call");
    assert!(lines(&message).iter().any(|line| line.starts_with("report: dead letter ")), "{message}");
    let shown = command(&gateway, &["trace", "waits"]).await;
    assert!(shown.code == 0 && shown.out.contains("dead letters"), "{}", shown.out);

    // After a STOP the next message says why it was not sent; the reply is traced, too.
    world.platform().set_reports(Reports::default());
    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "STOP")).await;
    until("the STOP is answered", || world.taken(&to).len() == 2).await;
    assert_eq!(world.send(brand, &order(brand, "after", &to)).await.status, 200);
    until_async("it is suppressed", async || trace("after").await["phase"] == "suppressed").await;
    let after = trace("after").await;
    assert!(
        after["opted_out"] == true && lines(&after).iter().any(|line| line.starts_with("send: opted out")),
        "{after}"
    );
    let reply = trace(&world.taken(&to)[1].message_uuid).await;
    assert!(reply["origin"] != "platform" && lines(&reply)[0] == "send: made by a keyword rule", "{reply}");
    gateway.stop().await;
}

/// With `warn` it is sent all the same; its history says what does not fit, and the trace which line of the mapping made that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_its_template_is_in_it_with_the_line_that_made_it() {
    let file = acme().line("delivery: { preflight: warn }");
    let world = World::new(vec![file], provider()).await;
    let gateway = world.gateway().await;
    let (brand, to) = (&world.brands[0], person(&world.brands[0], 1));
    until_async("the templates are listed", async || {
        asked(&world, &gateway, "/api/templates?tenant=acme").await.1["lists"][0]["templates"][0]["id"].is_string()
    })
    .await;
    let mut short = order(brand, "short", &to);
    let values = short["template"]["components"][0]["parameters"].as_array_mut().unwrap();
    values.truncate(2);
    assert_eq!(world.send(brand, &short).await.status, 200);
    assert_eq!(world.send(brand, &order(brand, "whole", &to)).await.status, 200);
    world.quiet(&gateway).await;
    let told_of =
        async |id: &str| lines(&told(&world, &gateway, "/api/trace", &json!({ "id": id })).await.1["messages"][0]);
    let taken = |lines: Vec<String>| lines.into_iter().find(|line| line.starts_with("send: taken")).unwrap();
    let short = taken(told_of("short").await);
    let part = "(`template.components[0].parameters[2]`, for {{3}}), made by ";
    let (says, place) = short.split_once(part).unwrap_or_else(|| panic!("{short}"));
    assert!(
        says.contains("does not fit its template: template_params: Template needs 3 variables, 2 were given"),
        "{short}"
    );
    let mut parts = place.split(" or ").next().unwrap().rsplitn(3, ':');
    let (_, line, file) = (parts.next(), parts.next().unwrap(), parts.next().unwrap());
    let text = std::fs::read_to_string(world.mapping_path("moengage.yaml")).unwrap();
    let line = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
    assert!(file.ends_with("moengage.yaml") && line.contains("body:"), "{place}: {line}");
    assert_eq!(taken(told_of("whole").await), "send: taken by the provider");
    gateway.stop().await;
}
