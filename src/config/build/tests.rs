//! What a change of files does to a configuration that works: nothing that worked may stop because of a slip elsewhere.

use crate::auth::Scheme;
use crate::config::{Defaults, Files, Found, GatewayFile, Reference, Snapshot, build, incoming, version};
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
    Files { mappings: sources(mappings), tenants: sources(tenants), ..Files::default() }
}

fn built(files: &Files, before: Option<&Snapshot>) -> (Snapshot, Vec<Diagnostic>) {
    let resolve = |reference: &Reference| match reference {
        Reference::Env(name) | Reference::File(name) => Ok(Secret::new(name.clone())),
    };
    build(files, before, &resolve, [7; 32])
}

/// Who may send with that token.
fn senders(snapshot: &Snapshot, token: &str) -> Vec<String> {
    let Found::Sections(hits, _) = snapshot.routes.find("POST", "/send") else { return Vec::new() };
    let request = Incoming {
        method: "POST".to_owned(),
        path: "/send".to_owned(),
        query: String::new(),
        headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        body: bytes::Bytes::new(),
        peer: None,
    };
    let Some(hit) = hits.first() else { return Vec::new() };
    let asked = snapshot.asked(&request, &[]);
    let verified = snapshot.credentials[hit.credentials].verify(&asked, Timestamp::default()).unwrap_or_default();
    verified.tenants.into_iter().map(|place| snapshot.tenants[place].name.to_string()).collect()
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
    let named_otherwise = [("b.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let copied = [("a.yaml", PLATFORM), ("b.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let other = PLATFORM.replace("campaigns", "a-newcomer");
    let stolen = [("a.yaml", other.as_str()), ("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let twin = tenant("a-twin", "1415550100", "");
    let (a, b) = (("acme.yaml", acme.as_str()), ("bolt.yaml", bolt.as_str()));
    let cases: [(&str, Files); 8] = [
        ("no YAML", files(&good, &[("acme.yaml", "tenant: [acme\n\tx"), b])),
        ("an empty file", files(&good, &[("acme.yaml", ""), b])),
        ("a wrong key", files(&good, &[("acme.yaml", &tenant("acme", "1415550100", "nmubers: []")), b])),
        ("a broken tenant under a new mapping", files(&changed, &[("acme.yaml", "tenant: acme"), b])),
        ("a mapping that wants more", files(&demanding, &[a, b])),
        ("a mapping that is gone", files(&good[1..], &[a, b])),
        ("a route of an earlier mapping", files(&stolen, &[a, b])),
        ("a number of an earlier tenant", files(&good, &[("a-twin.yaml", &twin), a, b])),
    ];
    let (of_b, _) = built(&files(&named_otherwise, &[a, b]), None);
    let (copied, problems) = built(&files(&copied, &[a, b]), Some(&of_b));
    assert!(problems.iter().any(|problem| problem.code == "SB0504"), "{}", crate::diagnostic::render(&problems));
    assert_eq!(&*copied.tenants[0].platform.source.name, "b.yaml", "the one that was there before");
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
fn a_slip_that_is_taken_back_is_forgotten() {
    let acme = tenant("acme", "1415550100", "");
    let warned = PLATFORM.replace("dsl: 1", "dsl: 1\nsettings: { spare: { type: text, optional: true } }");
    for good in [PLATFORM, &warned] {
        let with = |text: &str| files(&[("campaigns.yaml", text), ("carrier.yaml", PROVIDER)], &[("acme.yaml", &acme)]);
        let (first, said) = built(&with(good), None);
        let (slip, problems) = built(&with(&good.replace("$.body.to", "$.bdy.to")), Some(&first));
        assert!(problems.iter().any(Diagnostic::is_error));
        let (back, problems) = built(&with(good), Some(&slip));
        assert_eq!(crate::diagnostic::render(&problems), crate::diagnostic::render(&said));
        assert!(said.is_empty() == (good == PLATFORM), "one has a warning, which is still told");
        let same = |file: &str| std::sync::Arc::ptr_eq(&first.by_file[file], &back.by_file[file]);
        assert!(same("campaigns.yaml") && same("carrier.yaml"), "nothing is changed for its tenants");
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
        let schemes = incoming(&tenant.provider, &tenant.provider.auth_in, "acme", &tenant.provider_side);
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

/// The file a tenant's platform comes from, and the codes of all problems.
fn platform_of(
    mappings: &[(&str, &str)],
    tenants: &[(&str, &str)],
    earlier: &[&str],
) -> (Vec<String>, Vec<&'static str>) {
    let earlier = earlier.iter().map(|text| Source::new("store", *text)).collect();
    let (snapshot, problems) = built(&Files { earlier, ..files(mappings, tenants) }, None);
    let of = snapshot.tenants.iter().map(|tenant| format!("{}: {}", tenant.name, tenant.platform.source.name));
    (of.collect(), problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn two_versions_of_one_mapping_stand_side_by_side() {
    let older = PLATFORM.replace("http: 400", "http: 403");
    let (version, oldest) = (version(&older), version(PLATFORM));
    let pin = |name: &str, number: &str, hash: &str| {
        tenant(name, number, "").replace("platform: campaigns", &format!("platform: campaigns@{hash}"))
    };
    let (free, pinned) = (tenant("acme", "1415550100", ""), pin("bolt", "1415550101", &version[..4]));
    let tenants = [("acme.yaml", free.as_str()), ("bolt.yaml", pinned.as_str())];
    let named = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER), ("older.yaml", &older)];
    let neither = [("newer.yaml", PLATFORM), ("carrier.yaml", PROVIDER), ("older.yaml", &older)];
    let one = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let each = |first: &str, second: &str| vec![format!("acme: {first}"), format!("bolt: {second}")];
    // The file that is named after the party is what tenants take who pin nothing.
    assert_eq!(platform_of(&named, &tenants, &[]), (each("campaigns.yaml", "older.yaml"), vec![]));
    // Where none is, nobody knows which is meant; all pinned, nobody needs to.
    assert_eq!(platform_of(&neither, &tenants, &[]).1, ["SB0504"]);
    let both = pin("acme", "1415550100", &oldest);
    let all_pinned = [("acme.yaml", both.as_str()), tenants[1]];
    assert_eq!(platform_of(&neither, &all_pinned, &[]), (each("newer.yaml", "older.yaml"), vec![]));
    // A text that only the store has any more.
    assert_eq!(platform_of(&one, &tenants, &[&older]), (each("campaigns.yaml", "store"), vec![]));
    for wrong in ["", "fffffffffff0", "not a hash"] {
        let wrong = pin("bolt", "1415550101", wrong);
        let (kept, codes) = platform_of(&one, &[("bolt.yaml", &wrong)], &[&older]);
        assert_eq!((kept, codes), (vec![], vec!["SB0506"]), "{wrong}");
    }
    let problems = built(&files(&one, &[("bolt.yaml", &pin("bolt", "1", "ff"))]), None).1;
    let said = crate::diagnostic::render(&problems);
    assert!(said.contains("begins with `ff`") && said.contains(&format!("{oldest} (campaigns.yaml)")), "{said}");
}

#[test]
fn every_version_has_the_requests_of_its_own_tenants() {
    let older = PLATFORM.replace("/send", "\"/{shop}/send\"");
    let pinned = tenant("bolt", "1415550101", "").replace("campaigns", &format!("campaigns@{}", version(&older)));
    let tenants = [("acme.yaml", tenant("acme", "1415550100", "")), ("bolt.yaml", pinned)];
    let tenants: Vec<(&str, &str)> = tenants.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mappings = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER), ("older.yaml", older.as_str())];
    let (snapshot, problems) = built(&files(&mappings, &tenants), None);
    assert!(problems.is_empty(), "{}", crate::diagnostic::render(&problems));
    assert_eq!(senders(&snapshot, "acme"), ["acme"]);
    let version_at = |path: &str| match snapshot.routes.find("POST", path) {
        Found::Sections([hit], _) => hit.mapping.version.clone(),
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!((version_at("/send"), version_at("/west/send")), (version(PLATFORM), version(&older)));
}

#[test]
fn a_message_of_an_earlier_version_meets_the_newest_settings() {
    let older =
        PLATFORM.replace("auth:", "settings: { url: { type: url, default: \"https://older.example\" } }\nauth:");
    let strict = PLATFORM.replace("auth:", "settings: { url: { type: url } }\nauth:");
    let earlier = [&older, &strict].map(|text| Source::new("store", text.as_str())).to_vec();
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let acme = tenant("acme", "1415550100", "");
    let (snapshot, _) = built(&Files { earlier, ..files(&good, &[("acme.yaml", &acme)]) }, None);
    let tenant = snapshot.tenant("acme").expect("it is there");
    let under = |text: &str| tenant.under(snapshot.loaded(&version(text)).expect("it is loaded"));
    let then = under(&older).expect("it fits");
    assert_eq!(then.side(Party::Platform).setting("url").map(|url| url.as_text()), Some(Some("https://older.example")));
    assert!(then.side(Party::Platform).has("token"));
    assert!(std::sync::Arc::ptr_eq(&then, &under(&older).expect("it is remembered")));
    assert!(under(&strict).is_none(), "it needs a setting that the tenant no longer has");
}

#[test]
fn only_what_changed_is_read_again() {
    let tenants: Vec<Source> = (0..2000)
        .map(|number| {
            Source::new(format!("{number:04}.yaml"), tenant(&format!("t{number}"), &format!("1415{number:07}"), ""))
        })
        .collect();
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let before = Files { tenants, ..files(&good, &[]) };
    let (first, problems) = built(&before, None);
    assert!(problems.is_empty() && first.tenants.len() == 2000);
    assert_eq!(first.loaded.len(), 2, "each mapping is compiled once, however many tenants it has");
    let compiled = |mapping: &std::sync::Arc<crate::mapping::Mapping>| {
        first.loaded.iter().any(|known| std::sync::Arc::ptr_eq(known, mapping))
    };
    assert!(first.tenants.iter().all(|tenant| compiled(&tenant.platform) && compiled(&tenant.provider)));
    let mut after = before;
    let text = tenant("t7", "14150000007", "enabled: false");
    after.tenants[7] = Source::new("0007.yaml", text);
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let resolve = |reference: &Reference| match reference {
        Reference::Env(name) | Reference::File(name) => {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(Secret::new(name.clone()))
        }
    };
    let began = std::time::Instant::now();
    let (second, problems) = build(&after, Some(&first), &resolve, [7; 32]);
    println!("one tenant of 2000 changed: snapshot built in {:?}", began.elapsed());
    assert!(problems.is_empty());
    let shared = |tenant: &&std::sync::Arc<crate::config::Tenant>| {
        first.tenant(tenant.name.as_str()).is_some_and(|known| std::sync::Arc::ptr_eq(known, tenant))
    };
    assert_eq!(second.tenants.iter().filter(shared).count(), 1999);
    assert_eq!(second.tenant("t7").map(|tenant| tenant.enabled), Some(false));
    assert_eq!(asked.into_inner(), 6, "the secrets of one tenant, for each of its parties");
    for (key, mapping) in &first.mappings {
        assert!(std::sync::Arc::ptr_eq(mapping, &second.mappings[key]), "no mapping is compiled again");
    }
    assert_eq!((senders(&second, "t7"), senders(&second, "t1999")), (vec!["t7".to_owned()], vec!["t1999".to_owned()]));
}

#[test]
fn a_changed_schema_checks_its_mappings_again() {
    let platform = PLATFORM.replace("  message:", "  schema: send.json\n  message:");
    let with = |members: &str, other: &str| {
        let schemas = [("send.json", members), ("other.json", other)].map(|(name, members)| {
            let members = members.split(' ').map(|name| format!("\"{name}\": {{}}")).collect::<Vec<_>>().join(", ");
            let text = format!("{{ \"properties\": {{ {members} }}, \"required\": [id, to, from, text] }}");
            (name.to_owned(), Source::new(format!("schemas/{name}"), text))
        });
        let all = files(&[("campaigns.yaml", &platform), ("carrier.yaml", PROVIDER)], &[]);
        Files { schemas: Some(schemas.into_iter().collect()), ..all }
    };
    let codes = |problems: &[Diagnostic]| problems.iter().map(|problem| problem.code).collect::<Vec<_>>();
    let same = |one: &Snapshot, other: &Snapshot| {
        ["campaigns.yaml", "carrier.yaml"].map(|file| std::sync::Arc::ptr_eq(&one.by_file[file], &other.by_file[file]))
    };
    let (first, problems) = built(&with("id to from text", "a"), None);
    assert_eq!(codes(&problems), [""; 0]);
    let (other, _) = built(&with("id to from text", "b"), Some(&first));
    assert_eq!(same(&first, &other), [true, true], "its own schema did not change");
    let (broken, problems) = built(&with("id to from", "a"), Some(&first));
    assert_eq!((codes(&problems), same(&first, &broken)), (vec!["SB0228"], [true, true]), "the last good one goes on");
    let (still, problems) = built(&with("id to from", "a"), Some(&broken));
    assert_eq!((codes(&problems), same(&broken, &still)), (vec!["SB0228"], [true, true]));
    let (mended, problems) = built(&with("id to from text", "a"), Some(&still));
    assert_eq!((codes(&problems), same(&still, &mended)), (vec![], [false, true]));
    assert_eq!(mended.by_file["campaigns.yaml"].version, version(&platform), "the version is that of the text");
}

/// The same with signatures in place of tokens.
fn signed(keys: &str) -> String {
    let own = format!("hmac: {{ secret: $.credentials.token, signature: $.headers.sig, {keys} }}");
    PLATFORM.replace("bearer: { token: $.credentials.token }", &own)
}

#[test]
fn a_signed_url_needs_to_be_known() {
    let mapping = signed("message: [ $.url ]");
    let mappings = [("campaigns.yaml", mapping.as_str()), ("carrier.yaml", PROVIDER)];
    let acme = tenant("acme", "1415550100", "");
    let unused = built(&files(&mappings, &[]), None).1;
    assert!(unused.is_empty(), "nobody uses it: {}", crate::diagnostic::render(&unused));
    let mut all = files(&mappings, &[("acme.yaml", &acme)]);
    let (snapshot, problems) = built(&all, None);
    let said: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert!(said == ["SB0510"] && problems[0].help[0].contains("--public-url"), "{said:?}");
    let Found::Sections([hit], _) = snapshot.routes.find("POST", "/send") else { panic!("no route") };
    assert!(snapshot.tenant("acme").is_some() && hit.section().is_some(), "the tenant is there, and not let in");
    all.public_url = "https://gw.example".parse().ok();
    assert!(built(&all, None).1.is_empty());
}

#[test]
fn tenants_whom_a_signature_cannot_tell_apart_are_bounded() {
    let tenants: Vec<(String, String)> =
        (10..30).map(|n| (format!("t{n}.yaml"), tenant(&format!("t{n}"), &format!("14155550{n}"), ""))).collect();
    let tenants: Vec<(&str, &str)> = tenants.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let told = |keys: &str| {
        let mapping = signed(keys);
        let (_, problems) = built(&files(&[("campaigns.yaml", &mapping), ("carrier.yaml", PROVIDER)], &tenants), None);
        let of = |problem: &Diagnostic| {
            format!("{} {}", problem.code, problem.place.as_ref().map_or("", |place| &place.0.name))
        };
        problems.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(told(""), ["SB0511 t26.yaml", "SB0511 t27.yaml", "SB0511 t28.yaml", "SB0511 t29.yaml"]);
    assert_eq!(told("identity: { read: $.headers.account, value: $.tenant.name }"), [""; 0]);
}

#[test]
fn what_the_gateway_says_for_all_holds_where_a_tenant_says_nothing() {
    let text = "listen: 127.0.0.1:1\nlimits: { send: 7/s, backlog: 5 }\ndelivery: { timeout: 3s, concurrency: 2 }\n";
    let source = Source::new("switchboard.yaml", text);
    let mut problems = Vec::new();
    let defaults = Defaults::read(&source, &mut problems);
    assert!(crate::yaml::settings::<GatewayFile>(&source, &mut problems).is_some());
    assert!(problems.is_empty(), "{}", crate::diagnostic::render(&problems));
    let good = [("campaigns.yaml", PLATFORM), ("carrier.yaml", PROVIDER)];
    let (plain, own) =
        (tenant("acme", "1", ""), tenant("bolt", "2", "limits: { send: 9/s }\ndelivery: { timeout: 4s }\n"));
    let files = Files { defaults, ..files(&good, &[("acme.yaml", &plain), ("bolt.yaml", &own)]) };
    let (snapshot, _) = built(&files, None);
    let said = |name: &str| {
        let tenant = snapshot.tenant(name).expect("it is there");
        let (limits, delivery) = (&tenant.limits, &tenant.delivery);
        (limits.send, limits.backlog, delivery.timeout.as_secs(), delivery.concurrency)
    };
    assert_eq!(said("acme"), ("7/s".parse().ok(), 5, 3, 2));
    assert_eq!(said("bolt"), ("9/s".parse().ok(), 5, 4, 2));
    let wrong = Source::new("switchboard.yaml", "limits: { sned: 7/s }");
    let _none = Defaults::read(&wrong, &mut problems);
    assert_eq!(problems[0].headline().split(": ").next(), Some("switchboard.yaml:1:11"), "{problems:?}");
}

#[test]
fn where_tokens_and_key_sets_are_fetched_is_a_place_that_may_be_called() {
    let keyed = PROVIDER
        .replace("issuer: {", "keys: { type: text }, issuer: {")
        .replace("    - jwt_hs256:\n        secret: $.credentials.secret", "    - jwt_rs256:\n        jwks: URL");
    let found = |mapping: &str, more: &str| {
        let mappings = [("campaigns.yaml", PLATFORM), ("carrier.yaml", mapping)];
        let tenant = tenant("acme", "1415550100", more).replace(", secret: \"${env:s}\"", "");
        let (_, problems) = built(&files(&mappings, &[("acme.yaml", &tenant)]), None);
        problems.iter().filter(|problem| problem.is_error()).map(|problem| problem.code).collect::<Vec<_>>()
    };
    let (good, bad) =
        ("settings: { keys: \"https://keys.example/set\" }\n", "settings: { keys: \"keys.example/set\" }\n");
    let listed = format!("{good}hosts: [ keys.example ]\n");
    for (url, more, expected) in [
        ("$.settings.keys", good, &[][..]),
        ("$.settings.keys", bad, &["SB0415"]),
        ("\"https://keys.example/set\"", good, &["SB0416"]),
        ("\"https://keys.example/set\"", &listed, &[]),
        ("\"https://keys.example:8443/set\"", &listed, &["SB0416"]),
        ("\"ftp://keys.example/set\"", &listed, &["SB0415"]),
        ("\"file:///etc/passwd\"", &listed, &["SB0415"]),
    ] {
        assert_eq!(found(&keyed.replace("jwks: URL", &format!("jwks: {url}")), more), expected, "{url} {more}");
    }
    let granted = |url: &str| {
        let out =
            format!("oauth2_client_credentials: {{ url: {url}, id: $.credentials.key, secret: $.credentials.token }}");
        keyed
            .replace("jwks: URL", "jwks: $.settings.keys")
            .replace("auth:\n", &format!("auth:\n  out: [ {{ {out} }} ]\n"))
    };
    assert_eq!(found(&granted("$.settings.keys"), good), [""; 0]);
    assert_eq!(found(&granted("\"https://auth.example/token\""), good), ["SB0416"]);
    assert_eq!(found(&granted("no-url"), good), ["SB0415"]);
}
