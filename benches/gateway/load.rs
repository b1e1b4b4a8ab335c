//! The platform: a fixed number of sends over kept connections, each with an id and a recipient of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::http::PATH;
use crate::mapping::{SEND, Trouble, shipped};

/// Connections at once, each with one request under way.
pub(super) const CONNECTIONS: usize = 64;

/// The id and the recipient in the body that stand for those of every message.
const ID: &str = "0c7e51d2-9b44-4a61-8f0e-000000000009";
const RECIPIENT: &str = "919820117744";

/// What came of it.
pub(super) struct Fired {
    pub(super) took: Duration,
    /// From request to answer, shortest first.
    pub(super) waits: Vec<Duration>,
}

/// Sends the messages numbered from `first` on; every one must be accepted.
pub(super) async fn fire(target: SocketAddr, first: u32, count: u32) -> Result<Fired, Trouble> {
    let (begun, next, last) = (Instant::now(), Arc::new(AtomicU32::new(first)), first + count);
    let mut callers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        callers.spawn(caller(target, next.clone(), last));
    }
    let mut waits = Vec::new();
    while let Some(ended) = callers.join_next().await {
        waits.extend(ended??);
    }
    let took = begun.elapsed();
    waits.sort_unstable();
    Ok(Fired { took, waits })
}

async fn caller(target: SocketAddr, next: Arc<AtomicU32>, last: u32) -> Result<Vec<Duration>, Trouble> {
    let mut sender = connect(target).await?;
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= last {
            return Ok(waits);
        }
        let request = request(target, number)?;
        let begun = Instant::now();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        waits.push(begun.elapsed());
        if status != StatusCode::OK || !body.starts_with(b"{\"status\":\"whatsapp_accepted\"") {
            return Err(format!("answered {status}: {}", String::from_utf8_lossy(&body)).into());
        }
    }
}

async fn connect(target: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Trouble> {
    let stream = TcpStream::connect(target).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // A connection that breaks shows in the next request.
    tokio::spawn(async move { connection.await.is_ok() });
    Ok(sender)
}

fn request(target: SocketAddr, number: u32) -> Result<Request<Full<Bytes>>, Trouble> {
    let (head, rest) = SEND.split_once(RECIPIENT).ok_or("no recipient in the body")?;
    let (middle, tail) = rest.split_once(ID).ok_or("no id in the body")?;
    let recipient = 919_820_000_000 + u64::from(number);
    let body = format!("{head}{recipient}{middle}{}{tail}", id(number));
    let request = Request::post(PATH)
        .header("host", target.to_string())
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", shipped::KEY));
    Ok(request.body(Full::new(Bytes::from(body)))?)
}

/// An id that no order shows in, as the platform's have none.
pub(super) fn id(number: u32) -> String {
    let (high, low) = (scattered(u64::from(number)), scattered(!u64::from(number)));
    format!("{:08x}-{:04x}-4a61-8f0e-{:012x}", high >> 32, high & 0xffff, low >> 16)
}

/// Another number for every number, without order.
const fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One small GET, for the sink's count.
pub(super) async fn get(target: SocketAddr, path: &str) -> Result<String, Trouble> {
    let mut sender = connect(target).await?;
    let request = Request::get(path).header("host", target.to_string()).body(Full::new(Bytes::new()))?;
    let answer = sender.send_request(request).await?;
    Ok(String::from_utf8(answer.into_body().collect().await?.to_bytes().into())?)
}
