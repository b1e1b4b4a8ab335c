//! Signed webhooks, and every way to forge one that we know of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::super::token::hex;
use super::*;

const BODY: &str = r#"{"status":"delivered"}"#;

fn claim(name: &str, expected: &[&str], identity: bool) -> Claim {
    Claim { name: name.to_owned(), expected: secrets(expected), identity, optional: false }
}

fn scheme(api_key: &[&str], application: &[&str], secret: &[&str]) -> Scheme {
    Scheme::JwtHs256 {
        headers: vec!["x-router-token".to_owned(), "authorization".to_owned()],
        secret: secrets(secret),
        claims: vec![
            claim("iss", &["Issuer"], false),
            claim("api_key", api_key, true),
            claim("application_id", application, false),
        ],
        body_hash: Some("payload_hash".to_owned()),
        max_age: Some(Duration::from_secs(3600)),
    }
}

/// 0 and 1 share an account, 1 for one application only; 2 has its own and is rotating; 3 has no secret yet.
pub(super) fn entries() -> Vec<(usize, Scheme)> {
    vec![
        (0, scheme(&["9c41"], &[], &["account-secret"])),
        (1, scheme(&["9c41"], &["app-1"], &["account-secret"])),
        (2, scheme(&["b0b0", "b0b1"], &[], &["new", "old"])),
        (3, scheme(&["dead"], &[], &[""])),
    ]
}

fn claims(changes: &Json) -> Json {
    let claims = json!({
        "iss": "Issuer", "api_key": "9c41", "jti": "j", "iat": NOW.seconds(),
        "payload_hash": hex(&Sha256::digest(BODY)),
    });
    changed(claims, changes)
}

fn encoded(part: &Json) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn signed_as(header: &Json, claims: &Json, secret: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn signed(changes: &Json, secret: &str) -> String {
    signed_as(&json!({"alg": "HS256", "typ": "JWT"}), &claims(changes), secret)
}

fn check(name: &str, token: &str, body: &str, expected: Outcome<&[usize]>) {
    let index = Index::build([7; 32], entries());
    let request = request(&[("authorization", &format!("Bearer {token}"))], "", body);
    assert_eq!(outcome(&index, &request), expected.map(<[usize]>::to_vec), "{name}");
}

#[test]
fn a_signed_webhook_is_the_accounts() {
    let cases: [(&str, Json, &str, &[usize]); 9] = [
        ("the account's", json!({}), "account-secret", &[0]),
        ("and the application's", json!({"application_id": "app-1"}), "account-secret", &[0, 1]),
        ("another application", json!({"application_id": "app-2"}), "account-secret", &[0]),
        ("new secret", json!({"api_key": "b0b0"}), "new", &[2]),
        ("old secret", json!({"api_key": "b0b0"}), "old", &[2]),
        ("old account key", json!({"api_key": "b0b1"}), "new", &[2]),
        ("as old as allowed", json!({"iat": NOW.seconds() - 3600}), "account-secret", &[0]),
        ("a clock a minute ahead", json!({"iat": NOW.seconds() + 60}), "account-secret", &[0]),
        ("exp and a fraction", json!({"exp": NOW.seconds() + 1, "iat": 1_793_783_000.5}), "account-secret", &[0]),
    ];
    for (name, changes, secret, expected) in cases {
        check(name, &signed(&changes, secret), BODY, Ok(expected));
    }
}

#[test]
fn a_forged_one_is_nobodys() {
    let good = signed(&json!({}), "account-secret");
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let unsigned = |alg: &str| format!("{}.{payload}.", encoded(&json!({"alg": alg})));
    let with_header = |header: Json| signed_as(&header, &claims(&json!({})), "account-secret");
    let own_key = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode("mine")});
    let other_payload = encoded(&claims(&json!({"jti": "k"})));
    let cases = [
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("HS256 without signature", unsigned("HS256")),
        ("no alg", with_header(json!({"typ": "JWT"}))),
        ("RS256 in the header, signed with the secret", with_header(json!({"alg": "RS256"}))),
        ("HS512 in the header", with_header(json!({"alg": "HS512"}))),
        ("a real RS256", outgoing::jwt(outgoing::PKCS8).sign(NOW, "j").unwrap().secret.expose().to_owned()),
        ("a key in the header", signed_as(&json!({"alg": "HS256", "jwk": own_key}), &claims(&json!({})), "mine")),
        ("a key elsewhere", with_header(json!({"alg": "HS256", "jku": "https://evil.example/keys"}))),
        ("a demand we do not know", with_header(json!({"alg": "HS256", "crit": ["b64"]}))),
        ("public key as secret", signed(&json!({}), outgoing::PUBLIC)),
        ("another tenant's secret", signed(&json!({}), "new")),
        ("empty secret", signed(&json!({"api_key": "dead"}), "")),
        ("truncated", good[..good.len() - 4].to_owned()),
        ("two parts", message.to_owned()),
        ("four parts", format!("{good}.x")),
        ("another payload", format!("{head}.{other_payload}.{signature}")),
        ("garbage", "not.a.token".to_owned()),
        ("garbage base64", "!!!!.????.####".to_owned()),
        ("dots", "..".to_owned()),
        ("claims that are no map", signed_as(&json!({"alg": "HS256"}), &json!([1]), "account-secret")),
        ("huge", format!("{good}{}", "A".repeat(1 << 20))),
        ("deep", signed_as(&json!({"alg": "HS256"}), &Json::Null, "account-secret").replace('.', &".[".repeat(500))),
        ("another issuer", signed(&json!({"iss": "Evil"}), "account-secret")),
        ("no issuer", signed(&json!({"iss": null}), "account-secret")),
        ("altered hash", signed(&json!({"payload_hash": hex(&Sha256::digest("other"))}), "account-secret")),
        ("no hash", signed(&json!({"payload_hash": null}), "account-secret")),
        (
            "upper-case hash",
            signed(&json!({"payload_hash": hex(&Sha256::digest(BODY)).to_uppercase()}), "account-secret"),
        ),
        ("no iat", signed(&json!({"iat": null}), "account-secret")),
        ("iat in words", signed(&json!({"iat": "now"}), "account-secret")),
        ("exp in words", signed(&json!({"exp": "never"}), "account-secret")),
    ];
    for (name, token) in cases {
        check(name, &token, BODY, Err((Cause::Wrong, false)));
    }
    check("another body", &good, "{}", Err((Cause::Wrong, false)));
    check("the good one", &good, BODY, Ok(&[0]));
}

#[test]
fn an_account_that_nobody_has_is_said_so() {
    for changes in
        [json!({"api_key": "f00d"}), json!({"api_key": null}), json!({"api_key": ["9c41"]}), json!({"api_key": ""})]
    {
        check("nobody", &signed(&changes, "account-secret"), BODY, Err((Cause::Wrong, true)));
    }
}

#[test]
fn what_is_right_but_not_now_is_stale() {
    let now = NOW.seconds();
    let stale = [
        json!({"iat": now - 3601}),
        json!({"iat": now + 61}),
        json!({"exp": now - 61}),
        json!({"nbf": now + 61}),
        json!({"iat": i64::MIN}),
        json!({"iat": i64::MAX}),
    ];
    for changes in stale {
        check("stale", &signed(&changes, "account-secret"), BODY, Err((Cause::Stale, false)));
        check("wrong tells more", &signed(&changes, "wrong"), BODY, Err((Cause::Wrong, false)));
    }
}

#[test]
fn the_first_header_that_is_there_counts() {
    let index = Index::build([7; 32], entries());
    let good = signed(&json!({}), "account-secret");
    let (router, bearer) = ("Bearer router.own.token", format!("bearer {good}"));
    type Headers<'h> = Vec<(&'h str, &'h str)>;
    let cases: [(&str, Headers<'_>, Outcome<Vec<usize>>); 6] = [
        ("behind a router", vec![("authorization", router), ("x-router-token", &bearer)], Ok(vec![0])),
        ("without the word", vec![("x-router-token", &good)], Ok(vec![0])),
        (
            "the first is wrong",
            vec![("x-router-token", router), ("authorization", &bearer)],
            Err((Cause::Wrong, false)),
        ),
        ("twice", vec![("authorization", &bearer), ("authorization", &bearer)], Err((Cause::Wrong, false))),
        ("another scheme", vec![("authorization", "Basic YTpi")], Err((Cause::Wrong, false))),
        ("none", vec![("x-other", &bearer)], Err((Cause::Missing, false))),
    ];
    for (name, headers, expected) in cases {
        assert_eq!(outcome(&index, &request(&headers, "", BODY)), expected, "{name}");
    }
}

#[test]
fn the_claims_are_for_the_mapping() {
    let index = Index::build([7; 32], entries());
    let token = format!("Bearer {}", signed(&json!({"application_id": "app-1"}), "account-secret"));
    let verified = index
        .verify(
            &Request {
                incoming: &request(&[("authorization", &token)], "", BODY),
                path: &[],
                public_url: None,
                keys: &KeyRing::default(),
            },
            NOW,
        )
        .unwrap();
    let claims = verified.claims.unwrap();
    assert_eq!(claims.get("application_id").and_then(Tree::as_text), Some("app-1"));
}

#[test]
fn without_identity_hash_or_age_the_signature_alone_decides() {
    let plain = |secret: &str| Scheme::JwtHs256 {
        headers: vec!["Authorization".to_owned()],
        secret: secrets(&[secret]),
        claims: Vec::new(),
        body_hash: None,
        max_age: None,
    };
    let index = Index::build([7; 32], vec![(0, plain("a")), (1, plain("b")), (2, plain("a"))]);
    let outcome = |secret: &str| {
        let token = format!("Bearer {}", signed_as(&json!({"alg": "HS256"}), &json!({}), secret));
        outcome(&index, &request(&[("authorization", &token)], "", BODY))
    };
    assert_eq!(outcome("a"), Ok(vec![0, 2]));
    assert_eq!(outcome("b"), Ok(vec![1]));
    assert_eq!(outcome("c"), Err((Cause::Wrong, false)));
}

proptest::proptest! {
    /// Whatever a header holds, it is refused and nothing panics.
    #[test]
    fn no_header_gets_in_by_luck(value in "\\PC{0,60}", word in "(|Bearer |Basic |bearer  )") {
        let index = Index::build([7; 32], entries());
        let value = format!("{word}{value}");
        proptest::prop_assert!(outcome(&index, &request(&[("authorization", &value)], &value, BODY)).is_err());
    }
}
