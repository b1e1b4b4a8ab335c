//! A socket with a pace: a request's head has to be complete in time once begun, an answer has to be taken in time.
//!
//! hyper's own timer for heads runs while a connection is idle too; it is used for just that, with the longer time.
//! No timer is touched as long as a head comes in one piece and an answer goes out in one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::serving::Serving;
use crate::faults::{self, Point};

/// The socket of one connection.
pub(super) struct Paced<S> {
    stream: S,
    serving: Arc<Serving>,
    /// A part of a head has been read; at the very beginning, the lack of one counts as that.
    in_head: bool,
    head: Deadline,
    write: Deadline,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, serving: Arc<Serving>, head: Duration, write: Duration) -> Self {
        Self { stream, serving, in_head: true, head: Deadline::after(head), write: Deadline::after(write) }
    }

    fn poll_slow_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.in_head { self.head.poll(cx) } else { Poll::Pending }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.serving.has_begun() {
            self.in_head = false;
            self.head.clear();
        }
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(done) => {
                self.in_head |= !self.serving.is_now();
                Poll::Ready(done)
            }
            Poll::Pending => self.poll_slow_head(cx),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.write.poll(cx).map_ok(|()| 0),
            done => written(done),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, parts) {
            Poll::Pending => self.write.poll(cx).map_ok(|()| 0),
            done => written(done),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when it has written all it had: the caller keeps up.
        self.write.clear();
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.serving.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn written(done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
    faults::reached(Point::AnswerWritten);
    done
}

/// A timer that is made only when somebody has to wait.
struct Deadline {
    after: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn after(after: Duration) -> Self {
        Self { after, sleep: None }
    }

    fn clear(&mut self) {
        self.sleep = None;
    }

    /// Pending until the time is over, then always an error.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let after = self.after;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + after)));
        sleep.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}
