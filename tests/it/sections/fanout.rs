//! One request, many messages; one webhook, many events.

use serde_json::{Value, json};
use switchboard::value::Timestamp;

use super::{Between, person};
use crate::world::{until, until_async};

fn batch(people: &[Value]) -> Value {
    json!({"from": "14155550100", "people": people})
}

fn statuses(answer: &Value) -> Vec<(&str, &str)> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (result["id"].as_str().unwrap_or_default(), result["status"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_items_are_sent_once_and_bad_ones_named() {
    let between = Between::start(str::to_owned).await;
    let mut bad = person(3);
    bad["phone"] = json!("nobody");
    let twice = batch(&[person(1), person(2), bad.clone(), person(1)]);
    let answer = between.send("acme", &twice).await;
    assert_eq!(answer.status, 207, "{:?}", answer.body);
    let queued = [("p1", "queued"), ("p2", "queued"), ("p3", "invalid_recipient"), ("p1", "queued")];
    assert_eq!(statuses(&answer.body), queued);
    until("both are sent", || between.sent().len() == 2).await;
    // All that is good in it was accepted before.
    let again = between.send("acme", &twice).await;
    assert_eq!((again.status, &again.body), (200, &json!({"again": true})));
    // One more is good now; the others are not sent again, and whoever left since was accepted before.
    let mut left = person(2);
    left["left"] = json!(true);
    let more = between.send("acme", &batch(&[left, person(3)])).await;
    assert_eq!((more.status, statuses(&more.body)), (202, vec![("p2", "queued"), ("p3", "queued")]));
    until("the third is sent", || between.sent().len() == 3).await;
    // Another tenant's ids are its own.
    assert_eq!(between.send("globex", &json!({"from": "14155550101", "people": [person(1)]})).await.status, 202);
    until("it is sent too", || between.sent().len() == 4).await;
    assert_eq!(between.sent(), ["442079400001", "442079400001", "442079400002", "442079400003"]);
    assert_eq!(between.send("acme", &batch(&[bad])).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_item_refuses_the_whole_where_the_mapping_says_so() {
    let between = Between::start(|text| {
        text.replace("  each: \"$.body.people[*]\"", "  each: \"$.body.people[*]\"\n  batch: whole")
    })
    .await;
    let refused = between.send("acme", &batch(&[person(1), json!({"id": "p2"}), person(3)])).await;
    let problems = json!([{"index": 1, "id": "p2", "reason": "missing_field", "path": "to"}]);
    assert_eq!((refused.status, &refused.body["problems"]), (400, &problems));
    let store = &between.gateway.flow.store;
    assert!(store.by_platform_id(&"acme".into(), "p1").await.unwrap().is_empty(), "nothing was stored");
    assert_eq!(between.send("acme", &batch(&[person(1), person(3)])).await.status, 202);
    until("both are sent", || between.sent() == ["442079400001", "442079400003"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_bounded() {
    let between = Between::start(|text| {
        text.replace("path: \"/bulk/{list}\" }\n  each", "path: \"/bulk/{list}\", max_body: 2MiB }\n  each")
    })
    .await;
    let many: Vec<Value> = (0..10_001).map(|number| json!({"id": number})).collect();
    let refused = between.send("acme", &batch(&many)).await;
    assert_eq!((refused.status, &refused.body["error"]), (400, &json!("malformed")));
    let people: Vec<Value> = (0..3_000).map(person).collect();
    let answer = between.send("acme", &batch(&people)).await;
    assert_eq!((answer.status, answer.body["results"].as_array().map(Vec::len)), (202, Some(3_000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_webhook_tells_of_several_tenants() {
    let between = Between::start(str::to_owned).await;
    for (tenant, from) in [("acme", "14155550100"), ("globex", "14155550101"), ("other", "14155550102")] {
        let body = json!({"from": from, "people": [{"id": tenant, "phone": "442079460001", "name": "Ann"}]});
        assert_eq!(between.send(tenant, &body).await.status, 202);
    }
    until("all are sent", || between.sent().len() == 3).await;
    let mut entries = Vec::new();
    for (tenant, number) in [("acme", "14155550100"), ("globex", "14155550101"), ("other", "14155550102")] {
        let reference = between.reference(tenant, tenant).await;
        let status = |state: &str| json!({"ref": reference, "state": state, "at": 1_790_000_000});
        let message = json!({"id": format!("i-{tenant}"), "from": "442079460009", "text": "Hi", "at": 1_790_000_000});
        let statuses = [json!({"state": "seen"}), status("there"), status("seen")];
        entries.push(json!({"number": number, "statuses": statuses, "messages": [message]}));
    }
    let body = json!({"kind": "all", "entries": entries});
    assert_eq!(between.webhook("wrong", &body).await.status, 401);
    let answer = between.webhook("shared", &body).await;
    assert_eq!((answer.status, answer.body), (200, json!({"ok": true})));
    // Those whose credential it is hear of both words; the third, whose credential it is not, of nothing.
    let words = |tenant: &str| ["delivered", "read"].map(|word| (tenant.to_owned(), word.to_owned())).to_vec();
    let expected = [words("acme"), words("globex")].concat();
    until("the words are told", || between.told() == expected).await;
    let letters = between.gateway.flow.store.dead_letters(None, 100).await.unwrap();
    let mut found: Vec<(&str, &str, &str)> = letters
        .iter()
        .map(|letter| {
            (letter.kind.as_str(), letter.tenant.as_ref().map_or("", |name| name.as_str()), letter.why.as_str())
        })
        .collect();
    found.sort_unstable();
    let number = "the number is no tenant's whose credential verified this";
    assert_eq!(
        found,
        [
            ("inbound", "", &*format!("item 2: unknown_tenant: {number}")),
            ("status", "", "item 6: missing_field: item.ref"),
            ("status", "acme", "item 0: missing_field: item.ref"),
            ("status", "globex", "item 3: missing_field: item.ref"),
        ]
    );
    assert!(letters.iter().all(|letter| letter.content == body.to_string()), "the whole webhook is kept");
    // Those of a message that none of the verified tenants has are looked for again, one by one.
    let far = Timestamp::from_millis(i64::MAX);
    let (looked_for, _) = between.gateway.flow.store.letters_due(far, 100).await.unwrap();
    let of = |word: &str| format!("no message of a verified tenant has the id of this status: {word}");
    let mut whys: Vec<String> = looked_for.iter().map(|letter| letter.why.clone()).collect();
    whys.sort_unstable();
    assert_eq!(whys, [of("seen"), of("there")]);
    assert!(looked_for.iter().all(|letter| letter.tenant.as_ref().is_some_and(|name| name.as_str() == "acme")));
    // Its own credential brings it home.
    assert_eq!(between.webhook("own", &body).await.status, 200);
    until_async("the third is told", async || between.told().contains(&("other".to_owned(), "read".to_owned()))).await;
}
