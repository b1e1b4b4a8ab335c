//! The small HTTP/1.1 server both simulators stand on: one handler for all requests, on loopback only.
//!
//! A handler that returns nothing hangs up after reading, which is how a lost answer looks to the caller.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::SimError;

/// More than any contract allows; a caller that sends more is cut off.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// How long requests under way may take when the simulator stops.
const STOP_WITHIN: Duration = Duration::from_secs(2);

pub(super) type Answer = Response<Full<Bytes>>;

/// One request, read to its end.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// A header as text; absent and unreadable are the same.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parts of the path between slashes.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// Where the caller believes to be talking to: links in answers are built from it.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.header(HOST.as_str()).unwrap_or("127.0.0.1"))
    }
}

/// A listening server; [`Server::stop`] ends it, dropping it leaves it to the runtime.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on a loopback port (0: any free one) and gives every request to `handle`.
    pub(super) async fn start<H, F>(port: u16, handle: H) -> Result<Self, SimError>
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Option<Answer>> + Send + 'static,
    {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = bound.map_err(|source| SimError::Bind { port, source })?;
        let address = listener.local_addr().map_err(|source| SimError::Bind { port, source })?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, handle, stopped));
        Ok(Self { address, stop, accepting })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting and waits, not for long, for the requests under way.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        drop(self.accepting.await);
    }
}

async fn accept<H, F>(listener: TcpListener, handle: H, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Answer>> + Send + 'static,
{
    let open = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = listener.accept() => accepted,
        };
        match stream {
            Ok((stream, _)) => serve(stream, handle.clone(), &open),
            // Out of file descriptors, most likely: give the open connections time to go.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop(listener);
    drop(tokio::time::timeout(STOP_WITHIN, open.shutdown()).await);
}

fn serve<H, F>(stream: TcpStream, handle: H, open: &GracefulShutdown)
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Answer>> + Send + 'static,
{
    // Without it the second small packet of an answer waits for the peer's delayed acknowledgement.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| {
        let handle = handle.clone();
        async move {
            let Ok(request) = read(request).await else { return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE)) };
            handle(request).await.ok_or(HungUp)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60))
        .serve_connection(TokioIo::new(stream), service);
    let connection = open.watch(connection);
    tokio::spawn(async move { drop(connection.await) });
}

async fn read(request: http::Request<Incoming>) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await?.to_bytes();
    let query = head.uri.query().unwrap_or_default();
    Ok(Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: head.headers,
        body,
    })
}

/// Told to the server's library instead of an answer: it closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &Value) -> Answer {
    typed(status, "application/json", body)
}

/// An answer with a JSON body under another media type.
pub(super) fn typed(status: StatusCode, media_type: &'static str, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// A client as the simulated parties use it: one pool for all calls, no proxy, no redirects, no repeats of its own.
pub(super) fn client(connect: Duration, answer: Duration) -> Result<reqwest::Client, SimError> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(connect)
        .timeout(answer)
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .build()?;
    Ok(client)
}

/// The body of any serialisable value; journals and summaries always are.
pub(super) fn shown<T: serde::Serialize>(value: &T) -> Answer {
    match serde_json::to_value(value) {
        Ok(value) => json(StatusCode::OK, &value),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start() -> Server {
        Server::start(0, |request: Request| async move {
            match request.path.as_str() {
                "/silent" => None,
                _ => Some(json(
                    StatusCode::OK,
                    &serde_json::json!({"q": request.parameter("q"), "n": request.body.len()}),
                )),
            }
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn requests_are_answered_or_hung_up_on() {
        let server = start().await;
        let client = client(Duration::from_secs(1), Duration::from_secs(2)).unwrap();
        let url = server.url();
        let answer = client.post(format!("{url}/x?q=a%20b")).body("four").send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), r#"{"n":4,"q":"a b"}"#);
        assert!(client.get(format!("{url}/silent")).send().await.is_err());
        let large = client.post(format!("{url}/x")).body(vec![b' '; BODY_LIMIT + 1]).send().await;
        assert!(large.map_or(true, |answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE));
        server.stop().await;
        assert!(client.get(url).send().await.is_err());
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error() {
        let server = start().await;
        let second = Server::start(server.address().port(), |_| async { None }).await;
        assert!(matches!(second, Err(SimError::Bind { .. })));
    }
}
