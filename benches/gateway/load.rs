//! A party that calls: a fixed number of requests over kept connections, each connection with one under way.

use std::net::SocketAddr;
use std::ops::Range;
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

use crate::mapping::Trouble;

/// Connections at once, where nothing else is said.
pub(super) const CONNECTIONS: usize = 64;

/// What is asked, and which answers are good.
pub(super) trait Requests: Send + Sync + 'static {
    fn request(&self, target: SocketAddr, number: u32) -> Result<Request<Full<Bytes>>, Trouble>;
    fn is_good(&self, status: StatusCode, body: &[u8]) -> bool;
}

/// What came of it.
pub(super) struct Fired {
    pub(super) took: Duration,
    /// From request to answer, shortest first.
    pub(super) waits: Vec<Duration>,
}

/// Makes the requests of these numbers; every one must get a good answer. Connections take turns at the targets.
pub(super) async fn fire(
    targets: &[SocketAddr],
    connections: usize,
    requests: &Arc<dyn Requests>,
    numbers: Range<u32>,
) -> Result<Fired, Trouble> {
    let (begun, next) = (Instant::now(), Arc::new(AtomicU32::new(numbers.start)));
    let mut callers = JoinSet::new();
    for target in targets.iter().cycle().take(connections) {
        callers.spawn(caller(*target, requests.clone(), next.clone(), numbers.end));
    }
    let mut waits = Vec::new();
    while let Some(ended) = callers.join_next().await {
        waits.extend(ended??);
    }
    let took = begun.elapsed();
    waits.sort_unstable();
    Ok(Fired { took, waits })
}

async fn caller(
    target: SocketAddr,
    requests: Arc<dyn Requests>,
    next: Arc<AtomicU32>,
    last: u32,
) -> Result<Vec<Duration>, Trouble> {
    let mut sender = connect(target).await?;
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= last {
            return Ok(waits);
        }
        let request = requests.request(target, number)?;
        let begun = Instant::now();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        waits.push(begun.elapsed());
        if !requests.is_good(status, &body) {
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

/// One small GET, for the sink's counts.
pub(super) async fn get(target: SocketAddr, path: &str) -> Result<String, Trouble> {
    let mut sender = connect(target).await?;
    let request = Request::get(path).header("host", target.to_string()).body(Full::new(Bytes::new()))?;
    let answer = sender.send_request(request).await?;
    Ok(String::from_utf8(answer.into_body().collect().await?.to_bytes().into())?)
}
