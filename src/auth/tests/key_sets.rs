//! Tokens that are verified with published keys: whose they are, every forgery that we know of, and which set lacks a key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value as Json, json};

use super::*;

const A: &str = "https://a.example/keys";
const B: &str = "https://b.example/keys";

fn claim(name: &str, expected: &[&str], identity: bool) -> Claim {
    Claim { name: name.to_owned(), expected: secrets(expected), identity, optional: false }
}

fn scheme(jwks: &str, audience: &[&str], max_age: Option<u64>) -> Scheme {
    Scheme::JwtRs256 {
        jwks: jwks.to_owned(),
        headers: vec!["authorization".to_owned()],
        claims: vec![claim("iss", &["Issuer"], false), claim("aud", audience, true)],
        body_hash: None,
        max_age: max_age.map(Duration::from_secs),
    }
}

/// 0 and 1 have one audience, 1 with a bound on the age; 2 is rotating its own; 3 has another set, which was never had.
fn index() -> Index {
    let entries = vec![
        (0, scheme(A, &["us"], None)),
        (1, scheme(A, &["us"], Some(60))),
        (2, scheme(A, &["them", "they"], None)),
        (3, scheme(B, &["late"], None)),
    ];
    Index::build([7; 32], entries)
}

fn ring() -> KeyRing {
    let ring = KeyRing::default();
    ring.put(A, KeySet::of_private_key(outgoing::PKCS8, "k-1").unwrap());
    ring
}

fn claims(changes: &Json) -> Json {
    let claims = json!({"iss": "Issuer", "aud": "us", "exp": NOW.seconds() + 60});
    changed(claims, changes)
}

fn encoded(part: &Json) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn with(header: &Json, claims: &Json, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(outgoing::PKCS8.as_bytes()).unwrap()
}

/// Signed with the right key; the header says something else.
fn headed(header: &Json, changes: &Json) -> String {
    with(header, &claims(changes), &rsa(), Algorithm::RS256)
}

fn signed(changes: &Json) -> String {
    headed(&json!({"alg": "RS256", "kid": "k-1"}), changes)
}

fn outcome(ring: &KeyRing, token: &str) -> Outcome<Vec<usize>> {
    let incoming = request(&[("authorization", &format!("Bearer {token}"))], "", "{}");
    let request = Request { incoming: &incoming, path: &[], public_url: None, keys: ring };
    let verified = index().verify(&request, NOW).map_err(|failure| (failure.cause, failure.nobody))?;
    Ok(verified.tenants)
}

fn check(name: &str, token: &str, expected: Outcome<&[usize]>) {
    assert_eq!(outcome(&ring(), token), expected.map(<[usize]>::to_vec), "{name}");
}

#[test]
fn a_token_finds_its_tenants_by_what_it_says_and_is_verified_with_their_set() {
    let now = NOW.seconds();
    let cases: [(&str, Json, &[usize]); 6] = [
        ("one of two, for the other wants its age", json!({}), &[0]),
        ("both", json!({"iat": now - 30}), &[0, 1]),
        ("the age alone bounds it", json!({"iat": now - 30, "exp": null}), &[1]),
        ("another audience", json!({"aud": "they"}), &[2]),
        ("for several", json!({"aud": ["other", "us", "them"]}), &[0, 2]),
        ("ended less than a minute ago", json!({"exp": now - 59}), &[0]),
    ];
    for (name, changes, expected) in cases {
        check(name, &signed(&changes), Ok(expected));
    }
    check("no name, and one key", &headed(&json!({"alg": "RS256"}), &json!({})), Ok(&[0]));
}

#[test]
fn a_forged_one_is_nobodys() {
    let good = signed(&json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = message.split_once('.').unwrap();
    let unsigned = |alg: &str| format!("{}.{payload}.", encoded(&json!({"alg": alg, "kid": "k-1"})));
    let header = |more: Json| {
        let mut header = json!({"alg": "RS256", "kid": "k-1"});
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        headed(&header, &json!({}))
    };
    let as_secret = |algorithm: &str, secret: &[u8]| {
        let header = json!({"alg": algorithm, "kid": "k-1"});
        with(&header, &claims(&json!({})), &EncodingKey::from_secret(secret), Algorithm::HS256)
    };
    let own_key = serde_json::to_value(Jwk::from_encoding_key(&rsa(), Algorithm::RS256).unwrap()).unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(own_key["n"].as_str().unwrap()).unwrap();
    let with_384 = with(&json!({"alg": "RS384", "kid": "k-1"}), &claims(&json!({})), &rsa(), Algorithm::RS384);
    let cases = [
        ("alg none", unsigned("none")),
        ("alg NONE", unsigned("NONE")),
        ("RS256 without signature", unsigned("RS256")),
        ("no alg", headed(&json!({"kid": "k-1"}), &json!({}))),
        ("the public key as a secret", as_secret("HS256", outgoing::PUBLIC.as_bytes())),
        ("the public key as a secret, trimmed", as_secret("HS256", outgoing::PUBLIC.trim().as_bytes())),
        ("the modulus as a secret", as_secret("HS256", &modulus)),
        ("the same, said to be RS256", as_secret("RS256", outgoing::PUBLIC.as_bytes())),
        ("HS256 in the header, signed with the key", headed(&json!({"alg": "HS256", "kid": "k-1"}), &json!({}))),
        ("RS384", with_384),
        ("RS384 in the header", headed(&json!({"alg": "RS384", "kid": "k-1"}), &json!({}))),
        ("PS256 in the header", headed(&json!({"alg": "PS256", "kid": "k-1"}), &json!({}))),
        ("a key in the header", header(json!({"jwk": own_key}))),
        ("a set elsewhere", header(json!({"jku": "https://evil.example/keys"}))),
        ("the right set elsewhere", header(json!({"jku": A}))),
        ("a certificate", header(json!({"x5c": ["MIIB"]}))),
        ("a certificate elsewhere", header(json!({"x5u": "https://evil.example/cert"}))),
        ("a demand we do not know", header(json!({"crit": ["b64"], "b64": false}))),
        ("a key that nobody has", headed(&json!({"alg": "RS256", "kid": "k-2"}), &json!({}))),
        ("an empty name", headed(&json!({"alg": "RS256", "kid": ""}), &json!({}))),
        ("a path for a name", headed(&json!({"alg": "RS256", "kid": "../../dev/null"}), &json!({}))),
        ("another payload", format!("{}.{}.{signature}", encoded(&json!({"alg": "RS256", "kid": "k-1"})), payload)),
        ("truncated", good[..good.len() - 4].to_owned()),
        ("an empty signature", format!("{message}.")),
        ("another issuer", signed(&json!({"iss": "Evil"}))),
        ("no issuer", signed(&json!({"iss": null}))),
        ("issuers", signed(&json!({"iss": ["Issuer"]}))),
        ("never ends", signed(&json!({"exp": null}))),
        ("ends in words", signed(&json!({"exp": "never"}))),
        ("claims that are no map", with(&json!({"alg": "RS256"}), &json!([1]), &rsa(), Algorithm::RS256)),
    ];
    for (name, token) in cases {
        // The payload of a right token under a header of the same text is that token.
        let expected = if name == "another payload" { Ok(&[0][..]) } else { Err((Cause::Wrong, false)) };
        check(name, &token, expected);
    }
    let changed =
        format!("{}.{}.{signature}", message.split_once('.').unwrap().0, encoded(&claims(&json!({"jti": 1}))));
    check("another payload", &changed, Err((Cause::Wrong, false)));
    check("an audience that nobody has", &signed(&json!({"aud": "nobody"})), Err((Cause::Wrong, true)));
    check("no audience", &signed(&json!({"aud": []})), Err((Cause::Wrong, true)));
    check("a set that was never had", &signed(&json!({"aud": "late"})), Err((Cause::Wrong, false)));
}

#[test]
fn what_is_right_but_not_now_is_stale() {
    let now = NOW.seconds();
    for changes in [json!({"exp": now - 61}), json!({"nbf": now + 61}), json!({"exp": i64::MIN})] {
        check("stale", &signed(&changes), Err((Cause::Stale, false)));
    }
    let bounded = Index::build([7; 32], vec![(1, scheme(A, &["us"], Some(60)))]);
    for (changes, cause) in
        [(json!({"iat": now - 61}), Cause::Stale), (json!({"iat": now + 61}), Cause::Stale), (json!({}), Cause::Wrong)]
    {
        let token = format!("Bearer {}", signed(&changes));
        let incoming = request(&[("authorization", &token)], "", "{}");
        let request = Request { incoming: &incoming, path: &[], public_url: None, keys: &ring() };
        assert_eq!(bounded.verify(&request, NOW).map_err(|failure| failure.cause).err(), Some(cause), "{changes}");
    }
}

#[test]
fn a_set_lacks_what_a_tokens_of_its_own_names_and_nothing_else() {
    let named = |kid: &str, changes: Json| headed(&json!({"alg": "RS256", "kid": kid}), &changes);
    let hs256 = with(
        &json!({"alg": "HS256", "kid": "k-2"}),
        &claims(&json!({})),
        &EncodingKey::from_secret(b"s"),
        Algorithm::HS256,
    );
    let (index, ring) = (index(), ring());
    let cases: [(&str, String, &[&str]); 7] = [
        ("known", signed(&json!({})), &[]),
        ("known and wrong", signed(&json!({"iss": "Evil"})), &[]),
        ("unknown", named("k-2", json!({})), &[A]),
        ("never had", named("k-1", json!({"aud": "late"})), &[B]),
        ("an audience that nobody has", named("k-2", json!({"aud": "nobody"})), &[]),
        ("another algorithm", hs256, &[]),
        ("garbage", "a.b.c".to_owned(), &[]),
    ];
    for (name, token, expected) in cases {
        let incoming = request(&[("authorization", &format!("Bearer {token}"))], "", "{}");
        let request = Request { incoming: &incoming, path: &[], public_url: None, keys: &ring };
        assert_eq!(index.lacking(&request), expected, "{name}");
    }
    assert_eq!(index.key_sets().collect::<Vec<_>>(), [A, B]);
}

#[test]
fn of_a_set_only_keys_for_this_are_taken() {
    let mut key = serde_json::to_value(Jwk::from_encoding_key(&rsa(), Algorithm::RS256).unwrap()).unwrap();
    let cases: [(&str, Json, usize); 8] = [
        ("as it is", json!({}), 1),
        ("without an algorithm", json!({"alg": null}), 1),
        ("for signatures", json!({"use": "sig", "key_ops": ["verify"]}), 1),
        ("for encryption", json!({"use": "enc"}), 0),
        ("to encrypt", json!({"use": null, "key_ops": ["encrypt"]}), 0),
        ("of another algorithm", json!({"key_ops": null, "alg": "RS512"}), 0),
        ("of one that nobody knows", json!({"alg": "XY1"}), 0),
        ("of another kind", json!({"alg": null, "kty": "oct", "k": "c2VjcmV0"}), 0),
    ];
    for (name, changes, expected) in cases {
        for (member, value) in changes.as_object().unwrap() {
            key[member] = value.clone();
            if value.is_null() {
                key.as_object_mut().unwrap().remove(member);
            }
        }
        let set = json!({"keys": [{"kty": "new"}, key, 7]}).to_string();
        assert_eq!(KeySet::read(set.as_bytes()).unwrap().len(), expected, "{name}");
    }
    assert!(KeySet::read(br#"{"keys":[]}"#).unwrap().is_empty());
    for text in ["", "{}", "[]", "null", r#"{"keys":{}}"#, "<html>"] {
        assert!(KeySet::read(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn without_a_name_there_must_be_no_choice() {
    let ring = ring();
    let key = serde_json::to_value(Jwk::from_encoding_key(&rsa(), Algorithm::RS256).unwrap()).unwrap();
    let (mut one, mut other) = (key.clone(), key);
    (one["kid"], other["kid"]) = (json!("k-1"), json!("k-2"));
    ring.put(A, KeySet::read(json!({"keys": [one, other]}).to_string().as_bytes()).unwrap());
    assert_eq!(outcome(&ring, &signed(&json!({}))), Ok(vec![0]));
    assert_eq!(outcome(&ring, &headed(&json!({"alg": "RS256"}), &json!({}))), Err((Cause::Wrong, false)));
    ring.retain(|url| url != A);
    assert_eq!(outcome(&ring, &signed(&json!({}))), Err((Cause::Wrong, false)));
}

#[test]
fn sets_are_not_tried_one_after_another_for_ever() {
    let plain = |url: String| Scheme::JwtRs256 {
        jwks: url,
        headers: vec!["authorization".to_owned()],
        claims: Vec::new(),
        body_hash: None,
        max_age: None,
    };
    let all =
        (0..MOST_KEYS + 3).map(|tenant| (tenant, plain(format!("https://{}.example/", tenant.min(MOST_KEYS + 1)))));
    let index = Index::build([7; 32], all.collect::<Vec<_>>());
    assert_eq!(index.crowded().copied().collect::<Vec<_>>(), [MOST_KEYS, MOST_KEYS + 1, MOST_KEYS + 2]);
    assert_eq!(index.key_sets().count(), MOST_KEYS);
}
