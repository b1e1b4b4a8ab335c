//! Delivers webhooks as the provider does: signed, each on its own, repeated after 429, 5xx and silence, § 3 and 5.
//!
//! What a webhook says is decided in [`super::life`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::journal::Journal;
use super::options::{Account, Delivery};
use crate::sim::dice::uuid;
use crate::sim::{SimError, http as wire};

const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const FOR_ALL: Duration = Duration::from_secs(24 * 60 * 60);
const CONNECT: Duration = Duration::from_secs(3);

/// One webhook, ready to go.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) url: String,
    /// A status word, or `inbound`.
    pub(super) kind: &'static str,
    /// The message that it is a status of.
    pub(super) of: Option<String>,
    pub(super) body: Bytes,
    pub(super) account: Arc<Account>,
    /// How the first attempt is signed; later ones always are, § 5.
    pub(super) seal: Seal,
}

/// Whether a webhook's signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seal {
    Signed,
    Unsigned,
    Altered,
}

/// The claims of a webhook's token.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    iat: i64,
    jti: String,
    api_key: &'a str,
    payload_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<&'a str>,
}

/// The part of the provider that posts.
pub(super) struct Webhooks {
    client: reqwest::Client,
    slots: Semaphore,
    options: Delivery,
    journal: Arc<Journal>,
    pending: watch::Sender<usize>,
    stopped: watch::Sender<bool>,
}

impl Webhooks {
    pub(super) fn new(options: Delivery, journal: Arc<Journal>) -> Result<Arc<Self>, SimError> {
        Ok(Arc::new(Self {
            client: wire::client(CONNECT, options.timeout)?,
            slots: Semaphore::new(options.concurrency.max(1)),
            options,
            journal,
            pending: watch::Sender::new(0),
            stopped: watch::Sender::new(false),
        }))
    }

    /// Delivers in the background, after a while, until acknowledged, lost or stopped.
    pub(super) fn post_after(self: &Arc<Self>, after: Duration, webhook: Webhook) {
        let me = Arc::clone(self);
        let pending = Pending::new(self);
        tokio::spawn(async move {
            let _pending = pending;
            let mut stopped = me.stopped.subscribe();
            let whole = async {
                tokio::time::sleep(after).await;
                me.deliver(&webhook).await;
            };
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => {}
                () = whole => {}
            }
        });
    }

    /// Waits until nothing is to be posted any more; false when it takes longer than `most`.
    pub(super) async fn settled(&self, most: Duration) -> bool {
        let mut pending = self.pending.subscribe();
        tokio::time::timeout(most, pending.wait_for(|pending| *pending == 0)).await.is_ok()
    }

    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// One webhook with all its attempts.
    pub(super) async fn deliver(&self, webhook: &Webhook) {
        let began = Instant::now();
        let mut seal = webhook.seal;
        let mut wait = FIRST_WAIT;
        self.journal.posted(webhook.kind, |posted| posted.sent += 1);
        let told = webhook.of.as_deref().map(|of| (of, self.journal.tells(of, webhook.kind)));
        loop {
            match self.attempt(webhook, seal).await {
                Some(200..300) => {
                    if let Some((of, place)) = told {
                        self.journal.is_told(of, place);
                    }
                    return self.journal.posted(webhook.kind, |posted| posted.acknowledged += 1);
                }
                Some(429 | 500..600) | None => {}
                // Other answers are not in the rule for repeats, § 3.
                Some(_) => return self.journal.posted(webhook.kind, |posted| posted.lost += 1),
            }
            let pause = scaled(wait, self.options.scale);
            if began.elapsed() + pause > scaled(FOR_ALL, self.options.scale) {
                return self.journal.posted(webhook.kind, |posted| posted.lost += 1);
            }
            tokio::time::sleep(pause).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            seal = Seal::Signed;
            self.journal.posted(webhook.kind, |posted| posted.repeated += 1);
        }
    }

    /// Posts once; nothing when there was no answer.
    async fn attempt(&self, webhook: &Webhook, seal: Seal) -> Option<u16> {
        let _slot = self.slots.acquire().await.ok()?;
        let mut request = self.client.post(&webhook.url).header(CONTENT_TYPE, "application/json");
        if seal != Seal::Unsigned {
            let token = sign(&webhook.account, &webhook.body, now())?;
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = if seal == Seal::Altered { altered(&webhook.body) } else { webhook.body.clone() };
        let status = match request.body(body).send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                // Read to the end, or the connection cannot be used again.
                drop(answer.bytes().await);
                Some(status)
            }
            Err(_) => None,
        };
        self.journal.answered(status.unwrap_or(0));
        status
    }
}

/// The body's bytes with one more: still JSON, but not what was signed.
fn altered(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    bytes.push(b' ');
    Bytes::from(bytes)
}

fn sign(account: &Account, body: &[u8], iat: i64) -> Option<String> {
    let claims = Claims {
        iss: "Vonage",
        iat,
        jti: uuid(),
        api_key: &account.api_key,
        payload_hash: hex(&Sha256::digest(body)),
        application_id: account.application_id.as_deref(),
    };
    let key = EncodingKey::from_secret(account.signature_secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn scaled(time: Duration, scale: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * scale).unwrap_or(time)
}

/// Counts a webhook as pending for as long as it lives.
struct Pending(Arc<Webhooks>);

impl Pending {
    fn new(webhooks: &Arc<Webhooks>) -> Self {
        webhooks.pending.send_modify(|pending| *pending += 1);
        Self(Arc::clone(webhooks))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending.send_modify(|pending| *pending -= 1);
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn tokens_are_as_in_the_contract() {
        let account = Account { application_id: Some("app".to_owned()), ..Account::default() };
        let token = sign(&account, b"{}", 1_795_252_507).unwrap();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        let key = DecodingKey::from_secret(account.signature_secret.as_bytes());
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
        assert_eq!(claims["payload_hash"], "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        let sample = include_str!("../../../mappings/samples/vonage.webhook-jwt.claims.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let names = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&claims), names(&sample));
    }

    #[test]
    fn a_foolish_scale_changes_nothing() {
        for (scale, expected) in [(0.001, 5), (f64::NAN, 5000), (-1.0, 5000), (f64::MAX, 5000)] {
            assert_eq!(scaled(FIRST_WAIT, scale), Duration::from_millis(expected), "{scale}");
        }
    }
}
