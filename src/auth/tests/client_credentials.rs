//! Tokens of an authorization server: what an answer comes to.

use super::*;

fn answer(http: u16, headers: &[(&str, &str)], body: &str) -> wire::Answer {
    wire::Answer {
        http: Some(http),
        class: wire::Class::of(http),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        trouble: None,
    }
}

fn granted(answer: &wire::Answer) -> Result<(String, i64), AuthError> {
    let token = Outgoing::granted(answer, NOW)?;
    Ok((token.secret.expose().to_owned(), token.expires.seconds() - NOW.seconds()))
}

#[test]
fn a_token_is_good_as_long_as_is_said_and_no_longer_than_a_day() {
    for (body, life) in [
        (r#"{"access_token": "t", "token_type": "bearer", "expires_in": 3600}"#, 3600),
        (r#"{"access_token": "t", "expires_in": "60"}"#, 60),
        (r#"{"access_token": "t"}"#, 600),
        (r#"{"access_token": "t", "expires_in": -1}"#, 600),
        (r#"{"access_token": "t", "expires_in": 18446744073709551615}"#, 86_400),
    ] {
        assert_eq!(granted(&answer(200, &[], body)), Ok(("t".to_owned(), life)), "{body}");
    }
}

#[test]
fn what_is_no_token_is_asked_for_again_or_shown_to_the_operator() {
    let later = |why: &str, after: Option<u64>| {
        Err(AuthError::NoTokenNow { why: why.to_owned(), after: after.map(Duration::from_secs) })
    };
    let refused = |why: &str| Err(AuthError::TokenRefused(why.to_owned()));
    let unreadable = "its answer holds no bearer token";
    let long = format!(r#"{{"access_token": "{}"}}"#, "a".repeat(20_000));
    let huge = format!(r#"{{"access_token": "t", "x": "{}"}}"#, "a".repeat(70_000));
    let cases = [
        (answer(503, &[], ""), later("HTTP 503", None)),
        (answer(429, &[("retry-after", "7")], ""), later("HTTP 429", Some(7))),
        (wire::Answer::without(wire::Class::Unreached, "no route"), later("no route", None)),
        (
            answer(401, &[], r#"{"error": "invalid_client", "error_description": "secret s3"}"#),
            refused("HTTP 401, invalid_client"),
        ),
        (answer(400, &[], r#"{"error": "s3 is WRONG"}"#), refused("HTTP 400")),
        (answer(404, &[], "<html>"), refused("HTTP 404")),
        (answer(302, &[("location", "https://x.example")], ""), refused("HTTP 302")),
        (answer(200, &[], "<html>"), later(unreadable, None)),
        (answer(200, &[], r#"{"access_token": ""}"#), later(unreadable, None)),
        (answer(200, &[], r#"{"access_token": "a\r\nx: y"}"#), later(unreadable, None)),
        (answer(200, &[], r#"{"access_token": "t", "token_type": "mac"}"#), later(unreadable, None)),
        (answer(200, &[], &long), later(unreadable, None)),
        (answer(200, &[], &huge), later(unreadable, None)),
    ];
    for (answer, expected) in cases {
        assert_eq!(granted(&answer), expected, "{:?} {:.60}", answer.http, String::from_utf8_lossy(&answer.body));
    }
}

fn client() -> ClientCredentials {
    ClientCredentials {
        url: "https://auth.example/token".parse().unwrap(),
        from_setting: true,
        id: Secret::new("id".to_owned()),
        secret: Secret::new("hidden".to_owned()),
        scope: None,
        style: Style::Basic,
        params: Vec::new(),
    }
}

#[test]
fn a_token_is_shared_by_those_with_the_same_account_url_and_scope() {
    let key = |client: ClientCredentials| {
        Prover::from(Outgoing::ClientCredentials(Box::new(client))).token_key().unwrap().to_owned()
    };
    let other = |text: &str| Secret::new(text.to_owned());
    assert_eq!(key(client()), key(client()));
    for different in [
        ClientCredentials { url: "https://auth.example/v2".parse().unwrap(), ..client() },
        ClientCredentials { id: other("x"), ..client() },
        ClientCredentials { secret: other("x"), ..client() },
        ClientCredentials { scope: Some("x".to_owned()), ..client() },
        ClientCredentials { params: vec![("audience".to_owned(), other("x"))], ..client() },
    ] {
        assert_ne!(key(client()), key(different.clone()), "{different:?}");
    }
    assert!(!format!("{:?}", client()).contains("hidden"));
}

#[test]
fn a_401_renews_a_fetched_token_once() {
    let fetched = Prover::from(Outgoing::ClientCredentials(Box::new(client())));
    let none = Prover::from(Outgoing::None);
    assert!(fetched.renews(&answer(401, &[], ""), false));
    assert!(!fetched.renews(&answer(401, &[], ""), true));
    assert!(!fetched.renews(&answer(403, &[], ""), false));
    assert!(!none.renews(&answer(401, &[], ""), false));
}
