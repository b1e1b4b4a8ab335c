//! Reads an answer to its end, or as far as its limits go.

use std::error::Error;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::trouble;
use crate::model::wire::{Answer, Class};

/// How long an exchange may take yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// When all of it must be over.
    pub(super) end: Instant,
    /// The longest silence of a peer.
    pub(super) silence: Duration,
}

impl Pace {
    /// When the peer must have said something more.
    pub(super) fn next(self) -> Instant {
        self.end.min(Instant::now() + self.silence)
    }
}

/// The whole answer, or what there is of it.
pub(super) async fn read<B>(response: Response<B>, max_body: usize, pace: Pace) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Error + 'static,
{
    let (head, mut body) = response.into_parts();
    let (body, trouble) = read_body(&mut body, max_body, pace).await;
    let http = head.status.as_u16();
    let class = if trouble.is_some() { Class::Unanswered } else { Class::of(http) };
    let headers = plain_headers(&head.headers);
    Answer { http: Some(http), class, headers, body, trouble: trouble.map(str::to_owned) }
}

/// The body, and why it is not whole.
async fn read_body<B>(body: &mut B, max_body: usize, pace: Pace) -> (Bytes, Option<&'static str>)
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Error + 'static,
{
    const TOO_LARGE: Option<&str> = Some("the answer is too large");
    if body.size_hint().exact().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > max_body)) {
        return (Bytes::new(), TOO_LARGE);
    }
    // Most answers are one chunk, which is then handed on as it is.
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let trouble = loop {
        let frame = match timeout_at(pace.next(), body.frame()).await {
            Ok(None) => break None,
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => break Some(trouble::broken_off(&error)),
            Err(_) => break Some(trouble::LATE),
        };
        // Trailers say nothing that anybody reads.
        let Ok(chunk) = frame.into_data() else { continue };
        if first.len().max(rest.len()) + chunk.len() > max_body {
            break TOO_LARGE;
        }
        if first.is_empty() && rest.is_empty() {
            first = chunk;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&chunk);
    };
    (if rest.is_empty() { first } else { rest.freeze() }, trouble)
}

fn plain_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
