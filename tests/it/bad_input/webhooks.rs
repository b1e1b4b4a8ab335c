//! Webhooks that nobody signed, that were altered, or that cannot be used.

use serde_json::{Value, json};
use switchboard::sim::provider::{Delivery, ProviderOptions, Sent};
use switchboard::sim::stage::ACCOUNT;
use switchboard::value::Timestamp;

use super::{INBOUND, STATUS, acme, hook, silent};
use crate::world::{World, order, person, provider, signed, text_from, until};

fn status(of: &Sent, word: &str) -> Value {
    json!({
        "channel": "whatsapp", "message_uuid": of.message_uuid, "client_ref": of.client_ref, "to": of.to,
        "from": of.from, "timestamp": "2026-11-04T09:14:06.981Z", "status": word,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_webhooks_change_nothing() {
    let world = World::new(vec![acme()], silent()).await;
    let gateway = world.gateway().await;
    let (brand, store) = (&world.brands[0], &gateway.flow.store);
    let to = person(brand, 1);
    assert_eq!(world.send(brand, &order(brand, "only", &to)).await.status, 200);
    until("it is sent", || world.taken(&to).len() == 1).await;
    let sent = world.taken(&to).remove(0);
    let good = status(&sent, "read").to_string();
    let right = |body: &str| Some(signed(ACCOUNT.1, body.as_bytes()));
    let stop = text_from(&to, "6531290044", "stop-1", "STOP").to_string();
    let cases = [
        ("unsigned", STATUS, &good, None, 503),
        (
            "signed by another",
            STATUS,
            &good,
            Some(signed("another-signature-secret-of-32-bytes", good.as_bytes())),
            503,
        ),
        ("of another body", STATUS, &good, right("{}"), 503),
        ("no token at all", STATUS, &good, Some("x.y.z".to_owned()), 503),
        ("a STOP, unsigned", INBOUND, &stop, None, 503),
        ("a STOP of another body", INBOUND, &stop, right("{}"), 503),
    ];
    for (what, path, body, token, http) in cases {
        assert_eq!(hook(&world, path, body, token).await, http, "{what}");
    }
    assert!(store.dead_letters(None, 10).await.unwrap().is_empty(), "whoever signs wrongly leaves nothing");
    assert_eq!(world.send(brand, &order(brand, "next", &to)).await.status, 200);
    until("nobody has opted out", || world.taken(&to).len() == 2).await;
    assert!(World::words(brand, "only").is_empty() && World::words(brand, "next").is_empty());

    // Well signed, and of no use: taken, so that it is not repeated, and kept for a human.
    let mut unknown = status(&sent, "read");
    unknown["message_uuid"] = json!("00000000-0000-4000-8000-000000000000");
    unknown["client_ref"] = json!("of-another-system");
    let mut nobody = unknown.clone();
    nobody["from"] = json!("6500000000");
    let mut shapeless = status(&sent, "read");
    shapeless["timestamp"] = json!("yesterday");
    // Of no known message: looked for again before a human is bothered, and kept once however often it comes.
    let far = Timestamp::from_millis(i64::MAX);
    // The number is no part of what a status says.
    for body in [&unknown, &nobody] {
        let body = body.to_string();
        for _ in 0..3 {
            assert_eq!(hook(&world, STATUS, &body, right(&body)).await, 200, "{body}");
        }
        let (looked_for, _) = store.letters_due(far, 10).await.unwrap();
        assert_eq!(looked_for.len(), 1, "{looked_for:?}");
        assert!(looked_for.iter().all(|letter| letter.kind == "unmatched"), "{looked_for:?}");
        assert!(store.dead_letters(None, 10).await.unwrap().is_empty(), "not on the list yet");
    }
    let parked = [("a wrong type", shapeless.to_string()), ("no JSON", "{".to_owned())];
    for (place, (what, body)) in (1..).zip(&parked) {
        for _ in 0..3 {
            assert_eq!(hook(&world, STATUS, body, right(body)).await, 200, "{what}");
        }
        let letters = store.dead_letters(None, 10).await.unwrap();
        assert_eq!(letters.len(), place, "{what}: {letters:?}");
        let kept = letters.iter().any(|letter| letter.kind == "status" && *letter.content == *body.as_bytes());
        assert!(kept, "{what}: {letters:?}");
    }
    let odd = status(&sent, "teleported").to_string();
    assert_eq!(hook(&world, STATUS, &odd, right(&odd)).await, 200, "an unknown word");
    let sms = good.replace("whatsapp", "sms");
    assert_eq!(hook(&world, STATUS, &sms, right(&sms)).await, 200, "another channel");
    assert_eq!(hook(&world, STATUS, "[]", right("[]")).await, 200, "of no channel");

    assert_eq!(store.dead_letters(None, 10).await.unwrap().len(), parked.len(), "nothing else is kept");
    assert_eq!(hook(&world, STATUS, &good, right(&good)).await, 200);
    until("it is read", || World::is_read(brand, "only")).await;
    world.check_contracts();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsigned_and_altered_webhooks_are_asked_for_again() {
    let webhooks = Delivery { unsigned: 0.5, altered: 0.5, scale: 0.001, ..Delivery::default() };
    let world = World::new(vec![acme()], ProviderOptions { webhooks, ..provider() }).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let campaign = world.platform().campaign(world.campaign(brand, 10)).await;
    assert_eq!(campaign.accepted, 10);
    until("all are read", || campaign.accepted_ids.iter().all(|id| World::is_read(brand, id))).await;
    world.quiet(&gateway).await;
    let answers = world.provider.journal().summary().answers;
    assert_eq!(answers, [(200, 30), (503, 30)].into(), "each is refused once, then taken");
    assert!(gateway.flow.store.dead_letters(None, 10).await.unwrap().is_empty());
    world.check_contracts();
    gateway.stop().await;
}
