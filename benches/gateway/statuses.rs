//! The provider's webhooks: that a message was delivered, each signed as the provider does.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::brands::FROM;
use crate::load::Requests;
use crate::mapping::{Trouble, shipped};
use crate::sends::{id, recipient};
use crate::sink::provider_id;

/// Where the provider posts them.
const PATH: &str = "/webhooks/vonage/status";
const SAMPLE: &str = include_str!("../../mappings/samples/vonage.status.delivered.json");

/// One status for each of some messages.
pub(super) struct Statuses {
    /// The number that the first of them was taken with.
    pub(super) first_taken: u64,
    /// The number of the first request.
    pub(super) first: u32,
    /// Who got each message, and what it calls itself.
    pub(super) messages: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'static str,
    iat: i64,
    jti: String,
    api_key: &'c str,
    application_id: &'c str,
    payload_hash: String,
}

impl Statuses {
    /// Of messages that were never sent, for who keeps none.
    pub(super) fn made_up(first: u32, count: u32) -> Self {
        let messages = (first..first + count).map(|number| (recipient(number).to_string(), id(number))).collect();
        Self { first_taken: u64::from(first), first, messages }
    }

    /// Of messages that were taken, as the sink lists them.
    pub(super) fn of(listed: &str, first_taken: u64, first: u32) -> Result<Self, Trouble> {
        let messages = listed.lines().map(|line| line.split_once(' ').map(|(to, id)| (to.to_owned(), id.to_owned())));
        let messages = messages.collect::<Option<_>>().ok_or("a message without recipient or reference")?;
        Ok(Self { first_taken, first, messages })
    }

    fn body(&self, number: u32) -> Result<String, Trouble> {
        let place = number - self.first;
        let (to, reference) = self.messages.get(usize::try_from(place)?).ok_or("no such message")?;
        let words = [
            ("4eddf4c1-9d40-4c71-b6d8-322dff26fe5f", provider_id(self.first_taken + u64::from(place))),
            ("919812345670", to.clone()),
            ("442079460123", FROM.to_string()),
            ("2026-11-21T09:15:04.311Z", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
            ("moe:6f0c2b19-campaign-42", reference.clone()),
            // Nobody else's: a person is known by it.
            ("IN.7730041258890147723", format!("IN.{to}")),
        ];
        words.iter().try_fold(SAMPLE.to_owned(), |body, (stands, own)| match body.contains(stands) {
            true => Ok(body.replace(stands, own)),
            false => Err(format!("the sample has no {stands}").into()),
        })
    }
}

impl Requests for Statuses {
    fn request(&self, target: SocketAddr, number: u32) -> Result<Request<Full<Bytes>>, Trouble> {
        let body = self.body(number)?;
        let claims = Claims {
            iss: "Vonage",
            iat: jiff::Timestamp::now().as_second(),
            jti: id(number),
            api_key: shipped::APPLICATION,
            application_id: shipped::APPLICATION,
            payload_hash: hash(body.as_bytes()),
        };
        let key = EncodingKey::from_secret(shipped::SIGNATURE.as_bytes());
        let token = encode(&Header::new(Algorithm::HS256), &claims, &key)?;
        let request = Request::post(PATH)
            .header("host", target.to_string())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"));
        Ok(request.body(Full::new(Bytes::from(body)))?)
    }

    fn is_good(&self, status: StatusCode, _: &[u8]) -> bool {
        status == StatusCode::OK
    }
}

/// As the provider writes it.
pub(super) fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}
