//! Pages to replies: status, type, and the headers that a page has instead of the listener's.

use maud::Markup;

use crate::model::wire::Reply;

/// A page takes its style, its script and what is live from here, sends its forms here, and is framed by nobody. Nothing stands in
/// the page itself that could run.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub(super) fn html(http: u16, page: Markup) -> Reply {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", POLICY),
        // Without any, a browser would not say where a form comes from.
        ("referrer-policy", "same-origin"),
    ];
    answer(http, &headers, page.into_string())
}

/// Elsewhere, with GET.
pub(super) fn redirect(path: &str) -> Reply {
    answer(303, &[("location", path)], String::new())
}

/// Any other answer.
pub(super) fn answer(http: u16, headers: &[(&str, &str)], body: String) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply { http, headers, body: body.into() }
}
