//! What the operator asks of a running gateway: is it alive, is it ready, how does everything stand; and what it is told
//! to do again.
//!
//! Answers as plain data: the listener, its limits and its connections are `ingress`, which `app` puts before it. What is
//! done, `flow` does. Start at [`Desk::answer`].

mod alarms;
mod api;
mod doctor;
mod metrics;
mod ready;
mod samples;
mod standing;
mod stands;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;

pub use alarms::{Alarm, Board, Change, Look, Notice, Told};
pub use api::{ADMIN, Bearer, Fault, Mask, ROUTES, Recounted, Route, Tokens, is_in, of_this_site, person};
pub use standing::Standing;
pub use stands::{Funnel, STANDS};

pub use crate::store::Role;

use crate::config::Alarms;
use crate::flow::Flow;
use crate::limits::{Failures, Traffic};
use crate::model::wire::{Incoming, Reply};
use crate::value::Timestamp;

/// What a probe of the store said is good for so long: those who ask are many, and each probe is a flush of the disk.
const PROBED: Duration = Duration::from_secs(1);

/// A store that does not answer within this takes no writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The operator's desk.
pub struct Desk {
    flow: Arc<Flow>,
    standing: ArcSwap<Standing>,
    probed: tokio::sync::Mutex<Option<(tokio::time::Instant, Result<(), String>)>>,
    tokens: ArcSwap<Tokens>,
    /// Held while they are read from the store, so that what is read first is not kept last.
    reading: tokio::sync::Mutex<()>,
    /// Tokens that were wrong.
    failures: Failures,
    recounted: ArcSwapOption<Recounted>,
    /// When the public listener's certificates end, where it has some.
    certified: ArcSwapOption<Timestamp>,
    /// When a letter was redriven last; held by whoever redrives.
    redriving: tokio::sync::Mutex<Option<tokio::time::Instant>>,
    /// Held while a sample is tried.
    trying: Arc<tokio::sync::Mutex<()>>,
    /// What samples are masked by.
    reading_files: samples::Reading,
    /// Whom alarms are told to.
    alarms_to: ArcSwapOption<Alarms>,
    /// What came of telling them.
    pub told: Told,
    /// The connections of the public listener and of the operator's own, counted there.
    pub traffic: [Arc<Traffic>; 2],
}

impl Desk {
    /// Of a gateway whose configuration stands so; whoever carries one of the tokens may ask what it is good for.
    #[must_use]
    pub fn new(flow: Arc<Flow>, standing: Standing, tokens: Tokens) -> Self {
        Self {
            flow,
            standing: ArcSwap::from_pointee(standing),
            probed: tokio::sync::Mutex::default(),
            tokens: ArcSwap::from_pointee(tokens),
            reading: tokio::sync::Mutex::default(),
            failures: Failures::default(),
            recounted: ArcSwapOption::empty(),
            certified: ArcSwapOption::empty(),
            redriving: tokio::sync::Mutex::default(),
            trying: Arc::default(),
            reading_files: samples::Reading::default(),
            alarms_to: ArcSwapOption::empty(),
            told: Told::default(),
            traffic: Default::default(),
        }
    }

    /// When the public listener's certificates end.
    pub fn certified(&self, until: Option<Timestamp>) {
        self.certified.store(until.map(Arc::new));
    }

    /// Whom alarms are told to from now on.
    pub fn tells(&self, alarms: Option<Alarms>) {
        self.alarms_to.store(alarms.map(Arc::new));
    }

    /// Whom alarms are told to.
    #[must_use]
    pub fn alarms_to(&self) -> Option<Arc<Alarms>> {
        self.alarms_to.load_full()
    }

    /// How the configuration stands from now on.
    pub fn stands(&self, standing: Standing) {
        self.standing.store(Arc::new(standing));
    }

    /// How the configuration stands.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// The method that a path takes, and the longest body; nothing where there is nothing at it.
    #[must_use]
    pub fn takes(path: &str) -> Option<(&'static str, usize)> {
        match path {
            "/healthz" | "/readyz" | "/metrics" => Some(("GET", 0)),
            _ => api::takes(path),
        }
    }

    /// Answers a request that the listener refused unread.
    #[must_use]
    pub fn unread(text: Option<String>) -> Reply {
        api::unread(text)
    }

    /// Answers a request that was meant for somebody of another name.
    #[must_use]
    pub fn misled() -> Reply {
        api::misled()
    }

    /// Answers a request to one of the known paths.
    pub async fn answer(&self, request: &Incoming) -> Reply {
        match request.path.as_str() {
            "/healthz" => reply(200, JSON, r#"{"status":"ok"}"#.to_owned()),
            "/readyz" => self.ready().await,
            "/metrics" => reply(200, "text/plain; version=0.0.4; charset=utf-8", self.metrics().await),
            path if api::takes(path).is_some() => self.api(request).await,
            _ => reply(404, "text/plain; charset=utf-8", "Not Found\n".to_owned()),
        }
    }

    /// Whether the store takes writes; asked at most once a second.
    async fn writable(&self) -> Result<(), String> {
        let mut probed = self.probed.lock().await;
        if let Some((at, said)) = &*probed
            && at.elapsed() < PROBED
        {
            return said.clone();
        }
        let said = match tokio::time::timeout(PATIENCE, self.flow.store.probe()).await {
            Ok(said) => said.map_err(|problem| problem.to_string()),
            Err(_) => Err("the store does not answer".to_owned()),
        };
        *probed = Some((tokio::time::Instant::now(), said.clone()));
        said
    }
}

/// What every answer of the operator's listener has. Nothing of it is a page; whatever a browser takes it for, it runs
/// nothing, loads nothing, is framed by nobody and tells nobody where it was.
pub const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

const JSON: &str = "application/json";

fn reply(http: u16, kind: &str, body: String) -> Reply {
    Reply { http, headers: vec![("content-type".to_owned(), kind.to_owned())], body: Bytes::from(body) }
}
