//! OAuth 2.0 client credentials (RFC 6749, 4.4): the request for a token, and the token in its answer. Fetches nothing.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::{AuthError, Token};
use crate::model::Secret;
use crate::model::wire::{Answer, Class, Prepared};
use crate::value::Timestamp;

/// For the whole exchange: calls wait for it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Answers hold a token and little more.
const LONGEST_ANSWER: usize = 64 * 1024;
/// A header with a longer one is refused by most servers.
const LONGEST_TOKEN: usize = 16 * 1024;
/// Where the answer does not say how long a token is good. One that ends before is renewed when it is refused.
const UNTOLD: u64 = 600;
/// However long it is said to be good.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// Where a token comes from, and what it takes to get one.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The token endpoint.
    pub url: Url,
    /// The host is the operator's word: it came from a setting. Any other must be listed.
    pub from_setting: bool,
    /// The client's id.
    pub id: Secret,
    /// The client's secret.
    pub secret: Secret,
    /// What the token is for.
    pub scope: Option<String>,
    /// How id and secret are sent.
    pub style: Style,
    /// More members of the form, such as `audience`.
    pub params: Vec<(String, Secret)>,
}

/// How id and secret are sent (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As a user name and a password, each form-encoded first: what every server must take.
    Basic,
    /// As members of the form, for servers that take nothing else.
    Body,
}

impl ClientCredentials {
    /// The request for a token.
    #[must_use]
    pub fn request(&self) -> Prepared {
        let mut headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(self.scope.iter().map(|scope| ("scope", scope)));
        form.extend_pairs(self.params.iter().map(|(name, value)| (name, value.expose())));
        match self.style {
            Style::Basic => {
                let encoded = |secret: &Secret| -> String {
                    form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect()
                };
                let pair = Zeroizing::new(format!("{}:{}", encoded(&self.id), encoded(&self.secret)));
                headers.push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair.as_bytes()))));
            }
            Style::Body => {
                form.append_pair("client_id", self.id.expose()).append_pair("client_secret", self.secret.expose());
            }
        }
        let body = form.finish().into();
        Prepared { method: "POST".to_owned(), url: self.url.clone(), headers, body, timeout: TIMEOUT }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

/// The token in an answer. `asked`: when it was asked for.
///
/// # Errors
/// [`AuthError::NoTokenNow`] where asking again may help, [`AuthError::TokenRefused`] where only an operator can. Neither
/// quotes anything of the answer but its code.
pub(super) fn token(answer: &Answer, asked: Timestamp) -> Result<Token, AuthError> {
    let now = |why: String| AuthError::NoTokenNow { why, after: answer.retry_after(asked) };
    match (answer.class, answer.http) {
        (Class::Success, _) => {}
        (Class::Client | Class::Redirect, Some(http)) if http != 429 && http != 408 => {
            return Err(AuthError::TokenRefused(format!("HTTP {http}{}", denied(answer))));
        }
        (_, Some(http)) => return Err(now(format!("HTTP {http}"))),
        (_, None) => return Err(now(answer.trouble.clone().unwrap_or_default())),
    }
    let unreadable = || now("its answer holds no bearer token".to_owned());
    if answer.body.len() > LONGEST_ANSWER {
        return Err(unreadable());
    }
    let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
    let fits = (1..=LONGEST_TOKEN).contains(&granted.access_token.len())
        && granted.access_token.bytes().all(|byte| byte.is_ascii_graphic());
    let bearer = granted.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !fits || !bearer {
        return Err(unreadable());
    }
    // Some write the number as a text.
    let said = granted.expires_in.and_then(|said| said.as_u64().or_else(|| said.as_str()?.parse().ok()));
    let life = Duration::from_secs(said.unwrap_or(UNTOLD).min(LONGEST_LIFE));
    Ok(Token { secret: Secret::new(granted.access_token), expires: asked.after(life) })
}

/// The code of RFC 6749, 5.2, such as `invalid_client`, where there is one.
fn denied(answer: &Answer) -> String {
    let denied: Option<Denied> =
        serde_json::from_slice(&answer.body).ok().filter(|_| answer.body.len() <= LONGEST_ANSWER);
    let code = denied
        .map(|denied| denied.error)
        .filter(|code| code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    code.map(|code| format!(", {code}")).unwrap_or_default()
}
