//! Reference: a status in and its report out, as one writes it first with warp and reqwest. Checks the token, maps, reports,
//! answers; what is under way when the process dies is lost. Which message it is about it does not know: it trusts that the
//! provider's `client_ref` is the platform's id.

use std::convert::Infallible;

use bytes::Bytes;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use warp::Filter;

use crate::http::said;
use crate::mapping::{Trouble, shipped};
use crate::passthrough::client;
use crate::reference::Text;
use crate::sink::REPORTS;
use crate::statuses::hash;

#[derive(Deserialize)]
struct Claims {
    payload_hash: String,
}

/// Whose webhooks are taken.
#[derive(Clone)]
struct Check(DecodingKey, Validation);

impl Check {
    fn new() -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&["Vonage"]);
        // The provider's tokens have the time when they were made, and no end.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        Self(DecodingKey::from_secret(shipped::SIGNATURE.as_bytes()), validation)
    }

    fn is_good(&self, authorization: &str, body: &[u8]) -> bool {
        let Some(token) = authorization.strip_prefix("Bearer ") else { return false };
        decode::<Claims>(token, &self.0, &self.1).is_ok_and(|token| token.claims.payload_hash == hash(body))
    }
}

pub(super) async fn run(listener: TcpListener, platform: &str) -> Result<(), Trouble> {
    let url = Url::parse(&format!("{platform}{REPORTS}"))?;
    let client = client()?;
    let check = Check::new();
    let route = warp::post()
        .and(warp::path!("webhooks" / "vonage" / "status"))
        .and(warp::header::<String>("authorization"))
        .and(warp::body::content_length_limit(256 * 1024))
        .and(warp::body::bytes())
        .and_then(move |authorization: String, body: Bytes| {
            let (client, url, check) = (client.clone(), url.clone(), check.clone());
            async move {
                if !check.is_good(&authorization, &body) {
                    return Ok(said(401));
                }
                let Ok(report) = report(&body) else { return Ok(said(400)) };
                Ok::<_, Infallible>(said(if tell(&client, url, report).await { 200 } else { 503 }))
            }
        });
    warp::serve(route).incoming(listener).run().await;
    Ok(())
}

async fn tell(client: &Client, url: Url, report: Vec<u8>) -> bool {
    let request = client.post(url).header("content-type", "application/json").bearer_auth(shipped::KEY);
    match request.body(report).send().await {
        Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
        Err(_) => false,
    }
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    client_ref: Text<'a>,
    #[serde(borrow)]
    to: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    version: &'static str,
    message_id: Text<'a>,
    to_number: Text<'a>,
    status: &'static str,
    status_code: u16,
    reason: Text<'a>,
    timestamp: String,
}

/// What the platform is told of a message that was delivered: the only status of the bench.
fn report(body: &[u8]) -> serde_json::Result<Vec<u8>> {
    let Status { client_ref, to, timestamp, status } = serde_json::from_slice(body)?;
    let at: jiff::Timestamp = timestamp.0.parse().map_err(serde::de::Error::custom)?;
    serde_json::to_vec(&Report {
        version: "1.0",
        message_id: client_ref,
        to_number: to,
        status: "whatsapp_sent",
        status_code: 0,
        reason: status,
        timestamp: at.strftime("%Y-%m-%dT%H:%M:%S%z").to_string(),
    })
}
