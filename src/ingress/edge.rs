//! What all connections share, and what one of them is.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;

use super::crowd::{Crowd, Place};
use super::room::Room;
use super::serving::Serving;
use super::{Handler, Options};

/// What all connections share.
pub(super) struct Edge {
    pub(super) handler: Arc<dyn Handler>,
    pub(super) options: Options,
    pub(super) http: http1::Builder,
    pub(super) crowd: Arc<Crowd>,
    /// For bodies.
    pub(super) room: Room,
}

/// hyper keeps so many headers on the stack; for a higher bound it allocates on every request.
const HEADERS_ON_STACK: usize = 100;

/// Larger buffers are of no use to bodies that are gathered anyway, and each connection has two.
const BUFFER: usize = 64 * 1024;

impl Edge {
    pub(super) fn new(handler: Arc<dyn Handler>, options: Options) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Runs while a connection is idle, too; the time for a head once begun is `Paced`'s.
            .header_read_timeout(options.idle_timeout.max(options.header_timeout))
            .max_header_size(options.max_header_bytes)
            .max_buf_size(options.max_header_bytes.max(BUFFER));
        if options.max_headers > HEADERS_ON_STACK {
            http.max_headers(options.max_headers);
        }
        let crowd = Crowd::new(options.connections, options.connections_per_source, Arc::clone(&options.traffic));
        let room = Room::new(options.bodies);
        Self { handler, options, http, crowd, room }
    }

    /// Whether an address is a proxy's whose word counts.
    pub(super) fn trusts(&self, peer: IpAddr) -> bool {
        self.options.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

/// One caller's connection.
pub(super) struct Link {
    pub(super) peer: IpAddr,
    pub(super) serving: Arc<Serving>,
    /// Given back when the connection has ended and all that it began.
    pub(super) _place: Place,
}
