//! One connection: its limits, the warp filter that serves it, and its way from open to drained or cut.

use std::sync::Arc;

use futures_util::future::{Either, Ready, ready};
use http::header::HOST;
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::edge::{Edge, Link};
use super::head::Head;
use super::paced::Paced;
use super::tls::Tls;
use super::{reply, request};

/// Where the server stands; only ever forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// New requests are taken.
    Open,
    /// What is in flight is finished, nothing new is begun.
    Draining,
    /// The end of patience.
    Cut,
}

/// Serves a connection until it ends, is idle while the server drains or somebody else needs its place, or is cut.
pub(super) async fn run(stream: TcpStream, link: Arc<Link>, edge: Arc<Edge>, phase: watch::Receiver<Phase>) {
    link.serving.wait();
    if stream.set_nodelay(true).is_err() {
        // Gone before it began.
        return;
    }
    let Some(tls) = &edge.options.tls else { return serve(stream, link, edge, phase).await };
    if let Some(stream) = shake_hands(tls, stream, &link, &edge, phase.clone()).await {
        serve(stream, link, edge, phase).await;
    }
}

/// TLS, in the time of a head; `None` where the caller cannot or will not, or while somebody else needs the place.
async fn shake_hands(
    tls: &Tls,
    stream: TcpStream,
    link: &Link,
    edge: &Edge,
    mut phase: watch::Receiver<Phase>,
) -> Option<TlsStream<TcpStream>> {
    tokio::select! {
        shaken = timeout(edge.options.header_timeout, tls.acceptor().accept(stream)) => match shaken.ok()? {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::debug!(%error, "no TLS");
                None
            }
        },
        () = link.serving.told_to_leave() => None,
        // Nothing was begun.
        _ = phase.wait_for(|phase| *phase != Phase::Open) => None,
    }
}

async fn serve<S>(stream: S, link: Arc<Link>, edge: Arc<Edge>, mut phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let serving = Arc::clone(&link.serving);
    let io = Paced::new(stream, Arc::clone(&serving), edge.options.header_timeout, edge.options.write_timeout);
    let warp = TowerToHyperService::new(warp::service(everything(Arc::clone(&edge), link)));
    let headers = edge.options.headers;
    let service = service_fn(move |request| fit_for_warp(&warp, request, headers));
    let mut served = std::pin::pin!(edge.http.serve_connection(TokioIo::new(io), service));
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = serving.told_to_leave() => {
                // It may have begun something since.
                if serving.idle().is_some() {
                    return;
                }
                serving.stay();
            }
            changed = phase.changed() => {
                let now = *phase.borrow_and_update();
                match now {
                    // The server is gone without a word: so are its connections.
                    _ if changed.is_err() => return,
                    Phase::Open => {}
                    Phase::Draining => served.as_mut().graceful_shutdown(),
                    Phase::Cut => return,
                }
            }
        }
    }
}

/// Keeps targets without a path (`x:443`, as CONNECT has it) from warp, whose path filters panic over them; and heads
/// that name no host or several, which a proxy before us may have read in another way (RFC 9112, 3.2).
fn fit_for_warp<S>(
    warp: &S,
    request: Request<Incoming>,
    headers: &'static [(&'static str, &'static str)],
) -> Either<Ready<Result<Response, S::Error>>, S::Future>
where
    S: Service<Request<Incoming>, Response = Response>,
{
    let hosts = request.headers().get_all(HOST).iter().count();
    let one_host = hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11);
    if request.uri().path_and_query().is_some() && one_host {
        Either::Right(warp.call(request))
    } else {
        let response = reply::and_close(reply::plain(StatusCode::BAD_REQUEST));
        Either::Left(ready(Ok(reply::with(response, headers))))
    }
}

/// The one filter. Which routes there are, the mappings say; a chain of filters could not be made from them.
fn everything(edge: Arc<Edge>, link: Arc<Link>) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(move |method, path, query, headers, body| {
            let (edge, link) = (Arc::clone(&edge), Arc::clone(&link));
            async move {
                link.serving.begin();
                let response = request::answer(&edge, &link, Head { method, path, query, headers }, body).await;
                link.serving.end();
                reply::with(response, edge.options.headers)
            }
        })
}
