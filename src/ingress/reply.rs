//! Replies: plain data to warp's response, and the few that are nobody's words but HTTP's.

use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, StatusCode};
use warp::reply::Response;

use crate::model::wire::Reply;

/// A handler's reply as it goes out.
pub(super) fn of(reply: Reply) -> Response {
    let mut response = Response::new(reply.body.into());
    *response.status_mut() = match StatusCode::from_u16(reply.http) {
        Ok(status) if (200..600).contains(&reply.http) => status,
        _ => {
            tracing::error!(status = reply.http, "a reply has a status that is none");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    let headers = response.headers_mut();
    headers.reserve(reply.headers.len());
    for (name, value) in reply.headers {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            // How a reply is framed is the connection's affair.
            (Ok(CONTENT_LENGTH | TRANSFER_ENCODING | CONNECTION | UPGRADE), _) => {}
            (Ok(name), Ok(value)) => {
                headers.append(name, value);
            }
            (Ok(name), Err(_)) => tracing::error!(header = %name, "a reply's header cannot be written"),
            (Err(_), _) => tracing::error!("a reply has a header whose name is none"),
        }
    }
    response
}

/// With the headers that every answer of the listener has, unless it has its own.
pub(super) fn with(mut response: Response, headers: &'static [(&'static str, &'static str)]) -> Response {
    for (name, value) in headers {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A reply without a party's words.
pub(super) fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(format!("{}\n", status.canonical_reason().unwrap_or_default()).into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// 405, with the methods that there are.
pub(super) fn wrong_method(allowed: &str) -> Response {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// We listen.
pub(super) fn healthy() -> Response {
    let mut response = Response::new(r#"{"status":"ok"}"#.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The last reply of its connection: what else the caller sent cannot be read.
pub(super) fn and_close(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
