//! The provider: takes every send, gives each an id, and counts; and where the platform is told what became of them, which
//! is counted too. Lean, so that little of the machine goes here.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
/// Who got them and what they call themselves, a line for each, in the order of their ids; from a number on.
pub(super) const TAKEN: &str = "/taken/";
/// How many reports were taken.
pub(super) const REPORTED: &str = "/reported";
/// Where reports go.
pub(super) const REPORTS: &str = "/reports";

/// What was taken.
#[derive(Default)]
struct Taken {
    sends: Mutex<Vec<Box<str>>>,
    reports: AtomicU64,
}

/// The id of the send that was taken with that number.
pub(super) fn provider_id(number: impl std::fmt::LowerHex) -> String {
    format!("aaaaaaaa-bbbb-4ccc-8ddd-{number:012x}")
}

pub(super) async fn run(listener: TcpListener) -> Result<(), Trouble> {
    let taken = Arc::<Taken>::default();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let taken = taken.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &taken));
            // A caller that goes away is no trouble of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, taken: &Taken) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET {
        return Ok(json(200, taken.told(&path)));
    }
    let Ok(body) = request.into_body().collect().await else { return Ok(json(400, String::new())) };
    if path == REPORTS {
        taken.reports.fetch_add(1, Ordering::Relaxed);
        return Ok(json(200, String::new()));
    }
    let number = taken.send(&body.to_bytes());
    Ok(json(202, format!(r#"{{"message_uuid":"{}"}}"#, provider_id(number))))
}

impl Taken {
    fn send(&self, body: &[u8]) -> usize {
        let text = std::str::from_utf8(body).unwrap_or_default();
        // Without a parser: the gateway and the references write these members without spaces.
        let member =
            |name: &str| text.split_once(name).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value);
        let line = [member(r#""to":""#), member(r#""client_ref":""#)].map(Option::unwrap_or_default).join(" ");
        let mut sends = self.sends.lock().unwrap_or_else(PoisonError::into_inner);
        sends.push(line.into());
        sends.len() - 1
    }

    fn told(&self, path: &str) -> String {
        let sends = self.sends.lock().unwrap_or_else(PoisonError::into_inner);
        match path.strip_prefix(TAKEN).map(str::parse::<usize>) {
            Some(Ok(first)) => sends.get(first..).unwrap_or_default().join("\n"),
            _ if path == COUNT => sends.len().to_string(),
            _ if path == REPORTED => self.reports.load(Ordering::Relaxed).to_string(),
            _ => TEMPLATES.to_owned(),
        }
    }
}

fn json(status: u16, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}
