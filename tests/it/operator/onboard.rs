//! A new tenant, from nothing to the first delivered message: few answers, one file that passes `check`, and what is printed
//! for the dashboards is what the gateway listens at.

use std::collections::BTreeMap;
use std::time::Instant;

use switchboard::app::Gateway;
use switchboard::model::Secret;
use switchboard::sim::platform::{Credentials, Kind, Platform, PlatformOptions};

use super::{Came, command, typed};
use crate::world::{ADMIN_TOKEN, GUARD, World, provider, until};

/// The values that are asked for, as flags.
const ASKED: [&str; 10] = [
    "--number",
    "6531290044",
    "--waba",
    "104996122399160",
    "--reply",
    "opt_out=You will not hear from us again.",
    "--reply",
    "opt_in=Welcome back.",
    "--reply",
    "unknown=Reply STOP or START.",
];

async fn onboard(world: &World, gateway: &Gateway, more: &[&str]) -> Came {
    let folder = |name: &str| world.folder().join(name).display().to_string();
    let (mappings, tenants) = (concat!(env!("CARGO_MANIFEST_DIR"), "/mappings"), folder("tenants"));
    let admin = format!("http://{}", gateway.admin_address().unwrap());
    let environment = [
        ("SWITCHBOARD_ADMIN", admin.as_str()),
        ("SWITCHBOARD_ADMIN_TOKEN", ADMIN_TOKEN),
        ("SWITCHBOARD_MAPPINGS", mappings),
        ("SWITCHBOARD_TENANTS", &tenants),
        ("SWITCHBOARD_PUBLIC_URL", &world.url("")),
    ];
    typed(&[&["onboard"], more].concat(), &environment).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_the_first_delivered_message() {
    let world = World::new(vec![], provider()).await;
    let options =
        PlatformOptions { kind: Kind::MoEngage, only_own: false, answer_within: GUARD, ..PlatformOptions::default() };
    let platform = Platform::start(options).await.unwrap();
    // What the operator put where only the gateway reads it.
    let mut options = world.options();
    let mut secrets: BTreeMap<String, _> = options.secrets.0.clone();
    let own = [("API_KEY", "shop"), ("API_SECRET", "example")];
    secrets.extend(own.map(|(name, value)| (format!("SHOP_MOENGAGE_{name}"), Secret::new(value.to_owned()))));
    options.secrets.0 = secrets;
    let gateway = Gateway::start(options).await.unwrap();

    let report_url = format!("report_url={}", platform.report_url());
    let base_url = format!("base_url={}", world.provider.url());
    let references = [
        "application_id=${env:APPLICATION}",
        "private_key=${env:PEM}",
        "api_key=${env:ACCOUNT}",
        "signature_secret=${env:SIGNATURE}",
    ];
    let references = references.map(|reference| format!("vonage.{reference}"));
    let mut asked = vec!["moengage", "shop", "--provider", "vonage", "--set", &report_url, "--set", &base_url];
    asked.extend(ASKED);
    references.iter().for_each(|reference| asked.extend(["--secret", reference]));
    let began = Instant::now();
    let came = onboard(&world, &gateway, &asked).await;
    assert!(came.code == 0, "{} {}", came.out, came.err);
    for part in [
        "MoEngage: Settings > Channels > WhatsApp > Sender configuration, tab vonage-v2, + Sender:".to_owned(),
        format!("API URL                   {}", world.url("/webhooks/send")),
        format!("Templates Sync URL        {}", world.url("/sync_templates")),
        "WhatsApp business number  6531290044".to_owned(),
        "api-secret                the value of ${env:SHOP_MOENGAGE_API_SECRET}".to_owned(),
        format!("Status URL   {}", world.url("/webhooks/vonage/status")),
        "does not show vonage-v2".to_owned(),
        "shop: nothing found".to_owned(),
    ] {
        assert!(came.out.contains(&part), "{part}: {}", came.out);
    }
    let sent = command(&gateway, &["send", "shop", "6598114720", "--template", "welcome", "--wait"]).await;
    assert!(sent.code == 0, "{} {}", sent.out, sent.err);
    assert!(began.elapsed() < GUARD, "{:?}", began.elapsed());

    // As the platform sends, with what was entered there.
    let credentials = Credentials::Basic { username: "shop".to_owned(), password: "example".to_owned() };
    let message = serde_json::json!({
        "msg_id": "first", "from": "6531290044", "to": "6598114721",
        "template": { "name": "welcome", "language": { "code": "en" } },
    });
    assert_eq!(world.send_as(&credentials, "/webhooks/send", &message).await.status, 200);
    until("it is read", || platform.journal().reports("first").iter().any(|report| report.status == "read")).await;

    let file = world.tenant_path("shop");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("example") && written.contains("# "), "{written}");
    let (mappings, tenants) = (concat!(env!("CARGO_MANIFEST_DIR"), "/mappings"), file.parent().unwrap().display());
    let folders = ["--mappings", mappings, "--tenants", &tenants.to_string()];
    let check = typed(&[&["check", "--no-cases", "--deny-warnings"][..], &folders].concat(), &[]).await;
    assert!(check.code == 0, "{} {}", check.out, check.err);
    let layout = typed(&["fmt", "--check", &file.display().to_string()], &[]).await;
    assert!(layout.code == 0, "{} {}", layout.out, written);

    let again = onboard(&world, &gateway, &asked).await;
    assert!(again.code == 1 && again.err.contains("is there already"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_or_wrong_is_named_and_nothing_is_written() {
    let world = World::new(vec![], provider()).await;
    let gateway = world.gateway().await;
    let base = [
        "moengage",
        "shop",
        "--provider",
        "vonage",
        "--number",
        "6531290044",
        "--set",
        "report_url=https://a.example/dlr",
    ];
    let webengage = ["webengage", "shop", "--provider", "vonage"];
    for (arguments, code, part) in [
        (&["moengage", "shop", "--provider", "vonage"][..], 2, "--set report_url=…: the Delivery Tracking URL"),
        (&webengage, 2, "--number: the WhatsApp business number"),
        (
            &["moengagge", "shop", "--provider", "vonage"],
            2,
            "there is no mapping of a platform `moengagge`; there are: ",
        ),
        (&["moengage", "shop"], 2, "--provider: one of "),
        (&[&base[..], &["--set", "x"]].concat(), 2, "`x` has no `=`"),
        (&[&base[..], &["--set", "reprot_url=x"]].concat(), 1, "nothing was written"),
        (&[&base[..], &["--secret", "moengage.api_key=hunter2"]].concat(), 2, "never the value"),
        (&[&base[..], &["--reply", "stop=x"]].concat(), 1, "nothing was written"),
        (
            &["moengage", "../shop", "--provider", "vonage", "--number", "1", "--set", "report_url=x"],
            2,
            "letters, digits",
        ),
    ] {
        let came = onboard(&world, &gateway, arguments).await;
        assert!(came.code == code && came.err.contains(part), "{arguments:?}: {} {} {}", came.code, came.out, came.err);
        assert!(!came.err.contains("hunter2") && !came.out.contains("hunter2"));
    }
    assert_eq!(std::fs::read_dir(world.folder().join("tenants")).unwrap().count(), 0);
    let kit = ["--number", "919845013377", "--set", "report_url=https://wt.in.webengage.com/tracking/events"];
    let came = onboard(&world, &gateway, &[&webengage[..], &kit].concat()).await;
    for part in [
        "the mail that registers a service provider:",
        "Request authentication         Bearer",
        "Input fields on the dashboard  API Key",
        "Test credentials               the value of ${env:SHOP_WEBENGAGE_API_KEY}",
        // Its variables are not there: the gateway says which.
        "shop: 6 findings: the tenant is not served: the environment variable SHOP_WEBENGAGE_API_KEY is not set",
    ] {
        assert!(came.code == 1 && came.out.contains(part), "{part}: {} {}", came.out, came.err);
    }
    gateway.stop().await;
}
