//! What requests prove themselves by: tokens, signatures, keys in headers, queries and paths. Whatever is sent, nobody is let
//! in who has no secret; and whoever has it is let in with any body, but not with another's.

use std::time::Duration;

use switchboard::auth::{
    Algorithm, Claim, Encoding, HeaderRule, Index, KeyRing, Outgoing, Part, Read, Request, Scheme, Signature, Source,
    Unverified,
};
use switchboard::model::Secret;
use switchboard::model::wire::{Incoming, Prepared};
use switchboard::value::Timestamp;

/// What every scheme here is opened by, and no input has.
const SECRET: &str = "a-secret-that-no-input-has-7f3a91";

/// The place among [`schemes`] of the signature in hexadecimal.
const HEX: usize = 5;

/// The time of every request: 2026-11-04T09:14:06Z.
pub const NOW: i64 = 1_793_783_646;

fn secret(text: &str) -> Vec<Secret> {
    vec![Secret::new(text.to_owned())]
}

fn read(source: Source) -> Read {
    Read { source, capture: None }
}

/// Signed are the time, a part of the query, and the body.
fn signature(encoding: Encoding, algorithm: Algorithm) -> Signature {
    Signature {
        secret: secret(SECRET),
        algorithm,
        encoding,
        place: read(Source::Header("x-signature".to_owned())),
        prefix: String::new(),
        message: vec![
            Part::Read(read(Source::Header("x-at".to_owned()))),
            Part::Text(Secret::new(".".to_owned())),
            Part::Read(read(Source::Raw)),
        ],
        at: Some(read(Source::Header("x-at".to_owned()))),
        max_age: Some(Duration::from_secs(300)),
        identity: Some((read(Source::Query("account".to_owned())), secret("shop"))),
    }
}

fn schemes() -> Vec<Scheme> {
    let claim = |name: &str, value: &str| Claim {
        name: name.to_owned(),
        expected: secret(value),
        identity: name == "api_key",
        optional: false,
    };
    let headers = vec!["x-token".to_owned(), "authorization".to_owned()];
    let body_hash = Some("payload_hash".to_owned());
    let max_age = Some(Duration::from_secs(3600));
    vec![
        Scheme::Basic { username: secret("shop"), password: secret(SECRET) },
        Scheme::Bearer { header: "authorization".to_owned(), token: secret(SECRET) },
        Scheme::Header(vec![
            HeaderRule { name: "api-key".to_owned(), prefix: String::new(), value: secret("shop") },
            HeaderRule { name: "api-secret".to_owned(), prefix: "App ".to_owned(), value: secret(SECRET) },
        ]),
        Scheme::Query { name: "key".to_owned(), value: secret(SECRET) },
        Scheme::Path { name: "key".to_owned(), value: secret(SECRET) },
        Scheme::Hmac(Box::new(signature(Encoding::Hex, Algorithm::Sha256))),
        Scheme::Hmac(Box::new(signature(Encoding::Base64, Algorithm::Sha512))),
        Scheme::JwtHs256 {
            headers: headers.clone(),
            secret: secret(SECRET),
            claims: vec![claim("iss", "Vonage"), claim("api_key", "shop")],
            body_hash: body_hash.clone(),
            max_age,
        },
        Scheme::JwtRs256 {
            jwks: "https://keys.example/set".to_owned(),
            headers,
            claims: vec![claim("iss", "Vonage"), claim("api_key", "shop")],
            body_hash,
            max_age,
        },
    ]
}

/// Lines until an empty one are headers, but that the first is the query and the second a segment of the path; the rest is
/// the body.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (query, segment) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: format!("/hooks/{segment}"),
        query: query.to_owned(),
        headers: headers.collect(),
        body: body.as_bytes().to_vec().into(),
        peer: None,
    };
    let index = Index::build([7; 32], schemes().into_iter().enumerate().collect());
    let (keys, path, now) = (KeyRing::default(), [("key", segment.to_owned())], Timestamp::from_millis(NOW * 1000));
    let verify = |incoming: &Incoming| {
        let request = Request { incoming, path: &path, public_url: Some("https://gateway.example"), keys: &keys };
        assert_eq!(index.print(&request, now), index.print(&request, now));
        let _ = index.lacking(&request);
        index.verify(&request, now).map(|verified| verified.tenants)
    };
    if !text.contains(SECRET) {
        assert!(verify(&incoming).is_err(), "{incoming:?}");
    }
    signed(&incoming, &verify);
}

/// With the secret any body is taken, and it only.
fn signed(incoming: &Incoming, verify: &dyn Fn(&Incoming) -> Result<Vec<usize>, Unverified>) {
    let mut call = Prepared {
        method: "POST".to_owned(),
        url: "https://gateway.example/hooks/x?account=shop".parse().expect("a URL"),
        headers: Vec::new(),
        body: incoming.body.clone(),
        timeout: Duration::from_secs(1),
    };
    let ours = Signature { identity: None, ..signature(Encoding::Hex, Algorithm::Sha256) };
    let now = Timestamp::from_millis(NOW * 1000);
    Outgoing::Hmac(Box::new(ours)).apply(None, now, &mut call).expect("everything that is signed is there");
    let headers = call.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let mut right = Incoming { query: "account=shop".to_owned(), headers, ..incoming.clone() };
    assert!(verify(&right).is_ok_and(|tenants| tenants.contains(&HEX)), "{right:?}");
    right.body = [&right.body[..], b" "].concat().into();
    assert!(verify(&right).is_err(), "{right:?}");
}
