//! Two meanings of where a request ends: what one reader takes for a body, another takes for the next request. The
//! request within is a good one of acme's each time; none of them may come in.

use tokio::io::AsyncWriteExt;

use super::stage::{Came, Stage, one, rest};
use super::{Attack, attack};

/// A request framed by these headers, whose body holds a good one.
fn hiding(stage: &Stage, framing: &str, before: &str) -> Vec<u8> {
    let hidden = stage.good("smuggled", 900_001);
    let head = stage.post(&format!("{framing}\r\n"), before);
    // The connection stays open, for whatever would be read as the next.
    let head = String::from_utf8(head).unwrap().replace("Connection: close\r\n", "");
    [head.as_bytes(), &hidden].concat()
}

async fn framed(stage: &Stage, framing: &str, before: &str) -> Came {
    stage.says(hiding(stage, framing, before)).await
}

async fn chunked(stage: &Stage, chunks: impl AsRef<[u8]>) -> Came {
    stage.says(stage.post("Transfer-Encoding: chunked\r\n", chunks)).await
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("Content-Length, then Transfer-Encoding", "read by its chunks; closed after one answer", |stage| {
        framed(&stage, "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("Transfer-Encoding, then Content-Length", "read by its chunks; closed after one answer", |stage| {
        framed(&stage, "Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("two Content-Lengths that differ", "400", |stage| {
        framed(&stage, "Content-Length: 2\r\nContent-Length: 3", "{}").await.is(&[400]);
    }),
    attack!("two Content-Lengths in one header", "400", |stage| {
        framed(&stage, "Content-Length: 2, 3", "{}").await.is(&[400]);
    }),
    attack!("a Content-Length with a sign", "400", |stage| framed(&stage, "Content-Length: +2", "{}").await.is(&[400])),
    attack!("a negative Content-Length", "400", |stage| framed(&stage, "Content-Length: -2", "{}").await.is(&[400])),
    attack!("a Content-Length in hexadecimal", "400", |stage| framed(&stage, "Content-Length: 0x2", "{}")
        .await
        .is(&[400])),
    attack!("a Content-Length beyond 64 bits", "400", |stage| {
        framed(&stage, "Content-Length: 18446744073709551618", "{}").await.is(&[400]);
    }),
    attack!("a Content-Length with an underscore", "400", |stage| framed(&stage, "Content-Length: 0_2", "{}")
        .await
        .is(&[400])),
    attack!("Transfer-Encoding: identity", "400", |stage| framed(&stage, "Transfer-Encoding: identity", "{}")
        .await
        .is(&[400])),
    attack!("a coding after chunked", "400", |stage| {
        framed(&stage, "Transfer-Encoding: chunked, identity", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("a coding that only looks like chunked", "400", |stage| {
        framed(&stage, "Transfer-Encoding: xchunked", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("chunked after a vertical tab", "400", |stage| {
        framed(&stage, "Transfer-Encoding: \u{b}chunked", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("Transfer-Encoding with a space before the colon", "400", |stage| {
        framed(&stage, "Transfer-Encoding : chunked", "0\r\n\r\n").await.is(&[400]);
    }),
    attack!("Transfer-Encoding in HTTP/1.0", "400", |stage| {
        let request = String::from_utf8(hiding(&stage, "Transfer-Encoding: chunked", "0\r\n\r\n")).unwrap();
        stage.says(request.replacen("HTTP/1.1", "HTTP/1.0", 1)).await.is(&[400]);
    }),
    attack!("lines that end without CR", "read as one head, or 400", |stage| {
        let request = String::from_utf8(stage.post("A: B\r\n", "{}")).unwrap().replace("\r\n", "\n");
        stage.says(request).await.is(&[400]);
    }),
    attack!("a CR within a header", "400", |stage| {
        stage.says(stage.post("A: b\rTransfer-Encoding: chunked\r\n", "{}")).await.is(&[400]);
    }),
    attack!("a chunk's size with 0x", "400", |stage| chunked(&stage, "0x2\r\n{}\r\n0\r\n\r\n").await.is(&[400])),
    attack!("a chunk's size with a sign", "400", |stage| chunked(&stage, "+2\r\n{}\r\n0\r\n\r\n").await.is(&[400])),
    attack!("a chunk's size beyond 64 bits", "400", |stage| {
        chunked(&stage, "fffffffffffffffff\r\n{}\r\n0\r\n\r\n").await.is(&[400]);
    }),
    attack!("a chunk's size that ends without CR", "400", |stage| chunked(&stage, "2\n{}\n0\n\n").await.is(&[400])),
    attack!("a chunk longer than it says", "400", |stage| chunked(&stage, "2\r\n{}{}\r\n0\r\n\r\n").await.is(&[400])),
    attack!("a chunk's extension without CR", "400", |stage| chunked(&stage, "2;a\n{}\r\n0\r\n\r\n").await.is(&[400])),
    attack!("64 KiB of chunk extensions", "400", |stage| {
        let extension = "a".repeat(1 << 16);
        chunked(&stage, format!("2;{extension}\r\n{{}}\r\n0\r\n\r\n")).await.is(&[400]);
    }),
    attack!("a million empty chunk extensions", "400 or refused as too long", |stage| {
        chunked(&stage, format!("{}0\r\n\r\n", "1;a=b\r\n \r\n".repeat(100_000))).await.is_cut_or(&[400, 413]);
    }),
    attack!("ten thousand trailers", "400", |stage| {
        chunked(&stage, format!("2\r\n{{}}\r\n0\r\n{}\r\n", "a: b\r\n".repeat(10_000))).await.is_cut_or(&[400]);
    }),
    attack!("a trailer that would be a header", "of no effect", |stage| {
        let proof = Stage::proof(stage.acme());
        let body = format!("2\r\n{{}}\r\n0\r\n{proof}\r\n");
        let request = super::stage::request("/webhooks/send", "Transfer-Encoding: chunked\r\n", body);
        stage.says(request).await.is(&[401]);
    }),
    attack!("noise behind a whole request", "400, and closed", |stage| {
        let mut stream = stage.connect().await;
        stream.write_all(b"GET /_/health HTTP/1.1\r\nHost: gateway.example\r\n\r\n").await.unwrap();
        one(&mut stream).await.is(&[200]);
        stream.write_all(b"{}\r\n\r\n").await.unwrap();
        rest(&mut stream).await.is_cut_or(&[400]);
    }),
    attack!("a good request behind a body that is too long", "closed: nothing behind it is read", |stage| {
        let long = " ".repeat(3 << 20);
        let request = String::from_utf8(stage.post("", long)).unwrap().replace("Connection: close\r\n", "");
        let came = stage.says([request.as_bytes(), &stage.good("smuggled", 900_001)].concat()).await;
        came.is_cut_or(&[413]);
    }),
];
