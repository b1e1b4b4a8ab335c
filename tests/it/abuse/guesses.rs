//! Credentials: guessed, forged, borrowed, and sent so often that somebody else would suffer.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use switchboard::sim::stage::{ACCOUNT, APPLICATION};
use tokio::io::AsyncWriteExt;

use super::stage::{Came, Stage, exchange, one, request};
use super::{Attack, attack};
use crate::world::signed;

const STATUS: &str = "/webhooks/vonage/status";
const BODY: &str = r#"{"channel":"whatsapp","message_uuid":"x","status":"read","timestamp":"2026-11-04T09:14:06Z"}"#;

/// A message of acme's with a password that may be wrong.
async fn with_password(stage: &Stage, source: std::net::IpAddr, password: &str) -> Came {
    let proof = Stage::basic(&stage.acme().file.value("KEY"), password);
    stage.says_from(source, request("/webhooks/send", &proof, "{}")).await
}

/// Whether the caller is told that the credential is right: a body without a message is then what is wrong.
fn is_known(came: &Came) -> bool {
    came.statuses() == [400] && came.0.contains("msg_id is required")
}

/// Tries different passwords until it is told to come later; how many it could try.
async fn guess(stage: &Stage, source: std::net::IpAddr) -> usize {
    for tried in 0..200 {
        let came = with_password(stage, source, &format!("guess-{tried}")).await;
        if came.statuses() == [429] {
            came.says("retry-after: ");
            return tried;
        }
        came.is(&[401]);
    }
    panic!("two hundred guesses and no end");
}

/// The same request so many times on one connection.
async fn many(stage: &Stage, source: std::net::IpAddr, last: &[u8], count: usize) -> Vec<u16> {
    let last = String::from_utf8(last.to_vec()).unwrap();
    let all = last.replace("Connection: close\r\n", "").repeat(count - 1) + &last;
    let statuses = stage.says_from(source, all).await.statuses();
    assert_eq!(statuses.len(), count, "{statuses:?}");
    statuses
}

fn claims(changes: &Value) -> Value {
    let hash: String = Sha256::digest(BODY).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut claims = json!({
        "iss": "Vonage", "iat": jiff::Timestamp::now().as_second(), "jti": "1", "api_key": ACCOUNT.0,
        "application_id": APPLICATION, "payload_hash": hash,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims
}

async fn webhook(stage: &Stage, token: &str) -> Came {
    stage.says(request(STATUS, &format!("Authorization: Bearer {token}\r\n"), BODY)).await
}

/// A token with another header or other claims, signed with the right secret.
async fn forged(stage: &Stage, header: &Header, changes: Value) -> Came {
    let key = EncodingKey::from_secret(ACCOUNT.1.as_bytes());
    webhook(stage, &encode(header, &claims(&changes), &key).unwrap()).await
}

/// A token put together by hand.
fn by_hand(header: &Value, signature: &str) -> String {
    use base64::Engine as _;
    let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims(&json!({}))))
}

/// What the provider is told of a webhook that it should sign better.
const AGAIN: &[u16] = &[503];

pub(super) const ATTACKS: &[Attack] = &[
    attack!("passwords guessed from one address", "429 after 20 in a minute, whatever comes next", |stage| {
        let source = stage.source();
        assert!(guess(&stage, source).await >= 20);
        let right = with_password(&stage, source, &stage.acme().file.value("SECRET")).await;
        right.is(&[429]);
    }),
    attack!("the right password from elsewhere, meanwhile", "taken: nobody is locked out", |stage| {
        guess(&stage, stage.source()).await;
        let came = with_password(&stage, stage.source(), &stage.acme().file.value("SECRET")).await;
        assert!(is_known(&came), "{}", came.0);
    }),
    attack!("passwords guessed from a platform's own address", "the brand that calls from there goes on", |stage| {
        let source = stage.source();
        let right = stage.acme().file.value("SECRET");
        assert!(is_known(&with_password(&stage, source, &right).await));
        guess(&stage, source).await;
        for _ in 0..5 {
            let came = with_password(&stage, source, &right).await;
            assert!(is_known(&came), "{}", came.0);
        }
    }),
    attack!(
        "one brand's wrong password, again and again from a platform's address",
        "429 for that one alone",
        |stage| {
            let (source, right) = (stage.source(), stage.acme().file.value("SECRET"));
            let mut stream = stage.connect_from(source).await;
            let wrong = String::from_utf8(request("/webhooks/send", &Stage::basic("x", "wrong"), "{}")).unwrap();
            let wrong = wrong.replace("Connection: close\r\n", "");
            let mut told = 0;
            for _ in 0..1000 {
                stream.write_all(wrong.as_bytes()).await.unwrap();
                match one(&mut stream).await.statuses()[..] {
                    [401] => told += 1,
                    [429] => break,
                    ref other => panic!("{other:?}"),
                }
            }
            assert!((100..1000).contains(&told), "{told}");
            let came = with_password(&stage, source, &right).await;
            assert!(is_known(&came), "a neighbour who was never seen before: {}", came.0);
        }
    ),
    attack!("requests without credentials, without end", "429 after 100 in a minute", |stage| {
        let statuses = many(&stage, stage.source(), &request("/webhooks/send", "", "{}"), 500).await;
        assert!(statuses[..100].iter().all(|status| *status == 401) && statuses[100..].contains(&429), "{statuses:?}");
    }),
    attack!("the operator's token, guessed", "429 after 20 in a minute", |stage| {
        let stream = stage.connect_admin().await;
        let ask = |place: usize| {
            format!("GET /api/ledger HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess-{place}\r\n\r\n")
        };
        let all: String = (0..100).map(ask).collect();
        let last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let statuses = exchange(stream, format!("{all}{last}").as_bytes()).await.statuses();
        assert_eq!(statuses.len(), 101, "{statuses:?}");
        assert!(statuses[..20].iter().all(|status| *status == 401) && statuses[20..].contains(&429), "{statuses:?}");
        assert_eq!(statuses[100], 200, "what asks for no token goes on");
    }),
    attack!("two credentials in one request", "401: which of them counts would be a guess", |stage| {
        let proof = format!("{}{}", Stage::basic("x", "wrong"), Stage::proof(stage.acme()));
        stage.says(request("/webhooks/send", &proof, "{}")).await.is(&[401]);
    }),
    attack!("another brand's key", "401", |stage| {
        let proof = Stage::proof(&stage.world.brands[1]);
        stage.says(request("/webhooks/send", &proof, "{}")).await.is(&[401]);
    }),
    attack!("one's own key, another brand's name", "401: the credential says whose it is", |stage| {
        let request = request("/webhooks/send?tenant=bandra", &Stage::proof(stage.acme()), "{}");
        stage.says(request).await.is(&[401]);
    }),
    attack!("one's own key, another brand's number", "400: not a sender of this account", |stage| {
        let mut order = stage.order("borrowed", 900_004);
        order["from"] = stage.world.brands[1].file.number.into();
        stage.says(stage.post("", order.to_string())).await.is(&[400]);
    }),
    attack!("an empty password, an empty key, empty headers", "401", |stage| {
        for proof in
            [Stage::basic("", ""), "Authorization: Basic \r\n".to_owned(), "api-key: \r\napi-secret: \r\n".to_owned()]
        {
            stage.says(request("/webhooks/send", &proof, "{}")).await.is(&[401]);
        }
    }),
    attack!("Basic that is no base64, or without a colon", "401", |stage| {
        for proof in
            ["Authorization: Basic \u{7e}\u{7e}\r\n", "Authorization: Basic YWJj\r\n", "Authorization: Basic\r\n"]
        {
            stage.says(request("/webhooks/send", proof, "{}")).await.is(&[401]);
        }
    }),
    attack!("a webhook that nobody signed", "asked for again, signed; nothing is done", |stage| {
        stage.says(request(STATUS, "", BODY)).await.is(AGAIN);
    }),
    attack!("a token of another body", "asked for again; nothing is done", |stage| {
        webhook(&stage, &signed(ACCOUNT.1, b"{}")).await.is(AGAIN);
    }),
    attack!("a token signed with another secret", "asked for again; nothing is done", |stage| {
        webhook(&stage, &signed("another-signature-secret-of-32-bytes", BODY.as_bytes())).await.is(AGAIN);
    }),
    attack!("a token of another account", "401: nobody's here", |stage| {
        forged(&stage, &Header::new(Algorithm::HS256), json!({ "api_key": "00000000" })).await.is(&[401, 403, 404]);
    }),
    attack!("`alg: none`", "asked for again; nothing is done", |stage| {
        for alg in ["none", "None", "NONE", "nOnE"] {
            webhook(&stage, &by_hand(&json!({ "alg": alg, "typ": "JWT" }), "")).await.is(AGAIN);
        }
    }),
    attack!("another algorithm with the same secret (HS512)", "asked for again; nothing is done", |stage| {
        forged(&stage, &Header::new(Algorithm::HS512), json!({})).await.is(AGAIN);
    }),
    attack!("RS256 said, signed by HMAC with a public key", "asked for again; nothing is done", |stage| {
        webhook(&stage, &by_hand(&json!({ "alg": "RS256" }), "AAAA")).await.is(AGAIN);
    }),
    attack!("a key in the token's own header (jwk, jku, x5u)", "asked for again; nothing is fetched", |stage| {
        let key = json!({ "kty": "oct", "k": "AAAA" });
        for more in
            [json!({ "jwk": key }), json!({ "jku": "http://127.0.0.1:1/" }), json!({ "x5u": "http://127.0.0.1:1/" })]
        {
            let mut header = json!({ "alg": "HS256" });
            header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            webhook(&stage, &by_hand(&header, "AAAA")).await.is(AGAIN);
        }
    }),
    attack!("a demand that nobody understands (crit)", "asked for again; nothing is done", |stage| {
        webhook(&stage, &by_hand(&json!({ "alg": "HS256", "crit": ["x"], "x": 1 }), "AAAA")).await.is(AGAIN);
    }),
    attack!("a token of last week", "asked for again; nothing is done", |stage| {
        let old = jiff::Timestamp::now().as_second() - 7 * 86_400;
        forged(&stage, &Header::new(Algorithm::HS256), json!({ "iat": old })).await.is(AGAIN);
    }),
    attack!("a token of next year", "asked for again; nothing is done", |stage| {
        let late = jiff::Timestamp::now().as_second() + 365 * 86_400;
        forged(&stage, &Header::new(Algorithm::HS256), json!({ "iat": late })).await.is(AGAIN);
    }),
    attack!("a token without a time", "asked for again; nothing is done", |stage| {
        forged(&stage, &Header::new(Algorithm::HS256), json!({ "iat": null })).await.is(AGAIN);
    }),
    attack!("a webhook that somebody recorded, sent again", "acknowledged, and without effect", |stage| {
        let body = r#"{"channel":"whatsapp","message_uuid":"recorded","to":"6590888888","from":"6531290044",
            "status":"read","timestamp":"2026-11-04T09:14:06Z"}"#;
        let again = request(STATUS, &format!("Authorization: Bearer {}\r\n", signed(ACCOUNT.1, body.as_bytes())), body);
        let waiting = r#"switchboard_statuses_looked_for{tenant="acme"}"#;
        stage.says(&again).await.is(&[200]);
        let before = stage.metric(waiting).await;
        for _ in 0..20 {
            stage.says(&again).await.is(&[200]);
        }
        assert!(before >= 1.0 && stage.metric(waiting).await <= before, "it is kept once");
    }),
    attack!("the id of a token that was taken (jti), with another body", "asked for again; nothing is done", |stage| {
        let id = format!("{:032x}", rand::random::<u128>());
        let good = |body: &str| {
            let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
            let claims = claims(&json!({ "jti": id, "payload_hash": hash }));
            let token =
                encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(ACCOUNT.1.as_bytes()));
            request(STATUS, &format!("Authorization: Bearer {}\r\n", token.unwrap()), body)
        };
        stage.says(good(r#"{"channel":"sms"}"#)).await.is(&[200]);
        stage.says(good(r#"{"channel":"mms"}"#)).await.is(AGAIN);
        stage.says(good(r#"{"channel":"sms"}"#)).await.is(&[200]);
    }),
    attack!("a token of ten thousand parts, or of 30 KiB", "asked for again, or 431", |stage| {
        webhook(&stage, &".".repeat(10_000)).await.is(AGAIN);
        webhook(&stage, &"e".repeat(30 << 10)).await.is(&[431, 503]);
    }),
    attack!(
        "a webhook without end, badly signed",
        "after 100 in a minute told to come later, in one line of the log; a good one is taken",
        |stage| {
            let source = stage.source();
            let bad = signed("another-signature-secret-of-32-bytes", BODY.as_bytes());
            let bad = String::from_utf8(request(STATUS, &format!("Authorization: Bearer {bad}\r\n"), BODY)).unwrap();
            let statuses = many(&stage, source, bad.as_bytes(), 500).await;
            assert!(statuses.iter().all(|status| *status == 503), "the provider's word for \"later\": {statuses:?}");
            stage.noted(source).await;
            let good = r#"{"channel":"sms"}"#;
            let token = format!("Authorization: Bearer {}\r\n", signed(ACCOUNT.1, good.as_bytes()));
            stage.says_from(source, request(STATUS, &token, good)).await.is(&[200]);
        }
    ),
];
