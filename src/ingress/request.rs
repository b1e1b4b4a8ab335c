//! One request, in the order of its checks: path and method, head, size and form of the body, and then the handler.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures_util::Stream;
use http::StatusCode;
use warp::reply::Response;

use super::body::{self, NoBody};
use super::edge::{Edge, Link};
use super::finish::ToTheEnd;
use super::head::{Coding, Head};
use super::room::Held;
use super::{Route, reply};
use crate::codec::{self, CodecError};
use crate::model::wire::Incoming;
use crate::model::{Reason, Refusal};

/// Answered here, without the handler.
const HEALTH: &str = "/_/health";

/// The methods a route can be for.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Answers a request.
pub(super) async fn answer<S, B, E>(edge: &Edge, link: &Arc<Link>, head: Head, mut body: S) -> Response
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: Buf,
{
    let limit = match admit(edge, head.method.as_str(), head.path.as_str()) {
        Ok(limit) => limit,
        Err(response) => return *response,
    };
    if head.headers.len() > edge.options.max_headers {
        return reply::plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let (length, coding, waits) = (head.length(), head.coding(), head.waits());
    let Some(mut incoming) = head.into_incoming(link.peer, &edge.options.trusted_proxies) else {
        return reply::plain(StatusCode::BAD_REQUEST);
    };
    let announced_too_long = length.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit));
    // Until it is answered.
    let mut held = Held::default();
    let gathered = match coding {
        Coding::Unknown => return reply::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        _ if announced_too_long => Err(NoBody::TooLong),
        _ => body::gather(&mut body, limit, edge.options.body_timeout, &edge.room, &mut held).await,
    };
    match gathered {
        Ok(raw) => match unpack(raw, coding, limit) {
            // Unpacked, it is there twice for a moment; what lasts is the longer one.
            Ok(content) if !edge.room.hold(&mut held, content.len()) => {
                drop(content);
                refuse(edge, incoming, crowded()).await
            }
            Ok(content) => {
                incoming.body = content;
                handle(edge, link, incoming).await
            }
            Err(refusal) => refuse(edge, incoming, refusal).await,
        },
        Err(NoBody::TooLong) => {
            // Asking for a body only to throw it away would be absurd.
            if !(waits && announced_too_long) {
                body::discard(&mut body).await;
            }
            reply::and_close(refuse(edge, incoming, too_long(limit)).await)
        }
        Err(NoBody::Crowded) => {
            body::discard(&mut body).await;
            reply::and_close(refuse(edge, incoming, crowded()).await)
        }
        Err(NoBody::TooSlow) => reply::and_close(reply::plain(StatusCode::REQUEST_TIMEOUT)),
        Err(NoBody::Broken) => reply::and_close(reply::plain(StatusCode::BAD_REQUEST)),
    }
}

/// The longest body the route takes, or the answer where there is no such route.
fn admit(edge: &Edge, method: &str, path: &str) -> Result<usize, Box<Response>> {
    if path == HEALTH {
        return Err(Box::new(if method == "GET" { reply::healthy() } else { reply::wrong_method("GET") }));
    }
    match edge.handler.limit(method, path) {
        Route::Takes(limit) if METHODS.contains(&method) => Ok(limit),
        Route::Unknown => Err(Box::new(reply::plain(StatusCode::NOT_FOUND))),
        Route::Takes(_) | Route::WrongMethod => {
            let taken = |method: &&str| matches!(edge.handler.limit(method, path), Route::Takes(_));
            let allowed: Vec<&str> = METHODS.into_iter().filter(taken).collect();
            Err(Box::new(reply::wrong_method(&allowed.join(", "))))
        }
    }
}

fn unpack(raw: Bytes, coding: Coding, limit: usize) -> Result<Bytes, Refusal> {
    if coding != Coding::Gzip {
        return Ok(raw);
    }
    codec::gunzip(&raw, limit).map(Bytes::from).map_err(|error| match error {
        CodecError::Bound(_) => too_long(limit),
        _ => Refusal::new(Reason::Malformed, error.to_string()),
    })
}

fn crowded() -> Refusal {
    Refusal::new(Reason::Overloaded, "too much is being taken in at once")
}

fn too_long(limit: usize) -> Refusal {
    Refusal::new(Reason::BodyTooLong, format!("the body is longer than {limit} bytes"))
}

async fn handle(edge: &Edge, link: &Arc<Link>, incoming: Incoming) -> Response {
    link.serving.work();
    let handler = Arc::clone(&edge.handler);
    let work = Box::pin(async move { handler.handle(incoming).await });
    reply::of(ToTheEnd::new(work, Arc::clone(link)).await)
}

async fn refuse(edge: &Edge, incoming: Incoming, refusal: Refusal) -> Response {
    reply::of(edge.handler.refuse(incoming, refusal).await)
}
