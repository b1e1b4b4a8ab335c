//! TLS on the public listener: those who do not speak it, speak it badly, or never come to its end; and certificates that
//! change while connections are open.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::certificates::Pair;
use super::slow::drip;
use super::stage::{Came, Stage, exchange, request};
use super::{Attack, attack};
use crate::world::until_async;

const HTTP: &[u8] = b"http/1.1";

/// The beginning of a hello by TLS 1.1, with one cipher of its time.
fn old_hello() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat()
}

/// An alert, or nothing, but no answer in the clear.
fn is_no_tls(came: &Came) {
    assert!(came.0.is_empty() || !came.0.contains("HTTP/1"), "{}", came.0);
}

/// Asks for the health over TLS with trust in a certificate; nothing where that is not the one that is shown.
async fn asked(stage: &Stage, pair: &Pair) -> Option<Came> {
    let stream = pair.over(stage.tls().await, HTTP).await.ok()?;
    Some(over(stream, b"GET /_/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await)
}

async fn over(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, bytes: &[u8]) -> Came {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    let mut seen = Vec::new();
    let _ = stream.read_to_end(&mut seen).await;
    Came(String::from_utf8_lossy(&seen).into_owned())
}

/// Asks for the health over a connection that stays open.
async fn kept(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) {
    stream.write_all(b"GET /_/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"{\"status\":\"ok\"}") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "closed: {}", String::from_utf8_lossy(&seen));
    }
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("plain HTTP where TLS is spoken", "an alert, and closed", |stage| {
        is_no_tls(&exchange(stage.tls().await, &stage.good("plain", 900_005)).await);
    }),
    attack!("a handshake that never begins", "cut after `head`", |stage| {
        super::stage::rest(&mut stage.tls().await).await.is_cut();
    }),
    attack!("a handshake that stops", "cut after `head`", |stage| {
        exchange(stage.tls().await, &old_hello()[..20]).await.is_cut();
    }),
    attack!("a handshake a byte at a time", "cut after `head`, however much comes", |stage| {
        is_no_tls(&drip(stage.tls().await, &[22, 3, 1, 0x40, 0], b"\x01").await);
    }),
    attack!("noise where TLS is spoken", "an alert, and closed", |stage| {
        is_no_tls(&exchange(stage.tls().await, &[0x80; 20_000]).await);
    }),
    attack!("a record longer than there are", "an alert, and closed", |stage| {
        is_no_tls(&exchange(stage.tls().await, &[&[22, 3, 1, 255, 255][..], &[1; 70_000]].concat()).await);
    }),
    attack!("TLS 1.1", "an alert: 1.2 and 1.3 are spoken", |stage| {
        is_no_tls(&exchange(stage.tls().await, &old_hello()).await);
    }),
    attack!("HTTP/2 by ALPN", "an alert: HTTP/1.1 is spoken", |stage| {
        let refused = stage.certificate().over(stage.tls().await, b"h2").await;
        assert!(refused.is_err());
    }),
    attack!("a wrong password over TLS", "401, as without", |stage| {
        let stream = stage.certificate().over(stage.tls().await, HTTP).await.unwrap();
        over(stream, &request("/webhooks/send", &Stage::basic("x", "wrong"), "{}")).await.is(&[401]);
        let stream = stage.certificate().over(stage.tls().await, HTTP).await.unwrap();
        over(stream, &stage.post("", "{}")).await.is(&[400]);
    }),
    attack!("a slow head within TLS", "cut after `head`", |stage| {
        let stream = stage.certificate().over(stage.tls().await, HTTP).await.unwrap();
        is_no_tls(&over(stream, b"POST /webhooks").await);
    }),
    attack!("a request cut off by a reset within TLS", "nothing is left of it", |stage| {
        let mut stream = stage.certificate().over(stage.tls().await, HTTP).await.unwrap();
        stream.write_all(&stage.post("Content-Length: 1000\r\n", "{")).await.unwrap();
        stream.flush().await.unwrap();
        stream.get_ref().0.set_zero_linger().unwrap();
    }),
    attack!(
        "a certificate that changes under open connections",
        "the next connection sees it, the open ones go on",
        |stage| {
            let mut open = stage.certificate().over(stage.tls().await, HTTP).await.unwrap();
            // Used once: then it may be idle for long.
            kept(&mut open).await;
            let (old, new) = (stage.certificate(), Pair::new());
            // First one that does not fit its key, then nonsense: those of before go on.
            stage.show(&new.certificate_pem(), &old.key_pem());
            tokio::time::sleep(Duration::from_millis(1500)).await;
            asked(&stage, &old).await.expect("the certificate of before").is(&[200]);
            assert_eq!(stage.certificate_ends().await, Some(old.until));
            stage.show("nonsense", &new.key_pem());
            tokio::time::sleep(Duration::from_millis(1500)).await;
            asked(&stage, &old).await.expect("the certificate of before").is(&[200]);
            stage.show(&new.certificate_pem(), &new.key_pem());
            until_async("the new certificate is shown", async || asked(&stage, &new).await.is_some()).await;
            assert!(asked(&stage, &old).await.is_none(), "and the old one no more");
            assert_eq!(stage.certificate_ends().await, Some(new.until), "and the metric says when it ends");
            kept(&mut open).await;
            stage.show(&old.certificate_pem(), &old.key_pem());
            until_async("the old certificate is shown again", async || asked(&stage, &old).await.is_some()).await;
        }
    ),
];
