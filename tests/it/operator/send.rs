//! One message by hand: it goes the ordinary way, is followed, and no platform hears of it.

use serde_json::json;
use switchboard::sim::provider::ProviderOptions;

use super::{acme, answer, command, told};
use crate::world::{TenantFile, World, person, provider, text_from, until, until_async};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_sent_and_followed() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    let written = format!("+{} {}", &to[..2], &to[2..]);
    let order = ["send", "acme", &written, "--template", "order_update"];
    let values = ["--set", "1=Asha", "--set", "2=PX=7", "--set", "3=6 Nov"];
    let came = command(&gateway, &[&order[..], &values, &["--wait"]].concat()).await;
    assert_eq!(came.code, 0, "{} {}", came.out, came.err);
    let first = came.out.lines().next().unwrap();
    assert!(first.starts_with("m-") && first.contains("; the provider says "), "{first}");
    assert!(came.out.contains("operator") && came.out.contains("sent by hand"), "{}", came.out);
    let taken = world.taken(&to);
    assert_eq!((taken.len(), taken[0].from.as_str()), (1, "6531290044"));
    assert!(!came.out.contains(&to), "{}", came.out);

    world.quiet(&gateway).await;
    assert!(brand.platform.journal().messages().is_empty(), "its platform knows nothing of it");
    let (_, audit) = super::asked(&world, &gateway, "/api/audit?what=send").await;
    assert_eq!(audit["audit"][0]["about"], "order_update from 6531290044");
    assert!(!audit.to_string().contains(&to), "{audit}");

    // What is wrong is named, and nothing is sent.
    let draft = ["--template", "order_update", "--set", "1=Asha", "--set", "2=", "--set", "9=x"];
    let came = command(&gateway, &[&order[..3], &draft].concat()).await;
    for part in ["`2` (of its text) is empty", "`3` (of its text) has no value", "no placeholder `9`; it has: 1, 2, 3"]
    {
        assert!(came.code == 2 && came.err.contains(part), "{part}: {}", came.err);
    }
    for (more, code, part) in [
        (&["--template", "nothing"][..], 1, "has no template `nothing`"),
        (&["--template", "order_update", "--language", "de"], 1, "not there in `de`, but in: en"),
        (&["--template", "order_update", "--from", "65"], 1, "the tenant sends from 6531290044"),
        (&["--template", "order_update", "--set", "1"], 2, "`1` has no `=`"),
        (&["--template", "order_update", "--set", "1=a", "--set", "1=b"], 2, "`1` is given twice"),
        (&["--text", ""], 2, "`text` is empty"),
        (&["--text", "Hi", "--wait", "soon"], 2, "--wait"),
        (&[], 2, "required"),
    ] {
        let came = command(&gateway, &[&order[..3], more].concat()).await;
        assert!(came.code == code && came.err.contains(part), "{more:?}: {} {}", came.code, came.err);
    }
    let came = command(&gateway, &["send", "nobody", &to, "--text", "Hi"]).await;
    assert!(came.code == 1 && came.err.contains("no tenant `nobody`"), "{}", came.err);
    assert_eq!(world.taken(&to).len(), 1);
    world.check_contracts();
    world.check_ledger(&gateway).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_arrive_is_a_failure_of_the_command() {
    let world = World::new(
        vec![acme(), TenantFile::webengage("globex", "919845013377")],
        ProviderOptions { check_templates: true, ..provider() },
    )
    .await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    let to = person(brand, 1);
    // Not approved: the provider takes it and says later that it was rejected.
    let draft = ["send", "acme", &to, "--template", "draft_promotion", "--set", "1=Asha", "--wait"];
    let came = command(&gateway, &draft).await;
    assert!(came.code == 1 && came.out.contains("1022"), "{} {}", came.out, came.err);

    world.webhook("/webhooks/vonage/inbound", &text_from(&to, "6531290044", "in-1", "STOP")).await;
    until_async("the STOP is taken", async || {
        let store = &gateway.flow.store;
        store.is_suppressed(&brand.file.tenant(), &"6531290044".into(), &to.as_str().into())
    })
    .await;
    let before = world.taken(&to).len();
    let came = command(&gateway, &["send", "acme", &to, "--text", "Hello", "--wait", "20s", "--json"]).await;
    assert_eq!((came.code, came.json()["phase"].as_str()), (1, Some("suppressed")), "{}", came.out);
    assert_eq!(world.taken(&to).len(), before);

    let other = person(brand, 2);
    let came = command(&gateway, &["send", "acme", &other, "--text", "Hello"]).await;
    assert!(came.code == 0 && came.out.contains("queued"), "{} {}", came.out, came.err);
    until("the text is there", || world.taken(&other).len() == 1).await;

    // Who may only look sends nothing; who may act for one tenant sends nothing for another.
    let url = format!("http://{}/api/send", gateway.admin_address().unwrap());
    for (role, tenant, expected) in
        [("read", None, 403), ("operate", Some("globex"), 404), ("operate", Some("acme"), 200)]
    {
        let name = format!("{role}-{}", tenant.unwrap_or("all"));
        let made = json!({ "name": name, "roles": [role], "tenant": tenant });
        let token = told(&world, &gateway, "/api/tokens/make", &made).await.1["token"].as_str().unwrap().to_owned();
        let request = world.client.post(&url).bearer_auth(token).header("content-type", "application/json");
        let body = json!({ "tenant": "acme", "to": other, "text": "Hello" }).to_string();
        assert_eq!(answer(request.body(body)).await.0, expected, "{name}");
    }
    gateway.stop().await;
}
