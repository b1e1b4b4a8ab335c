//! The one client that really sends: hyper's, with its pool, and nothing that would act on its own.
//!
//! No redirect is followed, no proxy taken from the environment, nothing that was sent repeated: a send costs money, and
//! whether to do it again is decided elsewhere. `reqwest` does the same with layers that cost as much as mapping a message.

use std::time::Duration;

use ::http::{HeaderValue, Request, Uri, header};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::answer::{self, Pace};
use super::connect::{self, Connect};
use super::guard::{self, Refused};
use super::resolve::Guarded;
use super::wire::{Unfit, header_map, method};
use super::{Outbound, trouble};
use crate::model::wire::{Answer, Class, Prepared};

/// How calls are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Development: calls to loopback, too.
    pub allow_loopback: bool,
    /// No plain http, except to loopback where that is allowed.
    pub https_only: bool,
    /// The longest body of an answer, in bytes.
    pub max_body: usize,
    /// From name to the end of the TLS handshake. Shorter than a call's timeout, or else a peer that cannot be reached
    /// looks like one that did not answer.
    pub connect_timeout: Duration,
    /// The longest silence of a peer.
    pub read_timeout: Duration,
    /// The longest exchange, whatever a call asks for.
    pub timeout: Duration,
    /// Idle connections kept per host.
    pub idle_connections: usize,
    /// How long one is kept: less than peers keep theirs, or calls meet connections that were just closed.
    pub idle_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            https_only: false,
            max_body: 1 << 20,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(120),
            idle_connections: 256,
            idle_timeout: Duration::from_secs(15),
        }
    }
}

/// Who we are, and what we take, unless a mapping says so itself.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("switchboard/", env!("CARGO_PKG_VERSION")));
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Headers of an answer, and their bytes where HTTP/2 counts those; HTTP/1.1 has a bound of its own.
const MOST_HEADERS: usize = 128;
const LONGEST_HEAD: u32 = 64 * 1024;

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct ClientError(#[source] pub(super) Box<dyn std::error::Error + Send + Sync>);

/// Sends over HTTP/1.1 and HTTP/2, with one pool for all hosts.
#[derive(Debug)]
pub struct Http {
    client: Client<Connect, Full<Bytes>>,
    options: Options,
}

impl Http {
    /// Sets the pool, the limits and TLS up; connects nowhere.
    ///
    /// # Errors
    /// [`ClientError`] where TLS finds no roots to trust.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        let resolver = Guarded::new(options.allow_loopback);
        Ok(Self::through(connect::by(resolver, options.connect_timeout)?, options))
    }

    /// Sends by such connections.
    pub(super) fn through(connect: Connect, options: Options) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(options.idle_connections)
            .pool_idle_timeout(options.idle_timeout)
            // Nobody's answer needs more, and they are kept while it is read.
            .http1_max_headers(MOST_HEADERS)
            .http2_max_header_list_size(LONGEST_HEAD)
            // An HTTP/2 connection carries many calls: a dead one has to be noticed before all of them time out.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .http2_keep_alive_timeout(Duration::from_secs(5))
            .build(connect);
        Self { client, options }
    }

    async fn exchange(&self, call: Prepared) -> Answer {
        if let Err(refused) = self.admit(&call) {
            return Answer::without(Class::Unreached, refused.to_string());
        }
        let end = Instant::now() + call.timeout.min(self.options.timeout);
        let request = match request(call) {
            Ok(request) => request,
            Err(unfit) => return Answer::without(Class::Unreached, unfit.to_string()),
        };
        let pace = Pace { end, silence: self.options.read_timeout };
        match timeout_at(pace.next(), self.client.request(request)).await {
            Ok(Ok(response)) => answer::read(response, self.options.max_body, pace).await,
            Ok(Err(error)) => trouble::no_answer(&error, error.is_connect()),
            Err(_) => Answer::without(Class::Unanswered, trouble::LATE),
        }
    }

    fn admit(&self, call: &Prepared) -> Result<(), Refused> {
        guard::allowed(&call.url, self.options.allow_loopback)?;
        let plain = call.url.scheme() == "http";
        if plain && self.options.https_only && !(self.options.allow_loopback && guard::is_loopback(&call.url)) {
            return Err(Refused::Plain);
        }
        Ok(())
    }
}

fn request(call: Prepared) -> Result<Request<Full<Bytes>>, Unfit> {
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = method(&call.method)?;
    // What the URL type takes and HTTP has no way to say is no URL of a call.
    *request.uri_mut() = Uri::try_from(call.url.as_str()).map_err(|_| Unfit::Url)?;
    let mut headers = header_map(call.headers)?;
    headers.entry(header::ACCEPT).or_insert(ANYTHING);
    headers.entry(header::USER_AGENT).or_insert(AGENT);
    *request.headers_mut() = headers;
    Ok(request)
}

impl Outbound for Http {
    fn send(&self, call: Prepared) -> BoxFuture<'_, Answer> {
        Box::pin(self.exchange(call))
    }

    fn allows(&self, url: &url::Url) -> bool {
        guard::allowed(url, self.options.allow_loopback).is_ok()
    }
}
