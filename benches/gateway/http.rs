//! The provider's answers, the platform's path: what all servers and the load generator agree on.

use bytes::Bytes;
use warp::http::{HeaderValue, Response, StatusCode, header};

/// Where the platform sends to.
pub(super) const PATH: &str = "/webengage/messages";
/// Where the provider takes messages.
pub(super) const PROVIDER_PATH: &str = "/v1/messages";

const ACCEPTED: &str = r#"{"status":"whatsapp_accepted","statusCode":0}"#;
const REJECTED: &str = r#"{"status":"whatsapp_rejected","statusCode":2019}"#;

/// What a hand-written server says to the platform.
pub(super) fn said(status: u16) -> Response<Bytes> {
    let body = Bytes::from_static(if status == 200 { ACCEPTED } else { REJECTED }.as_bytes());
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
