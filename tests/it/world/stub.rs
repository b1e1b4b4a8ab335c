//! A party that answers as scripted, for the few answers that the simulators cannot be made to give.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// One scripted answer.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Value,
}

impl Scripted {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
    pub(crate) raw: Bytes,
}

#[derive(Default)]
struct Scene {
    script: VecDeque<Scripted>,
    asked: Vec<Asked>,
}

/// The party: answers in the script's order, its last answer for ever.
pub(crate) struct Stub {
    pub(crate) url: String,
    scene: Arc<Mutex<Scene>>,
}

impl Stub {
    pub(crate) async fn start(script: Vec<Scripted>) -> Self {
        let scene = Arc::new(Mutex::new(Scene { script: script.into(), asked: Vec::new() }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, Arc::clone(&scene)));
        Self { url, scene }
    }

    /// What came so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }
}

async fn serve(listener: TcpListener, scene: Arc<Mutex<Scene>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let scene = Arc::clone(&scene);
        let service = service_fn(move |request: http::Request<Incoming>| {
            let scene = Arc::clone(&scene);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                let value = serde_json::from_slice(&body).unwrap_or_default();
                let asked = Asked { path: head.uri.path().to_owned(), headers: head.headers, body: value, raw: body };
                Ok::<_, Infallible>(play(&scene, asked))
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn play(scene: &Mutex<Scene>, asked: Asked) -> http::Response<Full<Bytes>> {
    let mut scene = scene.lock().unwrap_or_else(PoisonError::into_inner);
    scene.asked.push(asked);
    let scripted = if scene.script.len() > 1 { scene.script.pop_front() } else { scene.script.front().cloned() };
    let scripted = scripted.expect("a script has an answer");
    let answer = http::Response::builder().status(scripted.status).header("content-type", "application/json");
    let answer = scripted.headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, *value));
    answer.body(Full::new(scripted.body.to_string().into())).unwrap()
}
