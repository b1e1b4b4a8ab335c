//! MoEngage over Sinch.

use serde_json::{Value, json};
use switchboard::app::{Gateway, Options};
use switchboard::model::Secret;
use switchboard::sim::platform::Report;

use super::peer::{APP, PROJECT, SECRET, Sinch, id};
use super::ship;
use crate::world::{self, TenantFile, World, order, person, provider, until};

const NUMBER: &str = "6531290044";

/// Sinch's code, WhatsApp's behind it, and WebEngage's for the reason that both come to.
const FAILURES: [(&str, Option<&str>, &str); 4] = [
    ("OUTSIDE_ALLOWED_SENDING_WINDOW", None, "2025"),
    ("RECIPIENT_NOT_REACHABLE", None, "2003"),
    ("RECIPIENT_NOT_REACHABLE", Some("131049"), "2026"),
    ("TEMPLATE_INSUFFICIENT_PARAMETERS", None, "2022"),
];

/// A brand whose file names Sinch instead.
struct Brand {
    world: World,
    sinch: Sinch,
    gateway: Gateway,
}

impl Brand {
    async fn new(file: TenantFile) -> Self {
        let world = World::new(vec![file.line("keywords:\n  opt_out: { reply: Goodbye. }")], provider()).await;
        ship(&world, "sinch.yaml");
        let sinch = Sinch::start(world.client.clone(), world.url("/webhooks/sinch/acme")).await;
        let text = over_sinch(&world.brands[0].file.text(), &world.provider.url(), &sinch.url);
        std::fs::write(world.tenant_path("acme"), text).unwrap();
        let gateway = Gateway::start(options(&world)).await.unwrap();
        world.synced(&gateway).await;
        Self { world, sinch, gateway }
    }

    async fn moengage() -> Self {
        Self::new(TenantFile::moengage("acme", NUMBER)).await
    }

    fn acme(&self) -> &world::Brand {
        &self.world.brands[0]
    }

    /// Sends as the platform does; the place among the messages that Sinch took.
    async fn send(&self, body: &Value) -> usize {
        let before = self.sinch.taken().len();
        let answer = self.world.send(self.acme(), body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        until("Sinch took it", || self.sinch.taken().len() > before).await;
        before
    }

    /// Sends a message that fails so at Sinch; what the platform is told.
    async fn fail(&self, number: u64, code: &str, channel_code: Option<&str>) -> Report {
        let message = format!("c-{number}");
        let place = self.send(&order(self.acme(), &message, &person(self.acme(), number))).await;
        let mut why = json!({"code": code, "description": "Why it failed", "sub_code": "UNSPECIFIED_SUB_CODE"});
        if let Some(channel_code) = channel_code {
            why["channel_code"] = json!(channel_code);
        }
        self.sinch.report(place, "FAILED", Some(why)).await;
        until("failed", || self.words(&message).last().is_some_and(|word| word.ends_with("failed"))).await;
        self.acme().platform.journal().reports(&message).pop().unwrap()
    }

    fn words(&self, id: &str) -> Vec<String> {
        World::words(self.acme(), id)
    }

    async fn end(self) {
        assert_eq!(self.sinch.violations(), Vec::<String>::new());
        self.world.check_contracts();
        self.world.check_ledger(&self.gateway).await;
        self.gateway.stop().await;
    }
}

/// A tenant's file that names Vonage, naming Sinch.
fn over_sinch(text: &str, vonage: &str, sinch: &str) -> String {
    let (before, rest) = text.split_once("  vonage:\n").unwrap();
    let (_, settings) = rest.split_once("settings:\n").unwrap();
    let before =
        before.replace("provider: vonage", "provider: sinch").replace(", waba: ", &format!(", app: {APP}, waba: "));
    let ours = format!(
        "base_url: {sinch}\n  auth_url: {sinch}/oauth2/token\n  provisioning_url: {sinch}\n  project_id: {PROJECT}"
    );
    let settings = settings.replace(&format!("base_url: {vonage}"), &ours);
    let credentials =
        ["key_id: \"${env:SINCH_ID}\"", "key_secret: \"${env:SINCH_KEY}\"", "webhook_secret: \"${env:SINCH_SECRET}\""];
    format!("{before}  sinch: {{ {} }}\nsettings:\n{settings}", credentials.join(", "))
}

/// The world's, with the secrets of Sinch.
fn options(world: &World) -> Options {
    let mut options = world.options();
    let secrets = [("SINCH_ID", "key-id"), ("SINCH_KEY", "key-secret"), ("SINCH_SECRET", SECRET)];
    let secrets = secrets.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned())));
    options.secrets.0.extend(secrets);
    options
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_moengage_goes_out_by_sinch_with_all_its_parameters() {
    let brand = Brand::moengage().await;
    let acme = brand.acme();
    let to = person(acme, 1);
    let place = brand.send(&order(acme, "c-1", &to)).await;
    let sent = brand.sinch.taken()[place].clone();
    let stored = brand.world.stored(&brand.gateway, acme, "c-1").await.unwrap();
    assert_eq!(sent["message_metadata"], stored.message.reference.to_string());
    let identity = json!([{"channel": "WHATSAPP", "identity": to}]);
    assert_eq!(sent["recipient"]["identified_by"]["channel_identities"], identity);
    let template = &sent["message"]["template_message"]["channel_template"]["WHATSAPP"];
    let parameters = json!({"body[1]text": "Asha", "body[2]text": "PX-7", "body[3]text": "6 Nov"});
    assert_eq!(template, &json!({"template_id": "order_update", "language_code": "en", "parameters": parameters}));

    // A header, two replies and a link, where the synced template has them.
    let mut rich = order(acme, "c-2", &person(acme, 2));
    rich["template"] = json!({"name": "weekend_offer", "language": {"code": "en"}, "components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://cdn.shop.example/hero.jpg"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Nadia"}, {"type": "text", "text": "20%"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "yes"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{"type": "payload", "payload": "a\",\"b"}]},
        {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "wk45?u=8817"}]},
    ]});
    let place = brand.send(&rich).await;
    let template = &brand.sinch.taken()[place]["message"]["template_message"]["channel_template"]["WHATSAPP"];
    let parameters = json!({
        "header[1]image.link": "https://cdn.shop.example/hero.jpg", "body[1]text": "Nadia", "body[2]text": "20%",
        "button[0]quick_reply[1]payload": "yes", "button[1]quick_reply[1]payload": "a\",\"b",
        "button[2]url[1]text": "wk45?u=8817",
    });
    assert_eq!(template["parameters"], parameters);
    // One token, shared, also by the listing of templates; a template that is not in that is refused.
    assert_eq!(brand.sinch.tokens(), 1);
    let mut unknown = order(acme, "c-3", &to);
    unknown["template"]["name"] = json!("no_such_template");
    let answer = brand.world.send(acme, &unknown).await;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!("01")));
    brand.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_of_sinch_become_moengages() {
    let brand = Brand::moengage().await;
    let acme = brand.acme();
    let place = brand.send(&order(acme, "c-1", &person(acme, 1))).await;
    for (status, word) in [("QUEUED_ON_CHANNEL", "sent"), ("DELIVERED", "delivered"), ("READ", "read")] {
        assert_eq!(brand.sinch.report(place, status, None).await.status, 200);
        until(word, || brand.words("c-1").last().is_some_and(|last| last == word)).await;
    }
    assert_eq!(brand.words("c-1"), ["sent", "delivered", "read"]);
    // A report twice, and one late, change nothing.
    brand.sinch.report(place, "READ", None).await;
    brand.sinch.report(place, "DELIVERED", None).await;

    // MoEngage is told the provider's own code.
    for (number, (code, channel_code)) in (2..).zip(FAILURES.map(|(code, channel_code, _)| (code, channel_code))) {
        assert_eq!(brand.fail(number, code, channel_code).await.code.as_deref(), Some(code));
    }
    assert_eq!(brand.words("c-1"), ["sent", "delivered", "read"]);
    brand.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reasons_of_sinch_become_webengages() {
    let brand = Brand::new(TenantFile::webengage("acme", NUMBER)).await;
    for (number, (code, channel_code, told)) in (1..).zip(FAILURES) {
        assert_eq!(brand.fail(number, code, channel_code).await.code.as_deref(), Some(told), "{code} {channel_code:?}");
    }
    brand.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_by_sinch_suppresses_and_moengage_hears_of_it() {
    let brand = Brand::moengage().await;
    let acme = brand.acme();
    let to = person(acme, 1);
    brand.send(&order(acme, "c-1", &to)).await;
    assert_eq!(brand.sinch.say(&to, "01EBDTPPG3Q3EH14H7DY8X09MG", "Stop!").await.status, 200);
    until("the reply", || brand.sinch.taken().len() == 2).await;
    let reply = &brand.sinch.taken()[1]["message"];
    assert_eq!(reply, &json!({"text_message": {"text": "Goodbye."}}));
    until("MoEngage hears", || acme.platform.journal().inbound().len() == 1).await;
    assert_eq!(acme.platform.journal().inbound()[0]["context"]["msg_id"], "c-1");

    let answer = brand.world.send(acme, &order(acme, "c-2", &to)).await;
    assert_eq!(answer.status, 200);
    until("failed", || brand.words("c-2") == ["failed"]).await;
    let report = acme.platform.journal().reports("c-2").pop().unwrap();
    assert_eq!(report.code.as_deref(), Some("GW-OPTED-OUT"));
    assert_eq!(brand.sinch.taken().len(), 2, "it went out to somebody who said STOP");
    brand.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sinch_refuses_and_who_forges_its_callbacks() {
    let brand = Brand::moengage().await;
    let acme = brand.acme();
    brand.sinch.answer(429, json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Too fast"}}));
    brand.sinch.answer(401, json!({"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "Expired"}}));
    // Too fast is tried again; an expired token is renewed within the attempt.
    let place = brand.send(&order(acme, "c-1", &person(acme, 1))).await;
    assert_eq!((place, brand.sinch.tokens()), (0, 2));

    let refusal = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "No such thing"}});
    brand.sinch.answer(400, refusal);
    let answer = brand.world.send(acme, &order(acme, "c-2", &person(acme, 2))).await;
    assert_eq!(answer.status, 200);
    until("failed", || brand.words("c-2") == ["failed"]).await;
    let report = acme.platform.journal().reports("c-2").pop().unwrap();
    assert_eq!(report.code.as_deref(), Some("INVALID_ARGUMENT"));

    let forged = json!({"message_delivery_report": {
        "message_id": id(0), "status": "READ", "channel_identity": {"channel": "WHATSAPP", "identity": person(acme, 1)},
    }});
    // Asked for again, in case the secret here is mistyped; nothing came of it.
    assert_eq!(brand.sinch.callback(forged, "another secret").await.status, 503);
    assert_eq!(brand.sinch.callback(json!({"event": {"direction": "TO_APP"}}), SECRET).await.status, 200);
    brand.sinch.report(0, "DELIVERED", None).await;
    until("delivered", || brand.words("c-1").iter().any(|word| word == "delivered")).await;
    assert!(!brand.words("c-1").contains(&"read".to_owned()));
    brand.end().await;
}
