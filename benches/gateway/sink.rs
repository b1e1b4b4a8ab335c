//! The provider: takes every send, gives each an id, and counts. Lean, so that little of the machine goes here.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::mapping::Trouble;

/// What the synced template is.
pub(super) const TEMPLATES: &str = include_str!("../samples/templates.json");
/// How many were taken.
pub(super) const COUNT: &str = "/count";

pub(super) async fn run(listener: TcpListener) -> Result<(), Trouble> {
    let count = Arc::new(AtomicU64::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let count = count.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &count));
            // A caller that goes away is no trouble of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, count: &AtomicU64) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        let counted = request.uri().path() == COUNT;
        let body = if counted { count.load(Ordering::Relaxed).to_string() } else { TEMPLATES.to_owned() };
        return Ok(json(200, body));
    }
    if request.into_body().collect().await.is_err() {
        return Ok(json(400, String::new()));
    }
    let number = count.fetch_add(1, Ordering::Relaxed);
    Ok(json(202, format!(r#"{{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-{number:012x}"}}"#)))
}

fn json(status: u16, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}
