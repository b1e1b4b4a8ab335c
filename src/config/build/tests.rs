//! What a change of files does to a configuration that works: nothing that worked may stop because of a slip elsewhere.

use crate::auth::Scheme;
use crate::config::{Files, Found, Reference, Snapshot, build, incoming};
use crate::diagnostic::{Diagnostic, Source};
use crate::mapping::Party;
use crate::model::Secret;
use crate::model::wire::Incoming;
use crate::value::Timestamp;

const PLATFORM: &str = r#"
dsl: 1
platform: campaigns
auth: { in: [ { bearer: { token: $.credentials.token } } ] }
refused: { http: 400 }
send:
  route: { method: POST, path: /send }
  message: { id: $.body.id, to: $.body.to, from: $.body.from, text: $.body.text }
"#;

const PROVIDER: &str = r#"
dsl: 1
provider: carrier
settings: { window: { type: text, default: 24h }, issuer: { type: text, optional: true } }
auth:
  in:
    - jwt_hs256:
        secret: $.credentials.secret
        claims: { iss: $.settings.issuer?, sub: $.credentials.account?, key: $.credentials.key }
        max_age: $.settings.window
refused: { http: 400 }
status:
  route: { method: POST, path: /status }
  event: { provider_id: $.body.id, at: $.now }
"#;

fn tenant(name: &str, number: &str, more: &str) -> String {
    format!(
        "tenant: {name}\nplatform: campaigns\nprovider: carrier\nnumbers: [ \"{number}\" ]\n\
         credentials: {{ token: \"${{env:{name}}}\", key: \"${{env:{name}}}\", secret: \"${{env:s}}\" }}\n{more}"
    )
}

fn files(mappings: &[(&str, &str)], tenants: &[(&str, &str)]) -> Files {
    let sources = |all: &[(&str, &str)]| all.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    Files { mappings: sources(mappings), tenants: sources(tenants) }
}

fn built(files: &Files, before: Option<&Snapshot>) -> (Snapshot, Vec<Diagnostic>) {
    let resolve = |reference: &Reference| match reference {
        Reference::Env(name) | Reference::File(name) => Ok(Secret::new(name.clone())),
    };
    build(files, before, &resolve, [7; 32])
}

/// Who may send with that token.
fn senders(snapshot: &Snapshot, token: &str) -> Vec<String> {
    let Found::Sections([hit], _) = snapshot.routes.find("POST", "/send") else { return Vec::new() };
    let request = Incoming {
        method: "POST".to_owned(),
        path: "/send".to_owned(),
        query: String::new(),
        headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        body: bytes::Bytes::new(),
        peer: None,
    };
    let verified = snapshot.credentials[hit.credentials].verify(&request, Timestamp::default()).unwrap_or_default();
    verified.tenants.iter().map(|place| snapshot.tenants[*place].name.to_string()).collect()
}

#[test]
fn a_working_tenant_survives_every_slip() {
    let (acme, bolt) = (tenant("acme", "1415550100", ""), tenant("bolt", "1415550101", ""));
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let (first, problems) = built(&files(&good, &[("acme.yaml", &acme), ("bolt.yaml", &bolt)]), None);
    assert!(problems.is_empty(), "{}", crate::diagnostic::render(&problems));
    let newer = PLATFORM.replace("http: 400", "http: 403");
    let changed = [("campaigns.yaml", newer.as_str()), ("carrier.yaml", PROVIDER)];
    let demanding = PLATFORM.replace("auth:", "settings: { url: { type: url } }\nauth:");
    let demanding = [("campaigns.yaml", demanding.as_str()), ("carrier.yaml", PROVIDER)];
    let copied = [("a-copy.yaml", PLATFORM), ("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let other = PLATFORM.replace("campaigns", "a-newcomer");
    let stolen = [("a.yaml", other.as_str()), ("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let twin = tenant("a-twin", "1415550100", "");
    let (a, b) = (("acme.yaml", acme.as_str()), ("bolt.yaml", bolt.as_str()));
    let cases: [(&str, Files); 9] = [
        ("no YAML", files(&good, &[("acme.yaml", "tenant: [acme\n\tx"), b])),
        ("an empty file", files(&good, &[("acme.yaml", ""), b])),
        ("a wrong key", files(&good, &[("acme.yaml", &tenant("acme", "1415550100", "nmubers: []")), b])),
        ("a broken tenant under a new mapping", files(&changed, &[("acme.yaml", "tenant: acme"), b])),
        ("a mapping that wants more", files(&demanding, &[a, b])),
        ("a mapping that is gone", files(&good[1..], &[a, b])),
        ("a mapping copied under an earlier name", files(&copied, &[a, b])),
        ("a route of an earlier mapping", files(&stolen, &[a, b])),
        ("a number of an earlier tenant", files(&good, &[("a-twin.yaml", &twin), a, b])),
    ];
    for (what, files) in cases {
        let (second, problems) = built(&files, Some(&first));
        assert!(problems.iter().any(Diagnostic::is_error), "{what}");
        let (third, _) = built(&files, Some(&second));
        for snapshot in [&second, &third] {
            assert_eq!(senders(snapshot, "acme"), ["acme"], "{what}");
            assert_eq!(senders(snapshot, "bolt"), ["bolt"], "{what}");
            assert!(snapshot.tenant("acme").is_some_and(|tenant| tenant.enabled), "{what}");
        }
    }
}

#[test]
fn a_tenant_without_a_file_is_disabled_until_somebody_takes_its_place() {
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let (acme, bolt) = (tenant("acme", "1415550100", ""), tenant("bolt", "1415550101", ""));
    let (first, _) = built(&files(&good, &[("acme.yaml", &acme), ("bolt.yaml", &bolt)]), None);
    let (second, problems) = built(&files(&good, &[("bolt.yaml", &bolt)]), Some(&first));
    assert_eq!(problems.len(), 1, "a warning: {}", crate::diagnostic::render(&problems));
    assert_eq!(second.tenant("acme").map(|tenant| tenant.enabled), Some(false));
    assert_eq!(senders(&second, "acme"), ["acme"], "it is told that it may not");
    let (back, _) = built(&files(&good, &[("acme.yaml", &acme), ("bolt.yaml", &bolt)]), Some(&second));
    assert_eq!(back.tenant("acme").map(|tenant| tenant.enabled), Some(true));
    let heir = tenant("heir", "1415550100", "");
    let (third, problems) = built(&files(&good, &[("bolt.yaml", &bolt), ("heir.yaml", &heir)]), Some(&second));
    assert!(problems.is_empty() && third.tenant("acme").is_none());
    assert_eq!(senders(&third, "heir"), ["heir"]);
}

#[test]
fn one_of_a_rotated_pair_of_credentials_clashes_too() {
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let rotated =
        tenant("bolt", "1415550101", "").replace("\"${env:bolt}\", key", "[ \"${env:new}\", \"${env:acme}\" ], key");
    let all = [("acme.yaml", tenant("acme", "1415550100", "")), ("bolt.yaml", rotated)];
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let (snapshot, problems) = built(&files(&good, &all), None);
    assert!(problems.iter().any(|problem| problem.code == "SB0503"), "{}", crate::diagnostic::render(&problems));
    assert_eq!(senders(&snapshot, "acme"), ["acme"]);
}

#[test]
fn what_bounds_a_token_is_never_silently_let_off() {
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let token = |more: &str| {
        let (snapshot, problems) = built(&files(&good, &[("acme.yaml", &tenant("acme", "1415550100", more))]), None);
        let tenant = snapshot.tenant("acme")?.clone();
        assert!(problems.is_empty());
        let schemes = incoming(&tenant.provider, &tenant.provider.auth_in, tenant.side(Party::Provider));
        schemes.into_iter().find_map(|scheme| match scheme {
            Scheme::JwtHs256 { claims, max_age, .. } => Some((claims, max_age)),
            _ => None,
        })
    };
    let (claims, max_age) = token("").expect("a token scheme");
    assert_eq!(max_age.map(|age| age.as_secs()), Some(86_400));
    let identity: Vec<(&str, bool)> = claims.iter().map(|claim| (claim.name.as_str(), claim.identity)).collect();
    assert_eq!(identity, [("key", true)], "a claim that expects nothing is not the one that tells whose it is");
    assert!(token("settings: { window: a day }\n").is_none(), "no tenant whose tokens would be good for ever");
}
