//! The way in: our own accept loop over one catch-all warp filter; size, time and connection limits; bytes to
//! [`Incoming`] and [`Reply`] to bytes.
//!
//! Knows no route, no tenant and no party: what is taken, and in whose words it is answered or refused, the [`Handler`]
//! says. `warp::serve` has no timer, no cap on connections and no deadline for its end, hence the loop of our own.
//! Start at [`serve`].

mod body;
mod connection;
mod crowd;
mod edge;
mod finish;
mod forwarded;
mod head;
mod paced;
mod reply;
mod request;
mod room;
mod server;
mod serving;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use ipnet::IpNet;

use crate::limits::Traffic;
use crate::model::Refusal;
use crate::model::wire::{Incoming, Reply};

pub use server::serve;
pub use tls::{Tls, TlsError};

/// Is there something at a path?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Yes; it takes a body of at most so many bytes, counted before and after gunzip.
    Takes(usize),
    /// Yes, but for other methods.
    WrongMethod,
    /// No.
    Unknown,
}

/// What stands behind the way in.
pub trait Handler: Send + Sync + 'static {
    /// Is this taken, and how much of it? Asked before a body is read; must not wait.
    fn limit(&self, method: &str, path: &str) -> Route;

    /// Answers a request that is within the limits. Once begun it is run to its end, even if the caller goes away.
    fn handle(&self, request: Incoming) -> BoxFuture<'_, Reply>;

    /// Says in the words of the route's party why a request is not taken. The body of `request` is empty.
    fn refuse(&self, request: Incoming, refusal: Refusal) -> BoxFuture<'_, Reply>;
}

/// The limits of the way in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Open connections. For one more, somebody idle has to go; where nobody is, it waits in the system's queue.
    pub connections: usize,
    /// Open connections of one [`Source`](crate::limits::Source), trusted proxies excepted. For one more, an idle one of its own has to go; where
    /// none is, it is closed at once.
    pub connections_per_source: usize,
    /// From a head's first byte, or from the connection's beginning, to the head's last byte.
    pub header_timeout: Duration,
    /// For the whole body.
    pub body_timeout: Duration,
    /// Until a connection without a request is closed. Longer than callers keep theirs, or they meet closed ones.
    pub idle_timeout: Duration,
    /// For writing an answer to a caller that reads slowly.
    pub write_timeout: Duration,
    /// Bytes of the bodies of all requests that are being taken in or answered; more are told "later".
    pub bodies: usize,
    /// Headers of a request.
    pub max_headers: usize,
    /// Bytes of a request's head.
    pub max_header_bytes: usize,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// With it the listener speaks TLS.
    pub tls: Option<Tls>,
    /// Where the connections are counted.
    pub traffic: Arc<Traffic>,
    /// Names and values that every answer has, whoever gives it, unless it has its own.
    pub headers: &'static [(&'static str, &'static str)],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_source: 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(15),
            bodies: 64 << 20,
            max_headers: 64,
            max_header_bytes: 32 * 1024,
            trusted_proxies: Vec::new(),
            tls: None,
            traffic: Arc::default(),
            headers: &[],
        }
    }
}
