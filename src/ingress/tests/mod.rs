//! The way in, from raw sockets on loopback: what a well-behaved caller gets, and what all others do.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;

mod pace;
mod requests;

/// No test takes as long; it only keeps a broken one from hanging.
const HANG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Echo {
    begun: Notify,
    go_on: Notify,
    finished: AtomicUsize,
}

const LIMIT: usize = 100_000;

impl Handler for Echo {
    fn limit(&self, method: &str, path: &str) -> Route {
        match (method, path) {
            (_, "/any") | ("GET" | "POST", "/echo" | "/a%20b") | ("POST", "/slow" | "/large") => Route::Takes(LIMIT),
            (_, "/echo" | "/slow" | "/large") => Route::WrongMethod,
            _ => Route::Unknown,
        }
    }

    fn handle(&self, request: Incoming) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            if request.path == "/slow" {
                self.begun.notify_one();
                self.go_on.notified().await;
                self.finished.fetch_add(1, Ordering::SeqCst);
            }
            let body = match (request.path.as_str(), request.body.is_empty()) {
                ("/large", _) => vec![b'x'; 64 << 20].into(),
                (_, true) => format!("{} {}?{} {:?}", request.method, request.path, request.query, request.peer).into(),
                (_, false) => request.body,
            };
            let headers = [("X-Test", "yes"), ("Content-Length", "3"), ("bad name", "1"), ("x-bad", "a\nb")];
            Reply { http: 200, headers: headers.map(|(name, value)| (name.into(), value.into())).into(), body }
        })
    }

    fn refuse(&self, request: Incoming, refusal: Refusal) -> BoxFuture<'_, Reply> {
        assert!(request.body.is_empty());
        let body = format!("{}: {}", refusal.reason, refusal.text.unwrap_or_default());
        Box::pin(async move { Reply { http: 422, headers: Vec::new(), body: body.into() } })
    }
}

struct Server {
    address: SocketAddr,
    echo: Arc<Echo>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

async fn server(change: impl FnOnce(&mut Options)) -> Server {
    let mut options = Options::default();
    change(&mut options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, echo) = (listener.local_addr().unwrap(), Arc::new(Echo::default()));
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let handler = Arc::clone(&echo);
    let served = tokio::spawn(async move { serve(listener, handler, options, shutdown, SHORT * 5).await });
    Server { address, echo, stop: Some(stop), served }
}

async fn guarded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, work).await.expect("hangs")
}

impl Server {
    async fn connect(&self) -> TcpStream {
        guarded(TcpStream::connect(self.address)).await.unwrap()
    }

    /// Writes all at once, and reads until the server closes.
    async fn ask(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_ref()).await.unwrap();
        rest(&mut stream).await
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

/// All that still comes; a reset ends it like a close.
async fn rest(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let _ = guarded(stream.read_to_end(&mut seen)).await;
    String::from_utf8_lossy(&seen).into_owned()
}

/// One answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
            if body.len() >= length.parse().unwrap() {
                return text;
            }
        }
        let mut buffer = [0; 4096];
        match guarded(stream.read(&mut buffer)).await.unwrap() {
            0 => return text,
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
}

fn post(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = if headers.contains("Transfer-Encoding") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::bufread::GzEncoder::new(content, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

#[track_caller]
fn check(answer: &str, status: &str, part: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    assert!(answer.contains(part), "{answer}");
}
