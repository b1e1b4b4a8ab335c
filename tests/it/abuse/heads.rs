//! Heads of requests that are too much, or none.

use super::stage::Stage;
use super::{Attack, attack};

/// GET of the health with more headers.
fn with(headers: &[u8]) -> Vec<u8> {
    [b"GET /_/health HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n", headers, b"\r\n"].concat()
}

fn line(line: &str) -> String {
    format!("{line}\r\nHost: gateway.example\r\nConnection: close\r\n\r\n")
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("more headers than 64", "431", |stage| {
        let headers = format!("{}{}", Stage::proof(stage.acme()), "a: b\r\n".repeat(64));
        stage.says(super::stage::request("/webhooks/send", &headers, "{}")).await.is(&[431]);
    }),
    attack!("ten thousand headers", "431", |stage| {
        stage.says(with("a: b\r\n".repeat(10_000).as_bytes())).await.is_cut_or(&[431]);
    }),
    attack!("a header of 1 MiB", "431", |stage| {
        stage.says(with(format!("a: {}\r\n", "b".repeat(1 << 20)).as_bytes())).await.is_cut_or(&[431]);
    }),
    attack!("a header's name of 64 KiB", "431", |stage| {
        stage.says(with(format!("{}: b\r\n", "a".repeat(1 << 16)).as_bytes())).await.is_cut_or(&[431, 400]);
    }),
    attack!("a request line of 1 MiB", "414 or 431", |stage| {
        let path = format!("GET /{} HTTP/1.1", "a".repeat(1 << 20));
        stage.says(line(&path)).await.is_cut_or(&[414, 431]);
    }),
    attack!("a method of 64 KiB", "400 or 431", |stage| {
        stage.says(line(&format!("{} / HTTP/1.1", "A".repeat(1 << 16)))).await.is_cut_or(&[400, 431]);
    }),
    attack!("a query of ten thousand members", "answered: the members are read once", |stage| {
        let path = format!("/webhooks/send?{}", "key=&".repeat(6000));
        let proof = Stage::proof(stage.acme());
        stage.says(super::stage::request(&path, &proof, "{}")).await.is(&[400]);
    }),
    attack!("a credential ten thousand times in the query", "refused: several are none", |stage| {
        let path = format!("/formats/json?{}", "a=&key=x&".repeat(3000));
        stage.says(super::stage::request(&path, "", "{}")).await.is(&[400]);
    }),
    attack!("NUL in a header", "400", |stage| stage.says(with(b"a: b\0c\r\n")).await.is(&[400])),
    attack!("other bytes than ASCII in a header", "400", |stage| {
        let headers = [Stage::proof(stage.acme()).as_bytes(), b"a: caf\xc3\xa9\r\n"].concat();
        let request = String::from_utf8(super::stage::request("/webhooks/send", "A: B\r\n", "{}")).unwrap();
        let request = request.replace("A: B\r\n", std::str::from_utf8(&headers).unwrap());
        stage.says(request).await.is(&[400]);
    }),
    attack!("a header without a colon", "400", |stage| stage.says(with(b"nonsense\r\n")).await.is(&[400])),
    attack!("a header without a name", "400", |stage| stage.says(with(b": b\r\n")).await.is(&[400])),
    attack!("a space before the colon", "400", |stage| stage.says(with(b"a : b\r\n")).await.is(&[400])),
    attack!("a folded header (obs-fold)", "400", |stage| stage.says(with(b"a: b\r\n c\r\n")).await.is(&[400])),
    attack!("no Host", "400", |stage| stage.says("GET /_/health HTTP/1.1\r\n\r\n").await.is(&[400])),
    attack!("two Hosts", "400", |stage| stage.says(with(b"Host: other\r\n")).await.is(&[400])),
    attack!("HTTP/0.9", "400 or cut", |stage| stage.says("GET /_/health\r\n\r\n").await.is_cut_or(&[400])),
    attack!("HTTP/2 without asking", "400 or cut", |stage| {
        stage.says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.is_cut_or(&[400, 505]);
    }),
    attack!("a version that there is not", "400 or cut", |stage| {
        stage.says(line("GET /_/health HTTP/7.3")).await.is_cut_or(&[400, 505]);
    }),
    attack!("a TLS hello where there is no TLS", "400 or cut", |stage| {
        stage.says(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.is_cut_or(&[400]);
    }),
    attack!("noise", "400 or cut", |stage| {
        let noise: Vec<u8> = (0..100_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        stage.says(noise).await.is_cut_or(&[400, 431]);
    }),
    attack!("empty lines without end", "cut, or read on within the bounds of a head", |stage| {
        stage.says("\r\n".repeat(200_000)).await.is_cut_or(&[400, 431]);
    }),
    attack!("CONNECT, to be tunnelled", "400", |stage| stage
        .says(line("CONNECT 169.254.169.254:80 HTTP/1.1"))
        .await
        .is(&[400])),
    attack!("TRACE, to have headers echoed", "405", |stage| {
        let came = stage.says(line("TRACE /webhooks/send HTTP/1.1")).await;
        came.is(&[405]);
        assert!(!came.0.contains("TRACE"));
    }),
    attack!("an upgrade to WebSocket", "answered as HTTP/1.1", |stage| {
        let upgrade = b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        stage.says(with(upgrade)).await.is(&[200]);
    }),
    attack!("an upgrade to HTTP/2", "answered as HTTP/1.1", |stage| {
        stage
            .says(with(b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"))
            .await
            .is(&[200]);
    }),
];
