//! The console over real HTTP: who gets in, what a page shows to whom, and what a browser of another site may not do. How it looks
//! and works in a browser: `browser`.

mod browser;
mod pages;
mod strangers;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use switchboard::app::Gateway;
use switchboard::store::DeadLetter;
use switchboard::value::Timestamp;

use crate::world::{ADMIN_TOKEN, TenantFile, World, person, provider};

fn acme() -> TenantFile {
    TenantFile::moengage("acme", "6531290044")
}

fn globex() -> TenantFile {
    TenantFile::webengage("globex", "919845013377")
}

/// A browser without a screen: it keeps one cookie, says where its forms come from, and follows nothing by itself.
struct Browser {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

/// What a page came to.
#[derive(Debug)]
struct Shown {
    status: u16,
    headers: reqwest::header::HeaderMap,
    page: String,
}

impl Browser {
    fn new(gateway: &Gateway) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: format!("http://{}", gateway.admin_address().unwrap()), cookie: String::new() }
    }

    /// Signed in with that token.
    async fn of(gateway: &Gateway, token: &str) -> Self {
        let mut browser = Self::new(gateway);
        let shown = browser.post("/console/sign-in", &[("token", token)]).await;
        assert_eq!((shown.status, shown.to()), (303, "/console"), "{}", shown.page);
        let set = shown.headers[SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    async fn get(&self, path: &str) -> Shown {
        self.sent(self.client.get(format!("{}{path}", self.base))).await
    }

    /// A form of a page of this site.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        self.sent(self.form(path, fields).header(ORIGIN, &self.base)).await
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.base)).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> Shown {
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Shown { status, headers, page: answer.text().await.unwrap() }
    }

    /// The token of the session's forms.
    async fn csrf(&self) -> String {
        let page = self.get("/console").await.page;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("every page has the form to sign out");
        rest.split('"').next().unwrap().to_owned()
    }

    /// A form with the session's token.
    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let csrf = self.csrf().await;
        self.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }
}

impl Shown {
    /// Where it leads.
    fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    fn has(&self, text: &str) -> bool {
        self.page.contains(text)
    }
}

/// A token of its own, made over the API.
async fn token(world: &World, gateway: &Gateway, name: &str, roles: &[&str], tenant: Option<&str>) -> String {
    let body = json!({ "name": name, "roles": roles, "tenant": tenant });
    let said = api(world, gateway, "/api/tokens/make", &body).await;
    said["token"].as_str().unwrap().to_owned()
}

async fn api(world: &World, gateway: &Gateway, path: &str, body: &Value) -> Value {
    let request = world.client.post(format!("http://{}{path}", gateway.admin_address().unwrap()));
    let request = request.bearer_auth(ADMIN_TOKEN).header("content-type", "application/json");
    serde_json::from_str(&request.body(body.to_string()).send().await.unwrap().text().await.unwrap()).unwrap()
}

/// A webhook of acme that cannot be read: a letter with somebody's number.
async fn letter(world: &World, id: &str) {
    let status = json!({
        "channel": "whatsapp", "message_uuid": id, "to": person(&world.brands[0], 1), "from": "6531290044",
        "timestamp": "yesterday", "status": "read",
    });
    assert_eq!(world.webhook("/webhooks/vonage/status", &status).await.status, 200);
}

/// A letter of acme as the store keeps one.
fn parked(world: &World, place: u32) -> DeadLetter {
    DeadLetter {
        id: 0,
        tenant: Some(world.brands[0].file.tenant()),
        kind: "status".to_owned(),
        name: "/webhooks/vonage/status".to_owned(),
        message: None,
        why: format!("malformed: $.body.timestamp is no time ({place})"),
        content: format!(r#"{{"message_uuid":"{place}","timestamp":"yesterday"}}"#).into(),
        at: Timestamp::from_millis(1_793_783_646_000 + i64::from(place)),
        call: None,
        came: None,
        attempts: 0,
        due: None,
    }
}
