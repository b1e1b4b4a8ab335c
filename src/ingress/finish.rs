//! Work that is run to its end once begun.
//!
//! hyper drops a request's future when its caller hangs up. A leg that was cut anywhere between its store and its
//! dispatch would leave loose ends, so the rest of it moves to a task of its own; nothing is spawned for a caller that
//! waits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

/// A future that goes on when it is dropped. `held` lives as long as it does: the slot of the connection.
pub(super) struct ToTheEnd<T: Send + 'static, H: Send + Sync + 'static> {
    work: Option<BoxFuture<'static, T>>,
    held: Arc<H>,
}

impl<T: Send + 'static, H: Send + Sync + 'static> ToTheEnd<T, H> {
    pub(super) fn new(work: BoxFuture<'static, T>, held: Arc<H>) -> Self {
        Self { work: Some(work), held }
    }
}

impl<T: Send + 'static, H: Send + Sync + 'static> Future for ToTheEnd<T, H> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Asked again after its end, it has nothing more to say.
        let Some(work) = self.work.as_mut() else { return Poll::Pending };
        let done = work.as_mut().poll(cx);
        if done.is_ready() {
            self.work = None;
        }
        done
    }
}

impl<T: Send + 'static, H: Send + Sync + 'static> Drop for ToTheEnd<T, H> {
    fn drop(&mut self) {
        // Work that came to grief cannot go on; and at the end of the runtime nothing can.
        let (Some(work), false, Ok(runtime)) = (self.work.take(), std::thread::panicking(), Handle::try_current())
        else {
            return;
        };
        let held = Arc::clone(&self.held);
        runtime.spawn(async move {
            work.await;
            drop(held);
        });
    }
}
