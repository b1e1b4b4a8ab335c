//! Names to addresses: what may not be called is left out, and the connection goes to what is left.
//!
//! Filtering here, and not before the call, leaves no moment in which a name can change its address.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::guard::{self, Refused};

/// A resolver behind the guard: the system's, but for tests.
#[derive(Clone)]
pub(super) struct Guarded {
    allow_loopback: bool,
    lookup: Lookup,
}

/// Finds the addresses of a name.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

impl Guarded {
    /// By the system.
    pub(super) fn new(allow_loopback: bool) -> Self {
        let lookup = |name: String| -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
            // The connector puts in the URL's own port.
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        };
        Self { allow_loopback, lookup: Arc::new(lookup) }
    }

    /// By something else.
    #[cfg(test)]
    pub(super) fn by(allow_loopback: bool, lookup: Lookup) -> Self {
        Self { allow_loopback, lookup }
    }
}

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (allow_loopback, found) = (self.allow_loopback, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move { Ok(open_ones(found.await?.into_iter(), allow_loopback)?.into_iter()) })
    }
}

/// Those that may be called; if there is none, why the last one may not.
fn open_ones(found: impl Iterator<Item = SocketAddr>, allow_loopback: bool) -> Result<Vec<SocketAddr>, NoneOpen> {
    let mut open = Vec::new();
    let mut refused = None;
    for address in found {
        match guard::reachable(address.ip(), allow_loopback) {
            Ok(()) => open.push(address),
            Err(reason) => refused = Some(reason),
        }
    }
    match refused {
        Some(reason) if open.is_empty() => Err(NoneOpen::Refused(reason)),
        None if open.is_empty() => Err(NoneOpen::Unknown(io::ErrorKind::NotFound.into())),
        _ => Ok(open),
    }
}

/// A name without an address that may be called.
#[derive(Debug, thiserror::Error)]
enum NoneOpen {
    #[error("{0}")]
    Refused(Refused),
    #[error("the name has no address")]
    Unknown(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &[&str], allow_loopback: bool, expected: &str) {
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        let said = match open_ones(found, allow_loopback) {
            Ok(open) => open.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" "),
            Err(none) => none.to_string(),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn what_may_not_be_called_is_left_out() {
        check(&["93.184.216.34", "10.0.0.1", "::1"], false, "93.184.216.34");
        check(&["127.0.0.1", "10.0.0.1"], true, "127.0.0.1");
        check(&["127.0.0.1"], false, "127.0.0.1 is a loopback address: calls may not go there");
        check(
            &["::ffff:169.254.169.254"],
            true,
            "::ffff:169.254.169.254 is a link-local address: calls may not go there",
        );
        check(&[], true, "the name has no address");
    }
}
