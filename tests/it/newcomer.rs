//! A platform that the program has never heard of: one mapping and one tenant file, added while it runs.

use serde_json::json;

use crate::world::{Answer, Process, Scripted, Stub, TenantFile, World, provider, until, until_async};

const MAPPING: &str = r#"dsl: 1
platform: plain
settings:
  report_url: { type: url }
auth:
  in:
    - bearer: { token: $.credentials.token }
refused:
  http: 400
  body: { why: $.error.reason }
send:
  route: { method: POST, path: /plain }
  message:
    id: $.body.id
    to: $.body.to | phone
    from: $.body.from
    text: $.body.text
  answer: { http: 202, body: { ok: true } }
status:
  words: { submitted: sent, delivered: delivered, read: seen, failed: lost }
  do: [ report ]
calls:
  report:
    method: POST
    url: $.settings.report_url
    body: { id: $.message.id, word: $.word }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_is_added_by_files_alone() {
    let world = World::new(vec![TenantFile::moengage("acme", "6531290044")], provider()).await;
    let reports = Stub::start(vec![Scripted::new(200, json!({}))]).await;
    let process = Process::start(&world).await;
    std::fs::write(world.mapping_path("plain.yaml"), MAPPING).unwrap();
    // As the other tenant's file, but for its platform's side.
    let other = world.brands[0].file.text();
    let provider_side = &other[other.find("  vonage:").unwrap()..other.find("settings:").unwrap()];
    let text = format!(
        "tenant: newcomer\nplatform: plain\nprovider: vonage\nnumbers: [ \"6531290045\" ]\ncredentials:\n  plain: {{ \
         token: \"${{env:ACME_KEY}}\" }}\n{provider_side}settings:\n  report_url: {}/told\n  base_url: {}\n",
        reports.url,
        world.provider.url(),
    );
    std::fs::write(world.tenant_path("newcomer"), text).unwrap();

    let body = json!({"id": "p-1", "to": "+65 9000 0001", "from": "6531290045", "text": "Hello"});
    let post = async |body: &serde_json::Value| {
        let request = world.client.post(world.url("/plain")).bearer_auth(world.brands[0].file.value("KEY"));
        Answer::of(request.header("content-type", "application/json").body(body.to_string())).await
    };
    until_async("it is served", async || post(&body).await.status == 202).await;
    until("its last word is told", || reports.asked().iter().any(|asked| asked.body["word"] == "seen")).await;
    assert!(reports.asked().iter().all(|asked| asked.path == "/told" && asked.body["id"] == "p-1"));
    let sent = world.taken("6590000001");
    assert_eq!((sent.len(), &sent[0].body["text"]), (1, &json!("Hello")));
    let refused = post(&json!({"id": "p-2", "from": "6531290045", "text": "Hello"})).await;
    assert_eq!((refused.status, refused.body), (400, json!({"why": "missing_field"})));
    assert!(process.terminate().await.success());
}
