//! What the log says of bad input, read from a process: the place, the id, and nobody's number.

use serde_json::{Value, json};
use switchboard::sim::platform::Kind;

use super::{INBOUND, acme, bandra, hook, post};
use crate::world::{Process, World, order, person, provider, text_from, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_what_was_refused_and_masks_people() {
    let world = World::new(vec![acme(), bandra()], provider()).await;
    // Looks for numbers and secrets in every line of the log when it ends.
    let process = Process::start(&world).await;
    for brand in &world.brands {
        let to = person(brand, 1);
        assert_eq!(world.send(brand, &order(brand, "good", &to)).await.status, 200);
        until("it is read", || World::is_read(brand, "good")).await;
        let mut body = order(brand, &to, &to);
        let sender = match brand.file.kind {
            Kind::MoEngage => body.pointer_mut("/from"),
            Kind::WebEngage => body.pointer_mut("/whatsAppData/fromNumber"),
        };
        *sender.unwrap() = json!("14155550199");
        assert_eq!(world.send(brand, &body).await.status, 400);
        let tenant = brand.file.name;
        let fits = |line: &Value| line["message"] == "refused" && line["tenant"] == tenant;
        let line = process.logged("the refusal", fits).await;
        assert_eq!((&line["level"], &line["reason"]), (&json!("INFO"), &json!("unknown_sender")), "{line}");
        let id = line["id"].as_str().unwrap();
        assert_eq!(process.messages_of(id), ["received", "refused"], "the whole way of it under one id");
        let half = order(brand, "half", &to).to_string();
        assert_eq!(post(&world, brand, half[..half.len() - 9].to_owned()).await.status, 400);
        let odd = text_from(&to, brand.file.number, &format!("odd-{tenant}"), &format!("call me at {to}"));
        assert_eq!(world.webhook(INBOUND, &odd).await.status, 200);
        let unsigned = text_from(&to, brand.file.number, "unsigned", "STOP").to_string();
        assert_eq!(hook(&world, INBOUND, &unsigned, None).await, 503);
    }
    assert!(process.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_named_in_the_log_and_the_last_good_stays() {
    let world = World::new(vec![acme()], provider()).await;
    let process = Process::start(&world).await;
    let brand = &world.brands[0];
    let text = brand.file.text();
    let broken = [
        ("no YAML", format!("{text}oops: [ 1, 2"), "[ 1, 2", "close it"),
        ("a misspelt key", text.replace("numbers:", "nubmers:"), "nubmers", "did you mean `numbers`?"),
        ("an unset variable", text.replace("ACME_KEY", "ACME_KYE"), "\"${env:ACME_KYE", "set it before the gateway"),
    ];
    for (place, (what, broken, wrong, fix)) in (0..).zip(broken) {
        let at = format!("acme.yaml:{}: error", position(&broken, wrong));
        std::fs::write(world.tenant_path("acme"), broken).unwrap();
        let fits = |line: &Value| {
            let message = line["message"].as_str().unwrap_or_default();
            line["level"] == "ERROR" && message.contains(&at) && message.contains(fix)
        };
        process.logged(what, fits).await;
        let id = format!("under-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200, "{what}");
        until("the last good version serves", || World::is_read(brand, &id)).await;
    }
    assert!(process.terminate().await.success());
}

/// Line and column of a text's first occurrence.
fn position(text: &str, part: &str) -> String {
    let before = &text[..text.find(part).unwrap()];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    format!(
        "{}:{}",
        before.lines().count().max(1) + usize::from(line_start == before.len()),
        before.len() - line_start + 1
    )
}
