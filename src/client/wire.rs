//! Plain data of a call to HTTP's own types, and what HTTP cannot carry.

use ::http::Method;
use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// A call that HTTP cannot carry as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("the method is none of HTTP's")]
    Method,
    #[error("the URL is none of HTTP's")]
    Url,
    #[error("`{0}` is no name of a header")]
    Name(String),
    #[error("the value of the header `{0}` has characters that no header may have")]
    Value(HeaderName),
    #[error("the header `{0}` is the client's own")]
    Framing(HeaderName),
}

/// A call's method.
pub(super) fn method(name: &str) -> Result<Method, Unfit> {
    name.parse().map_err(|_| Unfit::Method)
}

/// A call's headers.
pub(super) fn header_map(headers: Vec<(String, String)>) -> Result<HeaderMap, Unfit> {
    let mut map = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return Err(Unfit::Name(name)) };
        // Who may set these can make one request look like two to the peer, or reach another virtual host.
        if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::HOST, header::UPGRADE]
            .contains(&name)
        {
            return Err(Unfit::Framing(name));
        }
        let Ok(mut value) = HeaderValue::try_from(value) else { return Err(Unfit::Value(name)) };
        value.set_sensitive(name == header::AUTHORIZATION);
        map.append(name, value);
    }
    Ok(map)
}
