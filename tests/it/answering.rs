//! A keyword rule that sends messages of its own, from the provider's webhook to the provider's journal.

use serde_json::json;

use crate::world::{TenantFile, World, order, person, provider, text_from, until, until_async};

const INBOUND: &str = "/webhooks/vonage/inbound";

/// Rules in front of the mapping's own.
const RULES: &str = r#"
    menu:
      words: [ MENU ]
      do:
        - { send: { text: { $text: "Here it is, {{name}}.", with: { name: '$.inbound.name ?? "you"' } } } }
        - send:
            template:
              name: order_update
              language: { code: en }
              components:
                - type: body
                  parameters: [ { type: text, text: Mei }, { type: text, text: PX-7 }, { type: text, text: 6 Nov } ]
    leave:
      words: [ LEAVE ]
      do: [ suppress, { send: { text: $.inbound.name } }, { send: { text: Gone. } } ]
    gone: { words: [ GONE ], do: [ { send: { template: { name: not_there, language: { code: en } } } } ] }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_sends_messages_of_its_own() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let path = world.mapping_path("moengage.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once("  rules:").unwrap();
    let (comment, after) = after.split_once('\n').unwrap();
    std::fs::write(&path, format!("{before}  rules:{comment}{RULES}{after}")).unwrap();
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let (mei, li, tan) = (person(brand, 1), person(brand, 2), person(brand, 3));
    let say = async |from: &str, id: &str, text: &str| {
        assert_eq!(world.webhook(INBOUND, &text_from(from, "6531290044", id, text)).await.status, 200);
    };
    let bodies = |to: &str| {
        let mut all: Vec<_> = world.taken(to).iter().map(|sent| sent.body.clone()).collect();
        all.sort_by_key(|body| body["message_type"].to_string());
        all
    };
    let letters = async || gateway.flow.store.dead_letters(None, 10).await.unwrap();

    say(&mei, "menu-1", "menu").await;
    say(&mei, "menu-1", "menu").await;
    until("both messages go out", || bodies(&mei).len() == 2).await;
    let sent = bodies(&mei);
    assert_eq!(sent[0]["custom"]["template"]["name"], json!("order_update"), "{sent:?}");
    assert_eq!(sent[1]["text"], json!("Here it is, you."));
    assert_eq!(sent[1]["from"], json!("6531290044"));

    // The opt-out is done, the good message goes out, the bad one is listed.
    say(&li, "leave-1", "leave").await;
    until("what can be made goes out", || !bodies(&li).is_empty()).await;
    until_async("the other is listed", async || letters().await.len() == 1).await;
    let letter = letters().await.remove(0);
    assert_eq!((letter.kind.as_str(), letter.tenant), ("inbound", Some("acme".into())));
    assert!(letter.why.starts_with("missing_field: the message that the rule `leave` sends"), "{}", letter.why);
    assert_eq!(world.send(brand, &order(brand, "after", &li)).await.status, 200);
    until("a suppressed person is not written to", || World::words(brand, "after") == ["failed"]).await;
    // Someone suppressed is not answered by a rule that is not about that.
    say(&li, "menu-2", "menu").await;

    say(&tan, "gone-1", "gone").await;
    until_async("a template that is gone is listed", async || letters().await.len() == 2).await;
    assert!(letters().await.iter().any(|letter| letter.why.starts_with("template_missing")));

    world.quiet(&gateway).await;
    assert_eq!(bodies(&mei).len(), 2, "a repeat does nothing");
    assert_eq!(bodies(&li).len(), 1);
    assert!(bodies(&tan).is_empty());
    assert!(World::words(brand, "").is_empty(), "the platform knows nothing of them");
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}
