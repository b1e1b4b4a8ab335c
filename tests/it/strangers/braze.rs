//! Braze's webhooks over Vonage.

use serde_json::{Value, json};
use switchboard::sim::provider::{Failure, Life, ProviderOptions};

use super::{ship, vonage};
use crate::world::{Answer, Scripted, Stub, TenantFile, World, certain, provider, until};

const NUMBER: &str = "14155550100";
const USER: &str = "14155552671";

/// A brand on Braze beside a world's own, its REST API a stub that takes everything.
struct Brand {
    world: World,
    rest: Stub,
}

impl Brand {
    async fn new(options: ProviderOptions, settings: &str) -> Self {
        let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], options).await;
        let rest = Stub::start(vec![Scripted::new(201, json!({"message": "success"}))]).await;
        ship(&world, "braze.yaml");
        let (credentials, base_url) = vonage(&world);
        let text = format!(
            "tenant: lounge\nplatform: braze\nprovider: vonage\nnumbers: [ {{ number: \"{NUMBER}\", waba: \"7\" }} ]\n\
             credentials:\n  braze: {{ api_key: \"${{env:ACME_KEY}}\", rest_api_key: \"${{env:ACME_REST}}\" }}\n\
             {credentials}settings:\n  rest_url: {}\n{base_url}{settings}keywords:\n  opt_out: {{ reply: Goodbye. }}\n",
            rest.url
        );
        std::fs::write(world.tenant_path("lounge"), text).unwrap();
        Self { world, rest }
    }

    /// Posts what a campaign renders.
    async fn post(&self, kind: &str, body: String) -> Answer {
        let request = self.world.client.post(self.world.url("/braze/messages")).header("content-type", kind);
        Answer::of(request.bearer_auth(self.world.brands[0].file.value("KEY")).body(body)).await
    }

    async fn send(&self, body: &Value) -> Answer {
        self.post("application/json", body.to_string()).await
    }

    /// The events told about a message, in order.
    fn events(&self, id: &str) -> Vec<Value> {
        let tracked = self.rest.asked().into_iter().filter(|asked| asked.path == "/users/track");
        let events = tracked.map(|asked| asked.body["events"][0].clone());
        events.filter(|event| event["properties"]["message_id"] == id).collect()
    }
}

fn campaign(user: &str, to: &str) -> Value {
    json!({
        "to": to, "from": NUMBER, "user_id": user, "dispatch_id": "d-1", "campaign_id": "c-1",
        "template": "order_update", "variables": ["Asha", "PX-7", "6 Nov"],
    })
}

const REPORTS: &str = "  reports: events\n  event_submitted: WhatsApp Sent\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_braze_goes_out_by_vonage_and_comes_back_as_events() {
    let brand = Brand::new(ProviderOptions { check_templates: true, ..provider() }, REPORTS).await;
    let gateway = brand.world.gateway().await;

    let answer = brand.send(&campaign("u-1", "+1 (415) 555-2671")).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({"status": "accepted", "id": "d-1/u-1/order_update"})));
    until("read", || brand.events("d-1/u-1/order_update").iter().any(|event| event["name"] == "WhatsApp Read")).await;
    let taken = brand.world.taken(USER);
    let values = ["Asha", "PX-7", "6 Nov"].map(|text| json!({"type": "text", "text": text}));
    let template = &taken[0].body["custom"]["template"];
    assert_eq!((taken.len(), taken[0].from.as_str()), (1, NUMBER));
    assert_eq!((&template["name"], &template["language"]["code"]), (&json!("order_update"), &json!("en")));
    assert_eq!(template["components"], json!([{"type": "body", "parameters": values}]));

    let last = brand.events("d-1/u-1/order_update").pop().unwrap();
    assert_eq!((&last["external_id"], &last["phone"]), (&json!("u-1"), &Value::Null));
    assert_eq!(last["properties"]["campaign_id"], "c-1");
    assert_eq!(last["properties"]["code"], Value::Null);
    let asked = brand.rest.asked().pop().unwrap();
    let key = format!("Bearer {}", brand.world.brands[0].file.value("REST"));
    assert_eq!(asked.headers["authorization"], key.as_str());

    // Braze repeats itself: the same answer, and nothing goes out. Another user of the dispatch is another message.
    let again = brand.send(&campaign("u-1", "+1 (415) 555-2671")).await;
    assert_eq!((again.status, again.body), (answer.status, answer.body));
    assert_eq!(brand.send(&campaign("u-2", "14155552672")).await.status, 200);
    until("the other's", || brand.world.taken("14155552672").len() == 1).await;
    // Test sends all carry one dispatch id, and none is a repeat.
    for _ in 0..2 {
        let mut test = campaign("u-3", "14155552673");
        test["dispatch_id"] = json!("dispatch_id_for_unsent_campaign");
        assert_eq!(brand.send(&test).await.status, 200);
    }
    until("both tests", || brand.world.taken("14155552673").len() == 2).await;
    let form = "to=%2B14155552674&from=14155550100&dispatch_id=d-1&user_id=u-4&template=order_update\
                &variable_1=Asha+%26+Co&variable_2=PX-7&variable_3=6+Nov";
    assert_eq!(brand.post("application/x-www-form-urlencoded", form.to_owned()).await.status, 200);
    until("the form's", || brand.world.taken("14155552674").len() == 1).await;
    let sent = &brand.world.taken("14155552674")[0].body["custom"]["template"]["components"][0]["parameters"][0];
    assert_eq!(sent["text"], "Asha & Co");
    assert_eq!(brand.world.taken(USER).len(), 1, "the repeat went out");
    assert!(brand.world.provider.journal().violations().is_empty());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_of_vonage_reaches_braze_in_words_of_its_own() {
    let life = Life { failures: vec![Failure { code: 1300, share: 1.0 }], ..certain() };
    let brand = Brand::new(ProviderOptions { life, ..provider() }, REPORTS).await;
    let gateway = brand.world.gateway().await;
    assert_eq!(brand.send(&campaign("u-1", USER)).await.status, 200);
    let failed = |event: &Value| event["name"] == "WhatsApp Failed";
    until("the failure", || brand.events("d-1/u-1/order_update").iter().any(failed)).await;
    let event = brand.events("d-1/u-1/order_update").into_iter().find(failed).unwrap();
    let said = (&event["properties"]["code"], &event["properties"]["provider_code"]);
    assert_eq!(said, (&json!("NOT_ON_WHATSAPP"), &json!("1300")));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_ends_brazes_subscription_and_later_sends_are_refused() {
    let brand = Brand::new(provider(), "  subscription_group_id: g-1\n").await;
    let gateway = brand.world.gateway().await;
    assert_eq!(brand.send(&campaign("u-1", USER)).await.status, 200);
    until("sent", || brand.world.taken(USER).len() == 1).await;
    brand.world.provider.say(USER, NUMBER, "Stop!").unwrap();
    let ended = || brand.rest.asked().into_iter().find(|asked| asked.path == "/subscription/status/set");
    until("the subscription", || ended().is_some()).await;
    let body = ended().unwrap().body;
    assert_eq!(
        body,
        json!({"subscription_group_id": "g-1", "subscription_state": "unsubscribed", "external_id": "u-1"})
    );
    until("the reply", || brand.world.taken(USER).iter().any(|sent| sent.body["text"] == "Goodbye.")).await;

    let mut next = campaign("u-1", USER);
    next["dispatch_id"] = json!("d-2");
    let answer = brand.send(&next).await;
    let refusal = json!({"error": {"code": "OPTED_OUT", "message": "The user said STOP"}});
    assert_eq!((answer.status, answer.body), (422, refusal));
    // Nothing is reported to an account that did not ask for it.
    assert!(brand.rest.asked().iter().all(|asked| asked.path != "/users/track"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn braze_is_refused_with_codes_of_its_own() {
    let brand = Brand::new(provider(), "").await;
    let gateway = brand.world.gateway().await;
    let with = |name: &str, value: Value| {
        let mut body = campaign("u-1", USER);
        body[name] = value;
        body
    };
    let cases = [
        (with("to", json!("")), 422, "INVALID_PHONE"),
        (with("from", json!("14155550199")), 422, "UNKNOWN_SENDER"),
        (with("template", json!("no_such_template")), 422, "TEMPLATE_MISSING"),
        (with("variables", json!(["Asha"])), 422, "TEMPLATE_PARAMETERS"),
        (with("variables", json!(["Asha", "", "6 Nov"])), 422, "TEMPLATE_PARAMETERS"),
        (with("dispatch_id", json!("")), 400, "MISSING_FIELD"),
        (json!([]), 400, "MISSING_FIELD"),
    ];
    for (body, status, code) in cases {
        let answer = brand.send(&body).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &json!(code)), "{body}");
    }
    let answer = brand.post("application/json", "{".to_owned()).await;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!("MALFORMED")));
    let request = brand.world.client.post(brand.world.url("/braze/messages")).bearer_auth("nobody's");
    let answer = Answer::of(request.body(campaign("u-1", USER).to_string())).await;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (401, &json!("UNAUTHENTICATED")));
    assert!(brand.world.taken(USER).is_empty());
    gateway.stop().await;
}
