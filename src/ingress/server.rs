//! The accept loop: as many connections as allowed, and an end with a deadline.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::connection::{self, Phase};
use super::edge::Edge;
use super::{Handler, Options};

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
    let most = u32::try_from(options.connections).unwrap_or(u32::MAX).clamp(1, MOST_CONNECTIONS);
    let slots = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
    let edge = Arc::new(Edge::new(handler, options));
    let phase = watch::Sender::new(Phase::Open);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            (caller, slot) = accept(&listener, &slots) => {
                tokio::spawn(connection::run(caller, slot, Arc::clone(&edge), phase.subscribe()));
            }
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    // Every connection, and every request whose caller went away, holds a slot: all slots free means all is done.
    if tokio::time::timeout(drain, slots.acquire_many(most)).await.is_err() {
        phase.send_replace(Phase::Cut);
        tracing::warn!("connections were cut at the end of the drain time");
    }
}

type Caller = (TcpStream, IpAddr);

/// More than any machine has; within the semaphore's range.
const MOST_CONNECTIONS: u32 = 1 << 20;

/// How long to wait when the system has no more descriptors or memory: only connections that end can mend that.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// The next connection. Its slot is taken first, so that what cannot be served waits in the system's queue.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (Caller, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
            // Nobody closes the semaphore.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return ((stream, peer.ip().to_canonical()), slot),
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
