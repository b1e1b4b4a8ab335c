//! The one client that really sends: `reqwest`, with everything switched off that would act on its own.
//!
//! No redirect is followed, no proxy taken from the environment, nothing retried: a send costs money, and whether to do
//! it again is decided elsewhere.

use std::time::Duration;

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use reqwest::{Client, Request, Response, redirect, retry};

use super::guard::{self, Refused};
use super::resolve::Guarded;
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

/// Headers of an answer, and their bytes where HTTP/2 counts those; HTTP/1.1 has a bound of its own.
const MOST_HEADERS: usize = 128;
const LONGEST_HEAD: u32 = 64 * 1024;

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct ClientError(#[source] pub(super) reqwest::Error);

/// Sends over HTTP/1.1 and HTTP/2, with one pool for all hosts.
#[derive(Debug)]
pub struct Http {
    client: Client,
    options: Options,
}

impl Http {
    /// Sets the pool, the limits and TLS up; connects nowhere.
    ///
    /// # Errors
    /// [`ClientError`] where TLS finds no roots to trust.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        let client = Client::builder()
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .no_proxy()
            .dns_resolver(Guarded::new(options.allow_loopback))
            .https_only(options.https_only && !options.allow_loopback)
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .timeout(options.timeout)
            .pool_max_idle_per_host(options.idle_connections)
            .pool_idle_timeout(options.idle_timeout)
            .tcp_nodelay(true)
            // Nobody's answer needs more, and they are kept while it is read.
            .http1_max_headers(MOST_HEADERS)
            .http2_max_header_list_size(LONGEST_HEAD)
            // An HTTP/2 connection carries many calls: a dead one has to be noticed before all of them time out.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .http2_keep_alive_timeout(Duration::from_secs(5))
            .build()
            .map_err(ClientError)?;
        Ok(Self { client, options })
    }

    async fn exchange(&self, call: Prepared) -> Answer {
        if let Err(refused) = self.admit(&call) {
            return Answer::without(Class::Unreached, refused.to_string());
        }
        let timeout = call.timeout.min(self.options.timeout);
        let request = match request(Prepared { timeout, ..call }) {
            Ok(request) => request,
            Err(unfit) => return Answer::without(Class::Unreached, unfit.to_string()),
        };
        match self.client.execute(request).await {
            Ok(response) => read(response, self.options.max_body).await,
            Err(error) => trouble::no_answer(&error),
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

pub(super) fn request(call: Prepared) -> Result<Request, Unfit> {
    let method = call.method.parse().map_err(|_| Unfit::Method)?;
    let mut request = Request::new(method, call.url);
    *request.headers_mut() = header_map(call.headers)?;
    *request.timeout_mut() = Some(call.timeout);
    if !call.body.is_empty() {
        *request.body_mut() = Some(call.body.into());
    }
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

/// A call that HTTP cannot carry as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("the method is none of HTTP's")]
    Method,
    #[error("`{0}` is no name of a header")]
    Name(String),
    #[error("the value of the header `{0}` has characters that no header may have")]
    Value(HeaderName),
    #[error("the header `{0}` is the client's own")]
    Framing(HeaderName),
}

fn header_map(headers: Vec<(String, String)>) -> Result<HeaderMap, Unfit> {
    let mut map = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return Err(Unfit::Name(name)) };
        // Who may set these can make one request look like two to the peer, or reach another virtual host.
        if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::HOST, header::UPGRADE]
            .contains(&name)
        {
            return Err(Unfit::Framing(name));
        }
        let Ok(mut value) = HeaderValue::try_from(value) else { return Err(Unfit::Value(name)) };
        value.set_sensitive(name == header::AUTHORIZATION);
        map.append(name, value);
    }
    Ok(map)
}

/// Reads the answer to its end, or as far as the limit goes.
pub(super) async fn read(mut response: Response, max_body: usize) -> Answer {
    let http = response.status().as_u16();
    let headers = plain_headers(response.headers());
    let (body, trouble) = read_body(&mut response, max_body).await;
    let class = if trouble.is_some() { Class::Unanswered } else { Class::of(http) };
    Answer { http: Some(http), class, headers, body, trouble: trouble.map(str::to_owned) }
}

/// The body, and why it is not whole.
async fn read_body(response: &mut Response, max_body: usize) -> (Bytes, Option<&'static str>) {
    const TOO_LARGE: Option<&str> = Some("the answer is too large");
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > max_body))
    {
        return (Bytes::new(), TOO_LARGE);
    }
    // Most answers are one chunk, which is then handed on as it is.
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let trouble = loop {
        match response.chunk().await {
            Ok(None) => break None,
            Err(error) => break Some(trouble::broken_off(&error)),
            Ok(Some(chunk)) if first.len().max(rest.len()) + chunk.len() > max_body => break TOO_LARGE,
            Ok(Some(chunk)) if first.is_empty() && rest.is_empty() => first = chunk,
            Ok(Some(chunk)) => {
                if rest.is_empty() {
                    rest.extend_from_slice(&std::mem::take(&mut first));
                }
                rest.extend_from_slice(&chunk);
            }
        }
    };
    (if rest.is_empty() { first } else { rest.freeze() }, trouble)
}

fn plain_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
