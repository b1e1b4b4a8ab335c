//! What is added to a call.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value as Json;

use super::*;

pub(super) const PKCS8: &str = include_str!("pkcs8.pem");
pub(super) const PUBLIC: &str = include_str!("public.pem");
const PKCS1: &str = include_str!("pkcs1.pem");
const ELLIPTIC: &str = include_str!("ec.pem");

pub(super) fn jwt(key: &str) -> Outgoing {
    let claims = vec![("application_id".to_owned(), "app-1".to_owned()), ("exp".to_owned(), "never".to_owned())];
    Outgoing::JwtRs256 { key: Secret::new(key.to_owned()), claims, valid: Duration::from_secs(900) }
}

fn call(url: &str, headers: &[(&str, &str)]) -> wire::Prepared {
    wire::Prepared {
        method: "POST".to_owned(),
        url: url.parse().unwrap(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Bytes::new(),
        timeout: Duration::from_secs(1),
    }
}

#[test]
fn a_token_is_signed_with_either_form_of_key() {
    let escaped = PKCS8.trim().replace('\n', "\\n");
    for key in [PKCS8, PKCS1, &escaped] {
        let token = jwt(key).sign(NOW, "j-1").unwrap();
        assert_eq!(token.expires, NOW.after(Duration::from_secs(900)));
        let header = decode_header(token.secret.expose()).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, Some("JWT")));
        let mut validation = Validation::new(Algorithm::RS256);
        (validation.validate_exp, validation.required_spec_claims) = (false, Default::default());
        let public = DecodingKey::from_rsa_pem(PUBLIC.as_bytes()).unwrap();
        let claims = decode::<Json>(token.secret.expose(), &public, &validation).unwrap().claims;
        let now = NOW.seconds();
        let expected = serde_json::json!({"application_id": "app-1", "iat": now, "exp": now + 900, "jti": "j-1"});
        assert_eq!(claims, expected);
    }
}

#[test]
fn a_key_that_is_none_is_said_so_without_quoting_it() {
    let cut = &PKCS8[..PKCS8.len() / 2];
    for key in ["", "example", cut, ELLIPTIC, PUBLIC, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        assert_eq!(jwt(key).sign(NOW, "j").map(|token| token.expires), Err(AuthError::Key), "{key:.40}");
    }
    assert_eq!(Outgoing::None.sign(NOW, "j").map(|token| token.expires), Err(AuthError::Key));
}

#[test]
fn a_token_is_kept_under_a_key_of_its_own_without_the_secret() {
    let key = jwt(PKCS8).token_key().unwrap();
    assert_eq!(key.len(), 64);
    assert_eq!(Some(&key), jwt(PKCS8).token_key().as_ref());
    assert_ne!(Some(&key), jwt(PKCS1).token_key().as_ref());
    let Outgoing::JwtRs256 { key: secret, claims, .. } = jwt(PKCS8) else { unreachable!() };
    let longer = Outgoing::JwtRs256 { key: secret.clone(), claims, valid: Duration::from_secs(60) };
    let other = Outgoing::JwtRs256 { key: secret, claims: Vec::new(), valid: Duration::from_secs(900) };
    assert_ne!(Some(&key), longer.token_key().as_ref());
    assert_ne!(Some(&key), other.token_key().as_ref());
    assert_eq!(Outgoing::None.token_key(), None);
}

#[test]
fn the_proof_takes_the_place_of_an_older_one() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let old: &[(&str, &str)] = &[("Authorization", "old"), ("accept", "a")];
    let cases = [
        (Outgoing::None, vec![("Authorization", "old"), ("accept", "a")]),
        (
            Outgoing::Basic { username: secret("a"), password: secret("b:c") },
            vec![("accept", "a"), ("authorization", "Basic YTpiOmM=")],
        ),
        (
            Outgoing::Bearer { header: "Authorization".to_owned(), token: secret("t") },
            vec![("accept", "a"), ("Authorization", "Bearer t")],
        ),
        (
            Outgoing::Header(vec![("x-key".to_owned(), secret("App k"))]),
            vec![("Authorization", "old"), ("accept", "a"), ("x-key", "App k")],
        ),
        (jwt(PKCS8), vec![("accept", "a"), ("authorization", "Bearer tok")]),
    ];
    for (scheme, expected) in cases {
        let mut call = call("https://api.example/v1", old);
        scheme.apply(Some(&secret("tok")), NOW, &mut call).unwrap();
        scheme.apply(Some(&secret("tok")), NOW, &mut call).unwrap();
        let headers: Vec<(&str, &str)> = call.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, expected, "{scheme:?}");
    }
}

#[test]
fn a_member_of_the_query_is_added_once_and_escaped() {
    let scheme = Outgoing::Query { name: "token".to_owned(), value: Secret::new("a b&c".to_owned()) };
    let cases = [
        ("https://api.example/v1", "token=a+b%26c"),
        ("https://api.example/v1?x=%20y", "x=%20y&token=a+b%26c"),
        ("https://api.example/v1?token=old&x=1", "x=1&token=a+b%26c"),
    ];
    for (url, expected) in cases {
        let mut call = call(url, &[]);
        scheme.apply(None, NOW, &mut call).unwrap();
        assert_eq!(call.url.query(), Some(expected));
    }
}
