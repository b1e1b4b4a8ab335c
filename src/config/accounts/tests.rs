//! Tenants that send by an account of the gateway's file: whose word goes first, and what cannot be.

use crate::config::{Defaults, Files, Reference, Snapshot, build};
use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::Party;
use crate::model::Secret;
use crate::value::Tree;

const PLATFORM: &str = r#"
dsl: 1
platform: campaigns
settings: { report_url: { type: url, default: "https://x.example" } }
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400 }
send:
  route: { method: POST, path: /send }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
status: { words: { failed: failed }, do: [ report ] }
calls: { report: { method: POST, url: $.settings.report_url } }
"#;

const PROVIDER: &str = r#"
dsl: 1
provider: carrier
settings: { base_url: { type: url }, region: { type: word, default: eu } }
auth: { out: [ { bearer: { token: $.credentials.token } } ] }
send:
  call:
    method: POST
    url: { base: $.settings.base_url, path: [ $.settings.region ] }
    body: { key: $.credentials.key, to: $.message.to }
    take: { provider_id: $.answer.body.id }
    retry: { again: [ unreached ] }
"#;

const ACCOUNTS: &str = r#"
limits: { send: 5/s, backlog: 9 }
accounts:
  main:
    provider: carrier
    credentials: { token: "${env:MAIN}", key: [ "${env:NEW}", "${env:OLD}" ] }
    settings: { base_url: "https://api.carrier.example" }
    limits: { send: 7/s }
  bad: { provider: carrier, settings: { base_url: "https://api.carrier.example", reigon: us } }
"#;

/// A tenant that sends by an account, its platform's token in a block.
fn by(account: &str, more: &str) -> String {
    let credentials = if more.contains("credentials") { "" } else { "credentials: { campaigns: { token: mine } }\n" };
    format!("tenant: acme\nplatform: campaigns\nnumbers: [ \"1\" ]\naccount: {account}\n{credentials}{more}\n")
}

fn files(gateway: &str, tenants: &[(&str, &str)]) -> Files {
    let mut problems = Vec::new();
    let defaults = Defaults::read(&Source::new("switchboard.yaml", gateway), &mut problems);
    assert!(problems.is_empty(), "{}", crate::diagnostic::render(&problems));
    Files {
        mappings: vec![Source::new("campaigns.yaml", PLATFORM), Source::new("carrier.yaml", PROVIDER)],
        tenants: tenants.iter().map(|(name, text)| Source::new(*name, *text)).collect(),
        defaults,
        ..Files::default()
    }
}

fn built(files: &Files, before: Option<&Snapshot>) -> (Snapshot, Vec<Diagnostic>) {
    let resolve = |reference: &Reference| match reference {
        Reference::Env(name) | Reference::File(name) => Ok(Secret::new(name.clone())),
    };
    build(files, before, &resolve, [7; 32])
}

/// What the one tenant says to the provider: credentials, base URL, region, limit; and by which account.
fn said(gateway: &str, tenant: &str) -> String {
    let (snapshot, problems) = built(&files(gateway, &[("acme.yaml", tenant)]), None);
    let problems: Vec<_> = problems.iter().filter(|problem| problem.code != "SB0406").collect();
    let codes: Vec<String> = problems.iter().map(|problem| problem.headline()).collect();
    let Some(tenant) = snapshot.tenant("acme") else { return codes.join("\n") };
    let side = tenant.side(Party::Provider);
    let credentials = side.credentials.iter().map(|(name, values)| {
        let values: Vec<&str> = values.iter().map(Secret::expose).collect();
        format!("{name}={}", values.join(","))
    });
    let setting = |name: &str| side.setting(name).and_then(Tree::as_text).unwrap_or_default().to_owned();
    let credentials = credentials.collect::<Vec<_>>().join(" ");
    let (limits, account) = (&tenant.limits, tenant.account());
    let send = limits.send.map(|rate| format!("{rate:?}")).unwrap_or_default();
    let send = if Some(send) == "7/s".parse().ok().map(|rate: crate::model::Rate| format!("{rate:?}")) { 7 } else { 0 };
    format!("{credentials}; {} {}; {send} {}; {account}", setting("base_url"), setting("region"), limits.backlog)
}

#[test]
fn a_tenants_own_word_goes_before_its_accounts() {
    let own = "credentials: { campaigns: { token: mine }, carrier: { key: own } }\n\
               settings: { carrier: { region: us } }\nlimits: { backlog: 3 }\n";
    for (tenant, expected) in [
        (by("main", ""), "token=MAIN key=NEW,OLD; https://api.carrier.example eu; 7 9; carrier/account main"),
        (by("main", own), "key=own token=MAIN; https://api.carrier.example us; 7 3; carrier/account main"),
        (
            by("main", "provider: carrier"),
            "token=MAIN key=NEW,OLD; https://api.carrier.example eu; 7 9; carrier/account main",
        ),
        // Flat, and of the platform alone.
        (
            by("main", "settings: { report_url: \"https://y.example\" }"),
            "token=MAIN key=NEW,OLD; https://api.carrier.example eu; 7 9; carrier/account main",
        ),
    ] {
        assert_eq!(said(ACCOUNTS, &tenant), expected, "{tenant}");
    }
}

#[test]
fn what_contradicts_itself_is_told() {
    let flat = "credentials: { token: mine }";
    for (tenant, expected) in [
        (by("mian", ""), "acme.yaml:4:10: error[SB0417]: there is no account `mian`"),
        (
            by("bad", ""),
            "acme.yaml:4:10: error[SB0417]: the account `bad` cannot be used\n\
             switchboard.yaml:9:82: error[SB0402]: `carrier` has no setting `reigon`",
        ),
        (by("main", flat), "acme.yaml:5:16: error[SB0418]: the account `main` has a credential `token` too"),
        (
            by("main", "settings: { base_url: \"https://y.example\" }"),
            "acme.yaml:6:13: error[SB0418]: the account `main` has a setting `base_url` too",
        ),
        (by("main", "provider: campaigns"), "no provider"),
        (by("main", "").replace("account: main\n", ""), "a tenant needs `provider`, or an `account`"),
    ] {
        let told = said(ACCOUNTS, &tenant);
        let told: Vec<&str> = told.lines().filter(|line| !line.contains("reigon") || tenant.contains("bad")).collect();
        let told = told.join("\n");
        assert!(told.contains(expected), "{tenant}\nexpected {expected}\nfound    {told}");
    }
    let two = PROVIDER.replace("provider: carrier", "provider: other");
    let mut files = files(ACCOUNTS, &[("acme.yaml", &by("main", "provider: other"))]);
    files.mappings.push(Source::new("other.yaml", two));
    let (_, problems) = built(&files, None);
    let told: Vec<_> = problems.iter().filter(|problem| problem.code == "SB0418").map(Diagnostic::headline).collect();
    assert_eq!(told, ["acme.yaml:6:11: error[SB0418]: the account `main` is one of `carrier`"]);
}

#[test]
fn a_change_of_an_account_reaches_its_tenants_and_a_bad_one_leaves_them_as_they_were() {
    let tenant = by("main", "");
    let first = files(ACCOUNTS, &[("acme.yaml", &tenant)]);
    let (before, _) = built(&first, None);
    let again = |gateway: &str, before: &Snapshot| {
        let files = Files { tenants: first.tenants.clone(), mappings: first.mappings.clone(), ..files(gateway, &[]) };
        built(&files, Some(before)).0
    };
    let secret = |snapshot: &Snapshot| snapshot.tenants[0].provider_side.credentials[0].1[0].expose().to_owned();
    let same = again(ACCOUNTS, &before);
    assert!(std::sync::Arc::ptr_eq(&same.tenants[0], &before.tenants[0]), "shared where nothing changed");
    let moved = again(&ACCOUNTS.replace("env:MAIN", "env:MOVED"), &same);
    assert_eq!((secret(&same), secret(&moved)), ("MAIN".to_owned(), "MOVED".to_owned()));
    assert_ne!(same.version(), moved.version());
    let broken = again(&ACCOUNTS.replace("provider: carrier\n", "provider: carier\n"), &moved);
    assert_eq!(secret(&broken), "MOVED");
    assert!(broken.tenants[0].enabled);
}
