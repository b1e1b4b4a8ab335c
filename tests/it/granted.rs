//! OAuth2 client credentials over sockets: one token for many calls, fetched again when it is refused.

use serde_json::json;
use switchboard::app::Gateway;

use crate::world::{Answer, Scripted, Stub, TenantFile, World, provider, until, until_async};

const PROVIDER: &str = r#"dsl: 1
provider: granted
settings:
  token_url: { type: url }
  base_url: { type: url }
  list_url: { type: url }
auth:
  in: [ none ]
  out:
    - oauth2_client_credentials:
        url: $.settings.token_url
        id: $.credentials.client_id
        secret: $.credentials.client_secret
        scope: send list
refused: { http: 400 }
status:
  route: { method: POST, path: /granted/status }
  tenant: $.body.tenant
  event: { ref: $.body.ref, status: delivered, at: $.now }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ messages ] }
    body: { to: $.message.to, ref: $.message.ref, user: $.credentials.client_id }
    take: { provider_id: $.answer.body.id }
    failed: { reason: unknown }
    retry: { again: [ unreached, 5xx ], hold: [ 401 ] }
templates:
  call: { method: GET, url: $.settings.list_url }
  each: $.answer.body.items[*]
  template: { id: $.item.id, name: $.item.id, language: en, status: APPROVED, components: [] }
"#;

const PLATFORM: &str = r#"dsl: 1
platform: plain
settings: { report_url: { type: url }, token_url: { type: url } }
auth:
  in: [ { path: { name: key, value: $.credentials.key } } ]
  out:
    - oauth2_client_credentials:
        url: $.settings.token_url
        id: $.credentials.client_id
        secret: $.credentials.client_secret
        style: body
        params: { audience: reports }
refused: { http: 400, body: { why: $.error.reason } }
send:
  route: { method: POST, path: "/plain/{key}" }
  message: { id: $.body.id, to: "$.body.to | phone", from: $.body.from, text: $.body.text }
  answer: { http: 202 }
status:
  words: { submitted: sent, delivered: delivered, read: seen, failed: lost }
  do: [ report ]
calls:
  report: { method: POST, url: $.settings.report_url, body: { id: $.message.id, word: $.word } }
"#;

fn token(name: &str) -> Scripted {
    Scripted::new(200, json!({"access_token": name, "token_type": "Bearer", "expires_in": 3600}))
}

fn bearers(stub: &Stub) -> Vec<String> {
    stub.asked().iter().map(|asked| asked.headers["authorization"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_token_serves_all_calls_until_it_is_refused() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let (no, wrong) = (Scripted::new(503, json!({})), || Scripted::new(401, json!({})));
    let sends = vec![no.clone(), no, token("first"), token("second")];
    let sends = Stub::start([sends, vec![token("third"); 4]].concat()).await;
    let reports_tokens = Stub::start(vec![token("r-1"), token("r-2")]).await;
    let api = Stub::start(vec![wrong(), Scripted::new(200, json!({"id": "p"}))]).await;
    let list = Stub::start(vec![wrong(), Scripted::new(200, json!({"items": [{"id": "t-1"}]}))]).await;
    let reports = Stub::start(vec![wrong(), Scripted::new(200, json!({}))]).await;
    std::fs::write(world.mapping_path("granted.yaml"), PROVIDER).unwrap();
    std::fs::write(world.mapping_path("plain.yaml"), PLATFORM).unwrap();
    let text = format!(
        "tenant: newcomer\nplatform: plain\nprovider: granted\nnumbers: [ {{ number: \"6531290045\", waba: \"1\" }} \
         ]\ncredentials:\n  key: path-secret\n  client_id: \"an id\"\n  client_secret: \"a:b+c\"\nsettings:\n  plain: {{ \
         report_url: {}, token_url: {} }}\n  granted: {{ base_url: {}, list_url: {}, token_url: {}/token }}\n",
        reports.url, reports_tokens.url, api.url, list.url, sends.url,
    );
    std::fs::write(world.tenant_path("newcomer"), text).unwrap();
    let gateway = Gateway::start(world.options()).await.unwrap();

    // The listing at the start finds no token; the send, a little later, neither, and is repeated.
    until("the listing asked for a token", || sends.asked().len() == 1).await;
    let send = async |id: &str, key: &str| {
        let body = json!({"id": id, "to": "+65 9000 0001", "from": "6531290045", "text": "Hello"});
        let request = world.client.post(world.url(&format!("/plain/{key}"))).header("content-type", "application/json");
        Answer::of(request.body(body.to_string())).await
    };
    assert_eq!(send("g-0", "path-other").await.body, json!({"why": "unauthenticated"}));
    assert_eq!(send("g-1", "path-secret").await.status, 202);
    until("the message is sent", || api.asked().len() == 2).await;
    let delivered = async |place: usize| {
        let body = json!({"tenant": "newcomer", "ref": api.asked()[place].body["ref"]}).to_string();
        let request = world.client.post(world.url("/granted/status")).header("content-type", "application/json");
        Answer::of(request.body(body)).await.status
    };
    assert_eq!(delivered(1).await, 200);
    until("it is reported", || reports.asked().len() == 2).await;
    assert_eq!(bearers(&api), ["Bearer first", "Bearer second"]);
    assert_eq!(bearers(&reports), ["Bearer r-1", "Bearer r-2"]);
    let sent = &api.asked()[1].body;
    assert_eq!((&sent["to"], &sent["user"]), (&json!("6590000001"), &json!("an id")));

    // Many at once share the token that is there.
    for number in 2..12 {
        assert_eq!(send(&format!("g-{number}"), "path-secret").await.status, 202);
    }
    until("all are sent", || api.asked().len() == 12).await;
    for place in 2..12 {
        assert_eq!(delivered(place).await, 200);
    }
    until("all are reported", || reports.asked().len() == 12).await;
    assert!(bearers(&api)[2..].iter().all(|bearer| bearer == "Bearer second"), "{:?}", bearers(&api));
    assert_eq!((sends.asked().len(), reports_tokens.asked().len()), (4, 2));

    // A listing that is refused gets another one, too.
    let snapshot = gateway.flow.snapshot.load_full();
    let tenant = snapshot.tenant("newcomer").unwrap();
    until_async("templates are listed", async || gateway.flow.sync(tenant, &tenant.numbers[0], false).await.is_ok())
        .await;
    assert_eq!(bearers(&list), ["Bearer second", "Bearer third"]);

    let asked = &sends.asked()[3];
    assert_eq!((&*asked.path, &*asked.raw), ("/token", &b"grant_type=client_credentials&scope=send+list"[..]));
    // Id and secret are form-encoded before they are put together: `an+id:a%3Ab%2Bc`.
    assert_eq!(asked.headers["authorization"], "Basic YW4raWQ6YSUzQWIlMkJj");
    let form = "grant_type=client_credentials&audience=reports&client_id=an+id&client_secret=a%3Ab%2Bc";
    assert_eq!(reports_tokens.asked()[0].raw, form.as_bytes());
    gateway.stop().await;
}
