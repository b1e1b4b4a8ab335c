//! Requests answered here, over HTTP.

use serde_json::json;

use super::{Between, person};
use crate::world::Answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_and_validations_are_answered_here() {
    let between = Between::start(str::to_owned).await;
    let (client, url) = (&between.world.client, |path: &str| between.world.url(path));
    let echoed = client.get(url("/bulk/a?challenge=a%20%26%20b")).send().await.unwrap();
    assert_eq!(echoed.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!((echoed.status().as_u16(), echoed.text().await.unwrap()), (200, "a & b".to_owned()));
    let brand = Answer::of(client.get(url("/brand?v=2")).bearer_auth("globex-token")).await;
    assert_eq!((brand.status, brand.header("x-version")), (200, Some("2")));
    assert_eq!(brand.body, json!({"brand": "Bulk", "tenant": "globex"}));
    assert_eq!(Answer::of(client.get(url("/brand?v=2")).bearer_auth("nobody")).await.status, 401);
    let verify = |token: &str| client.get(url(&format!("/hub?hub.challenge=77&hub.verify_token={token}")));
    // Two tenants have this token: no matter, since the answer is nobody's in particular.
    assert_eq!(verify("shared-verify").send().await.unwrap().text().await.unwrap(), "77");
    let refused = verify("wrong").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["content-type"], "application/xml");
    assert!(refused.text().await.unwrap().contains("<reason>unauthenticated</reason>"));
    // Both on the route of sends: answered here, and nothing is sent or remembered.
    for body in [json!({"dry": true, "people": [person(1)]}), json!({"probe": true, "people": [person(1)]})] {
        assert_eq!(between.send("acme", &body).await.status, 200, "{body}");
    }
    assert!(between.gateway.flow.store.by_platform_id(&"acme".into(), "p1").await.unwrap().is_empty());
}
