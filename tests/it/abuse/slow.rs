//! Callers who begin and do not come to an end.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::stage::{Came, one, rest};
use super::{Attack, attack};

const HEAD: &[u8] = b"POST /webhooks/send HTTP/1.1\r\nHost: gateway.example\r\n";

/// Writes a little at a time until nobody listens any more, and takes what comes.
pub(super) async fn drip(stream: TcpStream, first: &[u8], drop: &'static [u8]) -> Came {
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(first).await.unwrap();
    let dripping = tokio::spawn(async move {
        while writer.write_all(drop).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    });
    let mut seen = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut seen).await;
    dripping.abort();
    Came(String::from_utf8_lossy(&seen).into_owned())
}

/// A connection that has been used, and stays open.
async fn used(stage: &super::Stage) -> TcpStream {
    let mut stream = stage.connect().await;
    stream.write_all(b"GET /_/health HTTP/1.1\r\nHost: gateway.example\r\n\r\n").await.unwrap();
    one(&mut stream).await.is(&[200]);
    stream
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("a connection that says nothing", "cut after `head`", |stage| {
        rest(&mut stage.connect().await).await.is_cut();
    }),
    attack!("a request line that stops", "cut after `head`", |stage| stage.says("POST /webh").await.is_cut()),
    attack!("headers that stop", "cut after `head`", |stage| stage.says(HEAD).await.is_cut()),
    attack!("a head a byte at a time (slow-loris)", "cut after `head`, however much comes", |stage| {
        drip(stage.connect().await, HEAD, b"x").await.is_cut();
    }),
    attack!("a head a header at a time", "cut after `head`", |stage| {
        drip(stage.connect().await, HEAD, b"a: b\r\n").await.is_cut();
    }),
    attack!("a slow head on a connection that was good before", "cut after `head`", |stage| {
        drip(used(&stage).await, b"POST /", b"x").await.is_cut();
    }),
    attack!("a body that stops", "408 after `body`", |stage| {
        stage.says(stage.post("Content-Length: 1000\r\n", "{")).await.is(&[408]);
    }),
    attack!("a body a byte at a time", "408 after `body`, however much comes", |stage| {
        let head = stage.post("Content-Length: 100000\r\n", "{");
        drip(stage.connect().await, &head, b" ").await.is(&[408]);
    }),
    attack!("chunks a byte at a time", "408 after `body`", |stage| {
        let head = stage.post("Transfer-Encoding: chunked\r\n", "");
        drip(stage.connect().await, &head, b"1\r\n \r\n").await.is(&[408]);
    }),
    attack!("a chunk whose size never ends", "400 or 408", |stage| {
        let head = stage.post("Transfer-Encoding: chunked\r\n", "");
        drip(stage.connect().await, &head, b"0").await.is(&[400, 408]);
    }),
    attack!("chunk extensions that never end", "400 or 408", |stage| {
        let head = stage.post("Transfer-Encoding: chunked\r\n", "1;");
        drip(stage.connect().await, &head, b"aaaaaaaa").await.is(&[400, 408]);
    }),
    attack!("a body that is asked for (`Expect`) and never comes", "408 after `body`", |stage| {
        stage.says(stage.post("Expect: 100-continue\r\nContent-Length: 10\r\n", "")).await.is(&[408]);
    }),
    attack!("a connection kept without a request", "closed after `idle`", |stage| {
        let mut stream = used(&stage).await;
        rest(&mut stream).await.is_cut();
    }),
    attack!("a caller who hangs up in the middle of a body", "nothing is left of it", |stage| {
        let mut stream = stage.connect().await;
        stream.write_all(&stage.post("Content-Length: 1000\r\n", "{")).await.unwrap();
        stream.set_zero_linger().unwrap();
    }),
    attack!("a caller who ends the body early", "400", |stage| {
        let mut stream = stage.connect().await;
        stream.write_all(&stage.post("Content-Length: 1000\r\n", "{")).await.unwrap();
        stream.shutdown().await.unwrap();
        rest(&mut stream).await.is_cut_or(&[400]);
    }),
];
