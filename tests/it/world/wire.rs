//! Requests of the test itself, and the signature of webhooks.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use switchboard::sim::platform::Credentials;
use switchboard::sim::stage::{ACCOUNT, APPLICATION};

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// Sends a request and reads its answer.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Adds a platform's credentials.
pub(super) fn authenticated(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    match credentials {
        Credentials::Basic { username, password } => request.basic_auth(username, Some(password)),
        Credentials::Bearer(token) => request.bearer_auth(token),
        Credentials::Headers(headers) => {
            headers.iter().fold(request, |request, (name, value)| request.header(name.as_str(), value.as_str()))
        }
    }
}

/// The token of a webhook, signed with any secret.
pub(crate) fn signed(secret: &str, body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let claims = json!({
        "iss": "Vonage", "iat": jiff::Timestamp::now().as_second(), "jti": format!("{:032x}", rand::random::<u128>()),
        "api_key": ACCOUNT.0, "application_id": APPLICATION, "payload_hash": hash,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}
