//! The accept loop: as many connections as allowed, and an end with a deadline.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connection::{self, Phase};
use super::edge::{Edge, Link};
use super::serving::Serving;
use super::{Handler, Options};
use crate::limits::Source;

/// Serves until `shutdown`, then lets what is in flight finish for as long as `drain`, and cuts the rest.
///
/// New connections are refused from the moment of `shutdown` on; idle ones are closed then.
pub async fn serve(
    listener: TcpListener,
    handler: Arc<dyn Handler>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
    drain: Duration,
) {
    let edge = Arc::new(Edge::new(handler, options));
    let phase = watch::Sender::new(Phase::Open);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            (stream, link) = accept(&listener, &edge) => {
                tokio::spawn(connection::run(stream, link, Arc::clone(&edge), phase.subscribe()));
            }
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    // Every connection, and every request whose caller went away, has a place: all places free means all is done.
    if tokio::time::timeout(drain, edge.crowd.empty()).await.is_err() {
        phase.send_replace(Phase::Cut);
        tracing::warn!("connections were cut at the end of the drain time");
    }
}

/// How long to wait when the system has no more descriptors or memory: only connections that end can mend that.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// The next connection that there is a place for. While there is none, the others wait in the system's queue.
async fn accept(listener: &TcpListener, edge: &Edge) -> (TcpStream, Arc<Link>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (peer, serving) = (peer.ip().to_canonical(), Arc::<Serving>::default());
                if let Some(place) = edge.crowd.enter(Source::from(peer), edge.trusts(peer), &serving).await {
                    return (stream, Arc::new(Link { peer, serving, _place: place }));
                }
            }
            Err(error) if is_callers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// The one connection failed, not the listener.
fn is_callers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
