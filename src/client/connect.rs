//! Connections to where calls go: an address that the guard lets through, TLS where the URL wants it, all in time.

use std::error::Error;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::Uri;
use futures_util::future::BoxFuture;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;
use tower_service::Service;

use super::http::ClientError;
use super::resolve::Guarded;

/// A peer that is gone without a word is noticed so soon: how long nothing is said, how often it is asked, and how many times.
const SILENT: Duration = Duration::from_secs(15);
const ASKS: u32 = 3;

/// Connects within a bounded time, from the name to the end of the TLS handshake.
#[derive(Clone, Debug)]
pub(super) struct Connect {
    https: HttpsConnector<HttpConnector<Guarded>>,
    within: Duration,
}

/// To addresses that the resolver behind the guard finds.
///
/// # Errors
/// [`ClientError`] where TLS finds no roots to trust.
pub(super) fn by(resolver: Guarded, within: Duration) -> Result<Connect, ClientError> {
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.enforce_http(false);
    http.set_nodelay(true);
    // Shared out among the addresses of a name: one that does not answer leaves the others their time.
    http.set_connect_timeout(Some(within));
    http.set_keepalive(Some(SILENT));
    http.set_keepalive_interval(Some(SILENT));
    http.set_keepalive_retries(Some(ASKS));
    let tls = ClientConfig::with_platform_verifier().map_err(|problem| ClientError(problem.into()))?;
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    Ok(Connect { https: builder.enable_all_versions().wrap_connector(http), within })
}

impl Service<Uri> for Connect {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (connected, within) = (self.https.call(to), self.within);
        Box::pin(async move {
            match timeout(within, connected).await {
                Ok(connected) => connected,
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no connection in time").into()),
            }
        })
    }
}
